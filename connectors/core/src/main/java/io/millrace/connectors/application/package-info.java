/**
 * A config file at work: opens what it names, runs it, looks whether it can run, says what it does.
 */
package io.millrace.connectors.application;
