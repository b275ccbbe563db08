package io.millrace.connectors.redshift;

import io.millrace.connectors.config.Finding;
import io.millrace.connectors.config.Key;
import io.millrace.connectors.s3.Column;
import io.millrace.connectors.s3.ColumnType;
import io.millrace.connectors.s3.Compression;
import io.millrace.connectors.s3.Format;
import io.millrace.connectors.s3.RecordFiles;
import io.millrace.connectors.s3.S3SinkBuilder;
import io.millrace.connectors.sink.RecordRange;
import io.millrace.connectors.sink.SinkException;
import io.millrace.kcl.time.Clock;
import java.math.BigInteger;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;

/**
 * Sets up a {@link RedshiftSink}. The names of the methods are those of the keys in a config file,
 * where {@link #build} finds something that does not go together. Not for use by several threads.
 */
public final class RedshiftSinkBuilder {
  static final String DEFAULT_PREFIX = "redshift/";
  static final String DEFAULT_HISTORY = "millrace_load_history";
  static final Duration DEFAULT_CONNECT_TIMEOUT = Duration.ofSeconds(10);
  static final Duration DEFAULT_LOAD_TIMEOUT = Duration.ofMinutes(30);
  static final int DEFAULT_LOADS = 2;
  static final int MOST_ERRORS = 100_000;

  static final Pattern PREFIX = Pattern.compile("([A-Za-z0-9_.=-]+/)*");
  static final String PREFIX_ALLOWED =
      "folders of letters, digits, '_', '-', '.' and '=', with '/' at their ends";
  private static final int MOST_PREFIX_CHARACTERS = 100;

  private static final Pattern ROLES =
      Pattern.compile("default|arn:[a-z-]+:iam::[0-9]{12}:role/[A-Za-z0-9_+=,.@/-]+");

  static final Pattern ROLE_LIST =
      Pattern.compile("(" + ROLES.pattern() + ")(,(" + ROLES.pattern() + "))*");
  static final String ROLE_ALLOWED =
      "default, or the ARN of a role, or several ARNs with commas between them";

  final S3SinkBuilder storage;
  final TableName table;
  private final String url;
  private String user;
  private String password;
  private AwsCredentialsProvider credentials;
  private String awsRegion;
  private Duration connectTimeout = DEFAULT_CONNECT_TIMEOUT;
  private Duration loadTimeout = DEFAULT_LOAD_TIMEOUT;
  private int loads = DEFAULT_LOADS;
  TableName history;
  FileFormat format = FileFormat.CSV;
  FileCompression compression = FileCompression.GZIP;
  String prefix = DEFAULT_PREFIX;
  private List<String> columnTexts = List.of();
  List<String> keys = List.of();
  DeleteRule deleteRule;
  private String iamRole;
  private CopyCredentials.Keys copyKeys;
  private String bucketRegion;
  private String timeFormat;
  private boolean truncateColumns;
  private int maxErrors;
  List<String> jsonPaths = List.of();
  NewTable newTable;
  boolean createHistory;
  private Clock clock = Clock.system();

  RedshiftSinkBuilder(String url, String table, S3SinkBuilder storage) {
    this.url = Database.driverUrl(url);
    this.table = TableName.parse(table);
    this.storage = Objects.requireNonNull(storage, "storage");
    this.history = new TableName(this.table.schema(), DEFAULT_HISTORY);
  }

  /**
   * Who connects.
   *
   * @param user with IAM the one whose temporary password AWS is asked for; null for a workgroup,
   *     or if the URL says {@code DbUser}
   * @param password null with IAM
   */
  public RedshiftSinkBuilder user(String user, String password) {
    this.user = user;
    this.password = password;
    return this;
  }

  /**
   * With which credentials, and in which region, AWS is asked for a user and a password when the
   * URL has {@code iam}. What the URL says itself ({@code Profile}, {@code plugin_name}, {@code
   * Region}, or the region in the host's name) comes first; without this call it is what the SDK
   * finds.
   *
   * @param credentials resolved, on a thread of the sink, whenever a connection is opened; not
   *     closed; not null
   * @param region not null
   */
  public RedshiftSinkBuilder iamLogin(AwsCredentialsProvider credentials, String region) {
    this.credentials = Objects.requireNonNull(credentials, "credentials");
    this.awsRegion = Objects.requireNonNull(region, "region");
    return this;
  }

  /** How long opening a connection may take; 10 s by default. */
  public RedshiftSinkBuilder connectTimeout(Duration timeout) {
    this.connectTimeout = Objects.requireNonNull(timeout, "timeout");
    return this;
  }

