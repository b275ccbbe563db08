package io.millrace.lease.dynamodb;

import static io.millrace.lease.dynamodb.Update.number;
import static io.millrace.lease.dynamodb.Update.text;

import io.millrace.lease.Application;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionLoad;
import io.millrace.lease.SessionPage;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The rows that are no leases: {@code $application} and the pages of sessions. Pure.
 *
 * <p>A page is rewritten by every heartbeat and must stay below 1,000 bytes when it is full, so its
 * entries have names of one or two letters, and leave out what is the default.
 */
final class PageItems {

  static final String APPLICATION_KEY = "$application";
  static final String APPLICATION_TYPE = "millrace.application";
  static final String PAGE_TYPE = "millrace.sessions";

  static final String STREAM_ARN = "streamArn";
  static final String STREAM_CREATION = "streamCreationMillis";
  static final String INITIAL_POSITION = "initialPosition";
  static final String START_AT = "startAtMillis";
  static final String INITIALISED = "initialised";

  static final String VERSION = "ver";
  static final String JOINS = "joins";
  static final String PAGE_COUNT = "pageCount";
  static final String GENERATION = "generation";
  static final String SESSIONS = "s";

  static final String BEAT = "b";
  static final String FAILOVER = "f";
  static final String WEIGHT = "w";
  static final String MAX_LEASES = "m";
  static final String LOAD_RECORDS = "lr";
  static final String LOAD_BYTES = "lb";
  static final String LEAVING = "x";

  private PageItems() {}

  static String pageKey(int page) {
    if (page < 0) {
      throw new IllegalArgumentException("Negative page: " + page);
    }
    return "$sessions/" + page;
  }

  // ---- reading

  /**
   * @throws UnreadableRowException if an attribute is missing or wrong
   */
  static Application readApplication(Map<String, AttributeValue> item) {
    Attributes row = Attributes.of(item);
    return new Application(
        row.string(STREAM_ARN, "the ARN of a stream"),
        row.number(STREAM_CREATION, Long.MIN_VALUE, Long.MAX_VALUE),
        row.string(INITIAL_POSITION, "TRIM_HORIZON, LATEST or AT_TIMESTAMP"),
        row.optionalNumber(START_AT, Long.MIN_VALUE, Long.MAX_VALUE).orElse(null),
        row.flag(INITIALISED));
  }

  /**
   * @throws UnreadableRowException if an attribute is missing or wrong
   */
  static SessionPage readPage(int number, Map<String, AttributeValue> item) {
    Attributes row = Attributes.of(item);
    SortedMap<SessionId, Session> sessions = new TreeMap<>();
    for (String id : row.map(SESSIONS).keySet()) {
      SessionId session =
          SessionId.parse(id)
              .orElseThrow(
                  () ->
                      new UnreadableRowException(
                          "attribute '" + SESSIONS + "' has the key '" + id + "', no session id"));
      sessions.put(session, session(session, row.within(SESSIONS, id)));
    }
    boolean first = number == 0;
    return new SessionPage(
        number,
        row.number(VERSION, 0, Long.MAX_VALUE),
        row.number(JOINS, 0, Long.MAX_VALUE),
        sessions,
        first ? (int) row.number(PAGE_COUNT, 1, Integer.MAX_VALUE) : 0,
        first ? row.number(GENERATION, 0, Long.MAX_VALUE) : 0);
  }

  private static Session session(SessionId id, Attributes entry) {
    return new Session(
        id,
        entry.number(BEAT, Long.MIN_VALUE, Long.MAX_VALUE),
        entry.number(FAILOVER, 1, Long.MAX_VALUE),
        entry
            .optionalNumber(WEIGHT, 1, Integer.MAX_VALUE)
            .map(Long::intValue)
            .orElse(Session.DEFAULT_WEIGHT),
        entry
            .optionalNumber(MAX_LEASES, 1, Integer.MAX_VALUE)
            .map(Long::intValue)
            .orElse(Integer.MAX_VALUE),
        load(entry),
        entry.flag(LEAVING));
  }

  /** Null if the entry has none. */
  private static SessionLoad load(Attributes entry) {
    Long bytes = entry.optionalNumber(LOAD_BYTES, 0, Long.MAX_VALUE).orElse(null);
    if (bytes != null) {
      return new SessionLoad(SessionLoad.Unit.BYTES, bytes);
    }
    Long records = entry.optionalNumber(LOAD_RECORDS, 0, Long.MAX_VALUE).orElse(null);
    return records == null ? null : new SessionLoad(SessionLoad.Unit.RECORDS, records);
  }

