package io.millrace.kcl;

/** How a lease table that Millrace creates is paid for. An existing table is never changed. */
public enum BillingMode {
  /** On demand: by request. */
  PAY_PER_REQUEST,
  /** With a fixed read and write capacity. */
  PROVISIONED
}
