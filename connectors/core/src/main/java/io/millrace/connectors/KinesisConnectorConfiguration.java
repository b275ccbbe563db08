package io.millrace.connectors;

import io.millrace.connectors.config.ConfigException;
import io.millrace.connectors.config.Key;
import io.millrace.kcl.InitialPositionInStream;
import java.util.Objects;
import java.util.Properties;
import java.util.UUID;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/**
 * What a pipeline of the Kinesis Connector Library is configured with, under the names it had
 * there. Immutable.
 *
 * <p>A property that is not set has the default that it had there, null where it had none. One that
 * is set to something that is not allowed is refused, and does not silently become the default.
 * Properties of other names are left to the application, which reads them with {@link
 * #getProperty}.
 */
public class KinesisConnectorConfiguration {
  public static final String PROP_APP_NAME = "appName";
  public static final String PROP_REGION_NAME = "regionName";
  public static final String PROP_CONNECTOR_DESTINATION = "connectorDestination";
  public static final String PROP_RETRY_LIMIT = "retryLimit";
  public static final String PROP_BACKOFF_INTERVAL = "backoffInterval";
  public static final String PROP_BUFFER_RECORD_COUNT_LIMIT = "bufferRecordCountLimit";
  public static final String PROP_BUFFER_BYTE_SIZE_LIMIT = "bufferByteSizeLimit";
  public static final String PROP_BUFFER_MILLISECONDS_LIMIT = "bufferMillisecondsLimit";
  public static final String PROP_KINESIS_ENDPOINT = "kinesisEndpoint";
  public static final String PROP_KINESIS_INPUT_STREAM = "kinesisInputStream";
  public static final String PROP_KINESIS_INPUT_STREAM_SHARD_COUNT = "kinesisInputStreamShardCount";
  public static final String PROP_KINESIS_OUTPUT_STREAM = "kinesisOutputStream";
  public static final String PROP_KINESIS_OUTPUT_STREAM_SHARD_COUNT =
      "kinesisOutputStreamShardCount";
  public static final String PROP_WORKER_ID = "workerID";
  public static final String PROP_FAILOVER_TIME = "failoverTime";
  public static final String PROP_MAX_RECORDS = "maxRecords";
  public static final String PROP_INITIAL_POSITION_IN_STREAM = "initialPositionInStream";
  public static final String PROP_IDLE_TIME_BETWEEN_READS = "idleTimeBetweenReads";
  public static final String PROP_PARENT_SHARD_POLL_INTERVAL = "parentShardPollInterval";
  public static final String PROP_SHARD_SYNC_INTERVAL = "shardSyncInterval";
  public static final String PROP_S3_ENDPOINT = "s3Endpoint";
  public static final String PROP_S3_BUCKET = "s3Bucket";
  public static final String PROP_DYNAMODB_ENDPOINT = "dynamoDBEndpoint";
  public static final String PROP_DYNAMODB_DATA_TABLE_NAME = "dynamoDBDataTableName";
  public static final String PROP_REDSHIFT_ENDPOINT = "redshiftEndpoint";
  public static final String PROP_REDSHIFT_URL = "redshiftURL";
  public static final String PROP_REDSHIFT_USERNAME = "redshiftUsername";
  public static final String PROP_REDSHIFT_PASSWORD = "redshiftPassword";
  public static final String PROP_REDSHIFT_DATA_TABLE = "redshiftDataTable";
  public static final String PROP_REDSHIFT_FILE_TABLE = "redshiftFileTable";
  public static final String PROP_REDSHIFT_FILE_KEY_COLUMN = "redshiftFileKeyColumn";
  public static final String PROP_REDSHIFT_DATA_DELIMITER = "redshiftDataDelimiter";
  public static final String PROP_REDSHIFT_COPY_MANDATORY = "redshiftCopyMandatory";
  public static final String PROP_ELASTICSEARCH_ENDPOINT = "elasticsearchEndpoint";
  public static final String PROP_ELASTICSEARCH_PORT = "elasticsearchPort";
  public static final String PROP_ELASTICSEARCH_CLUSTER_NAME = "elasticsearchClusterName";
  public static final String PROP_ELASTICSEARCH_DEFAULT_INDEX_NAME =
      "elasticsearchDefaultIndexName";
  public static final String PROP_ELASTICSEARCH_DEFAULT_TYPE_NAME = "elasticsearchDefaultTypeName";
  public static final String PROP_BATCH_RECORDS_IN_PUT_REQUEST = "batchRecordsInPutRequest";
  public static final String PROP_CALL_PROCESS_RECORDS_EVEN_FOR_EMPTY_LIST =
      "callProcessRecordsEvenForEmptyList";

