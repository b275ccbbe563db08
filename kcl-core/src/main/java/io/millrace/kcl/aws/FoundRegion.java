package io.millrace.kcl.aws;

import java.util.Optional;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.regions.providers.AwsProfileRegionProvider;
import software.amazon.awssdk.regions.providers.AwsRegionProvider;
import software.amazon.awssdk.regions.providers.AwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;
import software.amazon.awssdk.regions.providers.SystemSettingsRegionProvider;

/** The region where nobody has said one: that of the environment, the profile, or the machine. */
public final class FoundRegion {

  private FoundRegion() {}

  /**
   * Looks where the SDK looks. May take seconds on a machine outside AWS, unless {@code local}.
   *
   * @param local whether an endpoint that is not AWS's is used: the machine's metadata service,
   *     which may not be there, is not asked then
   * @return empty if nothing says one and {@code local} is false; {@code us-east-1} if nothing says
   *     one beside a local endpoint, which does not care
   */
  public static Optional<Region> find(boolean local) {
    AwsRegionProvider provider =
        local
            ? new AwsRegionProviderChain(
                new SystemSettingsRegionProvider(), new AwsProfileRegionProvider())
            : DefaultAwsRegionProviderChain.builder().build();
    Optional<Region> found;
    try {
      found = Optional.ofNullable(provider.getRegion());
    } catch (SdkClientException e) {
      found = Optional.empty();
    }
    return found.isEmpty() && local ? Optional.of(Region.US_EAST_1) : found;
  }
}
