package io.millrace.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** The samples of the old library that load into Redshift, on a stand-in for it. */
class RedshiftSamplesIT {

  private static final Path SAMPLES = Path.of("..", "samples");

  private final StringWriter out = new StringWriter();

  private int run(String sample) {
    return Millrace.commandLine()
        .setOut(new PrintWriter(out, true))
        .execute("run", SAMPLES.resolve(sample).toString(), "--local");
  }

  private void assertRowsAreShown() {
    assertThat(out.toString())
        .contains("Read 60 records: 0 filtered out, 0 dead; stored 60.")
        .contains("S3 bucket kinesis-to-redshift-sample: ")
        .contains("Redshift table users: 60 rows")
        .contains("  user_id=1000  name=ada  city=Bergen  age=19  sports=t  theatre=t")
        .contains("  ... 40 more");
  }

  @Test
  void the_basic_flow_loads_each_range_by_a_copy_of_its_own() {
    assertThat(run("redshift-basic.properties")).isZero();
    assertRowsAreShown();
    assertThat(out.toString()).contains("COPY has run 4 times.");
  }

  @Test
  void the_manifest_flow_loads_the_files_of_all_shards_by_one_copy() {
    assertThat(run("redshift-manifest.properties")).isZero();
    assertRowsAreShown();
    assertThat(out.toString()).contains("COPY has run once.");
  }
}