  /** How long one statement of a load may take, also waiting for the lock; 30 minutes. */
  public RedshiftSinkBuilder loadTimeout(Duration timeout) {
    this.loadTimeout = Objects.requireNonNull(timeout, "timeout");
    return this;
  }

  /** Loads at a time, each on a connection of its own; 2 by default. */
  public RedshiftSinkBuilder loads(int loads) {
    if (loads < 1) {
      throw new IllegalArgumentException("loads must be positive, but is " + loads);
    }
    this.loads = loads;
    return this;
  }

  /** The table of what was loaded; {@code millrace_load_history} in the table's schema. */
  public RedshiftSinkBuilder historyTable(String history) {
    this.history = TableName.parse(history);
    return this;
  }

  /** CSV by default. */
  public RedshiftSinkBuilder format(FileFormat format) {
    this.format = Objects.requireNonNull(format, "format");
    return this;
  }

  /** Gzip by default. */
  public RedshiftSinkBuilder compression(FileCompression compression) {
    this.compression = Objects.requireNonNull(compression, "compression");
    return this;
  }

  /** What the keys of files begin with: folders; {@code redshift/} by default. */
  public RedshiftSinkBuilder prefix(String prefix) {
    if (!PREFIX.matcher(prefix).matches() || prefix.length() > MOST_PREFIX_CHARACTERS) {
      throw new IllegalArgumentException(
          "'" + prefix + "' is no prefix; allowed are " + PREFIX_ALLOWED);
    }
    this.prefix = prefix;
    return this;
  }

  /**
   * The table's columns that are filled: {@code NAME [required] [from FIELD]} each, for Parquet
   * {@code NAME TYPE [required] [from FIELD]}.
   */
  public RedshiftSinkBuilder columns(List<String> columns) {
    this.columnTexts = List.copyOf(columns);
    return this;
  }

  /** The columns by which a record replaces a row; none by default: every record is a row. */
  public RedshiftSinkBuilder mergeKey(List<String> columns) {
    this.keys = columns.stream().map(RedshiftSinkBuilder::lower).toList();
    return this;
  }

  /** {@code FIELD=VALUE}: records that say so delete the row of their key. */
  public RedshiftSinkBuilder deleteWhen(String rule) {
    this.deleteRule = DeleteRule.parse(rule);
    return this;
  }

  /** The role with which Redshift reads files; {@code default}, the cluster's own, by default. */
  public RedshiftSinkBuilder iamRole(String arn) {
    if (!ROLE_LIST.matcher(arn).matches()) {
      throw new IllegalArgumentException("'" + arn + "' is no role; allowed are " + ROLE_ALLOWED);
    }
    this.iamRole = arn;
    return this;
  }

  /**
   * Keys with which Redshift reads files, in place of a role.
   *
   * @param sessionToken null if they are not temporary
   */
  public RedshiftSinkBuilder copyKeys(
      String accessKeyId, String secretAccessKey, String sessionToken) {
    this.copyKeys = new CopyCredentials.Keys(accessKeyId, secretAccessKey, sessionToken);
    return this;
  }

  /** The bucket's region, if it is not the cluster's. */
  public RedshiftSinkBuilder bucketRegion(String region) {
    this.bucketRegion = region;
    return this;
  }

  /** How times are written in records; {@code auto} by default. */
  public RedshiftSinkBuilder timeFormat(String timeFormat) {
    this.timeFormat = timeFormat;
    return this;
  }

  /** Whether texts that are too long for their column are cut off. */
  public RedshiftSinkBuilder truncateColumns(boolean truncate) {
    this.truncateColumns = truncate;
    return this;
  }

  /** Rows of one load that may not fit: they become dead letters. 0 by default. */
  public RedshiftSinkBuilder maxErrors(int errors) {
    if (errors < 0 || errors > MOST_ERRORS) {
      throw new IllegalArgumentException(
          "maxErrors is " + errors + "; allowed is 0 to " + MOST_ERRORS);
    }
    this.maxErrors = errors;
    return this;
  }

  /** JSONPaths, one for each column, where COPY is to find the fields itself. */
  public RedshiftSinkBuilder jsonPaths(List<String> paths) {
    this.jsonPaths = List.copyOf(paths);
    return this;
  }

