/** HTTP/1.1, HTTP/2, JSON and CBOR: how requests arrive and answers leave. */
package io.millrace.embedded.protocol;