  public static final String DEFAULT_APP_NAME = "KinesisConnector";
  public static final String DEFAULT_REGION_NAME = "us-east-1";
  public static final String DEFAULT_CONNECTOR_DESTINATION = "generic";
  public static final long DEFAULT_RETRY_LIMIT = 3L;
  public static final long DEFAULT_BACKOFF_INTERVAL = 10000L;
  public static final long DEFAULT_BUFFER_RECORD_COUNT_LIMIT = 1000L;
  public static final long DEFAULT_BUFFER_BYTE_SIZE_LIMIT = 1048576L;
  public static final long DEFAULT_BUFFER_MILLISECONDS_LIMIT = Long.MAX_VALUE;
  public static final String DEFAULT_KINESIS_INPUT_STREAM = "kinesisInputStream";
  public static final long DEFAULT_KINESIS_INPUT_STREAM_SHARD_COUNT = 1L;
  public static final String DEFAULT_KINESIS_OUTPUT_STREAM = "kinesisOutputStream";
  public static final long DEFAULT_KINESIS_OUTPUT_STREAM_SHARD_COUNT = 1L;
  public static final long DEFAULT_FAILOVER_TIME = 30000L;
  public static final long DEFAULT_MAX_RECORDS = 10000L;
  public static final String DEFAULT_INITIAL_POSITION_IN_STREAM = "TRIM_HORIZON";
  public static final long DEFAULT_IDLE_TIME_BETWEEN_READS = 1000L;
  public static final long DEFAULT_PARENT_SHARD_POLL_INTERVAL = 10000L;
  public static final long DEFAULT_SHARD_SYNC_INTERVAL = 60000L;
  public static final String DEFAULT_S3_BUCKET = "kinesis-bucket";
  public static final String DEFAULT_DYNAMODB_DATA_TABLE_NAME = "dynamodb_emitter_test";
  public static final String DEFAULT_REDSHIFT_DATA_TABLE = "users";
  public static final String DEFAULT_REDSHIFT_FILE_TABLE = "files";
  public static final String DEFAULT_REDSHIFT_FILE_KEY_COLUMN = "file";
  public static final String DEFAULT_REDSHIFT_DATA_DELIMITER = "|";
  public static final boolean DEFAULT_REDSHIFT_COPY_MANDATORY = true;
  public static final long DEFAULT_ELASTICSEARCH_PORT = 9300L;
  public static final String DEFAULT_ELASTICSEARCH_CLUSTER_NAME = "elasticsearch";
  public static final String DEFAULT_ELASTICSEARCH_DEFAULT_INDEX_NAME = "index";
  public static final String DEFAULT_ELASTICSEARCH_DEFAULT_TYPE_NAME = "type";
  public static final boolean DEFAULT_BATCH_RECORDS_IN_PUT_REQUEST = false;
  public static final boolean DEFAULT_CALL_PROCESS_RECORDS_EVEN_FOR_EMPTY_LIST = false;

  public final AwsCredentialsProvider AWS_CREDENTIALS_PROVIDER;
  public final String APP_NAME;
  public final String REGION_NAME;
  public final String CONNECTOR_DESTINATION;
  public final long RETRY_LIMIT;
  public final long BACKOFF_INTERVAL;
  public final long BUFFER_RECORD_COUNT_LIMIT;
  public final long BUFFER_BYTE_SIZE_LIMIT;
  public final long BUFFER_MILLISECONDS_LIMIT;
  public final String KINESIS_ENDPOINT;
  public final String KINESIS_INPUT_STREAM;
  public final long KINESIS_INPUT_STREAM_SHARD_COUNT;
  public final String KINESIS_OUTPUT_STREAM;
  public final long KINESIS_OUTPUT_STREAM_SHARD_COUNT;
  public final String WORKER_ID;
  public final long FAILOVER_TIME;
  public final long MAX_RECORDS;
  public final InitialPositionInStream INITIAL_POSITION_IN_STREAM;
  public final long IDLE_TIME_BETWEEN_READS;
  public final long PARENT_SHARD_POLL_INTERVAL;
  public final long SHARD_SYNC_INTERVAL;
  public final String S3_ENDPOINT;
  public final String S3_BUCKET;
  public final String DYNAMODB_ENDPOINT;
  public final String DYNAMODB_DATA_TABLE_NAME;
  public final String REDSHIFT_ENDPOINT;
  public final String REDSHIFT_URL;
  public final String REDSHIFT_USERNAME;
  public final String REDSHIFT_PASSWORD;
  public final String REDSHIFT_DATA_TABLE;
  public final String REDSHIFT_FILE_TABLE;
  public final String REDSHIFT_FILE_KEY_COLUMN;
  public final String REDSHIFT_DATA_DELIMITER;
  public final boolean REDSHIFT_COPY_MANDATORY;
  public final String ELASTICSEARCH_ENDPOINT;
  public final long ELASTICSEARCH_PORT;
  public final String ELASTICSEARCH_CLUSTER_NAME;
  public final String ELASTICSEARCH_DEFAULT_INDEX_NAME;
  public final String ELASTICSEARCH_DEFAULT_TYPE_NAME;
  public final boolean BATCH_RECORDS_IN_PUT_REQUEST;
  public final boolean CALL_PROCESS_RECORDS_EVEN_FOR_EMPTY_LIST;

