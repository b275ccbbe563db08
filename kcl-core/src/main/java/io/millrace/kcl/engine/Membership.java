package io.millrace.kcl.engine;

import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionLoad;
import io.millrace.lease.SessionPage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

// Who is alive, as one worker can know it without ever comparing two machines' clocks.
//
// Each worker writes a heartbeat, a rising number, into its entry. An observer measures on its
// own monotonic clock for how long an entry's number has stood still, and only while it really
// could look: after a gap in reading the measurement starts again, so an outage of the store
// expires nobody. The owner, in turn, stops acting on its leases a margin before any observer
// can be done measuring, counted from the *call* of its last successful heartbeat.
//
// A heartbeat's answer shows the whole page, so page-mates watch each other for nothing. A page
// whose members all die together must be noticed from outside. Everybody reads page 0, because
// the generation is there; of every other page, a few sessions outside it are the watchers,
// chosen by everybody alike; the others look every half minute. Joins and expiries bump the
// generation, and then everybody reads all pages, so views do not drift apart.
/**
 * The sessions of the fleet, this worker's own among them. Decides, does nothing. Lives on the
 * loop.
 */
final class Membership {

  /** What membership wants done now. */
  sealed interface Action {
    record Join() implements Action {}

    record Beat(Session session) implements Action {}

    record ReadPage(int page) implements Action {}

    record Expire(SessionId session, long observedBeat) implements Action {}
  }

  private static final class PageState {
    SessionPage page;
    long readStartedAt = NEVER;
    long readAt = NEVER;
    long nextReadAt = NEVER;
    boolean reading;
  }

  private static final class Watch {
    final long beat;
    final long unchangedSince;
    boolean expiring;

    Watch(long beat, long unchangedSince) {
      this.beat = beat;
      this.unchangedSince = unchangedSince;
    }
  }

  /**
   * Before any time that a clock shows, and far enough from the end of the range to calculate with.
   */
  private static final long NEVER = Long.MIN_VALUE / 4;

  /** A heartbeat that hangs must not keep the next one from being sent. */
  private static final int MAX_BEATS_UNDER_WAY = 3;

  /** How many sessions outside a page watch it. */
  private static final int WATCHERS_OF_A_PAGE = 3;

  private static final long PAGE_ZERO_MILLIS = 1_000;
  private static final long WATCHED_PAGE_MILLIS = 2_000;
  private static final long OTHER_PAGE_MILLIS = 30_000;

  /**
   * Longer than this between two reads of a page, and nothing is known of what happened meanwhile.
   */
  private static final long MAX_READING_GAP_MILLIS = 3_500;

  private final EngineSettings.Membership settings;
  private final SortedMap<Integer, PageState> pages = new TreeMap<>();
  private final SortedMap<SessionId, Watch> watches = new TreeMap<>();

  private Session self;
  private boolean joining;
  private boolean stopped;
  private boolean leaving;
  private boolean departing;
  private long nextBeatAt;
  private int beatsUnderWay;
  private int pageCount = 1;
  private long generation;
  private boolean sessionsChanged;
  private boolean sessionGone;

  // written on the loop, read by any thread that asks whether it may still deliver
  private volatile Fence fence = Fence.closed();

  /**
   * Until when leases may be acted upon. The wall clock is watched too: it goes on while a machine
   * is suspended. It may be set back right after, so a fence that it has closed stays closed, until
   * a heartbeat succeeds that began later.
   */
  private static final class Fence {
    private final long monotonicMillis;
    private final long wallMillis;
    private volatile boolean closedByWall;
    private volatile long closedAtMillis;

    /** Closed from the start. */
    static Fence closed() {
      return new Fence(NEVER, Long.MAX_VALUE);
    }

    Fence(long monotonicMillis, long wallMillis) {
      this.monotonicMillis = monotonicMillis;
      this.wallMillis = wallMillis;
    }

    boolean isClosed(long monotonicNow, long wallNow) {
      if (wallNow >= wallMillis && !closedByWall) {
        closedAtMillis = monotonicNow;
        closedByWall = true;
      }
      return closedByWall || monotonicNow >= monotonicMillis;
    }

