package io.millrace.connectors.redshift;

import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.config.Section;
import io.millrace.connectors.config.SinkProvider;
import io.millrace.connectors.config.Surroundings;
import io.millrace.connectors.config.Values;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.s3.FileKeys;
import io.millrace.connectors.s3.S3SinkBuilder;
import io.millrace.connectors.sink.Sink;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.auth.credentials.AnonymousCredentialsProvider;

/** {@code sink.type: redshift}. */
public final class RedshiftSinkProvider implements SinkProvider {

  @Override
  public Section section() {
    return RedshiftKeys.SINK;
  }

  @Override
  public Sink<Message> open(Values values, Surroundings surroundings) {
    return builder(values, surroundings).build();
  }

  @Override
  public List<Finding> check(Values values, Surroundings surroundings) {
    RedshiftSinkBuilder builder = builder(values, surroundings);
    List<Finding> findings = new ArrayList<>(builder.checkStorage());
    findings.addAll(new DatabaseCheck(builder).run());
    return findings;
  }

  /** What a file says, connected to nothing. */
  static RedshiftSinkBuilder explained(Values values) {
    return filled(
        values,
        RedshiftSink.storage(
            values.get(FileKeys.BUCKET),
            values.find(FileKeys.REGION).orElse("us-east-1"),
            AnonymousCredentialsProvider.create()));
  }

  /** What becomes of the rows that are there. */
  static List<String> aboutRows(RedshiftSinkBuilder builder) {
    List<String> sentences = new ArrayList<>();
    if (builder.keys.isEmpty()) {
      sentences.add("Every record is a row of its own.");
    } else {
      sentences.add(
          "A record replaces the row that has the same "
              + String.join(", ", builder.keys)
              + "; the last record of a key wins.");
    }
    if (builder.deleteRule != null) {
      sentences.add("A record that says " + builder.deleteRule + " deletes the row of its key.");
    }
    return sentences;
  }

  @Override
  public List<String> explain(Values values) {
    RedshiftSinkBuilder builder = explained(values);
    List<String> sentences = new ArrayList<>();
    sentences.add(
        "Loads the columns "
            + String.join(", ", builder.columnNames())
            + " of the table "
            + builder.table
            + " at "
            + builder.address()
            + ".");
    sentences.add(builder.aboutLogin());
    sentences.add(
        "Each range of a shard becomes one "
            + builder.format
            + " file below s3://"
            + values.get(FileKeys.BUCKET)
            + "/"
            + builder.prefix
            + ", which COPY reads into a temporary table.");
    sentences.add(
        "The same transaction writes to the history "
            + builder.history
            + ", which it has locked and looked into before: a range that is there is not loaded"
            + " again.");
    sentences.addAll(aboutRows(builder));
    long maxErrors = values.get(RedshiftKeys.MAX_ERRORS);
    sentences.add(
        "A record that does not fit the format becomes a dead letter"
            + (maxErrors > 0
                ? "; so do up to " + maxErrors + " rows of one load that COPY drops."
                : "; a row that COPY drops stops the shard until somebody does something."));
    for (String creation : creations(builder)) {
      sentences.add(creation);
    }
    return sentences;
  }

  static List<String> creations(RedshiftSinkBuilder builder) {
    List<String> sentences = new ArrayList<>();
    if (builder.newTable != null) {
      sentences.add("Creates the table if it is not there.");
    }
    if (builder.createHistory) {
      sentences.add("Creates the history if it is not there.");
    }
    return sentences;
  }

  static RedshiftSinkBuilder builder(Values values, Surroundings surroundings) {
    S3SinkBuilder storage =
        RedshiftSink.storage(
            values.get(FileKeys.BUCKET),
            values.find(FileKeys.REGION).orElse(surroundings.region()),
            surroundings.credentials());
    storage.endpoint(
        values.find(FileKeys.S3_ENDPOINT).or(() -> surroundings.endpoint("s3")).orElse(null));
    RedshiftSinkBuilder builder =
        filled(values, storage).iamLogin(surroundings.credentials(), surroundings.region());
    FileKeys.within(storage, surroundings.workingDirectory());
    return builder;
  }

