package io.millrace.embedded.redshift;

import io.millrace.embedded.redshift.Wire.Body;
import io.millrace.embedded.redshift.Wire.Fields;
import io.millrace.embedded.redshift.Wire.Message;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/*
 * A connection of a client, and the one to PostgreSQL that belongs to it, on one thread.
 *
 * Every message of the client that PostgreSQL answers is sent on with a Flush behind it, and its
 * answer is awaited before the next one is looked at. So neither side is ever written to while it
 * waits for us to read: whatever a client pipelines stays in its socket. It also gives every
 * statement a moment before and after it, for faults, for COPY and for the commit of TRUNCATE, all
 * within the client's own transaction, implicit or not.
 *
 * The price is a round trip a message on the loopback interface.
 */
final class Session {
  private static final Set<String> PARAMETERS =
      Set.of(
          "user",
          "database",
          "options",
          "client_encoding",
          "datestyle",
          "timezone",
          "extra_float_digits",
          "application_name",
          "search_path");

  private static final int PROTOCOL_3 = 3 << 16;
  private static final int AWAIT_END_MILLIS = 5_000;
  private static final Message FLUSH = new Body().as('H');
  private static final Message SYNC = new Body().as('S');

  /** Names of our own statements and portals, which no driver uses. */
  private static final String OWN = "millrace-proxy";

  private record Prepared(String sql, Statement statement) {}

  private static final class Portal {
    private final Prepared prepared;
    private boolean started;

    private Portal(Prepared prepared) {
      this.prepared = prepared;
    }
  }

  /** The conversation is over. */
  private static final class Cut extends IOException {
    private static final long serialVersionUID = 1;
  }

  private final Wire client;
  private final Wire server;
  private final Faults faults;
  private final Copier copier;
  private final Consumer<CreatedTable> tables;
  private final Map<String, Prepared> prepared = new HashMap<>();
  private final Map<String, Portal> portals = new HashMap<>();
  private boolean skipping;
  private boolean muted;
  private int processId;
  private String user = "";

  /**
   * @param tables told of every table that is made
   */
  Session(Wire client, Wire server, Faults faults, Copier copier, Consumer<CreatedTable> tables) {
    this.client = client;
    this.server = server;
    this.faults = faults;
    this.copier = copier;
    this.tables = tables;
  }

  /**
   * @param startup the client's first message, which asks for this version of the protocol
   */
  void run(Message startup) throws IOException {
    try {
      if (start(startup)) {
        for (Message message = client.read(); !message.is('X'); message = client.read()) {
          handle(message);
        }
      }
      server.write(new Body().as('X'));
      server.flush();
    } catch (Cut e) {
      client.close();
      end();
    }
  }

  /** Ends the connection to PostgreSQL, and waits until what it did is rolled back. */
  private void end() throws IOException {
    server.write(new Body().as('X'));
    server.flush();
    server.awaitEnd(AWAIT_END_MILLIS);
  }

  private boolean start(Message startup) throws IOException {
    Fields fields = startup.fields();
    fields.int32();
    Body kept = new Body().int32(PROTOCOL_3);
    for (String name = fields.text(); !name.isEmpty(); name = fields.text()) {
      String value = fields.text();
      if (PARAMETERS.contains(name.toLowerCase(Locale.ROOT))) {
        kept.text(name).text(value);
      }
      if (name.equals("user")) {
        user = value;
      }
    }
    server.write(kept.octet(0).asStartup());
    server.flush();
    while (true) {
      Message answer = server.read();
      client.write(answer);
      if (answer.is('E')) {
        client.flush();
        return false;
      }
      if (answer.is('K')) {
        processId = answer.fields().int32();
      }
      if (answer.is('Z')) {
        client.flush();
        return true;
      }
      if (answer.is('R')) {
        int kind = answer.fields().int32();
        // neither "all is well" nor the last word of SASL: the client is to answer
        if (kind != 0 && kind != 12) {
          client.flush();
          server.write(client.read());
          server.flush();
        }
      }
    }
  }

  private void answer(Message message) throws IOException {
    if (!muted) {
      client.write(message);
    }
  }

  private void handle(Message message) throws IOException {
    if (skipping && !message.is('S')) {
      return;
    }
    switch ((char) message.type()) {
      case 'Q' -> query(message.fields().text());
      case 'P' -> parse(message);
      case 'B' -> bind(message);
      case 'E' -> execute(message);
      case 'D' -> ask(message, "Tn");
      case 'C' -> close(message);
      case 'S' -> {
        skipping = false;
        server.write(message);
        server.flush();
        relayUntil("Z");
        client.flush();
      }
      case 'H' -> client.flush();
      case 'd', 'c', 'f' -> {
        // the rest of a COPY that was refused
      }
      default -> {
        server.write(message);
        server.flush();
        relayUntil("Z");
        client.flush();
      }
    }
  }

