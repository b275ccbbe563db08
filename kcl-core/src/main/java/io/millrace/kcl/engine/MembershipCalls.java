package io.millrace.kcl.engine;

import io.millrace.lease.LeaseStore.BeatResult;
import io.millrace.lease.LeaseStore.ExpireResult;
import io.millrace.lease.Session;
import io.millrace.lease.SessionId;
import io.millrace.lease.SessionPage;
import java.util.Collections;
import java.util.Optional;

/**
 * Carries out what {@link Membership} wants done: joins a page, beats, reads pages, removes the
 * entries of the dead. Lives on the loop.
 */
final class MembershipCalls {

  interface Host {
    /**
     * Whether the first page may be created: else its absence means that the application is gone.
     */
    boolean isStarting();

    void joined();

    void sessionLost();
  }

  private final WorkerContext context;
  private final Membership membership;
  private final EnginePorts ports;
  private final EventLoop loop;
  private final Host host;
  private int joinFailures;

  MembershipCalls(WorkerContext context, Host host) {
    this.context = context;
    this.membership = context.membership();
    this.ports = context.ports();
    this.loop = context.loop();
    this.host = host;
  }

  void run(Membership.Action action) {
    if (action instanceof Membership.Action.Join) {
      readPagesToJoin(0);
    } else if (action instanceof Membership.Action.Beat beat) {
      beat(beat.session());
    } else if (action instanceof Membership.Action.ReadPage read) {
      readPage(read.page());
    } else if (action instanceof Membership.Action.Expire expire) {
      expire(expire.session(), expire.observedBeat());
    }
  }

  // ---- joining

  private void readPagesToJoin(int page) {
    long startedAt = context.now();
    loop.whenDone(
        ports.store().readPage(page),
        (read, error) -> {
          if (membership.isLeaving()) {
            return; // whoever leaves before it joined needs no session any more
          }
          if (error != null) {
            joinFailed("read sessions", error);
          } else if (read.isEmpty() && page == 0) {
            if (host.isStarting()) {
              createPageToJoin(0);
            } else {
              context.fatal().accept(context.applicationGone());
            }
          } else {
            read.ifPresent(p -> membership.pageRead(p, startedAt, context.now()));
            if (page + 1 < membership.pageCount()) {
              readPagesToJoin(page + 1);
            } else {
              chooseAndJoin();
            }
          }
        });
  }

  /**
   * Takes the lowest page with room: everybody reads page 0 for the generation, so a fleet that
   * fits into few pages reads less.
   */
  private void chooseAndJoin() {
    for (int number = 0; number < membership.pageCount(); number++) {
      Optional<SessionPage> page = membership.page(number);
      if (page.isEmpty()) {
        createPageToJoin(number);
        return;
      } else if (page.get().hasRoom()) {
        join(page.get());
        return;
      }
    }
    createPageToJoin(membership.pageCount());
  }

  private void createPageToJoin(int number) {
    long startedAt = context.now();
    loop.whenDone(
        ports.store().createPage(number),
        (page, error) -> {
          if (error != null) {
            joinFailed("create sessions", error);
          } else {
            membership.pageRead(page, startedAt, context.now());
            join(page);
          }
        });
  }

  private void join(SessionPage page) {
    Session session =
        membership.newSession(
            context.settings().names().workerId(), page, ports.random().nextLong());
    long startedAt = context.now();
    long startedWall = ports.clock().wallMillis();
    loop.whenDone(
        ports.store().join(session),
        (result, error) -> {
          if (error != null) {
            joinFailed("join", error);
            return;
          }
          membership.pageRead(result.page(), startedAt, context.now());
          if (result.page().session(session.id()).isPresent()) {
            joinFailures = 0;
            membership.joined(session, startedAt, startedWall);
            context.agenda().oweBump();
            ports.events().sessionJoined(session.id().value());
            host.joined();
          } else {
            joinFailures++;
            loop.after(
                ports.random().nextLong(20L * Math.min(50, joinFailures)),
                () -> readPagesToJoin(0));
          }
        });
  }

  private void joinFailed(String what, Throwable error) {
    context.storeTrouble(what, error);
    joinFailures++;
    context.afterPause(joinFailures, membership::joinFailed);
  }

  // ---- beating and watching

  private void beat(Session session) {
    long startedAt = context.now();
    long startedWall = ports.clock().wallMillis();
    loop.whenDone(
        ports.store().beat(session),
        (result, error) -> {
          ports.events().beat(error == null, context.now() - startedAt);
          if (error != null) {
            membership.beatUnanswered();
            context.storeTrouble("heartbeat", error);
            return;
          }
          boolean mine = membership.isMe(session.id());
          if (result instanceof BeatResult.Alive alive) {
            context.pageRead(alive.page(), startedAt);
            membership.beatAnswered(session.id(), true, startedAt, startedWall);
          } else {
            membership.beatAnswered(session.id(), false, startedAt, startedWall);
            if (mine && !membership.isDeparting()) {
              sessionLost(session.id());
            }
          }
        });
  }

  private void sessionLost(SessionId id) {
    ports
        .events()
        .notice(
            "WARN",
            "Session "
                + id
                + " was expired by another worker: no heartbeat of it arrived in time. Its leases are lost; "
                + "joining again");
    host.sessionLost();
  }

  private void readPage(int page) {
    long startedAt = context.now();
    loop.whenDone(
        ports.store().readPage(page),
        (read, error) -> {
          if (error != null) {
            membership.pageUnread(page, context.now());
            context.storeTrouble("read sessions", error);
          } else {
            // a page that does not exist holds nobody
            context.pageRead(
                read.orElseGet(
                    () -> new SessionPage(page, 0, 0, Collections.emptySortedMap(), 0, 0)),
                startedAt);
          }
        });
  }

  private void expire(SessionId session, long observedBeat) {
    long startedAt = context.now();
    loop.whenDone(
        ports.store().expire(session, observedBeat),
        (result, error) -> {
          membership.expiryEnded(session);
          if (error != null) {
            context.storeTrouble("expire", error);
          } else if (result instanceof ExpireResult.Gone gone) {
            membership.sessionGone(session);
            context.agenda().wantPlan();
            if (gone.byThisCall()) {
              context.agenda().oweBump();
              ports.events().sessionExpired(session.value());
            }
          } else if (result instanceof ExpireResult.Lives lives) {
            context.pageRead(lives.page(), startedAt);
          }
        });
  }
}
