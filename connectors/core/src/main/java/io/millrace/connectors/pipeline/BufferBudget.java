package io.millrace.connectors.pipeline;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

// First come, first served: a large record at the head of the line waits until enough is free, and
// small ones behind it do not overtake it for ever. A record larger than the whole budget gets it
// when it is alone.
/** The bytes that all shards of a worker may hold in their buffers together. Any thread. */
final class BufferBudget {

  /** Who holds bytes. Called on any thread, maybe under its own lock: must not wait for one. */
  interface Holder {
    /** A request of it is granted. */
    void granted();

    /** Somebody waits: whatever can be stored now should be. */
    void relieve();
  }

  /** Bytes that a holder wants. */
  static final class Request {
    private final Holder holder;
    private final long bytes;
    private volatile boolean granted;

    Request(Holder holder, long bytes) {
      this.holder = holder;
      this.bytes = bytes;
    }

    boolean isGranted() {
      return granted;
    }
  }

  private final long capBytes;
  private final Deque<Request> line = new ArrayDeque<>();
  private final List<Holder> holders = new ArrayList<>();
  private long usedBytes;

  BufferBudget(long capBytes) {
    this.capBytes = capBytes;
  }

  synchronized void join(Holder holder) {
    holders.add(holder);
  }

  /** The holder has released its bytes, asks for none, and will not. */
  synchronized void leave(Holder holder) {
    holders.remove(holder);
  }

  /** Takes bytes, or stands in line for them, and then everybody is asked to relieve. */
  void take(Request request) {
    List<Holder> asked;
    synchronized (this) {
      if (line.isEmpty() && fits(request.bytes)) {
        grant(request);
        return;
      }
      line.add(request);
      asked = List.copyOf(holders);
    }
    asked.forEach(Holder::relieve);
  }

  /** Takes a request back, with the bytes if it was granted. */
  void cancel(Request request) {
    boolean wasGranted;
    List<Holder> granted;
    synchronized (this) {
      wasGranted = request.granted;
      line.remove(request);
      granted = serve();
    }
    granted.forEach(Holder::granted);
    if (wasGranted) {
      release(request.bytes);
    }
  }

  void release(long bytes) {
    List<Holder> granted;
    List<Holder> asked = List.of();
    synchronized (this) {
      usedBytes -= bytes;
      if (usedBytes < 0) {
        throw new IllegalStateException("More bytes were released than taken: " + usedBytes);
      }
      granted = serve();
      if (!line.isEmpty()) {
        asked = List.copyOf(holders);
      }
    }
    granted.forEach(Holder::granted);
    asked.forEach(Holder::relieve);
  }

  private List<Holder> serve() {
    List<Holder> granted = new ArrayList<>();
    while (!line.isEmpty() && fits(line.element().bytes)) {
      Request request = line.remove();
      grant(request);
      granted.add(request.holder);
    }
    return granted;
  }

  private void grant(Request request) {
    usedBytes += request.bytes;
    request.granted = true;
  }

  private boolean fits(long bytes) {
    return usedBytes == 0 || bytes <= capBytes - usedBytes;
  }

  synchronized long usedBytes() {
    return usedBytes;
  }

  synchronized boolean isShort() {
    return !line.isEmpty();
  }
}
