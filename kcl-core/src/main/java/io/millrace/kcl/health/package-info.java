/** What a worker says about the progress of its shards. */
package io.millrace.kcl.health;