    /** Whether the answer to a heartbeat that began then says something new. */
    boolean isOpenedBy(long callStartedAt) {
      return !closedByWall || callStartedAt >= closedAtMillis;
    }
  }

  Membership(EngineSettings.Membership settings) {
    this.settings = settings;
  }

  // ---- what is known

  Optional<SessionId> me() {
    return Optional.ofNullable(self).map(Session::id);
  }

  boolean isMe(SessionId id) {
    return self != null && self.id().equals(id);
  }

  /** Whether this worker must not act on its leases. From any thread. */
  boolean isFenced(long monotonicMillis, long wallMillis) {
    return fence.isClosed(monotonicMillis, wallMillis);
  }

  /** When this worker fences itself unless a heartbeat succeeds before; monotonic. */
  long fenceAtMillis() {
    return fence.monotonicMillis;
  }

  long generation() {
    return generation;
  }

  int pageCount() {
    return pageCount;
  }

  /** The sessions whose entries are there, by id. */
  List<Session> sessions() {
    SortedMap<SessionId, Session> all = new TreeMap<>();
    for (PageState state : pages.values()) {
      if (state.page != null) {
        all.putAll(state.page.sessions());
      }
    }
    if (self != null) {
      all.put(self.id(), self.withLeaving(leaving));
    }
    return List.copyOf(all.values());
  }

  /** Whether a session's entry was seen when its page was last read. */
  boolean isAlive(SessionId id) {
    if (isMe(id)) {
      return true;
    }
    PageState state = pages.get(id.page());
    return state != null && state.page != null && state.page.session(id).isPresent();
  }

  /**
   * Whether a session is dead for good: absent from its own page as read by a call that began later
   * than {@code sinceMillis}, when a row that names it had been read.
   */
  boolean isDeadForGood(SessionId id, long sinceMillis) {
    PageState state = pages.get(id.page());
    return !isMe(id)
        && state != null
        && state.page != null
        && state.readStartedAt > sinceMillis
        && state.page.session(id).isEmpty();
  }

  /** Pages that some owner would have to be looked up in, to know whether it is dead for good. */
  void wantPage(int page, long sinceMillis) {
    PageState state = pages.computeIfAbsent(page, n -> new PageState());
    if (!state.reading && state.readStartedAt <= sinceMillis) {
      state.nextReadAt = NEVER;
    }
  }

  /** All pages are to be read anew: the set of sessions has changed, or may have. */
  void wantAllPages() {
    for (int page = 0; page < pageCount; page++) {
      if (self == null || page != self.id().page()) {
        pages.computeIfAbsent(page, n -> new PageState()).nextReadAt = NEVER;
      }
    }
  }

  /** Whether this session is the one that audits: the lowest by page and joins. */
  boolean isAuditor() {
    if (self == null || leaving) {
      return false;
    }
    for (Session session : sessions()) {
      SessionId id = session.id();
      boolean lower =
          id.page() < self.id().page()
              || (id.page() == self.id().page() && id.joins() < self.id().joins());
      if (lower && !session.leaving()) {
        return false;
      }
    }
    return true;
  }

  Optional<SessionPage> page(int number) {
    return Optional.ofNullable(pages.get(number)).map(state -> state.page);
  }

  /** True once after the set of sessions, or what they say of themselves, has changed. */
  boolean takeSessionsChanged() {
    boolean changed = sessionsChanged;
    sessionsChanged = false;
    return changed;
  }

  /** True once after a session's entry was found to be gone. */
  boolean takeSessionGone() {
    boolean gone = sessionGone;
    sessionGone = false;
    return gone;
  }

  // ---- what to do

