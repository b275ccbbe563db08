/** Time and chance, injected everywhere so that a whole fleet can run on virtual time. */
package io.millrace.kcl.time;
