/**
 * Kinesis behind the stream port, and clients of the AWS SDK with settings that fit a worker. The
 * only package here that calls the SDK.
 */
package io.millrace.kcl.aws;
