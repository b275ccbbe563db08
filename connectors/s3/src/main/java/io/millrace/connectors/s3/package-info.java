/**
 * A sink that stores ranges of records as objects in S3, dead letters in S3, and a reader that goes
 * by the manifests.
 */
package io.millrace.connectors.s3;