  private void parse(Message message) throws IOException {
    Fields fields = message.fields();
    String name = fields.text();
    String sql = fields.text();
    byte[] types = fields.rest();
    prepared.remove(name);
    Statement statement;
    try {
      statement = single(sql);
    } catch (Refusal refusal) {
      refuse(refusal, true);
      return;
    }
    prepared.put(name, new Prepared(sql, statement));
    ask(new Body().text(name).text(statement.forPostgres()).raw(types).as('P'), "1");
  }

  /** Several in one text are left to PostgreSQL, which refuses them here. */
  private static Statement single(String sql) {
    List<Statement> statements = Dialect.translate(sql);
    return statements.size() == 1 ? statements.get(0) : new Statement.Plain(sql);
  }

  private void bind(Message message) throws IOException {
    Fields fields = message.fields();
    String portal = fields.text();
    Prepared of = prepared.get(fields.text());
    portals.remove(portal);
    if (of != null) {
      portals.put(portal, new Portal(of));
    }
    ask(message, "2");
  }

  private void close(Message message) throws IOException {
    Fields fields = message.fields();
    byte kind = fields.octet();
    String name = fields.text();
    if (kind == 'S') {
      prepared.remove(name);
    } else {
      portals.remove(name);
    }
    ask(message, "3");
  }

  private void execute(Message message) throws IOException {
    Portal portal = portals.get(message.fields().text());
    if (portal == null || portal.started) {
      ask(message, "CIs");
      return;
    }
    portal.started = true;
    boolean cutAfter = false;
    for (Faults.Action action : faults.at(portal.prepared.sql())) {
      cutAfter |= before(action);
      if (action instanceof Faults.Action.Refuse refuse) {
        refuse(new Refusal(refuse.sqlState(), refuse.message()), true);
        return;
      }
    }
    muted = cutAfter;
    executeNow(message, portal);
    if (cutAfter) {
      takeEffectAndCut();
    }
  }

  /** What has been executed outside of a transaction is committed by the Sync. */
  private void takeEffectAndCut() throws IOException {
    server.write(SYNC);
    server.flush();
    discardUntil("Z");
    throw new Cut();
  }

  private void executeNow(Message message, Portal portal) throws IOException {
    if (portal.prepared.statement() instanceof Statement.Copy copy) {
      copy(copy.copy(), message);
      return;
    }
    boolean good = ask(message, "CIs");
    if (good && portal.prepared.statement() instanceof Statement.CreateTable created) {
      tables.accept(created.attributes());
    }
    if (good && portal.prepared.statement() instanceof Statement.Truncate) {
      own("COMMIT", List.of());
    }
  }

  /** Whether the connection is to be cut after the statement. */
  private static boolean before(Faults.Action action) throws Cut {
    if (action instanceof Faults.Action.CutBefore) {
      throw new Cut();
    }
    if (action instanceof Faults.Action.Wait wait) {
      wait.hold().pass();
    }
    return action instanceof Faults.Action.CutAfter;
  }

  private void query(String sql) throws IOException {
    List<Statement> statements;
    boolean cutAfter = false;
    try {
      for (Faults.Action action : faults.at(sql)) {
        cutAfter |= before(action);
        if (action instanceof Faults.Action.Refuse refuse) {
          throw new Refusal(refuse.sqlState(), refuse.message());
        }
      }
      statements = Dialect.translate(sql);
      if (statements.size() > 1
          && statements.stream()
              .anyMatch(s -> s instanceof Statement.Copy || s instanceof Statement.Truncate)) {
        throw new Refusal(
            Refusal.NOT_SUPPORTED,
            "This stand-in takes COPY and TRUNCATE as the only statement of a simple query");
      }
    } catch (Refusal refusal) {
      refuse(refusal, false);
      sync();
      return;
    }
    portals.remove("");
    prepared.remove("");
    if (statements.get(0) instanceof Statement.Copy
        || statements.get(0) instanceof Statement.Truncate) {
      single(statements.get(0), cutAfter);
      return;
    }
    StringBuilder translated = new StringBuilder();
    for (Statement statement : statements) {
      translated.append(translated.isEmpty() ? "" : ";").append(statement.forPostgres());
    }
    server.write(new Body().text(translated.toString()).as('Q'));
    server.flush();
    if (cutAfter) {
      discardUntil("Z");
      throw new Cut();
    }
    boolean good = relayUntil("Z");
    for (Statement statement : statements) {
      if (good && statement instanceof Statement.CreateTable created) {
        tables.accept(created.attributes());
      }
    }
    client.flush();
  }

