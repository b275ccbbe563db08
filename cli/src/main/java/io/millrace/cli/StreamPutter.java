package io.millrace.cli;

import io.millrace.kcl.aws.AwsClients;
import io.millrace.kcl.deadletter.DeadLetter;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.model.PutRecordsRequestEntry;
import software.amazon.awssdk.services.kinesis.model.PutRecordsResultEntry;

/** Puts payloads of letters into streams, under the keys that their records had. */
final class StreamPutter implements AutoCloseable {

  private static final int ROUNDS = 10;

  private final AwsClients clients;
  private final KinesisAsyncClient kinesis;
  private final String place;

  StreamPutter(AwsClients clients, URI endpoint) {
    this.clients = clients;
    this.kinesis = clients.kinesis();
    this.place =
        endpoint != null ? endpoint.toString() : kinesis.serviceClientConfiguration().region().id();
  }

  /** Region or endpoint, and stream: what tells one stream from every other. */
  String target(String stream) {
    return place + "/" + stream;
  }

  /** A letter that is in the stream. */
  record Done(DeadLetter letter, String shardId, String sequenceNumber) {}

  /** Those that are in the stream, and why the others are not; null if all are. */
  record Outcome(List<Done> done, String failure) {}

  /** Blocks; what the stream throttles is tried again, ten times with a second between. */
  Outcome put(String stream, List<DeadLetter> letters) {
    List<Done> done = new ArrayList<>();
    List<DeadLetter> left = letters;
    for (int round = 1; ; round++) {
      List<DeadLetter> now = left;
      List<PutRecordsResultEntry> answers;
      try {
        answers =
            kinesis
                .putRecords(
                    r -> r.streamName(stream).records(now.stream().map(this::entry).toList()))
                .join()
                .records();
      } catch (CompletionException e) {
        return new Outcome(done, explain(e.getCause(), stream));
      }
      left = new ArrayList<>();
      String last = null;
      for (int i = 0; i < now.size(); i++) {
        PutRecordsResultEntry answer = answers.get(i);
        if (answer.errorCode() == null) {
          done.add(new Done(now.get(i), answer.shardId(), answer.sequenceNumber()));
        } else {
          left.add(now.get(i));
          last = answer.errorCode() + ", " + answer.errorMessage();
        }
      }
      if (left.isEmpty()) {
        return new Outcome(done, null);
      }
      if (round == ROUNDS) {
        return new Outcome(
            done, "Kinesis refused records of " + stream + " " + ROUNDS + " times: " + last);
      }
      try {
        TimeUnit.SECONDS.sleep(1);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return new Outcome(done, "interrupted");
      }
    }
  }

  private PutRecordsRequestEntry entry(DeadLetter letter) {
    return PutRecordsRequestEntry.builder()
        .partitionKey(letter.partitionKey())
        .explicitHashKey(letter.explicitHashKey())
        .data(SdkBytes.fromByteBuffer(letter.payload()))
        .build();
  }

  private static String explain(Throwable cause, String stream) {
    if (cause instanceof AwsServiceException answer && answer.awsErrorDetails() != null) {
      String code = answer.awsErrorDetails().errorCode();
      return "Kinesis says "
          + code
          + ", "
          + answer.awsErrorDetails().errorMessage()
          + ("ResourceNotFoundException".equals(code)
              ? "; create the stream " + stream + ", or name another one with --to-stream"
              : "AccessDeniedException".equals(code)
                  ? "; these credentials need kinesis:PutRecords on " + stream
                  : "");
    }
    return "no answer from Kinesis ("
        + cause
        + "), so records of the last call may be in the stream without being noted";
  }

  @Override
  public void close() {
    clients.close();
  }
}
