/** Config files: what keys there are, what is allowed, and what they become. */
package io.millrace.connectors.config;