  /** A statement of a simple query that needs the steps of an extended one. */
  private void single(Statement statement, boolean cutAfter) throws IOException {
    muted = cutAfter;
    Message execute = new Body().text("").int32(0).as('E');
    boolean good =
        quiet(new Body().text("").text(statement.forPostgres()).int16(0).as('P'), "1")
            && quiet(new Body().text("").text("").int16(0).int16(0).int16(0).as('B'), "2");
    if (good) {
      if (statement instanceof Statement.Copy copy) {
        copy(copy.copy(), execute);
      } else if (ask(execute, "CIs")) {
        own("COMMIT", List.of());
      }
    }
    if (cutAfter) {
      takeEffectAndCut();
    }
    sync();
  }

  private void sync() throws IOException {
    skipping = false;
    server.write(SYNC);
    server.flush();
    relayUntil("Z");
    client.flush();
  }

  /** Sends a message on and relays its answer; whether it was no error. */
  private boolean ask(Message message, String answers) throws IOException {
    server.write(message);
    server.write(FLUSH);
    server.flush();
    return relayUntil(answers);
  }

  /** The same, but only an error reaches the client. */
  private boolean quiet(Message message, String answers) throws IOException {
    server.write(message);
    server.write(FLUSH);
    server.flush();
    while (true) {
      Message answer = read();
      if (answer.is('E')) {
        answer(answer);
        skipping = true;
        return false;
      }
      if (answers.indexOf(answer.type()) >= 0) {
        return true;
      }
    }
  }

  private boolean relayUntil(String answers) throws IOException {
    boolean good = true;
    while (true) {
      Message answer = read();
      answer(answer);
      if (answer.is('E')) {
        good = false;
        if (!answers.equals("Z")) {
          skipping = true;
          return false;
        }
      }
      if (answers.indexOf(answer.type()) >= 0) {
        return good;
      }
    }
  }

  private void discardUntil(String answers) throws IOException {
    while (answers.indexOf(read().type()) < 0) {
      // nobody is to see it
    }
  }

  private Message read() throws IOException {
    try {
      return server.read();
    } catch (EOFException e) {
      // the reason, if there is one, has been relayed
      client.flush();
      throw new Cut();
    }
  }

  /** Answers with an error, and brings PostgreSQL's transaction into the same state. */
  private void refuse(Refusal refusal, boolean extended) throws IOException {
    Message nonsense = new Body().text(OWN).text("refused by the proxy").int16(0).as('P');
    server.write(nonsense);
    server.write(FLUSH);
    server.flush();
    discardUntil("1E");
    answer(error(refusal));
    skipping = extended;
  }

  private static Message error(Refusal refusal) {
    Body body = new Body();
    field(body, 'S', "ERROR");
    field(body, 'V', "ERROR");
    field(body, 'C', refusal.sqlState());
    field(body, 'M', refusal.getMessage());
    if (!refusal.detail().isEmpty()) {
      field(body, 'D', refusal.detail());
    }
    return body.octet(0).as('E');
  }

  private static void field(Body body, char kind, String text) {
    body.octet(kind).text(text);
  }

  /** A statement of our own within the client's transaction; its rows as text. */
  private List<String[]> own(String sql, List<String> parameters) throws IOException {
    Body bind = new Body().text(OWN).text(OWN).int16(0).int16(parameters.size());
    for (String parameter : parameters) {
      byte[] bytes = parameter.getBytes(StandardCharsets.UTF_8);
      bind.int32(bytes.length).raw(bytes);
    }
    Message forget = new Body().octet('S').text(OWN).as('C');
    // one that failed may have left its statement
    server.write(forget);
    server.write(new Body().text(OWN).text(sql).int16(0).as('P'));
    server.write(bind.int16(0).as('B'));
    server.write(new Body().text(OWN).int32(0).as('E'));
    server.write(new Body().octet('P').text(OWN).as('C'));
    server.write(forget);
    server.write(FLUSH);
    server.flush();
    int closed = 0;
    List<String[]> rows = new ArrayList<>();
    while (true) {
      Message answer = read();
      switch ((char) answer.type()) {
        case 'D' -> rows.add(row(answer));
        case '3' -> {
          if (++closed == 3) {
            return rows;
          }
        }
        case 'E' -> throw new ServerError(answer);
        default -> {
          // the other steps, and notices
        }
      }
    }
  }

