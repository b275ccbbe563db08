package io.millrace.kcl;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Objects;

/** A batch of records and what is known about it. */
public final class ProcessRecordsInput {

  private final List<Record> records;
  private final IRecordProcessorCheckpointer checkpointer;
  private final long millisBehindLatest;
  private final Instant timeFetched;
  private final Duration timeSpentInCache;
  private final boolean atShardEnd;

  private ProcessRecordsInput(Builder builder) {
    this.records = List.copyOf(builder.records);
    this.checkpointer = Objects.requireNonNull(builder.checkpointer, "checkpointer");
    this.millisBehindLatest = builder.millisBehindLatest;
    this.timeFetched = builder.timeFetched;
    this.timeSpentInCache = builder.timeSpentInCache;
    this.atShardEnd = builder.atShardEnd;
  }

  /** A builder, for unit tests of processors; only the checkpointer is required. */
  public static Builder builder() {
    return new Builder();
  }

  /** In the order of the shard; not modifiable; may be empty. */
  public List<Record> getRecords() {
    return records;
  }

  /** The checkpointer of this batch. */
  public IRecordProcessorCheckpointer getCheckpointer() {
    return checkpointer;
  }

  /**
   * How far the last record was behind the newest one in the shard when it was read, in
   * milliseconds; 0 at the tip.
   */
  public Long getMillisBehindLatest() {
    return millisBehindLatest;
  }

  /** When the records were read from the stream, on this machine's wall clock. */
  public Instant getTimeFetched() {
    return timeFetched;
  }

  /** How long the records have waited in this worker since they were read. */
  public Duration getTimeSpentInCache() {
    return timeSpentInCache;
  }

  /** Whether no records follow: the shard was split or merged and this is the end of it. */
  public boolean isAtShardEnd() {
    return atShardEnd;
  }

  @Override
  public String toString() {
    return "ProcessRecordsInput["
        + records.size()
        + " records, "
        + millisBehindLatest
        + " ms behind"
        + (atShardEnd ? ", at shard end" : "")
        + "]";
  }

  /** See {@link ProcessRecordsInput#builder}. */
  public static final class Builder {
    private List<Record> records = List.of();
    private IRecordProcessorCheckpointer checkpointer;
    private long millisBehindLatest;
    private Instant timeFetched = Instant.EPOCH;
    private Duration timeSpentInCache = Duration.ZERO;
    private boolean atShardEnd;

    private Builder() {}

    public Builder records(List<Record> records) {
      this.records = Objects.requireNonNull(records, "records");
      return this;
    }

    public Builder checkpointer(IRecordProcessorCheckpointer checkpointer) {
      this.checkpointer = Objects.requireNonNull(checkpointer, "checkpointer");
      return this;
    }

    public Builder millisBehindLatest(long millisBehindLatest) {
      this.millisBehindLatest = millisBehindLatest;
      return this;
    }

    public Builder timeFetched(Instant timeFetched) {
      this.timeFetched = Objects.requireNonNull(timeFetched, "timeFetched");
      return this;
    }

    public Builder timeSpentInCache(Duration timeSpentInCache) {
      this.timeSpentInCache = Objects.requireNonNull(timeSpentInCache, "timeSpentInCache");
      return this;
    }

    public Builder atShardEnd(boolean atShardEnd) {
      this.atShardEnd = atShardEnd;
      return this;
    }

    /**
     * @throws NullPointerException if there is no checkpointer
     */
    public ProcessRecordsInput build() {
      return new ProcessRecordsInput(this);
    }
  }
}
