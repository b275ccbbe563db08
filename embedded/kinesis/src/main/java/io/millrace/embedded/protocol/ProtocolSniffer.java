package io.millrace.embedded.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamFrameToHttpObjectCodec;
import java.util.List;

/**
 * Looks at the first bytes of a connection: an HTTP/2 client with prior knowledge starts with a
 * preface that no HTTP/1.1 request starts with. It then puts the right codec in its own place.
 */
final class ProtocolSniffer extends ByteToMessageDecoder {
  /** PutRecords holds 10 MiB of data; base64 and the keys around it fit too. */
  private static final int MAX_REQUEST_BYTES = 20 * 1024 * 1024;

  private static final int STREAM_WINDOW_BYTES = 1024 * 1024;
  private static final int CONNECTION_WINDOW_BYTES = 16 * 1024 * 1024;
  private static final int MAX_STREAMS = 500;

  private final ChannelHandler requests;

  ProtocolSniffer(ChannelHandler requests) {
    this.requests = requests;
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out)
      throws Http2Exception {
    ByteBuf preface = Http2CodecUtil.connectionPrefaceBuf();
    try {
      int comparable = Math.min(in.readableBytes(), preface.readableBytes());
      boolean same =
          ByteBufUtil.equals(in, in.readerIndex(), preface, preface.readerIndex(), comparable);
      if (same && comparable < preface.readableBytes()) {
        return;
      }
      if (same) {
        becomeHttp2(ctx);
      } else {
        becomeHttp1(ctx.pipeline());
      }
      ctx.pipeline().remove(this);
    } finally {
      preface.release();
    }
  }

  private void becomeHttp1(ChannelPipeline pipeline) {
    pipeline.addLast(new HttpServerCodec(), new HttpObjectAggregator(MAX_REQUEST_BYTES), requests);
  }

  private void becomeHttp2(ChannelHandlerContext ctx) throws Http2Exception {
    Http2FrameCodec codec =
        Http2FrameCodecBuilder.forServer()
            .initialSettings(
                Http2Settings.defaultSettings()
                    .initialWindowSize(STREAM_WINDOW_BYTES)
                    .maxConcurrentStreams(MAX_STREAMS))
            .build();
    ctx.pipeline()
        .addLast(
            codec,
            new Http2MultiplexHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel stream) {
                    stream
                        .pipeline()
                        .addLast(
                            new Http2StreamFrameToHttpObjectCodec(true),
                            new HttpObjectAggregator(MAX_REQUEST_BYTES),
                            requests);
                  }
                }));
    Http2Stream connection = codec.connection().connectionStream();
    codec
        .connection()
        .local()
        .flowController()
        .incrementWindowSize(
            connection, CONNECTION_WINDOW_BYTES - Http2CodecUtil.DEFAULT_WINDOW_SIZE);
  }
}
