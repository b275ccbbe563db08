package com.example.classic;

import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.InvalidStateException;
import io.millrace.kcl.Record;
import io.millrace.kcl.ShutdownException;
import io.millrace.kcl.ShutdownReason;
import io.millrace.kcl.ThrottlingException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.CharsetDecoder;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Shaped like the processors of the classic talks and samples: what compiled there must compile
 * here with other imports. So it catches exactly what those catch, and declares nothing.
 */
public class ReferrerRecordProcessor implements IRecordProcessor {

  private static final int NUM_RETRIES = 3;

  private final CharsetDecoder decoder = Charset.forName("UTF-8").newDecoder();
  private String kinesisShardId;

  public final List<String> seen = Collections.synchronizedList(new ArrayList<>());

  @Override
  public void initialize(String shardId) {
    this.kinesisShardId = shardId;
  }

  @Override
  public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer) {
    for (Record record : records) {
      processSingleRecord(record);
    }
    checkpoint(checkpointer);
  }

  private void processSingleRecord(Record record) {
    try {
      String data = decoder.decode(record.getData()).toString();
      seen.add(
          kinesisShardId
              + " "
              + record.getSequenceNumber()
              + ", "
              + record.getPartitionKey()
              + ", "
              + data);
    } catch (CharacterCodingException e) {
      seen.add("malformed " + record.getSequenceNumber());
    }
  }

  @Override
  public void shutdown(IRecordProcessorCheckpointer checkpointer, ShutdownReason reason) {
    if (reason == ShutdownReason.TERMINATE) {
      checkpoint(checkpointer);
    }
  }

  private void checkpoint(IRecordProcessorCheckpointer checkpointer) {
    for (int i = 0; i < NUM_RETRIES; i++) {
      try {
        checkpointer.checkpoint();
        break;
      } catch (ShutdownException se) {
        seen.add("shut down");
        break;
      } catch (ThrottlingException e) {
        seen.add("throttled");
      } catch (InvalidStateException e) {
        seen.add("cannot checkpoint");
        break;
      }
    }
  }
}