  static AttributeValue entry(Session session) {
    Map<String, AttributeValue> entry = new HashMap<>();
    entry.put(BEAT, number(session.beat()));
    entry.put(FAILOVER, number(session.failoverMillis()));
    if (session.weight() != Session.DEFAULT_WEIGHT) {
      entry.put(WEIGHT, number(session.weight()));
    }
    if (session.maxLeases() != Integer.MAX_VALUE) {
      entry.put(MAX_LEASES, number(session.maxLeases()));
    }
    if (session.load() != null) {
      String name =
          switch (session.load().unit()) {
            case RECORDS -> LOAD_RECORDS;
            case BYTES -> LOAD_BYTES;
          };
      entry.put(name, number(session.load().perSecond()));
    }
    if (session.leaving()) {
      entry.put(LEAVING, AttributeValue.fromBool(true));
    }
    return AttributeValue.fromM(entry);
  }

  // ---- writing

  static Update createApplication(Application application) {
    Update update =
        Update.of(APPLICATION_KEY)
            .whenAbsent(LeaseItems.KEY)
            .set(LeaseItems.ENTITY_TYPE, text(APPLICATION_TYPE))
            .set(STREAM_ARN, text(application.streamArn()))
            .set(STREAM_CREATION, number(application.streamCreationMillis()))
            .set(INITIAL_POSITION, text(application.initialPosition()))
            .set(INITIALISED, AttributeValue.fromBool(application.initialised()));
    return application.startAtMillis() == null
        ? update
        : update.set(START_AT, number(application.startAtMillis()));
  }

  static Update markInitialised() {
    return Update.of(APPLICATION_KEY)
        .whenPresent(LeaseItems.KEY)
        .set(INITIALISED, AttributeValue.fromBool(true));
  }

  static Update raisePageCount(int page) {
    Update update = change(0);
    return update
        .when(update.path(PAGE_COUNT) + " <= " + update.value(number(page)))
        .set(PAGE_COUNT, number(page + 1L));
  }

  static Update createPage(int page) {
    Update update =
        Update.of(pageKey(page))
            .whenAbsent(LeaseItems.KEY)
            .set(LeaseItems.ENTITY_TYPE, text(PAGE_TYPE))
            .set(VERSION, number(1))
            .set(JOINS, number(0))
            .set(SESSIONS, AttributeValue.fromM(Map.of()));
    return page > 0 ? update : update.set(PAGE_COUNT, number(1)).set(GENERATION, number(0));
  }

  static Update join(Session session) {
    SessionId id = session.id();
    Update update = change(id.page());
    String entry = update.entry(SESSIONS, id.value());
    return update
        .whenEqual(JOINS, number(id.joins()))
        .when(
            "size("
                + update.path(SESSIONS)
                + ") < "
                + update.value(number(SessionPage.MAX_SESSIONS)))
        .when("attribute_not_exists(" + entry + ")")
        .setEntry(SESSIONS, id.value(), entry(session))
        .add(JOINS, 1);
  }

  static Update beat(Session session) {
    Update update = change(session.id().page());
    // a missing entry has no beat, and the comparison is false
    return update
        .when(beatOf(update, session.id()) + " <= " + update.value(number(session.beat())))
        .setEntry(SESSIONS, session.id().value(), entry(session));
  }

  static Update expire(SessionId session, long observedBeat) {
    Update update = change(session.page());
    return update
        .when(beatOf(update, session) + " = " + update.value(number(observedBeat)))
        .removeEntry(SESSIONS, session.value());
  }

  static Update leave(SessionId session) {
    Update update = change(session.page());
    return update
        .when("attribute_exists(" + update.entry(SESSIONS, session.value()) + ")")
        .removeEntry(SESSIONS, session.value());
  }

  static Update bump() {
    return change(0).whenPresent(LeaseItems.KEY).add(GENERATION, 1);
  }

  private static String beatOf(Update update, SessionId session) {
    return update.entry(SESSIONS, session.value()) + "." + update.path(BEAT);
  }

  private static Update change(int page) {
    return Update.of(pageKey(page)).add(VERSION, 1);
  }
}
