package io.github.ssekit.bench;

import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One event stream of the load client: decodes HTTP's chunks, and looks for the braces of messages
 * in the decoded bytes. Everything else in a stream (fields, comments) has no brace and is skipped;
 * a {@code stream-reset} has a brace, and is a failure of the run. Used by the load client's
 * thread.
 */
final class Client {
  private enum State {
    HEAD,
    CHUNK_SIZE,
    CHUNK,
    CHUNK_END
  }

  final SocketChannel socket;
  private final Tally tally;
  private final int messageSize;
  final int firstChannel;

  /** The next expected number of each channel; -1 before the first message. */
  private final long[] next;

  private State state = State.HEAD;
  private String head = "";
  private boolean chunked;
  private long chunkLeft;

  /** Bytes that are left of a message whose head has been read. */
  private int skip;

  /** The first bytes of a message's head, if a read has cut the head. */
  private byte @Nullable [] cut;

  private int cutLength;

  Client(SocketChannel socket, Tally tally, int messageSize, int firstChannel, int channels) {
    this.socket = socket;
    this.tally = tally;
    this.messageSize = messageSize;
    this.firstChannel = firstChannel;
    next = new long[channels];
    Arrays.fill(next, -1);
  }

  int channels() {
    return next.length;
  }

  /** Adds this client to the tally. */
  void subscribe() {
    for (int i = 0; i < next.length; i++) {
      tally.subscribed(firstChannel + i);
    }
  }

  void read(byte[] bytes, int length, long now) {
    int i = 0;
    while (i < length) {
      switch (state) {
        case HEAD -> i = readHead(bytes, i, length);
        case CHUNK_SIZE -> i = readChunkSize(bytes, i, length);
        case CHUNK -> {
          int end = i + (int) Math.min(chunkLeft, length - i);
          scan(bytes, i, end, now);
          chunkLeft -= end - i;
          i = end;
          if (chunkLeft == 0) {
            state = State.CHUNK_END;
          }
        }
        case CHUNK_END -> {
          if (bytes[i++] == '\n') {
            state = State.CHUNK_SIZE;
          }
        }
      }
    }
  }

  private int readHead(byte[] bytes, int from, int length) {
    for (int i = from; i < length; i++) {
      head += (char) bytes[i];
      if (head.endsWith("\r\n\r\n")) {
        if (!head.startsWith("HTTP/1.1 200")) {
          tally.problem = head;
        }
        chunked = head.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked");
        head = "";
        chunkLeft = chunked ? 0 : Long.MAX_VALUE;
        state = chunked ? State.CHUNK_SIZE : State.CHUNK;
        tally.open++;
        return i + 1;
      }
    }
    return length;
  }

  private int readChunkSize(byte[] bytes, int from, int length) {
    for (int i = from; i < length; i++) {
      int digit = Character.digit(bytes[i], 16);
      if (digit >= 0) {
        chunkLeft = chunkLeft * 16 + digit;
      } else if (bytes[i] == '\n') {
        state = State.CHUNK;
        if (chunkLeft == 0) {
          tally.ended++;
        }
        return i + 1;
      }
    }
    return length;
  }

  private void scan(byte[] bytes, int from, int end, long now) {
    int i = from;
    while (i < end) {
      if (skip > 0) {
        int step = Math.min(skip, end - i);
        skip -= step;
        i += step;
        if (skip == 0 && bytes[i - 1] != '}') {
          tally.problem = "a message without its end";
        }
      } else if (cutLength > 0) {
        byte[] start = Objects.requireNonNull(cut);
        int step = Math.min(Message.HEAD - cutLength, end - i);
        System.arraycopy(bytes, i, start, cutLength, step);
        cutLength += step;
        i += step;
        if (cutLength == Message.HEAD) {
          cutLength = 0;
          message(start, 0, now);
        }
      } else if (bytes[i] != '{') {
        i++;
      } else if (end - i >= Message.HEAD) {
        message(bytes, i, now);
        i += Message.HEAD;
      } else {
        if (cut == null) {
          cut = new byte[Message.HEAD];
        }
        System.arraycopy(bytes, i, cut, 0, end - i);
        cutLength = end - i;
        i = end;
      }
    }
  }

  private void message(byte[] bytes, int at, long now) {
    skip = messageSize - Message.HEAD;
    if (bytes[at + 2] != 'n' || bytes[at + 5] > '9') {
      tally.problem =
          "not a message: " + new String(bytes, at, Message.HEAD, StandardCharsets.US_ASCII);
      skip = 0;
      return;
    }
    long n = Message.number(bytes, at);
    int channel = (int) (n % tally.channels) - firstChannel;
    if (channel < 0 || channel >= next.length) {
      tally.problem = "a message of a channel not asked for: " + n;
      return;
    }
    long expected = next[channel];
    if (expected < 0) {
      tally.unprimed--;
    } else if (n > expected) {
      tally.lost += (n - expected) / tally.channels;
    } else if (n < expected) {
      tally.repeated++;
      return;
    }
    long before = expected < 0 ? 0 : expected / tally.channels;
    tally.position += n / tally.channels + 1 - before;
    next[channel] = n + tally.channels;
    tally.received(n, Message.nanos(bytes, at), now);
  }
}
