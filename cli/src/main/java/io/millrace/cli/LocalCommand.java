package io.millrace.cli;

import io.millrace.dynamodblocal.DynamoDbLocal;
import io.millrace.embedded.EmbeddedKinesis;
import java.io.PrintWriter;
import java.net.URI;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs the embedded Kinesis and DynamoDB Local on fixed ports. */
@Command(
    name = "local",
    description = {
      "Runs an embedded Kinesis and DynamoDB Local until Ctrl-C, and prints what to set so that"
          + " AWS clients use them. For development and tests; everything is in memory.",
      "",
      "Any credentials and regions are accepted."
    },
    mixinStandardHelpOptions = true)
final class LocalCommand implements Callable<Integer> {

  private static final Pattern STREAM = Pattern.compile("([a-zA-Z0-9_.-]{1,128}):(\\d{1,4})");
  private static final int MAX_SHARDS = 1_000;

  @Spec private CommandSpec spec;

  @Option(
      names = "--kinesis-port",
      paramLabel = "PORT",
      defaultValue = "4567",
      description = "0 for any free one. Default ${DEFAULT-VALUE}.")
  int kinesisPort;

  @Option(
      names = "--dynamodb-port",
      paramLabel = "PORT",
      defaultValue = "8000",
      description = "0 for any free one. Default ${DEFAULT-VALUE}.")
  int dynamoDbPort;

  @Option(
      names = "--stream",
      paramLabel = "NAME:SHARDS",
      description = "A stream to create; may be repeated.")
  List<String> streams = List.of();

  @Override
  public Integer call() throws InterruptedException {
    CommandLine command = spec.commandLine();
    Bounded.check(command, "--kinesis-port", kinesisPort, 0, 65_535);
    Bounded.check(command, "--dynamodb-port", dynamoDbPort, 0, 65_535);
    if (kinesisPort == dynamoDbPort && kinesisPort != 0) {
      throw Bounded.refused(
          command, "--dynamodb-port", dynamoDbPort, "any port but that of --kinesis-port");
    }
    Map<String, Integer> shardsByStream = shardsByStream();
    Interrupts interrupts = Interrupts.listen();
    try (EmbeddedKinesis kinesis = startKinesis();
        DynamoDbLocal dynamoDb = startDynamoDb()) {
      shardsByStream.forEach(kinesis::createStream);
      PrintWriter out = command.getOut();
      out.print(text(kinesis.endpoint(), dynamoDb.endpoint(), shardsByStream));
      out.flush();
      interrupts.await();
      return 0;
    }
  }

  private EmbeddedKinesis startKinesis() {
    Ports.requireFree("--kinesis-port", kinesisPort);
    return EmbeddedKinesis.builder().port(kinesisPort).start();
  }

  private DynamoDbLocal startDynamoDb() {
    Ports.requireFree("--dynamodb-port", dynamoDbPort);
    return DynamoDbLocal.start(dynamoDbPort);
  }

  Map<String, Integer> shardsByStream() {
    Map<String, Integer> shards = new LinkedHashMap<>();
    for (String stream : streams) {
      Matcher parts = STREAM.matcher(stream);
      int count = parts.matches() ? Integer.parseInt(parts.group(2)) : 0;
      if (count < 1 || count > MAX_SHARDS) {
        throw Bounded.refused(
            spec.commandLine(),
            "--stream",
            stream,
            "NAME:SHARDS such as clicks:4, a name of 1 to 128 characters of a-z A-Z 0-9 _ . - and"
                + " 1 to "
                + MAX_SHARDS
                + " shards");
      }
      if (shards.put(parts.group(1), count) != null) {
        throw Bounded.refused(spec.commandLine(), "--stream", stream, "each name once");
      }
    }
    return shards;
  }

  static String text(URI kinesis, URI dynamoDb, Map<String, Integer> shardsByStream) {
    StringBuilder text = new StringBuilder();
    text.append("Kinesis   ").append(kinesis).append('\n');
    text.append("DynamoDB  ").append(dynamoDb).append('\n');
    shardsByStream.forEach(
        (name, shards) ->
            text.append("Stream    ").append(name).append(", ").append(shards).append(" shards\n"));
    text.append("\nPaste into the shell that runs your application or the AWS CLI:\n\n");
    text.append("export AWS_ENDPOINT_URL_KINESIS=").append(kinesis).append('\n');
    text.append("export AWS_ENDPOINT_URL_DYNAMODB=").append(dynamoDb).append('\n');
    text.append("export AWS_ACCESS_KEY_ID=local\n");
    text.append("export AWS_SECRET_ACCESS_KEY=local\n");
    text.append("export AWS_REGION=us-east-1\n\n");
    text.append("aws kinesis list-streams --region us-east-1 --endpoint-url ")
        .append(kinesis)
        .append("\n\n");
    text.append("Ctrl-C ends both; nothing is kept.\n");
    return text.toString();
  }
}
