package io.millrace.embedded.protocol;

import io.millrace.embedded.model.KinesisError;
import io.millrace.embedded.operations.Answer;
import io.millrace.embedded.operations.Operations;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns a request into an answer, on the event loop: operations only touch memory. Shared by all
 * connections; a stream of HTTP/2 looks like a connection here.
 */
@ChannelHandler.Sharable
final class RequestHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger log = LoggerFactory.getLogger(RequestHandler.class);
  private static final String TARGET_PREFIX = "Kinesis_20131202.";
  private static final DateTimeFormatter HTTP_DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  private final Operations operations;
  private final Clock clock;
  private final AtomicLong requests = new AtomicLong();
  private volatile FormattedSecond formatted = new FormattedSecond(Long.MIN_VALUE, "");

  private record FormattedSecond(long second, String text) {}

  RequestHandler(Operations operations, Clock clock) {
    this.operations = operations;
    this.clock = clock;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext ctx, FullHttpRequest request) {
    long now = clock.millis();
    WireFormat format =
        WireFormat.of(request.headers().get(HttpHeaderNames.CONTENT_TYPE)).orElse(null);
    HttpResponseStatus status = HttpResponseStatus.OK;
    ByteBuf body;
    try {
      Answer answer = answer(request, format, now);
      body = serialize(ctx, format, answer);
    } catch (KinesisError e) {
      status = HttpResponseStatus.valueOf(e.status());
      body = serializeError(ctx, format, e);
    } catch (RuntimeException | IOException e) {
      log.error("Request {} failed", request.headers().get("X-Amz-Target"), e);
      KinesisError error = KinesisError.internalFailure("The embedded Kinesis failed: " + e);
      status = HttpResponseStatus.valueOf(error.status());
      body = serializeError(ctx, format, error);
    }
    respond(ctx, request, format, status, body, now);
  }

  private Answer answer(FullHttpRequest request, WireFormat format, long now) {
    if (!request.method().equals(HttpMethod.POST)) {
      throw KinesisError.unknownOperation(
          "Only POST is understood here, not " + request.method() + ".");
    }
    if (format == null) {
      throw KinesisError.unknownOperation(
          "Content-Type must be "
              + WireFormat.CBOR.contentType()
              + " or "
              + WireFormat.JSON.contentType()
              + ".");
    }
    String target = request.headers().get("X-Amz-Target");
    if (target == null) {
      throw KinesisError.unknownOperation("The header X-Amz-Target is missing.");
    }
    String name = target.startsWith(TARGET_PREFIX) ? target.substring(TARGET_PREFIX.length()) : "";
    if (!operations.knows(name)) {
      throw KinesisError.unknownOperation("Unknown operation " + target + ".");
    }
    return operations.run(name, format.read(request.content()), now);
  }

  private static ByteBuf serialize(ChannelHandlerContext ctx, WireFormat format, Answer answer)
      throws IOException {
    if (answer == Answer.EMPTY) {
      return Unpooled.EMPTY_BUFFER;
    }
    ByteBuf body = ctx.alloc().buffer(answer.sizeHint());
    try {
      format.write(answer, body);
      return body;
    } catch (IOException | RuntimeException e) {
      body.release();
      throw e;
    }
  }

  private static ByteBuf serializeError(
      ChannelHandlerContext ctx, WireFormat format, KinesisError error) {
    try {
      return serialize(
          ctx,
          format == null ? WireFormat.JSON : format,
          out -> {
            out.text("__type", error.type());
            out.text("message", error.getMessage());
          });
    } catch (IOException e) {
      throw new IllegalStateException("two strings cannot fail to be written", e);
    }
  }

  private void respond(
      ChannelHandlerContext ctx,
      FullHttpRequest request,
      WireFormat format,
      HttpResponseStatus status,
      ByteBuf body,
      long now) {
    FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, body);
    String requestId = new UUID(now, requests.incrementAndGet()).toString();
    response
        .headers()
        .set("x-amzn-RequestId", requestId)
        .set("x-amz-id-2", requestId)
        .set(HttpHeaderNames.DATE, date(now))
        .set(
            HttpHeaderNames.CONTENT_TYPE, (format == null ? WireFormat.JSON : format).contentType())
        .setInt(HttpHeaderNames.CONTENT_LENGTH, body.readableBytes());
    if (HttpUtil.isKeepAlive(request)) {
      if (!request.protocolVersion().isKeepAliveDefault()) {
        response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE);
      }
      ctx.writeAndFlush(response);
    } else {
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
      ctx.writeAndFlush(response).addListener(ChannelFutureListener.CLOSE);
    }
  }

  private String date(long now) {
    long second = Math.floorDiv(now, 1_000);
    FormattedSecond last = formatted;
    if (last.second() != second) {
      last = new FormattedSecond(second, HTTP_DATE.format(Instant.ofEpochSecond(second)));
      formatted = last;
    }
    return last.text();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    // a client that went away is no event worth a line at INFO
    log.debug("Connection {} failed", ctx.channel(), cause);
    ctx.close();
  }
}
