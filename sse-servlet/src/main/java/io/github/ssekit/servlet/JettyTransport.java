package io.github.ssekit.servlet;

import jakarta.servlet.ServletOutputStream;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The way of bytes to one client on Jetty, whose output stream has a {@code write(ByteBuffer)} that
 * goes past the response's buffer to the connection: one operation in place of write and flush, no
 * copy, and no buffer kept for an idle connection. The end of a chunk needs another write, see
 * {@link ChunkEnds}.
 *
 * <p>The method is looked up on the stream's class, since each version of Jetty's servlet module
 * has that class in a package of its own. Any other stream, one of a filter say, is used as the
 * Servlet specification has it.
 */
final class JettyTransport extends ServletTransport {
  /** A comment, so that there is a chunk, without an empty line, so that there is no block. */
  private static final byte[] END = {':', '\n'};

  private static final ClassValue<@Nullable MethodHandle> WRITE =
      new ClassValue<>() {
        @Override
        protected @Nullable MethodHandle computeValue(Class<?> type) {
          return lookUp(type);
        }
      };

  /** Whether Jetty chunks what is written. */
  private final boolean chunks;

  /** Whether an event was written since {@link ChunkEnds} last looked. */
  private volatile boolean wrote;

  /** Whether {@link ChunkEnds} has it. */
  private volatile boolean listed;

  private volatile boolean endIsDue;

  JettyTransport(HttpServletRequest request, HttpServletResponse response) {
    super(request, response);
    chunks = request.getProtocol().equals("HTTP/1.1");
  }

  private static @Nullable MethodHandle lookUp(Class<?> type) {
    if (!type.getName().startsWith("org.eclipse.jetty.")) {
      return null;
    }
    try {
      return MethodHandles.publicLookup()
          .findVirtual(type, "write", MethodType.methodType(void.class, ByteBuffer.class))
          .asType(MethodType.methodType(void.class, ServletOutputStream.class, ByteBuffer.class));
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  @Override
  void begin(ServletOutputStream stream, byte[] first) throws IOException {
    MethodHandle write = WRITE.get(stream.getClass());
    if (write == null) {
      super.begin(stream, first);
    } else {
      write(write, stream, ByteBuffer.wrap(first));
    }
  }

  @Override
  boolean send(ServletOutputStream stream, byte[] bytes, int offset, int length)
      throws IOException {
    if (chunks && !isSignOfLife(bytes, offset, length)) {
      wrote = true;
      if (!listed) {
        listed = true;
        ChunkEnds.add(this);
      }
    }
    MethodHandle write = WRITE.get(stream.getClass());
    if (write == null) {
      return super.send(stream, bytes, offset, length);
    }
    write(write, stream, ByteBuffer.wrap(bytes, offset, length));
    return true;
  }

  /** A heartbeat, or the end of a chunk itself: nobody waits for its end. */
  private static boolean isSignOfLife(byte[] bytes, int offset, int length) {
    return length <= 3 && bytes[offset] == ':';
  }

  /**
   * Has the end of the last chunk written, by the hub's loop, unless an event was written since the
   * last call: returns false then. Called by {@link ChunkEnds}.
   */
  boolean endChunkIfQuiet() {
    if (wrote) {
      wrote = false;
      return false;
    }
    listed = false;
    endIsDue = true;
    signals().writable();
    return true;
  }

  @Override
  byte @Nullable [] end() {
    if (!endIsDue) {
      return null;
    }
    endIsDue = false;
    return END;
  }

  private static void write(MethodHandle write, ServletOutputStream stream, ByteBuffer bytes)
      throws IOException {
    try {
      write.invokeExact(stream, bytes);
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException(e);
    }
  }
}
