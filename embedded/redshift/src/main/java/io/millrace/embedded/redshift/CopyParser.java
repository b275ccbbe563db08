package io.millrace.embedded.redshift;

import io.millrace.embedded.redshift.CopyStatement.Access;
import io.millrace.embedded.redshift.CopyStatement.Compression;
import io.millrace.embedded.redshift.CopyStatement.Format;
import io.millrace.embedded.redshift.CopyStatement.From;
import io.millrace.embedded.redshift.CopyStatement.Lines;
import io.millrace.embedded.redshift.CopyStatement.ValueOptions;
import io.millrace.embedded.redshift.SqlTokens.Kind;
import io.millrace.embedded.redshift.SqlTokens.Token;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Understands Redshift's COPY; refuses what Redshift refuses, and what is not known here. */
final class CopyParser {
  private static final int MOST_ERRORS = 100_000;

  private static final Set<String> FORMATS = Set.of("csv", "json", "parquet");

  /** Known to Redshift, and not to this stand-in. */
  private static final Set<String> NOT_HERE =
      Set.of(
          "avro",
          "orc",
          "fixedwidth",
          "shapefile",
          "bzip2",
          "lzop",
          "encrypted",
          "ssh",
          "readratio");

  /** What may stand beside PARQUET. */
  private static final Set<String> WITH_PARQUET =
      Set.of(
          "iam_role",
          "credentials",
          "access_key_id",
          "secret_access_key",
          "session_token",
          "manifest",
          "statupdate",
          "acceptinvchars",
          "fillrecord",
          "explicit_ids",
          "parquet");

  private static final Set<String> NOT_WITH_JSON =
      Set.of(
          "delimiter",
          "quote",
          "escape",
          "fillrecord",
          "ignoreblanklines",
          "ignoreheader",
          "null",
          "removequotes");

  private final List<Token> tokens;
  private final Map<String, String> options = new LinkedHashMap<>();
  private int at;

  private CopyParser(List<Token> tokens) {
    this.tokens = tokens;
  }

  /**
   * @param tokens of one statement that begins with COPY
   * @throws Refusal if Redshift would not take it, or this stand-in does not
   */
  static CopyStatement parse(List<Token> tokens) {
    return new CopyParser(tokens).statement();
  }

  private CopyStatement statement() {
    at = 1;
    Token first = name("the name of a table");
    String table = Dialect.quote(first.name());
    String tableName = first.name();
    if (symbol('.')) {
      tableName = name("the name of a table").name();
      table += "." + Dialect.quote(tableName);
    }
    List<String> columns = new ArrayList<>();
    if (symbol('(')) {
      do {
        columns.add(name("the name of a column").name());
      } while (symbol(','));
      expectSymbol(')');
    }
    if (!word("from")) {
      throw syntaxError();
    }
    String url = string();
    if (!url.startsWith("s3://")) {
      throw new Refusal(
          Refusal.NOT_SUPPORTED,
          "COPY FROM '" + url + "': this stand-in for Redshift reads from s3:// only");
    }
    while (at < tokens.size()) {
      option();
    }
    return build(table, tableName, List.copyOf(columns), url);
  }

  private void option() {
    Token token = tokens.get(at);
    if (token.kind() != Kind.WORD) {
      throw syntaxError();
    }
    at++;
    String option = token.value();
    if (NOT_HERE.contains(option)) {
      throw notHere(option);
    }
    switch (option) {
      case "with" -> {
        if (!next("credentials")) {
          throw syntaxError();
        }
      }
      case "format" -> {
        word("as");
        Token format = name("a format");
        if (NOT_HERE.contains(format.name())) {
          throw notHere(format.name());
        }
        if (!FORMATS.contains(format.name())) {
          at--;
          throw syntaxError();
        }
        format(format.name());
      }
      case "csv", "json", "parquet" -> format(option);
      case "iam_role" -> put(option, word("default") ? "default" : string());
      case "access_key_id",
          "secret_access_key",
          "session_token",
          "credentials",
          "region",
          "delimiter",
          "quote",
          "null",
          "timeformat",
          "dateformat",
          "encoding" -> {
        word("as");
        put(option, string());
      }
      case "acceptinvchars" -> {
        boolean as = word("as");
        put(option, as || nextIsString() ? string() : "?");
      }
      case "ignoreheader", "maxerror", "comprows" -> {
        word("as");
        put(option, number());
      }
      case "compupdate", "statupdate" -> {
        boolean said = word("on") || word("off") || word("true") || word("false") || word("preset");
        put(option, said ? tokens.get(at - 1).value() : "on");
      }
      case "manifest",
          "gzip",
          "zstd",
          "emptyasnull",
          "blanksasnull",
          "trimblanks",
          "truncatecolumns",
          "acceptanydate",
          "escape",
          "removequotes",
          "fillrecord",
          "ignoreblanklines",
          "roundec",
          "noload",
          "explicit_ids" ->
          put(option, "");
      default -> {
        at--;
        throw syntaxError();
      }
    }
  }

