package io.millrace.connectors.dynamodb;

/** How a table that the sink creates is paid for. */
public enum Billing {
  /** By request. */
  PAY_PER_REQUEST,
  /** By capacity, provisioned in units a second. */
  PROVISIONED
}
