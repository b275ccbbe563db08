/** ElasticMQ, a small SQS, in a JVM of its own, for development and tests. */
package io.millrace.elasticmq;