  private static RedshiftSinkBuilder filled(Values values, S3SinkBuilder storage) {
    FileKeys.fill(values, storage);
    RedshiftSinkBuilder builder =
        RedshiftSink.builder(values.get(RedshiftKeys.URL), values.get(RedshiftKeys.TABLE), storage)
            .user(
                values.find(RedshiftKeys.USER).orElse(null),
                values.find(RedshiftKeys.PASSWORD).orElse(null))
            .columns(values.get(RedshiftKeys.COLUMNS))
            .mergeKey(values.get(RedshiftKeys.MERGE_KEY))
            .createHistory(values.get(RedshiftKeys.CREATE_HISTORY))
            .prefix(values.get(RedshiftKeys.PREFIX))
            .format(values.get(RedshiftKeys.FORMAT))
            .compression(values.get(RedshiftKeys.COMPRESSION))
            .jsonPaths(values.get(RedshiftKeys.JSON_PATHS))
            .truncateColumns(values.get(RedshiftKeys.TRUNCATE_COLUMNS))
            .maxErrors(Math.toIntExact(values.get(RedshiftKeys.MAX_ERRORS)))
            .connectTimeout(values.get(RedshiftKeys.CONNECT_TIMEOUT))
            .loadTimeout(values.get(RedshiftKeys.LOAD_TIMEOUT))
            .loads(Math.toIntExact(values.get(RedshiftKeys.LOADS)));
    values.find(RedshiftKeys.HISTORY_TABLE).ifPresent(builder::historyTable);
    values.find(RedshiftKeys.DELETE_WHEN).ifPresent(builder::deleteWhen);
    values.find(RedshiftKeys.TIME_FORMAT).ifPresent(builder::timeFormat);
    values.find(RedshiftKeys.IAM_ROLE).ifPresent(builder::iamRole);
    values.find(FileKeys.REGION).ifPresent(builder::bucketRegion);
    keys(values, builder);
    newTable(values, builder);
    builder
        .problem()
        .ifPresent(
            problem -> {
              throw values.refuse(problem.key(), problem.why());
            });
    return builder;
  }

  private static void keys(Values values, RedshiftSinkBuilder builder) {
    boolean id = values.isSet(RedshiftKeys.ACCESS_KEY_ID);
    if (!id) {
      for (Key<?> key : List.of(RedshiftKeys.SECRET_ACCESS_KEY, RedshiftKeys.SESSION_TOKEN)) {
        if (values.isSet(key)) {
          throw values.refuse(key, "it goes with accessKeyId only");
        }
      }
      return;
    }
    if (!values.isSet(RedshiftKeys.SECRET_ACCESS_KEY)) {
      throw values.refuse(RedshiftKeys.ACCESS_KEY_ID, "it needs secretAccessKey");
    }
    builder.copyKeys(
        values.get(RedshiftKeys.ACCESS_KEY_ID),
        values.get(RedshiftKeys.SECRET_ACCESS_KEY),
        values.find(RedshiftKeys.SESSION_TOKEN).orElse(null));
  }

  private static void newTable(Values values, RedshiftSinkBuilder builder) {
    boolean create = values.get(RedshiftKeys.CREATE_TABLE);
    if (!create) {
      for (Key<?> key :
          List.of(RedshiftKeys.TABLE_COLUMNS, RedshiftKeys.DIST_KEY, RedshiftKeys.SORT_KEY)) {
        if (values.isSet(key)) {
          throw values.refuse(key, "it goes with createTable: true only");
        }
      }
      return;
    }
    Map<String, String> columns =
        values
            .find(RedshiftKeys.TABLE_COLUMNS)
            .orElseThrow(
                () ->
                    values.refuse(
                        RedshiftKeys.CREATE_TABLE,
                        "it needs tableColumns: " + NewTable.TYPES_ALLOWED));
    builder.createTable(
        columns,
        values.find(RedshiftKeys.DIST_KEY).orElse(null),
        values.find(RedshiftKeys.SORT_KEY).orElse(List.of()));
  }
}
