package io.millrace.embedded.redshift;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Cuts SQL text into tokens; comments and white space are left out. */
final class SqlTokens {

  enum Kind {
    /** A key word or an identifier without quotation marks. */
    WORD,
    NUMBER,
    /** An identifier in quotation marks. */
    QUOTED,
    STRING,
    SYMBOL
  }

  /**
   * @param value a word in lower case, the content of a quoted identifier or of a string with its
   *     escapes resolved, otherwise the text
   * @param start where it begins in the SQL text
   * @param end where it ends, exclusive
   */
  record Token(Kind kind, String value, int start, int end) {
    boolean is(String word) {
      return kind == Kind.WORD && value.equals(word);
    }

    boolean isSymbol(char symbol) {
      return kind == Kind.SYMBOL && value.charAt(0) == symbol;
    }

    boolean isName() {
      return kind == Kind.WORD || kind == Kind.QUOTED;
    }

    /** An identifier as Redshift keeps it: in lower case, quoted or not. */
    String name() {
      return value.toLowerCase(Locale.ROOT);
    }
  }

  private final String sql;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  private SqlTokens(String sql) {
    this.sql = sql;
  }

  /** The tokens of the text. What is not closed ends with the text: the server will complain. */
  static List<Token> of(String sql) {
    SqlTokens scanner = new SqlTokens(sql);
    scanner.scan();
    return scanner.tokens;
  }

  private void scan() {
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (sql.startsWith("--", at)) {
        int end = sql.indexOf('\n', at);
        at = end < 0 ? sql.length() : end + 1;
      } else if (sql.startsWith("/*", at)) {
        skipComment();
      } else if (c == '\'') {
        string(at);
      } else if ((c == 'e' || c == 'E') && sql.startsWith("'", at + 1)) {
        int start = at++;
        string(start);
      } else if (c == '"') {
        quoted();
      } else if (c == '$' && dollarTag() != null) {
        dollarString(dollarTag());
      } else if (Character.isLetter(c) || c == '_') {
        word();
      } else if (Character.isDigit(c)) {
        number();
      } else {
        add(Kind.SYMBOL, String.valueOf(c), at, ++at);
      }
    }
  }

  private void add(Kind kind, String value, int start, int end) {
    tokens.add(new Token(kind, value, start, end));
  }

  private void skipComment() {
    int depth = 0;
    do {
      if (sql.startsWith("/*", at)) {
        depth++;
        at += 2;
      } else if (sql.startsWith("*/", at)) {
        depth--;
        at += 2;
      } else {
        at++;
      }
    } while (depth > 0 && at < sql.length());
  }

  /** Redshift, like the PostgreSQL it comes from, takes a backslash in a string as an escape. */
  private void string(int start) {
    StringBuilder value = new StringBuilder();
    at++;
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (c == '\'' && sql.startsWith("'", at + 1)) {
        value.append(c);
        at += 2;
      } else if (c == '\'') {
        at++;
        break;
      } else if (c == '\\' && at + 1 < sql.length()) {
        at++;
        escape(value);
      } else {
        value.append(c);
        at++;
      }
    }
    add(Kind.STRING, value.toString(), start, Math.min(at, sql.length()));
  }

  private void escape(StringBuilder value) {
    char c = sql.charAt(at);
    if (c >= '0' && c <= '7') {
      int code = 0;
      for (int i = 0; i < 3 && at < sql.length() && isOctal(sql.charAt(at)); i++) {
        code = code * 8 + sql.charAt(at++) - '0';
      }
      value.append((char) code);
      return;
    }
    at++;
    switch (c) {
      case 't' -> value.append('\t');
      case 'n' -> value.append('\n');
      case 'r' -> value.append('\r');
      case 'b' -> value.append('\b');
      case 'f' -> value.append('\f');
      // the sign for NULL is written both ways, '\N' and '\\N'
      case 'N' -> value.append("\\N");
      default -> value.append(c);
    }
  }

  private static boolean isOctal(char c) {
    return c >= '0' && c <= '7';
  }

  private void quoted() {
    int start = at++;
    StringBuilder value = new StringBuilder();
    while (at < sql.length()) {
      char c = sql.charAt(at);
      if (c == '"' && sql.startsWith("\"", at + 1)) {
        value.append(c);
        at += 2;
      } else if (c == '"') {
        at++;
        break;
      } else {
        value.append(c);
        at++;
      }
    }
    add(Kind.QUOTED, value.toString(), start, at);
  }

  /** The opening {@code $tag$} at this place; null if there is none. */
  private String dollarTag() {
    int end = at + 1;
    while (end < sql.length()
        && (Character.isLetter(sql.charAt(end))
            || sql.charAt(end) == '_'
            || (end > at + 1 && Character.isDigit(sql.charAt(end))))) {
      end++;
    }
    return end < sql.length() && sql.charAt(end) == '$' ? sql.substring(at, end + 1) : null;
  }

  private void dollarString(String tag) {
    int start = at;
    int close = sql.indexOf(tag, at + tag.length());
    int contentEnd = close < 0 ? sql.length() : close;
    at = close < 0 ? sql.length() : close + tag.length();
    add(Kind.STRING, sql.substring(start + tag.length(), contentEnd), start, at);
  }

  private void word() {
    int start = at;
    while (at < sql.length()
        && (Character.isLetterOrDigit(sql.charAt(at))
            || sql.charAt(at) == '_'
            || sql.charAt(at) == '$')) {
      at++;
    }
    add(Kind.WORD, sql.substring(start, at).toLowerCase(Locale.ROOT), start, at);
  }

  private void number() {
    int start = at;
    while (at < sql.length()
        && (Character.isLetterOrDigit(sql.charAt(at)) || sql.charAt(at) == '.')) {
      at++;
    }
    add(Kind.NUMBER, sql.substring(start, at), start, at);
  }
}
