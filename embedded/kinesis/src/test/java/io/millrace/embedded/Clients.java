package io.millrace.embedded;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkSystemSetting;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.kinesis.KinesisAsyncClient;
import software.amazon.awssdk.services.kinesis.KinesisClient;

/** The clients of the AWS SDK, as their users build them. */
enum Clients {
  SYNC_CBOR_HTTP1 {
    @Override
    KinesisClient connect(URI endpoint) {
      return sync(endpoint);
    }
  },
  SYNC_JSON_HTTP1 {
    @Override
    KinesisClient connect(URI endpoint) {
      return withoutCbor(() -> sync(endpoint));
    }
  },
  ASYNC_CBOR_HTTP2 {
    @Override
    KinesisClient connect(URI endpoint) {
      return waitingFor(async(endpoint));
    }
  },
  ASYNC_JSON_HTTP2 {
    @Override
    KinesisClient connect(URI endpoint) {
      return withoutCbor(() -> waitingFor(async(endpoint)));
    }
  };

  private static final StaticCredentialsProvider ANYBODY =
      StaticCredentialsProvider.create(AwsBasicCredentials.create("any", "body"));

  abstract KinesisClient connect(URI endpoint);

  static KinesisClient sync(URI endpoint) {
    return KinesisClient.builder()
        .endpointOverride(endpoint)
        .region(Region.EU_CENTRAL_1)
        .credentialsProvider(ANYBODY)
        .build();
  }

  static KinesisAsyncClient async(URI endpoint) {
    return KinesisAsyncClient.builder()
        .endpointOverride(endpoint)
        .region(Region.EU_CENTRAL_1)
        .credentialsProvider(ANYBODY)
        .build();
  }

  private static KinesisClient withoutCbor(java.util.function.Supplier<KinesisClient> connect) {
    String property = SdkSystemSetting.CBOR_ENABLED.property();
    System.setProperty(property, "false");
    try {
      return connect.get();
    } finally {
      System.clearProperty(property);
    }
  }

  /** The asynchronous client with the face of the other one. */
  private static KinesisClient waitingFor(KinesisAsyncClient client) {
    return (KinesisClient)
        Proxy.newProxyInstance(
            KinesisClient.class.getClassLoader(),
            new Class<?>[] {KinesisClient.class},
            (proxy, method, arguments) -> {
              try {
                Object answer =
                    KinesisAsyncClient.class
                        .getMethod(method.getName(), method.getParameterTypes())
                        .invoke(client, arguments);
                return answer instanceof CompletableFuture<?> future ? future.join() : answer;
              } catch (InvocationTargetException | CompletionException e) {
                throw e.getCause();
              }
            });
  }
}
