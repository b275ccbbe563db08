package io.millrace.embedded.redshift;

import io.millrace.embedded.redshift.SqlTokens.Kind;
import io.millrace.embedded.redshift.SqlTokens.Token;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Translates CREATE TABLE: distribution, sort keys and encodings go, types that PostgreSQL lacks
 * are mapped, keys are not enforced (Redshift takes them as hints).
 */
final class CreateTables {

  private static final Map<String, String> TYPES = new HashMap<>();

  static {
    for (String same :
        List.of(
            "smallint",
            "int2",
            "integer",
            "int",
            "int4",
            "bigint",
            "int8",
            "decimal",
            "numeric",
            "real",
            "float4",
            "double",
            "float8",
            "float",
            "boolean",
            "bool",
            "date",
            "timestamp",
            "timestamptz",
            "time",
            "timetz",
            "interval",
            "char",
            "character")) {
      TYPES.put(same, same);
    }
    TYPES.put("nchar", "char");
    TYPES.put("bpchar", "char(256)");
    TYPES.put("varchar", "varchar");
    TYPES.put("nvarchar", "varchar");
    TYPES.put("text", "varchar(256)");
    TYPES.put("super", "jsonb");
    TYPES.put("varbyte", "bytea");
    TYPES.put("varbinary", "bytea");
    TYPES.put("binary", "bytea");
  }

  private static final Set<String> NOT_HERE = Set.of("geometry", "geography", "hllsketch");

  private static final Set<String> TABLE_CONSTRAINTS =
      Set.of("primary", "unique", "foreign", "constraint");

  private final String sql;
  private final List<Token> tokens;
  private final Edits edits;
  private final List<String> attributes = new ArrayList<>();
  private final List<String> columnAttributes = new ArrayList<>();
  private final Map<String, Integer> columnEnds = new HashMap<>();
  private final Set<String> notNull = new HashSet<>();
  private final List<String> primaryKey = new ArrayList<>();

  private CreateTables(String sql, List<Token> tokens, Edits edits) {
    this.sql = sql;
    this.tokens = tokens;
    this.edits = edits;
  }

  /** The place of the table's name in {@code CREATE [TEMP] TABLE [IF NOT EXISTS] name}, or -1. */
  static int tableAt(List<Token> tokens) {
    int at = 1;
    while (at < tokens.size()
        && (tokens.get(at).is("temp")
            || tokens.get(at).is("temporary")
            || tokens.get(at).is("local"))) {
      at++;
    }
    if (at >= tokens.size() || !tokens.get(at).is("table")) {
      return -1;
    }
    at++;
    if (at + 2 < tokens.size()
        && tokens.get(at).is("if")
        && tokens.get(at + 1).is("not")
        && tokens.get(at + 2).is("exists")) {
      at += 3;
    }
    return at < tokens.size() && tokens.get(at).isName() ? at : -1;
  }

  static CreatedTable translate(String sql, List<Token> tokens, int table, Edits edits) {
    return new CreateTables(sql, tokens, edits).translate(table);
  }

  private CreatedTable translate(int table) {
    StringBuilder name = new StringBuilder(tokens.get(table).name());
    int at = table + 1;
    while (at + 1 < tokens.size() && tokens.get(at).isSymbol('.')) {
      name.append('.').append(tokens.get(at + 1).name());
      at += 2;
    }
    if (at < tokens.size() && tokens.get(at).isSymbol('(')) {
      int close = closing(at);
      elements(at, close);
      at = close + 1;
    }
    attributes(at);
    for (String column : primaryKey) {
      Integer end = columnEnds.get(column);
      if (end != null && notNull.add(column)) {
        edits.replace(end, end, " NOT NULL");
      }
    }
    return new CreatedTable(name.toString(), attributes, columnAttributes);
  }

  private int closing(int open) {
    int depth = 0;
    for (int i = open; i < tokens.size(); i++) {
      if (tokens.get(i).isSymbol('(')) {
        depth++;
      } else if (tokens.get(i).isSymbol(')') && --depth == 0) {
        return i;
      }
    }
    throw new Refusal(Refusal.SYNTAX_ERROR, "syntax error at end of input: a ) is missing");
  }

  private void elements(int open, int close) {
    boolean kept = false;
    int start = open + 1;
    for (int i = start; i <= close; i++) {
      if (tokens.get(i).isSymbol('(')) {
        i = closing(i);
      } else if (i == close || tokens.get(i).isSymbol(',')) {
        if (i > start && isTableConstraint(start)) {
          constraint(start, i);
          // with the comma before it, or, if it is the first, the one behind it
          int from = kept ? tokens.get(start - 1).start() : tokens.get(start).start();
          int to = kept || i == close ? tokens.get(i - 1).end() : tokens.get(i).end();
          edits.replace(from, to, "");
        } else if (i > start) {
          kept = true;
          column(start, i);
        }
        start = i + 1;
      }
    }
  }

  private boolean isTableConstraint(int at) {
    Token first = tokens.get(at);
    return first.kind() == Kind.WORD && TABLE_CONSTRAINTS.contains(first.value());
  }

  private void constraint(int start, int end) {
    attributes.add(text(start, end));
    for (int i = start; i < end; i++) {
      if (tokens.get(i).is("primary")) {
        for (int c = i + 2; c < end; c++) {
          if (tokens.get(c).isName()) {
            primaryKey.add(tokens.get(c).name());
          }
        }
        return;
      }
    }
  }

  private String text(int start, int end) {
    return sql.substring(tokens.get(start).start(), tokens.get(end - 1).end())
        .replaceAll("\\s+", " ");
  }

