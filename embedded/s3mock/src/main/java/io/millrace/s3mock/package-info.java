/** Adobe's S3Mock in a JVM of its own, for development and tests. */
package io.millrace.s3mock;
