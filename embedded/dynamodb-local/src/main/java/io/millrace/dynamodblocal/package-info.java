/** Amazon's DynamoDB Local in a JVM of its own, for development and tests. */
package io.millrace.dynamodblocal;