  /**
   * Creates the table if it is not there.
   *
   * @param columns types by names
   * @param distKey null to leave it to Redshift
   * @param sortKeys empty to leave it to Redshift
   */
  public RedshiftSinkBuilder createTable(
      Map<String, String> columns, String distKey, List<String> sortKeys) {
    this.newTable =
        new NewTable(
            NewTable.types(new java.util.LinkedHashMap<>(columns)),
            distKey == null ? null : lower(distKey),
            sortKeys.stream().map(RedshiftSinkBuilder::lower).toList());
    return this;
  }

  /** Creates the history if it is not there. */
  public RedshiftSinkBuilder createHistory(boolean create) {
    this.createHistory = create;
    return this;
  }

  RedshiftSinkBuilder clock(Clock clock) {
    this.clock = clock;
    return this;
  }

  /**
   * @throws IllegalArgumentException if values do not go together; the message names the key
   */
  public RedshiftSink build() {
    problem()
        .ifPresent(
            p -> {
              throw new IllegalArgumentException(p.key().name() + ": " + p.why());
            });
    return new RedshiftSink(this);
  }

  // --- what does not go together ---

  /** A value that does not go with the others. */
  record Problem(Key<?> key, String why) {}

  private static Optional<Problem> problem(Key<?> key, String why) {
    return Optional.of(new Problem(key, why));
  }

  Optional<Problem> problem() {
    return columnProblem()
        .or(this::keyProblem)
        .or(this::formatProblem)
        .or(this::jsonPathsProblem)
        .or(this::accessProblem)
        .or(this::iamProblem)
        .or(this::tableProblem);
  }

  private Optional<Problem> columnProblem() {
    List<Column> columns;
    try {
      columns = columns();
    } catch (IllegalArgumentException e) {
      return problem(RedshiftKeys.COLUMNS, e.getMessage());
    }
    for (Column column : columns) {
      if (Staged.ALL.contains(column.name())) {
        return problem(
            RedshiftKeys.COLUMNS,
            "the column "
                + column.name()
                + " has a name that the sink needs in its files; name it otherwise");
      }
    }
    return Optional.empty();
  }

  private Optional<Problem> keyProblem() {
    Set<String> names = new HashSet<>(columnNames());
    for (String key : keys) {
      if (!names.contains(key)) {
        return problem(
            RedshiftKeys.MERGE_KEY,
            "'" + key + "' is none of columns: " + String.join(", ", columnNames()));
      }
    }
    if (new HashSet<>(keys).size() < keys.size()) {
      return problem(RedshiftKeys.MERGE_KEY, "a column is there twice");
    }
    if (deleteRule != null && keys.isEmpty()) {
      return problem(RedshiftKeys.DELETE_WHEN, "it needs mergeKey, which says what row is deleted");
    }
    return Optional.empty();
  }

  private Optional<Problem> formatProblem() {
    if (format != FileFormat.PARQUET) {
      return Optional.empty();
    }
    if (maxErrors > 0) {
      return problem(
          RedshiftKeys.MAX_ERRORS,
          "COPY of Parquet takes no MAXERROR; write csv or json, or take it out: values that do not"
              + " fit the types in columns become dead letters anyway");
    }
    if (truncateColumns) {
      return problem(
          RedshiftKeys.TRUNCATE_COLUMNS,
          "COPY of Parquet takes no TRUNCATECOLUMNS; write csv or json, or take it out");
    }
    if (timeFormat != null) {
      return problem(
          RedshiftKeys.TIME_FORMAT,
          "COPY of Parquet takes no TIMEFORMAT; use the type timestamp in columns, or write csv or"
              + " json");
    }
    return Optional.empty();
  }

  private Optional<Problem> jsonPathsProblem() {
    if (jsonPaths.isEmpty()) {
      return Optional.empty();
    }
    if (format != FileFormat.JSON) {
      return problem(RedshiftKeys.JSON_PATHS, "it goes with format json only");
    }
    if (jsonPaths.size() != columnNames().size()) {
      return problem(
          RedshiftKeys.JSON_PATHS,
          "it has "
              + jsonPaths.size()
              + " paths, and columns has "
              + columnNames().size()
              + " columns: write one for each, in their order");
    }
    for (String path : jsonPaths) {
      if (!path.startsWith("$")) {
        return problem(RedshiftKeys.JSON_PATHS, "'" + path + "' does not begin with '$'");
      }
    }
    return Optional.empty();
  }