  private void column(int start, int end) {
    Token name = tokens.get(start);
    if (name.is("like") || end == start + 1) {
      return;
    }
    int at = type(name, start + 1, end);
    columnEnds.put(name.name(), tokens.get(end - 1).end());
    while (at < end) {
      at = columnAttribute(name, at, end);
    }
  }

  private int type(Token column, int at, int end) {
    Token type = tokens.get(at);
    String mapped = type.isName() ? TYPES.get(type.name()) : null;
    if (mapped == null) {
      if (type.isName() && NOT_HERE.contains(type.name())) {
        throw Dialect.notHere("The type " + type.value().toUpperCase(Locale.ROOT));
      }
      throw new Refusal(
          Refusal.NOT_SUPPORTED,
          "Column \"" + column.name() + "\" has unsupported type \"" + type.value() + "\".");
    }
    int after = at + 1;
    if (is(after, end, "varying") || is(after, end, "precision")) {
      after++;
    }
    boolean varying = mapped.equals("varchar") || is(at + 1, end, "varying");
    boolean length = after < end && tokens.get(after).isSymbol('(');
    int close = length ? closing(after) : -1;
    int typeEnd = tokens.get(after - 1).end();
    if (mapped.equals("bytea")) {
      edits.replace(type.start(), length ? tokens.get(close).end() : typeEnd, "bytea");
    } else if (varying && !length) {
      edits.replace(type.start(), typeEnd, "varchar(256)");
    } else if (length && is(after + 1, end, "max")) {
      edits.replace(type.start(), tokens.get(close).end(), "varchar(65535)");
    } else if (mapped.indexOf('(') > 0 && length) {
      edits.replace(type.start(), typeEnd, mapped.substring(0, mapped.indexOf('(')));
    } else if (!mapped.equals(type.name())) {
      edits.replace(type.start(), typeEnd, mapped);
    }
    int next = length ? close + 1 : after;
    if (next < end && tokens.get(next).isSymbol('[')) {
      throw new Refusal(
          Refusal.NOT_SUPPORTED,
          "Column \"" + column.name() + "\" has unsupported type \"" + type.value() + "[]\".");
    }
    return next;
  }

  private int columnAttribute(Token column, int at, int end) {
    Token token = tokens.get(at);
    if (token.is("encode") || token.is("collate")) {
      return removed(column, at, at + 2);
    }
    if (token.is("distkey") || token.is("sortkey") || token.is("unique")) {
      return removed(column, at, at + 1);
    }
    if (token.is("primary")) {
      columnAttributes.add(column.name() + " " + text(at, at + 2));
      edits.replace(token.start(), tokens.get(at + 1).end(), "");
      primaryKey.add(column.name());
      return at + 2;
    }
    if (token.is("references")) {
      int after = at + 2;
      while (after + 1 < end && tokens.get(after).isSymbol('.')) {
        after += 2;
      }
      if (after < end && tokens.get(after).isSymbol('(')) {
        after = closing(after) + 1;
      }
      return removed(column, at, after);
    }
    if (token.is("not") && is(at + 1, end, "null")) {
      notNull.add(column.name());
      return at + 2;
    }
    if (token.is("identity") || token.is("generated")) {
      return identity(column, at, end);
    }
    if (token.is("check")) {
      throw new Refusal(Refusal.SYNTAX_ERROR, "syntax error: CHECK is not supported by Redshift");
    }
    return at + 1;
  }

  private int removed(Token column, int from, int to) {
    int end = Math.min(to, tokens.size());
    columnAttributes.add(column.name() + " " + text(from, end));
    edits.replace(tokens.get(from).start(), tokens.get(end - 1).end(), "");
    return end;
  }

  /** {@code [GENERATED BY DEFAULT AS] IDENTITY (seed, step)}. */
  private int identity(Token column, int at, int end) {
    int open = at;
    while (open < end && !tokens.get(open).isSymbol('(')) {
      open++;
    }
    if (open + 4 >= end) {
      throw new Refusal(
          Refusal.SYNTAX_ERROR,
          "syntax error at or near \""
              + tokens.get(at).value()
              + "\": expected IDENTITY (seed,"
              + " step)");
    }
    int close = closing(open);
    columnAttributes.add(column.name() + " " + text(at, close + 1));
    edits.replace(
        tokens.get(at).start(),
        tokens.get(close).end(),
        "GENERATED BY DEFAULT AS IDENTITY (START WITH "
            + tokens.get(open + 1).value()
            + " INCREMENT BY "
            + tokens.get(open + 3).value()
            + ")");
    return close + 1;
  }

  private boolean is(int at, int end, String word) {
    return at < end && tokens.get(at).is(word);
  }

  private void attributes(int from) {
    int at = from;
    while (at < tokens.size() && !tokens.get(at).is("as")) {
      int after = attribute(at);
      attributes.add(text(at, after));
      edits.replace(tokens.get(at).start(), tokens.get(after - 1).end(), "");
      at = after;
    }
  }

  private int attribute(int at) {
    int size = tokens.size();
    if (is(at, size, "diststyle") || is(at, size, "backup") || is(at, size, "encode")) {
      if (at + 1 < size) {
        return at + 2;
      }
    } else if (is(at, size, "distkey") || is(at, size, "sortkey")) {
      if (is(at + 1, size, "auto")) {
        return at + 2;
      }
      if (at + 1 < size && tokens.get(at + 1).isSymbol('(')) {
        return closing(at + 1) + 1;
      }
    } else if ((is(at, size, "compound") || is(at, size, "interleaved"))
        && is(at + 1, size, "sortkey")) {
      return attribute(at + 1);
    }
    throw new Refusal(
        Refusal.SYNTAX_ERROR,
        "syntax error at or near \"" + tokens.get(at).value() + "\" in CREATE TABLE");
  }
}
