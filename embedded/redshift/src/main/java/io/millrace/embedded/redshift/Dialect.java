package io.millrace.embedded.redshift;

import io.millrace.embedded.redshift.SqlTokens.Kind;
import io.millrace.embedded.redshift.SqlTokens.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Says in PostgreSQL's SQL what was said in Redshift's, and refuses what Redshift does not know.
 * Looks at one statement at a time, knows no tables, and takes what it does not look at as it is.
 */
final class Dialect {

  /** Settings of a session that only Redshift has; kept under a prefix, without effect. */
  private static final Set<String> SETTINGS =
      Set.of(
          "query_group",
          "enable_result_cache_for_session",
          "enable_case_sensitive_identifier",
          "enable_case_sensitive_super_attribute",
          "enable_vacuum_boost",
          "describe_field_name_in_uppercase",
          "downcase_delimited_identifier",
          "wlm_query_slot_count",
          "analyze_threshold_percent",
          "auto_analyze",
          "mv_enable_aqmv_for_session",
          "error_on_nondeterministic_update",
          "json_parse_truncate_strings",
          "json_parse_dedup_attributes",
          "navigate_super_null_on_error",
          "cast_super_null_on_error",
          "default_geometry_encoding",
          "use_fips_ssl",
          "spectrum_enable_pseudo_columns",
          "timezone_version");

  private Dialect() {}

  /** An identifier in quotation marks. */
  static String quote(String identifier) {
    return "\"" + identifier.replace("\"", "\"\"") + "\"";
  }

  /**
   * @param sql one or several statements
   * @return one result a statement; a text without any is one as well
   * @throws Refusal if Redshift would not take a statement, or this stand-in does not
   */
  static List<Statement> translate(String sql) {
    List<Statement> statements = new ArrayList<>();
    List<Token> tokens = SqlTokens.of(sql);
    int from = 0;
    int start = 0;
    for (int i = 0; i <= tokens.size(); i++) {
      boolean end = i == tokens.size();
      if (end || tokens.get(i).isSymbol(';')) {
        if (i > start) {
          int until = end ? sql.length() : tokens.get(i).start();
          String text = sql.substring(from, until);
          statements.add(one(text, SqlTokens.of(text)));
        }
        start = i + 1;
        from = end ? sql.length() : tokens.get(i).end();
      }
    }
    return statements.isEmpty() ? List.of(new Statement.Plain(sql)) : statements;
  }

  private static Statement one(String sql, List<Token> tokens) {
    Edits edits = new Edits();
    Token first = tokens.get(0);
    if (first.kind() == Kind.WORD) {
      switch (first.value()) {
        case "copy" -> {
          return copy(tokens);
        }
        case "create" -> {
          int table = CreateTables.tableAt(tokens);
          if (table > 0) {
            CreatedTable attributes = CreateTables.translate(sql, tokens, table, edits);
            common(tokens, edits);
            return new Statement.CreateTable(edits.apply(sql), attributes);
          }
          refuseIndex(tokens);
        }
        case "truncate" -> {
          common(tokens, edits);
          return new Statement.Truncate(edits.apply(sql));
        }
        case "set", "show", "reset" -> setting(tokens, edits);
        case "merge" -> Merges.check(tokens);
        case "insert", "update", "delete" -> refuseAdditions(tokens);
        case "select", "with" -> refuseLocks(tokens);
        case "unload" -> throw notHere("UNLOAD");
        default -> {
          // as it is
        }
      }
    }
    common(tokens, edits);
    return new Statement.Plain(edits.apply(sql));
  }

  private static Statement copy(List<Token> tokens) {
    boolean fromString =
        tokens.stream().anyMatch(t -> t.is("from"))
            && tokens.stream().anyMatch(t -> t.kind() == Kind.STRING);
    if (!fromString) {
      throw new Refusal(
          Refusal.SYNTAX_ERROR,
          "syntax error in COPY: Redshift copies FROM 's3://...' only, neither FROM STDIN nor TO");
    }
    return new Statement.Copy(CopyParser.parse(tokens));
  }

  static Refusal notHere(String what) {
    return new Refusal(Refusal.NOT_SUPPORTED, what + " is not part of this stand-in for Redshift");
  }

  private static Refusal notInRedshift(String what) {
    return new Refusal(
        Refusal.SYNTAX_ERROR, "syntax error: " + what + " is not supported by Redshift");
  }

  /** Quoted identifiers are folded to lower case, like the others; SYSDATE is a function. */
  private static void common(List<Token> tokens, Edits edits) {
    for (Token token : tokens) {
      if (token.kind() == Kind.QUOTED
          && !token.value().equals(token.value().toLowerCase(Locale.ROOT))) {
        edits.replace(token.start(), token.end(), quote(token.name()));
      } else if (token.is("sysdate")) {
        edits.replace(token.start(), token.end(), "getdate()");
      }
    }
  }

  private static void setting(List<Token> tokens, Edits edits) {
    for (int i = 1; i < Math.min(3, tokens.size()); i++) {
      Token token = tokens.get(i);
      if (token.kind() == Kind.WORD && SETTINGS.contains(token.value())) {
        edits.replace(token.start(), token.end(), "redshift." + token.value());
        return;
      }
    }
  }

  private static void refuseAdditions(List<Token> tokens) {
    for (int i = 0; i + 1 < tokens.size(); i++) {
      if (tokens.get(i).is("on") && tokens.get(i + 1).is("conflict")) {
        throw notInRedshift("INSERT ... ON CONFLICT");
      }
      if (tokens.get(i).is("returning")) {
        throw notInRedshift("RETURNING");
      }
    }
  }

  private static void refuseLocks(List<Token> tokens) {
    for (int i = 0; i + 1 < tokens.size(); i++) {
      if (tokens.get(i).is("for")
          && (tokens.get(i + 1).is("update") || tokens.get(i + 1).is("share"))) {
        throw notInRedshift("SELECT ... FOR UPDATE");
      }
    }
  }

  private static void refuseIndex(List<Token> tokens) {
    for (Token token : tokens.subList(1, Math.min(3, tokens.size()))) {
      if (token.is("index")) {
        throw notInRedshift("CREATE INDEX");
      }
    }
  }
}
