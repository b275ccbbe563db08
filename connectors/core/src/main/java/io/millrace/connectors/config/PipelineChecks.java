package io.millrace.connectors.config;

import java.util.Map;

/** Values that are allowed by themselves, but not together. */
final class PipelineChecks {

  private PipelineChecks() {}

  static void check(Map<String, Values> sections, Problems problems) {
    source(sections.get(PipelineKeys.Source.SECTION.name()), problems);
    Values buffer = sections.get(PipelineKeys.Buffer.SECTION.name());
    long bytes = buffer.get(PipelineKeys.Buffer.BYTES);
    long workerBytes = buffer.get(PipelineKeys.Buffer.WORKER_BYTES);
    if (bytes > workerBytes) {
      refuse(
          problems,
          buffer,
          buffer.isSet(PipelineKeys.Buffer.WORKER_BYTES)
              ? PipelineKeys.Buffer.WORKER_BYTES
              : PipelineKeys.Buffer.BYTES,
          "one shard may buffer "
              + Key.sizeText(bytes)
              + " (bytes), but all together only "
              + Key.sizeText(workerBytes)
              + " (workerBytes); allowed: workerBytes at least as large as bytes");
    }
    Values retry = sections.get(PipelineKeys.Retry.SECTION.name());
    if (retry.get(PipelineKeys.Retry.BACKOFF).compareTo(retry.get(PipelineKeys.Retry.MAX_BACKOFF))
            > 0
        && retry.isSet(PipelineKeys.Retry.MAX_BACKOFF)) {
      refuse(
          problems,
          retry,
          PipelineKeys.Retry.MAX_BACKOFF,
          Key.timeText(retry.get(PipelineKeys.Retry.MAX_BACKOFF))
              + " is less than the first pause; allowed: at least backoff, which is "
              + Key.timeText(retry.get(PipelineKeys.Retry.BACKOFF)));
    }
  }

  private static void source(Values source, Problems problems) {
    long failover = source.get(PipelineKeys.Source.FAILOVER_TIME).toMillis();
    long heartbeat = source.get(PipelineKeys.Source.HEARTBEAT_INTERVAL).toMillis();
    if (failover < 3 * heartbeat) {
      refuse(
          problems,
          source,
          source.isSet(PipelineKeys.Source.HEARTBEAT_INTERVAL)
              ? PipelineKeys.Source.HEARTBEAT_INTERVAL
              : PipelineKeys.Source.FAILOVER_TIME,
          "with a heartbeatInterval of "
              + Key.timeText(source.get(PipelineKeys.Source.HEARTBEAT_INTERVAL))
              + " a failoverTime of "
              + Key.timeText(source.get(PipelineKeys.Source.FAILOVER_TIME))
              + " is too short; allowed: at least three times the heartbeatInterval");
    }
    String stream = source.find(PipelineKeys.Source.STREAM).orElse("");
    String region = source.find(PipelineKeys.Source.REGION).orElse("");
    if (stream.startsWith("arn:") && !region.isEmpty() && !stream.split(":")[3].equals(region)) {
      refuse(
          problems,
          source,
          PipelineKeys.Source.REGION,
          "'"
              + region
              + "' is not the region of the stream's ARN, "
              + stream.split(":")[3]
              + "; allowed: that one, or none");
    }
  }

  private static void refuse(Problems problems, Values values, Key<?> key, String why) {
    problems.add(values.refuse(key, why));
  }
}
