/** What every sink keeps, whatever happens. */
package io.millrace.connectors.contract;
