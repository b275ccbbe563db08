/** Records that a producer library packed together, and how they are taken apart. Pure. */
package io.millrace.kcl.aggregation;
