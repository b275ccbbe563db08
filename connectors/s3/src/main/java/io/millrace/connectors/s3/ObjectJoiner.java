package io.millrace.connectors.s3;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.CompletedPart;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

// S3 puts an object together of parts, each of 5 MiB or more but the last. What is as large as a
// part is copied within S3. The rest is read, a few files ahead, and put in parts as soon as
// there is enough for one, behind the copies, so that the short part is the last. What is in
// memory is bounded by the files that are read ahead, each smaller than a part, and one part.
/** Joins objects end to end. Blocks; any thread may call it. */
final class ObjectJoiner {
  /** S3 takes no smaller part, but the last. */
  static final int PART_BYTES = 5 << 20;

  /** How many small files are read ahead. */
  static final int READ_AHEAD = 8;

  private final S3AsyncClient client;
  private final ObjectOptions options;

  ObjectJoiner(S3AsyncClient client, ObjectOptions options) {
    this.client = client;
    this.options = options;
  }

  /**
   * An object.
   *
   * @param bytes that S3 has said
   */
  record Piece(String bucket, String key, long bytes) {}

  /**
   * Writes one object with the bytes of all, the large ones first.
   *
   * @throws CompletionException of the SDK if that failed; nothing is left behind then, but parts
   *     that S3 would not abort
   */
  void join(List<Piece> pieces, String bucket, String key) {
    List<Piece> large = pieces.stream().filter(piece -> piece.bytes() >= PART_BYTES).toList();
    List<Piece> small = pieces.stream().filter(piece -> piece.bytes() < PART_BYTES).toList();
    long smallBytes = small.stream().mapToLong(Piece::bytes).sum();
    if (large.isEmpty() && smallBytes < PART_BYTES) {
      ByteArrayOutputStream all = new ByteArrayOutputStream((int) smallBytes);
      new Reader(small).forEachRemaining(all::writeBytes);
      client
          .putObject(
              options.apply(PutObjectRequest.builder().bucket(bucket).key(key)).build(),
              AsyncRequestBody.fromBytes(all.toByteArray()))
          .join();
      return;
    }
    String upload = client.createMultipartUpload(r -> r.bucket(bucket).key(key)).join().uploadId();
    boolean done = false;
    try {
      new Upload(bucket, key, upload).run(large, small);
      done = true;
    } finally {
      if (!done) {
        abort(bucket, key, upload);
      }
    }
  }

  /** The error that led here is the one to tell of. */
  private void abort(String bucket, String key, String upload) {
    client
        .abortMultipartUpload(r -> r.bucket(bucket).key(key).uploadId(upload))
        .exceptionally(error -> null)
        .join();
  }

  private final class Upload {
    private final String bucket;
    private final String key;
    private final String id;
    private final List<CompletedPart> parts = new ArrayList<>();

    Upload(String bucket, String key, String id) {
      this.bucket = bucket;
      this.key = key;
      this.id = id;
    }

    void run(List<Piece> large, List<Piece> small) {
      large.forEach(this::copy);
      ByteArrayOutputStream part = new ByteArrayOutputStream(2 * PART_BYTES);
      Reader reader = new Reader(small);
      while (reader.hasNext()) {
        part.writeBytes(reader.next());
        if (part.size() >= PART_BYTES) {
          put(part.toByteArray());
          part.reset();
        }
      }
      if (part.size() > 0) {
        put(part.toByteArray());
      }
      client
          .completeMultipartUpload(
              r ->
                  r.bucket(bucket)
                      .key(key)
                      .uploadId(id)
                      .multipartUpload(upload -> upload.parts(parts)))
          .join();
    }

    private void copy(Piece piece) {
      int number = parts.size() + 1;
      String tag =
          client
              .uploadPartCopy(
                  r ->
                      r.sourceBucket(piece.bucket())
                          .sourceKey(piece.key())
                          .destinationBucket(bucket)
                          .destinationKey(key)
                          .uploadId(id)
                          .partNumber(number))
              .join()
              .copyPartResult()
              .eTag();
      parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
    }

    private void put(byte[] bytes) {
      int number = parts.size() + 1;
      String tag =
          client
              .uploadPart(
                  r -> r.bucket(bucket).key(key).uploadId(id).partNumber(number),
                  AsyncRequestBody.fromBytes(bytes))
              .join()
              .eTag();
      parts.add(CompletedPart.builder().partNumber(number).eTag(tag).build());
    }
  }

  /** Contents in their order, some of them asked for ahead. */
  private final class Reader implements Iterator<byte[]> {
    private final Iterator<Piece> pieces;
    private final Deque<CompletableFuture<ResponseBytes<GetObjectResponse>>> ahead =
        new ArrayDeque<>();

    Reader(List<Piece> pieces) {
      this.pieces = pieces.iterator();
      fill();
    }

    private void fill() {
      while (ahead.size() < READ_AHEAD && pieces.hasNext()) {
        Piece piece = pieces.next();
        ahead.add(
            client.getObject(
                r -> r.bucket(piece.bucket()).key(piece.key()),
                AsyncResponseTransformer.toBytes()));
      }
    }

    @Override
    public boolean hasNext() {
      return !ahead.isEmpty();
    }

    @Override
    public byte[] next() {
      byte[] bytes = ahead.remove().join().asByteArrayUnsafe();
      fill();
      return bytes;
    }
  }
}
