package io.millrace.connectors.s3;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.millrace.connectors.message.Json;
import io.millrace.connectors.message.Message;
import io.millrace.connectors.sink.RangeItem;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * One JSON value a line. A record that is one line already is looked at and copied; only others are
 * read and written anew, which costs several times as much.
 */
record NdjsonFormat(Compression compression) implements ObjectFormat<NdjsonFormat.Line> {

  /**
   * Without detection of other encodings, since what is copied has to be UTF-8: anything else is no
   * JSON to it. A record of Kinesis has at most 10 MiB.
   */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .streamReadConstraints(StreamReadConstraints.builder().maxStringLength(16 << 20).build())
          .build();

  /** Records are looked at in blocks of this size: a parser for each would cost as much again. */
  private static final int BLOCK_BYTES = 64 << 10;

  private static final int BLOCK_LINES = 1024;

  /** With its line break, somewhere in an array that does not change until it is written. */
  record Line(byte[] bytes, int from, int length) {}

  @Override
  public Line prepare(Message message) {
    if (message.isJson()) {
      return line(Json.write(message.readJson()));
    }
    ByteBuffer content = content(message);
    byte[] bytes = new byte[content.remaining() + 1];
    content.get(bytes, 0, bytes.length - 1);
    bytes[bytes.length - 1] = '\n';
    Line line = new Line(bytes, 0, bytes.length);
    return Block.of(line).isGood(0) ? line : line(Json.write(message.readJson()));
  }

  private static Line line(byte[] json) {
    byte[] bytes = Arrays.copyOf(json, json.length + 1);
    bytes[json.length] = '\n';
    return new Line(bytes, 0, bytes.length);
  }

  /** Without the white space at its end: many producers end a record with a line break. */
  private static ByteBuffer content(Message message) {
    ByteBuffer bytes = message.bytes();
    int end = bytes.limit();
    while (end > bytes.position() && isSpace(bytes.get(end - 1))) {
      end--;
    }
    return bytes.limit(end);
  }

  private static boolean isSpace(byte b) {
    return b == '\n' || b == '\r' || b == ' ' || b == '\t';
  }

  @Override
  public Preparer<Line> preparer(List<RangeItem<Message>> items) {
    return new Preparer<>() {
      private Block block = Block.EMPTY;
      private int blockFrom;

      /** Of an earlier block: new memory for each would cost as much as looking at the lines. */
      private byte[] spare = new byte[BLOCK_BYTES];

      @Override
      public Line prepare(int index) {
        if (index >= blockFrom + block.lines) {
          nextBlock(index);
        }
        int line = index - blockFrom;
        return line < block.lines && block.isGood(line)
            ? block.line(line)
            : NdjsonFormat.this.prepare(items.get(index).value());
      }

      private void nextBlock(int index) {
        byte[] used = block.bytes;
        if (items.get(index).ordinal() == 0) {
          // all earlier records are written, but for what a file still holds of the block before
          block = Block.of(items, index, spare);
          spare = used.length == BLOCK_BYTES ? used : new byte[BLOCK_BYTES];
        } else {
          block = Block.of(items, index, new byte[BLOCK_BYTES]);
        }
        blockFrom = index;
      }
    };
  }

  /** Lines one after the other, and which of them may be copied. */
  private static final class Block {
    private static final Block EMPTY = new Block(new byte[0], new int[0], 0);

    private final byte[] bytes;

    /** Where each line ends, behind its line break. */
    private final int[] ends;

    private final int lines;

    /** Lines before this one are looked at. */
    private int looked;

    private final boolean[] good;

    private Block(byte[] bytes, int[] ends, int lines) {
      this.bytes = bytes;
      this.ends = ends;
      this.lines = lines;
      this.good = new boolean[lines];
    }

    static Block of(Line line) {
      return new Block(line.bytes(), new int[] {line.length()}, 1);
    }

    /** As many as there is room for; none if the first is too long, or JSON already. */
    static Block of(List<RangeItem<Message>> items, int from, byte[] bytes) {
      int[] ends = new int[Math.min(BLOCK_LINES, items.size() - from)];
      int lines = 0;
      int end = 0;
      while (lines < ends.length && !items.get(from + lines).value().isJson()) {
        ByteBuffer content = content(items.get(from + lines).value());
        int length = content.remaining();
        if (length >= bytes.length - end) {
          break;
        }
        content.get(bytes, end, length);
        end += length;
        bytes[end++] = '\n';
        ends[lines++] = end;
      }
      return new Block(bytes, ends, lines);
    }

    Line line(int index) {
      return new Line(bytes, start(index), ends[index] - start(index));
    }

    /** Whether it may be copied: one value in UTF-8 without a mark in front, and no line break. */
    boolean isGood(int index) {
      while (index >= looked) {
        look();
      }
      return good[index];
    }

    private int start(int index) {
      return index == 0 ? 0 : ends[index - 1];
    }

    /** Looks at the lines from the first one not looked at, up to the first that is not good. */
    private void look() {
      int from = looked;
      int start = start(from);
      try (JsonParser parser = FACTORY.createParser(bytes, start, ends[lines - 1] - start)) {
        do {
          good[looked] = isNextLine(parser, looked - from, ends[looked] - start);
        } while (good[looked++] && looked < lines);
      } catch (IOException e) {
        looked++; // the slower way finds out what is wrong, and says so
      }
    }

    /**
     * @param number of the line in what the parser reads, from 0
     * @param end of the line there
     */
    private static boolean isNextLine(JsonParser parser, int number, int end) throws IOException {
      if (parser.nextToken() == null) {
        return false;
      }
      parser.skipChildren();
      // a text or number by itself is looked at only when it is asked for
      parser.finishToken();
      // within a text a line break is no JSON, and those between tokens the parser has counted;
      // behind a number by itself it has read the one that ends the line
      var at = parser.currentLocation();
      return at.getByteOffset() == end - 1 && at.getLineNr() == number + 1
          || at.getByteOffset() == end
              && at.getLineNr() == number + 2
              && parser.currentToken().isNumeric();
    }
  }

  @Override
  public File<Line> open(SpillBuffer out) throws IOException {
    OutputStream stream = Compressors.stream(compression, out);
    return new File<>() {
      /** Lines that stand behind each other, not written yet: one call is cheaper than many. */
      private Line pending = new Line(new byte[0], 0, 0);

      @Override
      public void write(Line line) throws IOException {
        if (line.bytes() == pending.bytes() && line.from() == pending.from() + pending.length()) {
          pending = new Line(pending.bytes(), pending.from(), pending.length() + line.length());
        } else {
          flush();
          pending = line;
        }
      }

      private void flush() throws IOException {
        stream.write(pending.bytes(), pending.from(), pending.length());
      }

      @Override
      public void close() throws IOException {
        flush();
        stream.close();
      }
    };
  }
}
