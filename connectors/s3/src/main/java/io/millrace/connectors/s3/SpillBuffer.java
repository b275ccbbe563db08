package io.millrace.connectors.s3;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.core.async.AsyncRequestBody;

/**
 * The bytes of one object while it is built and sent: in memory first, in a file once it has more
 * than its share, or once all objects together have. Written by one thread; then read, any part of
 * it and any number of times.
 */
final class SpillBuffer extends OutputStream {
  private static final int CHUNK = 64 << 10;

  private final SpillArea area;
  private final List<byte[]> chunks = new ArrayList<>();
  private int inLastChunk;
  private long size;
  private Path file;
  private OutputStream fileOut;

  SpillBuffer(SpillArea area) {
    this.area = area;
  }

  @Override
  public void write(int b) throws IOException {
    write(new byte[] {(byte) b}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int offset, int length) throws IOException {
    int done = 0;
    while (done < length && file == null) {
      if (!roomInMemory()) {
        spill();
        break;
      }
      byte[] last = chunks.get(chunks.size() - 1);
      int part = Math.min(length - done, last.length - inLastChunk);
      System.arraycopy(bytes, offset + done, last, inLastChunk, part);
      inLastChunk += part;
      done += part;
    }
    if (done < length) {
      fileOut.write(bytes, offset + done, length - done);
    }
    size += length;
  }

  private boolean roomInMemory() {
    if (!chunks.isEmpty() && inLastChunk < CHUNK) {
      return true;
    }
    if ((long) (chunks.size() + 1) * CHUNK > area.objectBytes() || !area.takeMemory(CHUNK)) {
      return false;
    }
    chunks.add(new byte[CHUNK]);
    inLastChunk = 0;
    return true;
  }

  private void spill() throws IOException {
    file = area.newFile();
    fileOut =
        new BufferedOutputStream(
            Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            CHUNK);
    for (int i = 0; i < chunks.size(); i++) {
      fileOut.write(chunks.get(i), 0, i == chunks.size() - 1 ? inLastChunk : CHUNK);
    }
    releaseMemory();
  }

  /** No more bytes come. */
  @Override
  public void close() throws IOException {
    if (fileOut != null) {
      fileOut.close();
      fileOut = null;
    }
  }

  long size() {
    return size;
  }

  boolean isSpilled() {
    return file != null;
  }

  /** A part of what was written, to be sent; only after {@link #close}. */
  AsyncRequestBody body(long offset, long length) {
    if (length == 0) {
      return AsyncRequestBody.empty();
    }
    if (file != null) {
      Path path = file;
      return AsyncRequestBody.fromFile(
          from -> from.path(path).position(offset).numBytesToRead(length).chunkSizeInBytes(CHUNK));
    }
    List<ByteBuffer> parts = new ArrayList<>();
    long at = offset;
    while (at < offset + length) {
      int within = (int) (at % CHUNK);
      int part = (int) Math.min(CHUNK - within, offset + length - at);
      parts.add(ByteBuffer.wrap(chunks.get((int) (at / CHUNK)), within, part).slice());
      at += part;
    }
    return AsyncRequestBody.fromByteBuffersUnsafe(parts.toArray(ByteBuffer[]::new));
  }

  /** Gives memory and file back; calling it again does nothing. */
  void release() {
    releaseMemory();
    try {
      close();
    } catch (IOException e) {
      // it is deleted anyway
    }
    if (file != null) {
      try {
        Files.deleteIfExists(file);
      } catch (IOException e) {
        // goes with its folder, when the sink is closed
      }
    }
  }

  private void releaseMemory() {
    area.giveMemoryBack((long) chunks.size() * CHUNK);
    chunks.clear();
  }
}
