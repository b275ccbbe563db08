package io.millrace.connectors.redshift;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A table that is created if it is not there.
 *
 * @param columns their types by their names, in their order
 * @param distKey the column that rows are distributed by; null to leave it to Redshift
 * @param sortKeys the columns that rows are sorted by; empty to leave it to Redshift
 */
record NewTable(Map<String, String> columns, String distKey, List<String> sortKeys) {

  static final String TYPES_ALLOWED =
      "names and types such as 'id: varchar(64) not null', 'n: bigint', 'price: decimal(9,2) encode"
          + " az64'";

  /** Words and a length: nothing that could end the statement or begin another. */
  private static final Pattern TYPE =
      Pattern.compile("[A-Za-z][A-Za-z0-9_ ]*(\\([0-9]+( ?, ?[0-9]+)?\\))?[A-Za-z0-9_ ]*");

  NewTable {
    columns = java.util.Collections.unmodifiableMap(new LinkedHashMap<>(columns));
    sortKeys = List.copyOf(sortKeys);
  }

  /**
   * @throws IllegalArgumentException that says what is wrong
   */
  static Map<String, String> types(Map<String, Object> written) {
    Map<String, String> types = new LinkedHashMap<>();
    written.forEach(
        (name, type) -> {
          if (!(type instanceof String text) || !TYPE.matcher(text.strip()).matches()) {
            throw new IllegalArgumentException("the column " + name + " has no type that is known");
          }
          types.put(name.toLowerCase(java.util.Locale.ROOT), text.strip());
        });
    if (types.isEmpty()) {
      throw new IllegalArgumentException("there is no column");
    }
    return types;
  }

  String create(TableName table) {
    List<String> definitions = new ArrayList<>();
    columns.forEach((name, type) -> definitions.add(Sql.name(name) + " " + type));
    StringBuilder sql =
        new StringBuilder("CREATE TABLE IF NOT EXISTS ")
            .append(table.quoted())
            .append(" (")
            .append(String.join(", ", definitions))
            .append(")");
    if (distKey != null) {
      sql.append(" DISTKEY (").append(Sql.name(distKey)).append(")");
    }
    if (!sortKeys.isEmpty()) {
      sql.append(" SORTKEY (")
          .append(String.join(", ", sortKeys.stream().map(Sql::name).toList()))
          .append(")");
    }
    return sql.toString();
  }
}
