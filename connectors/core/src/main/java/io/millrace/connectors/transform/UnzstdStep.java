package io.millrace.connectors.transform;

import com.github.luben.zstd.ZstdInputStream;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Step;
import java.util.List;

/** Unpacks zstd. */
public final class UnzstdStep implements StepProvider {

  /** 16 MiB: above what compressors use for a record's size, far below what a frame may ask for. */
  private static final int MOST_WINDOW_LOG = 24;

  private static final Section SECTION =
      new Section("unzstd", "Unpacks zstd.", List.of(Unpacking.MAX_BYTES));

  @Override
  public Section section() {
    return SECTION;
  }

  @Override
  public Step open(Values values) {
    long maxBytes = values.get(Unpacking.MAX_BYTES);
    return (message, origin) ->
        List.of(
            message.withBytes(
                Unpacking.unpack(
                    SECTION.name(),
                    message.bytes(),
                    packed -> new ZstdInputStream(packed).setLongMax(MOST_WINDOW_LOG),
                    maxBytes)));
  }

  @Override
  public String explain(Values values) {
    return "Unpacks zstd, up to "
        + Key.sizeText(values.get(Unpacking.MAX_BYTES))
        + " for a message.";
  }
}