  private Optional<Problem> accessProblem() {
    if (iamRole != null && copyKeys != null) {
      return problem(
          RedshiftKeys.IAM_ROLE, "the file says accessKeyId too; Redshift takes one or the other");
    }
    if (user == null && password == null && !url.startsWith("jdbc:redshift:iam:")) {
      return problem(
          RedshiftKeys.USER,
          "a URL without iam needs it, and password; or write jdbc:redshift:iam://…");
    }
    for (String text :
        copyKeys == null
            ? List.<String>of()
            : List.of(
                copyKeys.accessKeyId(),
                copyKeys.secretAccessKey(),
                Objects.requireNonNullElse(copyKeys.sessionToken(), ""))) {
      if (!text.matches("[A-Za-z0-9/+=_.-]*")) {
        return problem(RedshiftKeys.ACCESS_KEY_ID, "one of the keys has a character that none has");
      }
    }
    return timeFormat != null && timeFormat.indexOf('\\') >= 0
        ? problem(RedshiftKeys.TIME_FORMAT, "it has a backslash, which servers read differently")
        : Optional.empty();
  }

  private Optional<Problem> iamProblem() {
    Optional<IamUrl> iam = IamUrl.parse(url);
    if (iam.isEmpty()) {
      return Optional.empty();
    }
    if (iam.get().namesClusterAndRegionOnly()) {
      return problem(
          RedshiftKeys.URL,
          "Amazon's driver does not find a cluster by name and region; write its host name,"
              + " jdbc:redshift:iam://CLUSTER.….REGION.redshift.amazonaws.com:5439/DATABASE");
    }
    if (user == null && iam.get().needsUser()) {
      return problem(
          RedshiftKeys.USER,
          "AWS is asked for the temporary password of a database user, and has to be told of which;"
              + " say user, or DbUser or GroupFederation=true in url");
    }
    if (password != null && !iam.get().hasPlugin()) {
      return problem(
          RedshiftKeys.PASSWORD,
          "with jdbc:redshift:iam AWS gives a new one whenever it is needed; take it out, or take iam:"
              + " out of url");
    }
    return Optional.empty();
  }

  private Optional<Problem> tableProblem() {
    if (table.table().equals(Staged.TABLE)) {
      return problem(
          RedshiftKeys.TABLE, "that is the name of the sink's temporary table; take another one");
    }
    if (table.equals(history)) {
      return problem(RedshiftKeys.HISTORY_TABLE, "it is the table itself; name another one");
    }
    if (rangeTarget().text().length() > 1_000) {
      return problem(RedshiftKeys.TABLE, "the names of table and historyTable are too long");
    }
    if (newTable == null) {
      return Optional.empty();
    }
    for (String column : columnNames()) {
      if (!newTable.columns().containsKey(column)) {
        return problem(RedshiftKeys.TABLE_COLUMNS, "the column " + column + " is not among them");
      }
    }
    if (newTable.distKey() != null && !newTable.columns().containsKey(newTable.distKey())) {
      return problem(RedshiftKeys.DIST_KEY, "'" + newTable.distKey() + "' is none of tableColumns");
    }
    for (String key : newTable.sortKeys()) {
      if (!newTable.columns().containsKey(key)) {
        return problem(RedshiftKeys.SORT_KEY, "'" + key + "' is none of tableColumns");
      }
    }
    return Optional.empty();
  }

  // --- what the parts are made of ---

