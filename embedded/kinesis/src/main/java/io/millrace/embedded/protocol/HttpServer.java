package io.millrace.embedded.protocol;

import io.millrace.embedded.operations.Operations;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.concurrent.TimeUnit;

/** The listening socket, its connections and its threads. */
public final class HttpServer implements AutoCloseable {
  private final EventLoopGroup threads;
  private final ChannelGroup channels;
  private final int port;

  private HttpServer(EventLoopGroup threads, ChannelGroup channels, int port) {
    this.threads = threads;
    this.channels = channels;
    this.port = port;
  }

  /**
   * Opens the port; returns once it is open.
   *
   * @param port 0 for a free one
   * @throws IllegalStateException if the port cannot be opened
   */
  public static HttpServer start(String host, int port, Operations operations, Clock clock) {
    EventLoopGroup threads =
        new NioEventLoopGroup(0, new DefaultThreadFactory("embedded-kinesis", true));
    ChannelGroup channels = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    RequestHandler requests = new RequestHandler(operations, clock);
    ConnectionFailures failures = new ConnectionFailures();
    ChannelFuture bound =
        new ServerBootstrap()
            .group(threads)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1_024)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channels.add(channel);
                    channel.pipeline().addLast(new ProtocolSniffer(requests), failures);
                  }
                })
            .bind(new InetSocketAddress(host, port))
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      stop(threads);
      Throwable cause = bound.cause();
      String reason =
          cause instanceof BindException
                  && String.valueOf(cause.getMessage()).contains("already in use")
              ? "port "
                  + port
                  + " on "
                  + host
                  + " is taken; choose another one, or 0 for any free one."
              : "port " + port + " on " + host + " cannot be opened: " + cause.getMessage();
      throw new IllegalStateException("The embedded Kinesis cannot start: " + reason, cause);
    }
    channels.add(bound.channel());
    int actual = ((InetSocketAddress) bound.channel().localAddress()).getPort();
    return new HttpServer(threads, channels, actual);
  }

  /** The port that is open. */
  public int port() {
    return port;
  }

  /** Closes the port and all connections, and ends the threads. */
  @Override
  public void close() {
    channels.close().awaitUninterruptibly(2, TimeUnit.SECONDS);
    stop(threads);
  }

  private static void stop(EventLoopGroup threads) {
    threads.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
  }
}
