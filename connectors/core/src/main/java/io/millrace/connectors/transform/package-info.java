/** The steps that a config file can name under {@code transform} and {@code filter}. */
package io.millrace.connectors.transform;
