package io.millrace.connectors.dynamodb;

import io.millrace.connectors.sink.SinkException;
import java.util.Objects;

/** What became of one write, once. */
sealed interface Verdict {

  /** It is stored. */
  record Stored() implements Verdict {}

  /** It, or something newer, was there. */
  record Stale() implements Verdict {}

  /** The table is asked for more than it gives. */
  record Throttled(Throwable why) implements Verdict {
    public Throttled {
      Objects.requireNonNull(why, "why");
    }
  }

  /** Somebody else writes the row at this moment. */
  record Busy(Throwable why) implements Verdict {
    public Busy {
      Objects.requireNonNull(why, "why");
    }
  }

  /** The row can never be stored. */
  record Unfit(Throwable why) implements Verdict {
    public Unfit {
      Objects.requireNonNull(why, "why");
    }
  }

  /** It is not about this write. */
  record Trouble(SinkException why) implements Verdict {
    public Trouble {
      Objects.requireNonNull(why, "why");
    }
  }
}
