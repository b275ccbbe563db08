-- What Redshift's catalog has and PostgreSQL's has not, as far as a loader needs it.
SET allow_system_table_mods = on;
-- of this script; sessions of clients have it off, as in Redshift
SET standard_conforming_strings = on;

CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql STABLE
  AS $$ SELECT 'PostgreSQL 8.0.2 on a stand-in (PostgreSQL ' || current_setting('server_version') || '), Redshift 1.0.0' $$;

CREATE FUNCTION pg_catalog.getdate() RETURNS timestamp LANGUAGE sql STABLE
  AS $$ SELECT date_trunc('second', clock_timestamp() AT TIME ZONE 'UTC') $$;

CREATE FUNCTION pg_catalog.pg_last_copy_id() RETURNS integer LANGUAGE sql STABLE
  AS $$ SELECT coalesce(nullif(current_setting('redshift.last_copy_id', true), ''), '-1')::integer $$;

CREATE FUNCTION pg_catalog.pg_last_copy_count() RETURNS bigint LANGUAGE sql STABLE
  AS $$ SELECT coalesce(nullif(current_setting('redshift.last_copy_count', true), ''), '0')::bigint $$;

-- reads a file: these views know no snapshots
CREATE FUNCTION pg_catalog.millrace_load_errors()
  RETURNS TABLE (usename text, starttime timestamp, session integer, query integer, filename text,
                 line_number bigint, colname text, type text, col_length text, tbl integer,
                 "position" integer, raw_line text, raw_field_value text, err_code integer,
                 err_reason text)
  LANGUAGE sql VOLATILE SECURITY DEFINER
  AS $$
    SELECT r.*
      FROM string_to_table(pg_read_file('${load-errors}'), chr(10)) AS line,
           LATERAL json_to_record(line::json)
             AS r(usename text, starttime timestamp, session integer, query integer, filename text,
                  line_number bigint, colname text, type text, col_length text, tbl integer,
                  "position" integer, raw_line text, raw_field_value text, err_code integer,
                  err_reason text)
     WHERE line <> ''
  $$;

CREATE VIEW pg_catalog.stl_load_errors AS
  SELECT (SELECT u.oid::integer FROM pg_roles u WHERE u.rolname = e.usename) AS userid,
         0 AS slice, tbl, starttime, session, query,
         filename::char(256) AS filename, line_number, colname::char(127) AS colname,
         type::char(10) AS type, col_length::char(10) AS col_length, "position",
         raw_line::char(1024) AS raw_line, raw_field_value::char(1024) AS raw_field_value,
         err_code, err_reason::char(100) AS err_reason, 0 AS is_partial, 0::bigint AS start_offset
    FROM millrace_load_errors() e
   WHERE e.usename = current_user OR pg_has_role(e.usename, 'MEMBER');

CREATE VIEW pg_catalog.sys_load_error_detail AS
  SELECT (SELECT u.oid::integer FROM pg_roles u WHERE u.rolname = e.usename) AS user_id,
         query::bigint AS query_id, 0::bigint AS transaction_id, session AS session_id,
         current_database()::char(64) AS database_name, tbl AS table_id, starttime AS start_time,
         filename::char(256) AS file_name, line_number, colname::char(127) AS column_name,
         type::char(10) AS column_type, col_length::char(10) AS column_length, "position",
         err_code AS error_code, err_reason::char(512) AS error_message
    FROM millrace_load_errors() e
   WHERE e.usename = current_user OR pg_has_role(e.usename, 'MEMBER');

CREATE VIEW pg_catalog.stv_slices AS
  SELECT 0 AS node, n AS slice, n AS localslice, 'D'::char(1) AS type
    FROM generate_series(0, ${slices} - 1) AS n;

CREATE VIEW pg_catalog.pg_table_def AS
  SELECT n.nspname AS schemaname, c.relname AS tablename, a.attname AS "column",
         format_type(a.atttypid, a.atttypmod) AS type, 'none'::text AS encoding,
         false AS distkey, 0 AS sortkey, a.attnotnull AS "notnull"
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace
   WHERE c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
     AND n.nspname = ANY (current_schemas(false));

GRANT SELECT ON pg_catalog.stl_load_errors, pg_catalog.sys_load_error_detail,
  pg_catalog.stv_slices, pg_catalog.pg_table_def TO public;