  private static String[] row(Message message) {
    Fields fields = message.fields();
    String[] row = new String[fields.int16()];
    for (int i = 0; i < row.length; i++) {
      int length = fields.int32();
      if (length >= 0) {
        byte[] bytes = new byte[length];
        fields.buffer().get(bytes);
        row[i] = new String(bytes, StandardCharsets.UTF_8);
      }
    }
    return row;
  }

  /** PostgreSQL's answer to a statement of our own. */
  private static final class ServerError extends IOException {
    private static final long serialVersionUID = 1;
    private final transient Message answer;

    private ServerError(Message answer) {
      this.answer = answer;
    }
  }

  private void copy(CopyStatement copy, Message execute) throws IOException {
    try {
      List<Column> columns = columns(copy);
      Copier.Load load = copier.open(copy, columns, new Copier.Client(user, processId));
      try (load) {
        server.write(execute);
        server.write(FLUSH);
        server.flush();
        if (!relayedCopyIn()) {
          skipping = true;
          return;
        }
        feed(load);
      }
    } catch (Refusal refusal) {
      refuse(refusal, true);
    } catch (ServerError e) {
      answer(e.answer);
      skipping = true;
    }
  }

  /** Whether PostgreSQL wants the data now; otherwise its error is on its way to the client. */
  private boolean relayedCopyIn() throws IOException {
    while (true) {
      Message answer = read();
      if (answer.is('G')) {
        return true;
      }
      answer(answer);
      if (answer.is('E')) {
        return false;
      }
    }
  }

  private void feed(Copier.Load load) throws IOException {
    try {
      load.rows(
          (bytes, length) -> {
            server.write((byte) 'd', bytes, length);
            refusedEarly();
          });
    } catch (Refusal refusal) {
      server.write(new Body().text("refused by the proxy").as('f'));
      server.flush();
      discardUntil("E");
      answer(error(refusal));
      skipping = true;
      return;
    }
    server.write(new Body().as('c'));
    server.write(FLUSH);
    server.flush();
    while (true) {
      Message answer = read();
      if (answer.is('E')) {
        answer(answer);
        skipping = true;
        return;
      }
      if (answer.is('C')) {
        own(
            "SELECT set_config('redshift.last_copy_id', $1, false),"
                + " set_config('redshift.last_copy_count', $2, false)",
            List.of(String.valueOf(load.queryId()), String.valueOf(load.count())));
        answer(notice(load.report()));
        // Redshift does not say how many
        answer(new Body().text("COPY").as('C'));
        return;
      }
      answer(answer);
    }
  }

  /** An error that comes before the end: what follows would be thrown away. */
  private void refusedEarly() throws IOException {
    while (server.hasInput()) {
      Message answer = read();
      if (answer.is('E')) {
        throw new ServerError(answer);
      }
      answer(answer);
    }
  }

  private static Message notice(String text) {
    Body body = new Body();
    field(body, 'S', "INFO");
    field(body, 'V', "INFO");
    field(body, 'C', "00000");
    field(body, 'M', text);
    return body.octet(0).as('N');
  }

  private List<Column> columns(CopyStatement copy) throws IOException {
    List<String[]> rows =
        own(
            "SELECT a.attname, t.typname, a.atttypmod, a.attnotnull, a.attidentity <> '',"
                + " a.attrelid::oid FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE"
                + " a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY"
                + " a.attnum",
            List.of(copy.table()));
    if (rows.isEmpty()) {
      throw new Refusal(
          Refusal.UNDEFINED_TABLE, "Cannot COPY into nonexistent table " + copy.tableName());
    }
    Map<String, Column> all = new LinkedHashMap<>();
    for (String[] row : rows) {
      all.put(
          row[0], Column.of(row[0], row[1], Integer.parseInt(row[2]), row[3].equals("t"), row[5]));
    }
    if (copy.columns().isEmpty()) {
      return List.copyOf(all.values());
    }
    List<Column> named = new ArrayList<>();
    for (String name : copy.columns()) {
      Column column = all.get(name);
      if (column == null) {
        throw new Refusal(
            "42703",
            "column \"" + name + "\" of relation \"" + copy.tableName() + "\" does not exist");
      }
      named.add(column);
    }
    return named;
  }
}
