package io.millrace.connectors.transform;

import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.StepProvider;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Step;
import java.util.List;
import java.util.zip.GZIPInputStream;

/** Unpacks gzip. */
public final class GunzipStep implements StepProvider {

  private static final Section SECTION =
      new Section("gunzip", "Unpacks gzip.", List.of(Unpacking.MAX_BYTES));

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
                Unpacking.unpack(SECTION.name(), message.bytes(), GZIPInputStream::new, maxBytes)));
  }

  @Override
  public String explain(Values values) {
    return "Unpacks gzip, up to "
        + Key.sizeText(values.get(Unpacking.MAX_BYTES))
        + " for a message.";
  }
}
