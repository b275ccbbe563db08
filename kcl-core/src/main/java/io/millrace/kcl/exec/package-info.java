/** Where record processors run: threads that one blocked processor cannot take from the others. */
package io.millrace.kcl.exec;