  private final Properties properties;

  /**
   * @param properties read once
   * @throws ConfigException if a value is not allowed; it names the property, the value and what is
   *     allowed
   */
  public KinesisConnectorConfiguration(
      Properties properties, AwsCredentialsProvider credentialsProvider) {
    this.properties = new Properties();
    for (String name : properties.stringPropertyNames()) {
      this.properties.setProperty(name, properties.getProperty(name));
    }
    AWS_CREDENTIALS_PROVIDER = Objects.requireNonNull(credentialsProvider, "credentialsProvider");
    APP_NAME = value(Key.text(PROP_APP_NAME), DEFAULT_APP_NAME);
    REGION_NAME = value(Key.text(PROP_REGION_NAME), DEFAULT_REGION_NAME);
    CONNECTOR_DESTINATION =
        value(Key.text(PROP_CONNECTOR_DESTINATION), DEFAULT_CONNECTOR_DESTINATION);
    RETRY_LIMIT = value(Key.number(PROP_RETRY_LIMIT, 1L, 1000000L), DEFAULT_RETRY_LIMIT);
    BACKOFF_INTERVAL =
        value(Key.number(PROP_BACKOFF_INTERVAL, 1L, 3600000L), DEFAULT_BACKOFF_INTERVAL);
    BUFFER_RECORD_COUNT_LIMIT =
        value(
            Key.number(PROP_BUFFER_RECORD_COUNT_LIMIT, 1L, 20000L),
            DEFAULT_BUFFER_RECORD_COUNT_LIMIT);
    BUFFER_BYTE_SIZE_LIMIT =
        value(
            Key.number(PROP_BUFFER_BYTE_SIZE_LIMIT, 1L, 5368709120L),
            DEFAULT_BUFFER_BYTE_SIZE_LIMIT);
    BUFFER_MILLISECONDS_LIMIT =
        value(
            Key.number(PROP_BUFFER_MILLISECONDS_LIMIT, 1L, Long.MAX_VALUE),
            DEFAULT_BUFFER_MILLISECONDS_LIMIT);
    KINESIS_ENDPOINT = value(Key.text(PROP_KINESIS_ENDPOINT), null);
    KINESIS_INPUT_STREAM = value(Key.text(PROP_KINESIS_INPUT_STREAM), DEFAULT_KINESIS_INPUT_STREAM);
    KINESIS_INPUT_STREAM_SHARD_COUNT =
        value(
            Key.number(PROP_KINESIS_INPUT_STREAM_SHARD_COUNT, 1L, 100000L),
            DEFAULT_KINESIS_INPUT_STREAM_SHARD_COUNT);
    KINESIS_OUTPUT_STREAM =
        value(Key.text(PROP_KINESIS_OUTPUT_STREAM), DEFAULT_KINESIS_OUTPUT_STREAM);
    KINESIS_OUTPUT_STREAM_SHARD_COUNT =
        value(
            Key.number(PROP_KINESIS_OUTPUT_STREAM_SHARD_COUNT, 1L, 100000L),
            DEFAULT_KINESIS_OUTPUT_STREAM_SHARD_COUNT);
    WORKER_ID = value(Key.text(PROP_WORKER_ID), UUID.randomUUID().toString());
    FAILOVER_TIME = value(Key.number(PROP_FAILOVER_TIME, 3000L, 600000L), DEFAULT_FAILOVER_TIME);
    MAX_RECORDS = value(Key.number(PROP_MAX_RECORDS, 1L, 10000L), DEFAULT_MAX_RECORDS);
    INITIAL_POSITION_IN_STREAM =
        value(
            Key.parsed(
                PROP_INITIAL_POSITION_IN_STREAM,
                "TRIM_HORIZON or LATEST",
                text -> InitialPositionInStream.valueOf(text.trim())),
            InitialPositionInStream.TRIM_HORIZON);
    IDLE_TIME_BETWEEN_READS =
        value(
            Key.number(PROP_IDLE_TIME_BETWEEN_READS, 1L, 240000L), DEFAULT_IDLE_TIME_BETWEEN_READS);
    PARENT_SHARD_POLL_INTERVAL =
        value(
            Key.number(PROP_PARENT_SHARD_POLL_INTERVAL, 100L, 600000L),
            DEFAULT_PARENT_SHARD_POLL_INTERVAL);
    SHARD_SYNC_INTERVAL =
        value(Key.number(PROP_SHARD_SYNC_INTERVAL, 1000L, 3600000L), DEFAULT_SHARD_SYNC_INTERVAL);
    S3_ENDPOINT = value(Key.text(PROP_S3_ENDPOINT), null);
    S3_BUCKET = value(Key.text(PROP_S3_BUCKET), DEFAULT_S3_BUCKET);
    DYNAMODB_ENDPOINT = value(Key.text(PROP_DYNAMODB_ENDPOINT), null);
    DYNAMODB_DATA_TABLE_NAME =
        value(Key.text(PROP_DYNAMODB_DATA_TABLE_NAME), DEFAULT_DYNAMODB_DATA_TABLE_NAME);
    REDSHIFT_ENDPOINT = value(Key.text(PROP_REDSHIFT_ENDPOINT), null);
    REDSHIFT_URL = value(Key.text(PROP_REDSHIFT_URL), null);
    REDSHIFT_USERNAME = value(Key.text(PROP_REDSHIFT_USERNAME), null);
    REDSHIFT_PASSWORD = value(Key.text(PROP_REDSHIFT_PASSWORD), null);
    REDSHIFT_DATA_TABLE = value(Key.text(PROP_REDSHIFT_DATA_TABLE), DEFAULT_REDSHIFT_DATA_TABLE);
    REDSHIFT_FILE_TABLE = value(Key.text(PROP_REDSHIFT_FILE_TABLE), DEFAULT_REDSHIFT_FILE_TABLE);
    REDSHIFT_FILE_KEY_COLUMN =
        value(Key.text(PROP_REDSHIFT_FILE_KEY_COLUMN), DEFAULT_REDSHIFT_FILE_KEY_COLUMN);
    REDSHIFT_DATA_DELIMITER =
        value(Key.text(PROP_REDSHIFT_DATA_DELIMITER), DEFAULT_REDSHIFT_DATA_DELIMITER);
    REDSHIFT_COPY_MANDATORY =
        value(Key.flag(PROP_REDSHIFT_COPY_MANDATORY), DEFAULT_REDSHIFT_COPY_MANDATORY);
    ELASTICSEARCH_ENDPOINT = value(Key.text(PROP_ELASTICSEARCH_ENDPOINT), null);
    ELASTICSEARCH_PORT =
        value(Key.number(PROP_ELASTICSEARCH_PORT, 1L, 65535L), DEFAULT_ELASTICSEARCH_PORT);
    ELASTICSEARCH_CLUSTER_NAME =
        value(Key.text(PROP_ELASTICSEARCH_CLUSTER_NAME), DEFAULT_ELASTICSEARCH_CLUSTER_NAME);
    ELASTICSEARCH_DEFAULT_INDEX_NAME =
        value(
            Key.text(PROP_ELASTICSEARCH_DEFAULT_INDEX_NAME),
            DEFAULT_ELASTICSEARCH_DEFAULT_INDEX_NAME);
    ELASTICSEARCH_DEFAULT_TYPE_NAME =
        value(
            Key.text(PROP_ELASTICSEARCH_DEFAULT_TYPE_NAME),
            DEFAULT_ELASTICSEARCH_DEFAULT_TYPE_NAME);
    BATCH_RECORDS_IN_PUT_REQUEST =
        value(Key.flag(PROP_BATCH_RECORDS_IN_PUT_REQUEST), DEFAULT_BATCH_RECORDS_IN_PUT_REQUEST);
    CALL_PROCESS_RECORDS_EVEN_FOR_EMPTY_LIST =
        value(
            Key.flag(PROP_CALL_PROCESS_RECORDS_EVEN_FOR_EMPTY_LIST),
            DEFAULT_CALL_PROCESS_RECORDS_EVEN_FOR_EMPTY_LIST);
  }

  private <T> T value(Key<T> key, T absent) {
    String text = properties.getProperty(key.name());
    if (text == null) {
      return absent;
    }
    try {
      return key.read(text);
    } catch (IllegalArgumentException e) {
      throw new ConfigException(
          "Property "
              + key.name()
              + " = "
              + text
              + " is not allowed, "
              + e.getMessage()
              + "; allowed is "
              + key.allowed(),
          e);
    }
  }

  /** The text of any property; null if it is not set. */
  public String getProperty(String name) {
    return properties.getProperty(name);
  }
}
