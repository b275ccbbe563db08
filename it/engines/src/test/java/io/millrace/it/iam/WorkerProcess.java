package io.millrace.it.iam;

import io.millrace.kcl.IRecordProcessor;
import io.millrace.kcl.IRecordProcessorCheckpointer;
import io.millrace.kcl.InitialPositionInStream;
import io.millrace.kcl.KinesisClientLibConfiguration;
import io.millrace.kcl.Record;
import io.millrace.kcl.Worker;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;

/** A worker in a JVM of its own, which prints what it sees. Arguments as {@link #run} has them. */
final class WorkerProcess {
  private WorkerProcess() {}

  public static void main(String[] args) {
    run(args[0], args[1], args[2], args[3], args[4]);
  }

  private static void run(
      String role, String application, String stream, String kinesis, String dynamoDb) {
    KinesisClientLibConfiguration configuration =
        new KinesisClientLibConfiguration(
                application,
                stream,
                StaticCredentialsProvider.create(AwsBasicCredentials.create(role, "secret")),
                "worker-" + ProcessHandle.current().pid())
            .withRegionName(IamPoliciesIT.REGION)
            .withKinesisEndpoint(kinesis)
            .withDynamoDBEndpoint(dynamoDb)
            .withInitialPositionInStream(InitialPositionInStream.TRIM_HORIZON)
            .withTableTags(Map.of("team", "clicks"))
            .withRegisterShutdownHook(true);
    new Worker(Printing::new, configuration).run();
  }

  private static final class Printing implements IRecordProcessor {
    @Override
    public void processRecords(List<Record> records, IRecordProcessorCheckpointer checkpointer)
        throws Exception {
      for (Record record : records) {
        System.out.println(StandardCharsets.UTF_8.decode(record.getData()));
      }
      checkpointer.checkpoint();
    }
  }
}