  /**
   * What is due now. Each action is given once and counts as under way until its outcome is
   * reported.
   */
  List<Action> due(long now) {
    List<Action> actions = new ArrayList<>();
    if (stopped) {
      return actions;
    }
    if (self == null) {
      if (!joining) {
        joining = true;
        actions.add(new Action.Join());
      }
      return actions;
    }
    if (now >= nextBeatAt && beatsUnderWay < MAX_BEATS_UNDER_WAY) {
      beatsUnderWay++;
      nextBeatAt =
          nextBeatAt + settings.beatMillis() > now
              ? nextBeatAt + settings.beatMillis()
              : now + settings.beatMillis();
      self = self.withBeat(self.beat() + 1).withLeaving(leaving);
      actions.add(new Action.Beat(self));
    }
    for (int page = 0; page < pageCount; page++) {
      PageState state = pages.computeIfAbsent(page, n -> new PageState());
      if (page != self.id().page() && !state.reading && now >= state.nextReadAt) {
        state.reading = true;
        state.nextReadAt = now + readInterval(page);
        actions.add(new Action.ReadPage(page));
      }
    }
    for (Map.Entry<SessionId, Watch> entry : watches.entrySet()) {
      Watch watch = entry.getValue();
      if (!watch.expiring && stoodStillMillis(entry.getKey(), watch) >= patience(entry.getKey())) {
        watch.expiring = true;
        actions.add(new Action.Expire(entry.getKey(), watch.beat));
      }
    }
    return actions;
  }

  /** When something becomes due by time alone; monotonic. */
  long nextDueAt() {
    if (self == null || stopped) {
      return Long.MAX_VALUE;
    }
    // with as many under way as may be, the next one waits for an answer
    long next = beatsUnderWay < MAX_BEATS_UNDER_WAY ? nextBeatAt : Long.MAX_VALUE;
    for (int page = 0; page < pageCount; page++) {
      PageState state = pages.get(page);
      if (page != self.id().page() && state != null && !state.reading) {
        next = Math.min(next, state.nextReadAt);
      }
    }
    return next;
  }

  private long readInterval(int page) {
    if (page == 0) {
      return PAGE_ZERO_MILLIS;
    }
    return isWatcherOf(page) ? WATCHED_PAGE_MILLIS : OTHER_PAGE_MILLIS;
  }

  private boolean isWatcherOf(int page) {
    SortedSet<String> ranked = new TreeSet<>();
    for (Session session : sessions()) {
      if (session.id().page() != page && !session.leaving()) {
        ranked.add(rank(session.id(), page));
      }
    }
    SortedSet<String> before = ranked.headSet(rank(self.id(), page));
    return before.size() < WATCHERS_OF_A_PAGE;
  }

  private static String rank(SessionId id, int page) {
    int mixed = (id.value() + '/' + page).hashCode() * 0x9E3779B9;
    return String.format("%08x", mixed) + id.value();
  }

  private long patience(SessionId id) {
    Session session = pages.get(id.page()).page.sessions().get(id);
    return session == null
        ? Long.MAX_VALUE
        : EngineSettings.Membership.patienceMillis(session.failoverMillis());
  }

  private long stoodStillMillis(SessionId id, Watch watch) {
    PageState state = pages.get(id.page());
    return state == null ? 0 : state.readStartedAt - watch.unchangedSince;
  }

  // ---- what happened

  Session newSession(String workerId, SessionPage page, long random) {
    return new Session(
        SessionId.create(workerId, page.number(), page.joins(), random),
        1,
        settings.failoverMillis(),
        settings.weight(),
        settings.maxLeases(),
        null,
        false);
  }

  void joined(Session session, long callStartedAt, long callStartedWall) {
    self = session;
    joining = false;
    // the page that showed our entry was read before it was known to be ours
    watches.remove(session.id());
    nextBeatAt = callStartedAt + settings.beatMillis();
    pushFence(callStartedAt, callStartedWall);
    sessionsChanged = true;
    wantAllPages();
  }

  /** The attempt to join came to nothing; another may begin. */
  void joinFailed() {
    joining = false;
  }

  void beatAnswered(SessionId id, boolean alive, long callStartedAt, long callStartedWall) {
    beatsUnderWay--;
    if (!isMe(id)) {
      return;
    }
    if (alive) {
      pushFence(callStartedAt, callStartedWall);
    } else if (!departing) {
      lost();
    }
  }

  void beatUnanswered() {
    beatsUnderWay--;
  }

  private void pushFence(long callStartedAt, long callStartedWall) {
    Fence next =
        new Fence(callStartedAt + settings.fenceMillis(), callStartedWall + settings.fenceMillis());
    if (next.monotonicMillis > fence.monotonicMillis && fence.isOpenedBy(callStartedAt)) {
      fence = next;
    }
  }