  /**
   * @throws IllegalArgumentException that says which column is wrong
   */
  List<Column> columns() {
    if (columnTexts.isEmpty()) {
      throw new IllegalArgumentException(
          "there is none; write "
              + (format == FileFormat.PARQUET
                  ? Column.ALLOWED_PARQUET + "; types are " + ColumnType.ALLOWED
                  : Column.ALLOWED_CSV));
    }
    List<Column> columns =
        format == FileFormat.PARQUET ? Column.parquet(columnTexts) : Column.csv(columnTexts);
    List<Column> lower = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Column column : columns) {
      String name = lower(column.name());
      if (!names.add(name)) {
        throw new IllegalArgumentException(
            "the column " + name + " is there twice: names are taken in lower case");
      }
      lower.add(new Column(name, column.type(), column.required(), column.path()));
    }
    return lower;
  }

  /**
   * Redshift takes names in lower case, also quoted ones, and COPY of JSON finds a field only by
   * the same name: with another one every row would have NULL there.
   */
  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  List<String> columnNames() {
    return columns().stream().map(Column::name).toList();
  }

  RowShape shape() {
    return new RowShape(columns(), keys, deleteRule, !jsonPaths.isEmpty());
  }

  private Compression s3Compression() {
    return Compression.valueOf(compression.name());
  }

  RecordFiles.Layout layout() {
    return switch (format) {
      case CSV ->
          new RecordFiles.Layout(
              Format.CSV, s3Compression(), shape().fileColumns(), CopyOptions.CSV_NULL);
      case JSON -> new RecordFiles.Layout(Format.NDJSON, s3Compression(), List.of(), null);
      case PARQUET ->
          new RecordFiles.Layout(Format.PARQUET, s3Compression(), shape().fileColumns(), null);
    };
  }

  /** What files' names end with. */
  String suffix() {
    String whole =
        format == FileFormat.PARQUET || compression == FileCompression.NONE
            ? ""
            : compression == FileCompression.GZIP ? ".gz" : ".zst";
    return "." + format.name().toLowerCase(Locale.ROOT) + whole;
  }

  /** Looks at the bucket, and tries to write where the files will be: a policy may end there. */
  List<Finding> checkStorage() {
    return RecordFiles.check(storage.prefix(prefix));
  }

  /** What the names of a range's objects begin with: never used twice. */
  String fileName(RecordRange<?> range) {
    return prefix
        + RecordFiles.identity(range.start())
        + "-"
        + range.writer()
        + "-"
        + range.attempt();
  }

  byte[] jsonPathsFile() {
    return CopyManifest.jsonPaths(jsonPaths, deleteRule != null);
  }

  /** Named by what is in it. */
  String jsonPathsKey() {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(jsonPathsFile());
      return prefix + "jsonpaths-" + String.format("%064x", new BigInteger(1, digest)) + ".json";
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  LoadTarget target() {
    return new LoadTarget(
        table,
        history,
        columnNames(),
        keys.isEmpty() ? WriteMode.INSERT : WriteMode.MERGE,
        keys,
        deleteRule != null);
  }

  /**
   * @param files null if nothing is going to be copied
   */
  CopyOptions copyOptions(RecordFiles files) {
    URI paths = jsonPaths.isEmpty() || files == null ? null : files.location(jsonPathsKey());
    String times = format == FileFormat.PARQUET ? null : timeFormat == null ? "auto" : timeFormat;
    return new CopyOptions(
        format,
        compression,
        copyKeys != null
            ? copyKeys
            : new CopyCredentials.IamRole(iamRole == null ? "default" : iamRole),
        bucketRegion,
        paths,
        times,
        truncateColumns,
        maxErrors);
  }

  Database.Address address() {
    return new Database.Address(
        url,
        new Database.Login(user, password, credentials, awsRegion),
        connectTimeout,
        loadTimeout);
  }

  /** A sentence about how it logs in, without a secret. */
  String aboutLogin() {
    Optional<IamUrl> iam = IamUrl.parse(url);
    if (iam.isEmpty()) {
      return "Logs in as " + user + " with a password.";
    }
    return "Logs in with IAM: asks AWS for a temporary password"
        + (iam.get().isServerless()
            ? " of the workgroup's user for these credentials"
            : user == null ? " of the user that the URL says" : " of the user " + user)
        + (iam.get().leavesCredentials()
            ? ", with the pipeline's credentials."
            : ", with the credentials that the URL names.");
  }

  List<String> creations() {
    List<String> creations = new ArrayList<>();
    if (newTable != null) {
      creations.add(newTable.create(table));
    }
    if (createHistory) {
      creations.add(Statements.createHistory(history));
    }
    return creations;
  }

  RedshiftLoader loader(RecordFiles files) {
    LoadTarget target = target();
    CopyOptions options = copyOptions(files);
    return new RedshiftLoader(
        new Database(address(), creations()),
        target,
        options,
        new StagedFiles(
            files, format, s3Compression(), new Statements(target, options).fileColumns()),
        clock,
        loads);
  }

  RangeTarget rangeTarget() {
    return new RangeTarget(table.toString(), history.toString());
  }

  /** Null if the range was prepared for this table and history. */
  SinkException foreign(RecordRange<?> range) {
    RangeTarget mine = rangeTarget();
    Optional<RangeTarget> prepared = RangeTarget.parse(range.name());
    if (prepared.isPresent() && prepared.get().equals(mine)) {
      return null;
    }
    return SinkException.needsSomebody(
        "Could not load "
            + range.describe()
            + ": it was prepared "
            + prepared
                .map(p -> "for " + p.table() + " with the history " + p.history())
                .orElse("by another sink, as '" + range.name() + "'")
            + ", and this sink loads into "
            + mine.table()
            + " with the history "
            + mine.history()
            + "; finish it with the configuration that it was prepared with",
        null);
  }
}
