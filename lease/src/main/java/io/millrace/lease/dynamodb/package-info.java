/**
 * The lease store on DynamoDB, and the table it lives in. Lease rows are laid out as the Kinesis
 * Client Library lays out its own.
 */
package io.millrace.lease.dynamodb;
