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
 * copy, and no buffer kept for an idle connection.
 *
 * <p>The method is looked up on the stream's class, since each version of Jetty's servlet module
 * has that class in a package of its own. Any other stream, one of a filter say, is used as the
 * Servlet specification has it.
 */
final class JettyTransport extends ServletTransport {
  private static final ClassValue<@Nullable MethodHandle> WRITE =
      new ClassValue<>() {
        @Override
        protected @Nullable MethodHandle computeValue(Class<?> type) {
          return lookUp(type);
        }
      };

  JettyTransport(HttpServletRequest request, HttpServletResponse response) {
    super(request, response);
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
  boolean send(ServletOutputStream stream, byte[] bytes, int offset, int length)
      throws IOException {
    MethodHandle write = WRITE.get(stream.getClass());
    if (write == null) {
      return super.send(stream, bytes, offset, length);
    }
    try {
      write.invokeExact(stream, ByteBuffer.wrap(bytes, offset, length));
      return true;
    } catch (IOException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IOException(e);
    }
  }
}
