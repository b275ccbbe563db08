package io.millrace.kcl.aws;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.ResolveIdentityRequest;

/**
 * Asks for credentials on a thread of its own. A provider may call STS or the instance's metadata
 * service and wait; the SDK asks on the thread that makes the request, which here is the worker's
 * loop.
 */
record OffThreadCredentials(AwsCredentialsProvider provider, Executor executor)
    implements AwsCredentialsProvider {

  @Override
  public AwsCredentials resolveCredentials() {
    return provider.resolveCredentials();
  }

  @Override
  public Class<AwsCredentialsIdentity> identityType() {
    return AwsCredentialsIdentity.class;
  }

  @Override
  public CompletableFuture<AwsCredentialsIdentity> resolveIdentity(ResolveIdentityRequest request) {
    try {
      return CompletableFuture.supplyAsync(() -> provider.resolveIdentity(request), executor)
          .thenCompose(OffThreadCredentials::widened);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(e);
    }
  }

  private static CompletableFuture<AwsCredentialsIdentity> widened(
      CompletableFuture<? extends AwsCredentialsIdentity> identity) {
    return identity.thenApply(value -> value);
  }
}