  private void format(String format) {
    if (FORMATS.stream().anyMatch(options::containsKey)) {
      throw redundant();
    }
    boolean as = word("as");
    if (format.equals("json")) {
      put(format, as || nextIsString() ? string() : "auto");
      return;
    }
    put(format, "");
    if (format.equals("csv") && word("quote")) {
      word("as");
      put("quote", string());
    }
  }

  private static Refusal notHere(String option) {
    return new Refusal(
        Refusal.NOT_SUPPORTED,
        option.toUpperCase(Locale.ROOT)
            + " is an option of Redshift's COPY that this stand-in does not have");
  }

  private void put(String option, String value) {
    if (options.put(option, value) != null) {
      throw redundant();
    }
  }

  private static Refusal redundant() {
    return new Refusal(Refusal.SYNTAX_ERROR, "conflicting or redundant options");
  }

  private CopyStatement build(String table, String tableName, List<String> columns, String url) {
    Access access = access();
    Format format = buildFormat();
    int maxErrors = Math.max(1, number("maxerror", 0, MOST_ERRORS));
    From from = new From(url, has("manifest"), compression(), has("noload"));
    return new CopyStatement(table, tableName, columns, from, access, format, values(), maxErrors);
  }

  private Format buildFormat() {
    if (has("parquet")) {
      for (String option : options.keySet()) {
        if (!WITH_PARQUET.contains(option)) {
          throw new Refusal(
              Refusal.NOT_SUPPORTED,
              option.toUpperCase(Locale.ROOT)
                  + " argument is not supported for PARQUET based COPY");
        }
      }
      return new Format.Parquet();
    }
    if (has("json")) {
      for (String option : options.keySet()) {
        if (NOT_WITH_JSON.contains(option)) {
          throw incompatible("JSON", option);
        }
      }
      String paths = options.get("json");
      String known = paths.toLowerCase(Locale.ROOT);
      if (known.equals("auto") || known.equals("auto ignorecase")) {
        return new Format.Json(known);
      }
      if (!paths.startsWith("s3://")) {
        throw new Refusal(
            Refusal.NOT_SUPPORTED,
            "JSON '"
                + paths
                + "' is not allowed; allowed are 'auto', 'auto ignorecase' and 's3://...', the URL"
                + " of a file of JSONPaths");
      }
      return new Format.Json(paths);
    }
    Lines lines =
        new Lines(
            number("ignoreheader", 0, Integer.MAX_VALUE),
            has("ignoreblanklines"),
            has("fillrecord"));
    if (has("csv")) {
      for (String option : List.of("escape", "removequotes")) {
        if (has(option)) {
          throw incompatible("CSV", option);
        }
      }
      return new Format.Csv(character("delimiter", ','), character("quote", '"'), lines);
    }
    if (has("quote")) {
      throw incompatible("COPY without CSV", "quote");
    }
    return new Format.Delimited(
        character("delimiter", '|'), has("escape"), has("removequotes"), lines);
  }

  private static Refusal incompatible(String format, String option) {
    return new Refusal(
        Refusal.NOT_SUPPORTED,
        format + " is not supported with " + option.toUpperCase(Locale.ROOT));
  }

  private Compression compression() {
    if (has("gzip") && has("zstd")) {
      throw redundant();
    }
    if (has("gzip")) {
      return Compression.GZIP;
    }
    return has("zstd") ? Compression.ZSTD : Compression.NONE;
  }

  private ValueOptions values() {
    String encoding = options.getOrDefault("encoding", "utf8").toLowerCase(Locale.ROOT);
    if (!encoding.equals("utf8") && !encoding.equals("utf-8")) {
      throw new Refusal(
          Refusal.NOT_SUPPORTED, "ENCODING " + encoding + ": this stand-in reads UTF8 only");
    }
    String replacement = options.get("acceptinvchars");
    if (replacement != null && (replacement.length() != 1 || replacement.charAt(0) > 126)) {
      throw new Refusal(
          Refusal.NOT_SUPPORTED,
          "ACCEPTINVCHARS AS '" + replacement + "' is not allowed; allowed is one ASCII character");
    }
    return new ValueOptions(
        options.getOrDefault("null", "\\N"),
        has("emptyasnull"),
        has("blanksasnull"),
        has("trimblanks"),
        has("truncatecolumns"),
        options.getOrDefault("timeformat", ""),
        options.getOrDefault("dateformat", ""),
        replacement == null ? null : replacement.charAt(0));
  }

