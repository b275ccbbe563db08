package io.millrace.embedded.redshift;

import io.millrace.embedded.redshift.SqlTokens.Token;
import java.util.List;

/**
 * Redshift's MERGE is narrower than PostgreSQL's: exactly one WHEN MATCHED, exactly one WHEN NOT
 * MATCHED, no conditions of their own, no alias for the target, no DO NOTHING.
 */
final class Merges {

  private Merges() {}

  static void check(List<Token> tokens) {
    int at = 1;
    if (at < tokens.size() && tokens.get(at).is("into")) {
      at++;
    }
    at++;
    while (at + 1 < tokens.size() && tokens.get(at).isSymbol('.')) {
      at += 2;
    }
    if (at < tokens.size() && !tokens.get(at).is("using")) {
      throw refused("an alias for the target table");
    }
    int matched = 0;
    int notMatched = 0;
    int depth = 0;
    for (int i = at; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (token.isSymbol('(')) {
        depth++;
      } else if (token.isSymbol(')')) {
        depth--;
      } else if (depth == 0 && token.is("remove")) {
        throw Dialect.notHere("MERGE ... REMOVE DUPLICATES");
      } else if (depth == 0 && token.is("nothing")) {
        throw refused("DO NOTHING");
      } else if (depth == 0 && token.is("when")) {
        boolean not = is(tokens, i + 1, "not");
        int after = i + (not ? 3 : 2);
        if (is(tokens, i + 1, "case") || !is(tokens, after - 1, "matched")) {
          continue;
        }
        if (!is(tokens, after, "then")) {
          throw refused("a condition after WHEN " + (not ? "NOT " : "") + "MATCHED");
        }
        if (not) {
          notMatched++;
        } else {
          matched++;
        }
      }
    }
    if (matched != 1 || notMatched != 1) {
      throw refused(
          matched
              + " times WHEN MATCHED and "
              + notMatched
              + " times WHEN NOT MATCHED (each must stand there once)");
    }
  }

  private static boolean is(List<Token> tokens, int at, String word) {
    return at < tokens.size() && tokens.get(at).is(word);
  }

  private static Refusal refused(String what) {
    return new Refusal(
        Refusal.SYNTAX_ERROR, "syntax error in MERGE: Redshift does not take " + what);
  }
}
