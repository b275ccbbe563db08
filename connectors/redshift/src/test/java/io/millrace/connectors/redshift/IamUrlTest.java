package io.millrace.connectors.redshift;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IamUrlTest {
  private static final String CLUSTER = "jdbc:redshift:iam://c.x.eu-west-1.redshift.amazonaws.com";
  private static final String WORKGROUP =
      "jdbc:redshift:iam://w.123456789012.eu-west-1.redshift-serverless.amazonaws.com";

  private static IamUrl url(String url) {
    return IamUrl.parse(url).orElseThrow();
  }

  @Test
  void a_url_without_iam_is_none() {
    assertThat(IamUrl.parse("jdbc:redshift://h:5439/dev")).isEmpty();
    assertThat(IamUrl.parse("jdbc:redshift://h/dev?x=jdbc:redshift:iam://y")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    CLUSTER + ":5439/dev, false",
    CLUSTER + "/dev?a=b, false",
    WORKGROUP + ":5439/dev, false",
    "jdbc:redshift:iam://10.0.0.1:5439/dev?ClusterID=c, true",
    "jdbc:redshift:iam://10.0.0.1:5439/dev?ClusterID=c&REGION=eu-west-1, false",
    "jdbc:redshift:iam://10.0.0.1/dev;ClusterID=c;Region=eu-west-1, false",
    "jdbc:redshift:iam://c:eu-west-1/dev, false",
  })
  void the_region_is_left_to_the_pipeline_where_nothing_says_it(String text, boolean leaves) {
    assertThat(url(text).leavesRegion()).isEqualTo(leaves);
  }

  @ParameterizedTest
  @CsvSource({
    CLUSTER + ":5439/dev, false",
    "jdbc:redshift:iam://c:eu-west-1/dev, true",
    "jdbc:redshift:iam://c:eu-west-1/dev?ServerlessWorkGroup=w&IsServerless=true, false",
    "jdbc:redshift:iam://redshift-serverless-w:eu-west-1/dev, false",
  })
  void a_cluster_and_its_region_alone_are_recognised(String text, boolean alone) {
    assertThat(url(text).namesClusterAndRegionOnly()).isEqualTo(alone);
  }

  @ParameterizedTest
  @CsvSource({
    CLUSTER + ":5439/dev, true",
    CLUSTER + ":5439/dev?DbUser=loader, false",
    CLUSTER + ":5439/dev?GroupFederation=true, false",
    CLUSTER + ":5439/dev?GroupFederation=false, true",
    CLUSTER + ":5439/dev?plugin_name=x.Y, false",
    WORKGROUP + ":5439/dev, false",
    "jdbc:redshift:iam://h:5439/dev?IsServerless=true, false",
  })
  void a_cluster_has_to_be_told_the_user(String text, boolean needs) {
    assertThat(url(text).needsUser()).isEqualTo(needs);
  }

  @ParameterizedTest
  @CsvSource({
    CLUSTER + ":5439/dev, true",
    CLUSTER + ":5439/dev?Profile=other, false",
    CLUSTER + ":5439/dev?plugin_name=x.Y, false",
  })
  void the_pipelines_credentials_are_taken_unless_the_url_names_others(
      String text, boolean leaves) {
    assertThat(url(text).leavesCredentials()).isEqualTo(leaves);
  }
}
