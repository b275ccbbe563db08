/** Records as rows of a DynamoDB table. */
package io.millrace.connectors.dynamodb;