  private Access access() {
    boolean keys = has("access_key_id") || has("secret_access_key") || has("session_token");
    int said = (has("iam_role") ? 1 : 0) + (has("credentials") ? 1 : 0) + (keys ? 1 : 0);
    if (said > 1) {
      throw redundant();
    }
    if (has("iam_role")) {
      return role(options.get("iam_role"));
    }
    if (has("credentials")) {
      return credentials(options.get("credentials"));
    }
    if (keys) {
      return keys(
          options.get("access_key_id"),
          options.get("secret_access_key"),
          options.getOrDefault("session_token", ""));
    }
    throw new Refusal(
        Refusal.INTERNAL_ERROR,
        "No authorization parameter is given: COPY from S3 needs IAM_ROLE, ACCESS_KEY_ID with"
            + " SECRET_ACCESS_KEY, or CREDENTIALS");
  }

  private static Access role(String arn) {
    if (!arn.equals("default")
        && !arn.matches(
            "arn:aws[a-z-]*:iam::\\d{12}:role/\\S+(,arn:aws[a-z-]*:iam::\\d{12}:role/\\S+)*")) {
      throw new Refusal(Refusal.INTERNAL_ERROR, "Invalid IAM_ROLE ARN: '" + arn + "'");
    }
    return new Access.Role(arn);
  }

  private static Access credentials(String text) {
    Map<String, String> parts = new LinkedHashMap<>();
    for (String part : text.split(";")) {
      int equals = part.indexOf('=');
      if (equals < 0) {
        throw badCredentials();
      }
      parts.put(part.substring(0, equals).strip(), part.substring(equals + 1).strip());
    }
    String role = parts.get("aws_iam_role");
    if (role != null && parts.size() == 1) {
      return role(role);
    }
    if (!Set.of("aws_access_key_id", "aws_secret_access_key", "token")
        .containsAll(parts.keySet())) {
      throw badCredentials();
    }
    return keys(
        parts.get("aws_access_key_id"),
        parts.get("aws_secret_access_key"),
        parts.getOrDefault("token", ""));
  }

  /** Without the text: it holds a secret. */
  private static Refusal badCredentials() {
    return new Refusal(
        Refusal.INTERNAL_ERROR,
        "Invalid credentials. Must be of the format: credentials 'aws_iam_role=...' or"
            + " 'aws_access_key_id=...;aws_secret_access_key=...[;token=...]'");
  }

  private static Access keys(String id, String secret, String token) {
    if (id == null || secret == null) {
      throw badCredentials();
    }
    return new Access.Keys(id, secret, token);
  }

  private boolean has(String option) {
    return options.containsKey(option);
  }

  private int number(String option, int otherwise, int most) {
    String text = options.get(option);
    if (text == null) {
      return otherwise;
    }
    try {
      int value = Integer.parseInt(text);
      if (value >= 0 && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // the same message
    }
    throw new Refusal(
        Refusal.SYNTAX_ERROR,
        option.toUpperCase(Locale.ROOT) + " " + text + " is not allowed; allowed: 0 to " + most);
  }

  private char character(String option, char otherwise) {
    String text = options.get(option);
    if (text == null) {
      return otherwise;
    }
    if (text.length() != 1 || text.charAt(0) > 126) {
      throw new Refusal(
          Refusal.SYNTAX_ERROR,
          option.toUpperCase(Locale.ROOT)
              + " '"
              + text
              + "' is not allowed; allowed is one ASCII character");
    }
    return text.charAt(0);
  }

  private boolean next(String word) {
    return at < tokens.size() && tokens.get(at).is(word);
  }

  private boolean nextIsString() {
    return at < tokens.size() && tokens.get(at).kind() == Kind.STRING;
  }

  private boolean word(String word) {
    if (next(word)) {
      at++;
      return true;
    }
    return false;
  }

  private boolean symbol(char symbol) {
    if (at < tokens.size() && tokens.get(at).isSymbol(symbol)) {
      at++;
      return true;
    }
    return false;
  }

  private void expectSymbol(char symbol) {
    if (!symbol(symbol)) {
      throw syntaxError();
    }
  }

  private Token name(String what) {
    if (at < tokens.size() && tokens.get(at).isName()) {
      return tokens.get(at++);
    }
    throw new Refusal(Refusal.SYNTAX_ERROR, syntaxError().getMessage() + ": expected " + what);
  }

  private String string() {
    if (!nextIsString()) {
      throw syntaxError();
    }
    return tokens.get(at++).value();
  }

  private String number() {
    if (at >= tokens.size() || tokens.get(at).kind() != Kind.NUMBER) {
      throw syntaxError();
    }
    return tokens.get(at++).value();
  }

  private Refusal syntaxError() {
    return new Refusal(
        Refusal.SYNTAX_ERROR,
        at < tokens.size()
            ? "syntax error at or near \"" + tokens.get(at).value() + "\" in COPY"
            : "syntax error at end of COPY");
  }
}
