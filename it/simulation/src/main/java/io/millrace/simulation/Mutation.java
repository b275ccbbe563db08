package io.millrace.simulation;

import io.millrace.kcl.engine.EnginePorts;
import io.millrace.lease.LeaseStore;

/**
 * A defect planted at the ports, to see whether the simulator finds it. Production has none, and no
 * switch for any.
 */
interface Mutation {

  Mutation NONE = new Mutation() {};

  /** What a worker works with. */
  default EnginePorts ports(EnginePorts ports) {
    return ports;
  }

  /** What answers at the other end. */
  default LeaseStore table(LeaseStore table) {
    return table;
  }
}
