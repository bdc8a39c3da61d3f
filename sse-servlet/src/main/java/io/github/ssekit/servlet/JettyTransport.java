package io.github.ssekit.servlet;

import jakarta.servlet.AsyncContext;
import jakarta.servlet.AsyncEvent;
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
 * Carries bytes to one client on Jetty, in one of three ways:
 *
 * <ul>
 *   <li>Over HTTP/1.1, chunks go past the response to the connection: {@link JettyChunks} says why,
 *       and when that isn't possible.
 *   <li>Otherwise Jetty's output stream has a {@code write(ByteBuffer)} that bypasses the
 *       response's buffer: one operation in place of write and flush, no copy, and no buffer kept
 *       for an idle connection. The method is looked up on the stream's class, since each version
 *       of Jetty's servlet module has that class in a package of its own. Over HTTP/1.1 the end of
 *       a chunk needs another write, see {@link ChunkEnds}.
 *   <li>Any other stream, such as a filter's, is used as the Servlet specification says.
 * </ul>
 */
final class JettyTransport extends ServletTransport implements ChunkEnds.OpenChunk {
  /** A comment line, which is enough for a chunk. No blank line: some clients report it. */
  private static final byte[] CHUNK_END = {':', '\n'};

  private static final ClassValue<@Nullable MethodHandle> WRITE =
      new ClassValue<>() {
        @Override
        protected @Nullable MethodHandle computeValue(Class<?> type) {
          return lookUp(type);
        }
      };

  /** Whether this class loader has a usable core of Jetty, which a WAR's doesn't. */
  private static final boolean HAS_CORE = hasCore();

  // Set by start(), before the container knows of this transport.

  /** Whether Jetty sends the response in chunks, as far as is known. */
  private boolean chunked;

  /** The connection, if chunks go there. Null once the response is completed, by any thread. */
  private volatile @Nullable JettyChunks chunks;

  // Volatile: written by the hub's loop and by the thread of ChunkEnds.

  /** Whether an event was written since the last {@link #endIfQuiet}. */
  private volatile boolean wrote;

  /** Whether this transport is in the list of {@link ChunkEnds}. */
  private volatile boolean listed;

  /** Whether the loop should end the chunk. */
  private volatile boolean endIsDue;

  /** Whether Jetty gets the bytes themselves. Volatile: set by start(), read by any thread. */
  private volatile boolean isDirect;

  JettyTransport(HttpServletRequest request, HttpServletResponse response) {
    super(request, response);
    chunked = request.getProtocol().equals("HTTP/1.1");
  }

  private static boolean hasCore() {
    try {
      Class.forName(
          "org.eclipse.jetty.server.Response", false, JettyTransport.class.getClassLoader());
      return JettyCore.IS_USABLE;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
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
  void prepare(HttpServletResponse response, ServletOutputStream stream) {
    if (chunked && HAS_CORE && WRITE.get(stream.getClass()) != null) {
      chunks = JettyChunks.of(innermost(response), signals());
    }
  }

  @Override
  public boolean copies() {
    return !isDirect;
  }

  @Override
  void sendFirst(ServletOutputStream stream, byte[] first) throws IOException {
    isDirect = WRITE.get(stream.getClass()) != null;
    JettyChunks current = chunks;
    if (current != null) {
      // The head alone: Jetty itself sends no chunk.
      stream.flush();
      chunked = current.isChunked();
      if (chunked) {
        current.writeFirst(first);
        return;
      }
      chunks = null;
    }
    MethodHandle write = WRITE.get(stream.getClass());
    if (write == null) {
      super.sendFirst(stream, first);
    } else {
      write(write, stream, ByteBuffer.wrap(first));
    }
  }

  @Override
  boolean isReady(ServletOutputStream stream) throws IOException {
    JettyChunks current = chunks;
    return current == null ? super.isReady(stream) : current.isReady();
  }

  @Override
  boolean send(ServletOutputStream stream, byte[] bytes, int offset, int length)
      throws IOException {
    JettyChunks current = chunks;
    if (current != null) {
      current.write(bytes, offset, length);
      return true;
    }
    if (chunked && !isHeartbeat(bytes, offset, length)) {
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

  /**
   * Whether the bytes are a heartbeat or a chunk's end: no client waits for the end of their chunk.
   */
  private static boolean isHeartbeat(byte[] bytes, int offset, int length) {
    return length <= 3 && bytes[offset] == ':';
  }

  @Override
  void complete(AsyncContext ended) {
    JettyChunks ending = chunks;
    if (ending != null) {
      chunks = null;
      ending.end();
    }
    super.complete(ended);
  }

  @Override
  public void onComplete(AsyncEvent event) {
    super.onComplete(event);
    chunks = null;
  }

  /** Asks the hub's loop to end the chunk. */
  @Override
  public boolean endIfQuiet() {
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
  byte @Nullable [] dueBytes() {
    if (!endIsDue) {
      return null;
    }
    endIsDue = false;
    return CHUNK_END;
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
