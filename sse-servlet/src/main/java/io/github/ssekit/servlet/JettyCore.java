package io.github.ssekit.servlet;

import jakarta.servlet.ServletResponse;
import java.io.IOException;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpGenerator;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.io.ConnectionStatistics;
import org.eclipse.jetty.server.Connector;
import org.eclipse.jetty.server.HttpStream;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.handler.ContextResponse;
import org.eclipse.jetty.util.BufferUtil;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * Asks Jetty's core, beneath its servlet modules, whether bytes may go past a response. Uses only
 * public API of Jetty 12.
 *
 * <p>An application on the class path of an embedded Jetty sees these classes. A WAR doesn't, since
 * Jetty hides its own classes from it; {@link #IS_USABLE} is false there.
 */
final class JettyCore {
  /** Whether this class loader has Jetty's core, and the core behaves as expected. */
  static final boolean IS_USABLE = isUsable();

  /** The method {@code getResponse} of the response in each of Jetty's servlet modules. */
  private static final ClassValue<@Nullable MethodHandle> GET_RESPONSE =
      new ClassValue<>() {
        @Override
        protected @Nullable MethodHandle computeValue(Class<?> type) {
          try {
            return MethodHandles.publicLookup()
                .findVirtual(type, "getResponse", MethodType.methodType(Response.class))
                .asType(MethodType.methodType(Response.class, ServletResponse.class));
          } catch (ReflectiveOperationException e) {
            return null;
          }
        }
      };

  /** Whether a response, or a stream beneath it, may look at the bytes that it passes on. */
  private static final ClassValue<Boolean> LOOKS_AT_BYTES =
      new ClassValue<>() {
        @Override
        protected Boolean computeValue(Class<?> type) {
          try {
            return !isKnownToPassOn(writingMethod(type).getDeclaringClass());
          } catch (NoSuchMethodException e) {
            return true;
          }
        }
      };

  private JettyCore() {}

  private static Method writingMethod(Class<?> type) throws NoSuchMethodException {
    return HttpStream.class.isAssignableFrom(type)
        ? type.getMethod(
            "send",
            MetaData.Request.class,
            MetaData.Response.class,
            boolean.class,
            ByteBuffer.class,
            Callback.class)
        : type.getMethod("write", boolean.class, ByteBuffer.class, Callback.class);
  }

  /** Whether a class only passes bytes on: each servlet module has such a class of its own. */
  private static boolean isKnownToPassOn(Class<?> writer) {
    return writer == HttpStream.Wrapper.class
        || writer == Response.Wrapper.class
        || writer == ContextResponse.class
        || (writer.getSuperclass() == ContextResponse.class
            && writer.getName().startsWith("org.eclipse.jetty.ee"));
  }

  private static boolean isUsable() {
    try {
      return owesNoLineEnd();
    } catch (IOException | RuntimeException | LinkageError e) {
      return false;
    }
  }

  /**
   * Whether Jetty, after a head that was sent without content, ends the response with a last chunk
   * alone, without the line end that would follow a chunk of its own.
   */
  private static boolean owesNoLineEnd() throws IOException {
    HttpGenerator generator = new HttpGenerator();
    MetaData.Response response =
        new MetaData.Response(200, null, HttpVersion.HTTP_1_1, HttpFields.EMPTY, -1);
    ByteBuffer head = BufferUtil.allocate(512);
    ByteBuffer end = BufferUtil.allocate(HttpGenerator.CHUNK_SIZE);
    return generator.generateResponse(response, false, head, null, null, false)
            == HttpGenerator.Result.FLUSH
        && generator.isChunking()
        && generator.generateResponse(null, false, null, end, null, true)
            == HttpGenerator.Result.CONTINUE
        && generator.generateResponse(null, false, null, end, null, true)
            == HttpGenerator.Result.FLUSH
        && BufferUtil.toString(end, StandardCharsets.ISO_8859_1).equals("0\r\n\r\n");
  }

  /** The core's response beneath a servlet's response; null if the servlet's isn't Jetty 12's. */
  static @Nullable Response responseBeneath(ServletResponse response) {
    MethodHandle get = GET_RESPONSE.get(response.getClass());
    if (get == null) {
      return null;
    }
    try {
      return (Response) get.invokeExact(response);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      return null;
    }
  }

  /**
   * Whether a part of Jetty beneath the servlet would miss bytes that go past the response: a
   * handler that wraps the response, or a log or statistics that count its bytes.
   */
  static boolean isWatched(Response response) {
    Response core = response;
    while (core instanceof Response.Wrapper wrapper) {
      if (LOOKS_AT_BYTES.get(core.getClass())) {
        return true;
      }
      core = wrapper.getWrapped();
    }
    Request request = response.getRequest();
    Connector connector = request.getConnectionMetaData().getConnector();
    return connector.getServer().getRequestLog() != null
        || connector.getBean(ConnectionStatistics.class) != null
        || isStreamWatched(Request.unWrap(request));
  }

  private static boolean isStreamWatched(Request request) {
    boolean[] watched = new boolean[1];
    request.addHttpStreamWrapper(
        stream -> {
          HttpStream inner = stream;
          while (inner instanceof HttpStream.Wrapper wrapper) {
            watched[0] |= LOOKS_AT_BYTES.get(inner.getClass());
            inner = wrapper.getWrapped();
          }
          return stream;
        });
    return watched[0];
  }
}
