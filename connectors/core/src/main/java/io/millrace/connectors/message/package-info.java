/** What flows through a pipeline that is put together without code. */
package io.millrace.connectors.message;
