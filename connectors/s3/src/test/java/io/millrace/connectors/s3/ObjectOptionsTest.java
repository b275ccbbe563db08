package io.millrace.connectors.s3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

class ObjectOptionsTest {

  @Test
  void without_tags_a_request_has_no_header_of_tags_and_needs_no_permission_for_them() {
    ObjectOptions options = options(Map.of());

    assertThat(options.apply(PutObjectRequest.builder()).build().tagging()).isNull();
    assertThat(options.apply(CreateMultipartUploadRequest.builder()).build().tagging()).isNull();
  }

  @Test
  void tags_are_in_both_kinds_of_request() {
    ObjectOptions options = options(Map.of("team", "clicks"));

    assertThat(options.apply(PutObjectRequest.builder()).build().tagging())
        .isEqualTo("team=clicks");
    assertThat(options.apply(CreateMultipartUploadRequest.builder()).build().tagging())
        .isEqualTo("team=clicks");
  }

  private static ObjectOptions options(Map<String, String> tags) {
    return new ObjectOptions(ObjectOptions.Encryption.BUCKET_DEFAULT, null, null, tags);
  }
}
