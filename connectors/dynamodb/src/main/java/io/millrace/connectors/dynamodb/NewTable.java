package io.millrace.connectors.dynamodb;

import java.util.Objects;

/**
 * How a missing table is created.
 *
 * @param readUnits a second; 0 if paid by request
 * @param writeUnits a second; 0 if paid by request
 */
public record NewTable(Billing billing, long readUnits, long writeUnits) {

  /**
   * @throws IllegalArgumentException if the units do not go with the billing
   */
  public NewTable {
    Objects.requireNonNull(billing, "billing");
    boolean provisioned = billing == Billing.PROVISIONED;
    if (provisioned && readUnits < 1) {
      throw new RefusedSetting("readUnits", "provisioned billing needs it, 1 or more");
    }
    if (provisioned && writeUnits < 1) {
      throw new RefusedSetting("writeUnits", "provisioned billing needs it, 1 or more");
    }
    if (!provisioned && readUnits != 0) {
      throw new RefusedSetting("readUnits", "only provisioned billing has it");
    }
    if (!provisioned && writeUnits != 0) {
      throw new RefusedSetting("writeUnits", "only provisioned billing has it");
    }
  }

  public static NewTable payPerRequest() {
    return new NewTable(Billing.PAY_PER_REQUEST, 0, 0);
  }

  public static NewTable provisioned(long readUnits, long writeUnits) {
    return new NewTable(Billing.PROVISIONED, readUnits, writeUnits);
  }
}