  /** The session is over; a new one is joined. */
  private void lost() {
    self = null;
    fence = Fence.closed();
    sessionsChanged = true;
  }

  /** This worker leaves: the next heartbeat says so, at once. */
  void leave() {
    leaving = true;
    nextBeatAt = NEVER;
    sessionsChanged = true;
  }

  /** The entry is being removed, by this worker: a heartbeat that misses it has lost nothing. */
  void depart() {
    departing = true;
  }

  boolean isDeparting() {
    return departing;
  }

  /** The next heartbeat says this load. */
  void sayLoad(SessionLoad load) {
    sessionsChanged |= self.load() == null;
    self = self.withLoad(load);
  }

  /** When the call began that showed what a session says; monotonic. */
  long readAtMillis(SessionId id) {
    PageState state = pages.get(id.page());
    return state == null ? NEVER : state.readStartedAt;
  }

  boolean isLeaving() {
    return leaving;
  }

  /** Nothing more is to be done. */
  void stop() {
    stopped = true;
    fence = Fence.closed();
  }

  void pageUnread(int page, long now) {
    PageState state = pages.get(page);
    state.reading = false;
    state.nextReadAt = Math.max(state.nextReadAt, now + 500);
  }

  /**
   * A page was read by a call that began at {@code callStartedAt}; also what a write to it
   * answered.
   */
  void pageRead(SessionPage page, long callStartedAt, long now) {
    PageState state = pages.computeIfAbsent(page.number(), n -> new PageState());
    state.reading = false;
    if (state.page != null && page.version() < state.page.version()) {
      return;
    }
    boolean unbroken = now - state.readAt <= MAX_READING_GAP_MILLIS;
    noticeChanges(state.page, page);
    state.page = page;
    state.readStartedAt = Math.max(state.readStartedAt, callStartedAt);
    state.readAt = now;
    if (page.number() == 0) {
      pageCount = Math.max(pageCount, page.pageCount());
      generation = Math.max(generation, page.generation());
    }
    watches.keySet().removeIf(id -> id.page() == page.number() && page.session(id).isEmpty());
    for (Session session : page.sessions().values()) {
      if (isMe(session.id())) {
        continue;
      }
      Watch watch = watches.get(session.id());
      if (watch == null || watch.beat != session.beat() || !unbroken) {
        watches.put(session.id(), new Watch(session.beat(), now));
      }
    }
  }

  private void noticeChanges(SessionPage before, SessionPage after) {
    if (before == null || !before.sessions().keySet().equals(after.sessions().keySet())) {
      sessionsChanged = true;
      sessionGone |=
          before != null && !after.sessions().keySet().containsAll(before.sessions().keySet());
      return;
    }
    for (Session session : after.sessions().values()) {
      Session old = before.sessions().get(session.id());
      if (!saying(session).equals(saying(old))) {
        sessionsChanged = true;
      }
    }
  }

  /**
   * What of an entry makes a plan worth while: loads change all the time, and are looked at by the
   * clock.
   */
  private static Session saying(Session session) {
    SessionLoad load = session.load();
    return session.withBeat(0).withLoad(load == null ? null : new SessionLoad(load.unit(), 0));
  }

  /**
   * An attempt to expire a session is over; whatever it found is in the page that was read with it.
   */
  void expiryEnded(SessionId id) {
    Watch watch = watches.get(id);
    if (watch != null) {
      watch.expiring = false;
    }
  }

  void sessionGone(SessionId id) {
    watches.remove(id);
    PageState state = pages.get(id.page());
    if (state != null && state.page != null && state.page.sessions().containsKey(id)) {
      SortedMap<SessionId, Session> left = new TreeMap<>(state.page.sessions());
      left.remove(id);
      state.page =
          new SessionPage(
              state.page.number(),
              state.page.version(),
              state.page.joins(),
              left,
              state.page.pageCount(),
              state.page.generation());
      state.nextReadAt = NEVER;
      sessionsChanged = true;
      sessionGone = true;
    }
  }
}
