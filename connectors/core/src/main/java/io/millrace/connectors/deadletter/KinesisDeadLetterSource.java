package io.millrace.connectors.deadletter;

import io.millrace.connectors.config.DeadLetterSource;
import io.millrace.kcl.deadletter.DeadLetter;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.ExpiredIteratorException;
import software.amazon.awssdk.services.kinesis.model.GetRecordsResponse;
import software.amazon.awssdk.services.kinesis.model.GetShardIteratorRequest;
import software.amazon.awssdk.services.kinesis.model.ListShardsResponse;
import software.amazon.awssdk.services.kinesis.model.Record;
import software.amazon.awssdk.services.kinesis.model.ResourceNotFoundException;
import software.amazon.awssdk.services.kinesis.model.Shard;
import software.amazon.awssdk.services.kinesis.model.ShardIteratorType;

/**
 * Dead letters of a stream, every shard from the oldest record that is left to its tip, shard by
 * shard. The identities of the letters are held in memory, the letters are not.
 */
final class KinesisDeadLetterSource implements DeadLetterSource {

  /** A limit that passes, or a call that fails, is tried this often, with a second between. */
  private static final int ATTEMPTS = 30;

  private final KinesisAsyncClient client;
  private final AutoCloseable toClose;
  private final String stream;
  private long duplicates;

  KinesisDeadLetterSource(KinesisAsyncClient client, AutoCloseable toClose, String stream) {
    this.client = client;
    this.toClose = toClose;
    this.stream = stream;
  }

  @Override
  public long read(Reader reader) throws Exception {
    duplicates = 0;
    Set<LetterId> known = new HashSet<>();
    long passedOver = 0;
    for (Shard shard : shards()) {
      ShardReading reading = new ShardReading(shard.shardId());
      while (reading.goesOn()) {
        for (Record record : reading.next()) {
          Optional<DeadLetter> letter = LetterFormat.read(record.data().asByteArrayUnsafe());
          if (letter.isEmpty()) {
            passedOver++;
          } else if (!known.add(LetterId.of(letter.get()))) {
            duplicates++;
          } else if (!reader.letter(letter.get())) {
            return passedOver;
          }
        }
      }
    }
    return passedOver;
  }

  private List<Shard> shards() throws Exception {
    List<Shard> shards = new ArrayList<>();
    String token = null;
    do {
      String from = token;
      ListShardsResponse page =
          call(
              "list the shards",
              () ->
                  from == null
                      ? client.listShards(r -> r.streamName(stream))
                      : client.listShards(r -> r.nextToken(from)));
      shards.addAll(page.shards());
      token = page.nextToken();
    } while (token != null);
    return shards;
  }

  /** Where reading a shard has got to. */
  private final class ShardReading {
    private final String shardId;
    private String iterator;
    private String last;

    ShardReading(String shardId) throws Exception {
      this.shardId = shardId;
      this.iterator = iterator();
    }

    boolean goesOn() {
      return iterator != null;
    }

    List<Record> next() throws Exception {
      GetRecordsResponse page;
      try {
        page = call("read " + shardId, () -> client.getRecords(r -> r.shardIterator(iterator)));
      } catch (ExpiredIteratorException e) {
        iterator = iterator(); // whoever gets the letters took more than five minutes
        return List.of();
      }
      if (page.hasRecords() && !page.records().isEmpty()) {
        last = page.records().get(page.records().size() - 1).sequenceNumber();
      }
      Long behind = page.millisBehindLatest();
      iterator = behind != null && behind == 0 ? null : page.nextShardIterator();
      return page.records();
    }

    private String iterator() throws Exception {
      GetShardIteratorRequest.Builder request =
          GetShardIteratorRequest.builder().streamName(stream).shardId(shardId);
      if (last == null) {
        request.shardIteratorType(ShardIteratorType.TRIM_HORIZON);
      } else {
        request
            .shardIteratorType(ShardIteratorType.AFTER_SEQUENCE_NUMBER)
            .startingSequenceNumber(last);
      }
      try {
        return call("read " + shardId, () -> client.getShardIterator(request.build()))
            .shardIterator();
      } catch (MissingException e) {
        if (e.getCause().getMessage().contains(shardId)) {
          return null; // it has expired since it was listed, and its letters with it
        }
        throw e;
      }
    }
  }

  /** The stream, or a shard of it, does not exist. */
  private static final class MissingException extends IOException {
    private static final long serialVersionUID = 1L;

    MissingException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  private <T> T call(String what, Supplier<CompletableFuture<T>> call) throws Exception {
    for (int attempt = 1; ; attempt++) {
      try {
        return call.get().join();
      } catch (CompletionException e) {
        Throwable cause = LetterSender.cause(e);
        if (cause instanceof ExpiredIteratorException expired) {
          throw expired;
        }
        String message =
            "Could not "
                + what
                + " of stream "
                + stream
                + ": "
                + KinesisErrors.explain(
                    cause,
                    stream,
                    "kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords");
        if (cause instanceof ResourceNotFoundException) {
          throw new MissingException(message, cause);
        }
        boolean passes =
            KinesisErrors.code(cause).equals("ProvisionedThroughputExceededException")
                || KinesisErrors.code(cause).equals("LimitExceededException");
        if (attempt == ATTEMPTS || (!passes && attempt == 3)) {
          throw new IOException(message, cause);
        }
        TimeUnit.SECONDS.sleep(1);
      }
    }
  }

  @Override
  public List<String> notes() {
    return Notes.duplicates(duplicates);
  }

  @Override
  public void close() throws Exception {
    toClose.close();
  }
}
