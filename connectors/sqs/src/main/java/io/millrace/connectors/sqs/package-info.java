/** Dead letters in queues of Amazon SQS. */
package io.millrace.connectors.sqs;
