package io.github.ssekit.bench;

import jakarta.inject.Provider;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedHashMap;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.ext.MessageBodyWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.annotation.Annotation;
import java.lang.reflect.Constructor;
import java.lang.reflect.Proxy;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import org.glassfish.jersey.media.sse.OutboundEvent;
import org.glassfish.jersey.message.MessageBodyWorkers;

/** Jersey's writer of events, which isn't public, without the rest of Jersey. */
final class JerseyWriter {
  private static final Annotation[] NONE = {};

  private final MessageBodyWriter<OutboundEvent> writer;

  JerseyWriter() {
    MessageBodyWorkers workers =
        (MessageBodyWorkers)
            Proxy.newProxyInstance(
                JerseyWriter.class.getClassLoader(),
                new Class<?>[] {MessageBodyWorkers.class},
                (proxy, method, args) -> new TextWriter());
    Provider<MessageBodyWorkers> provider = () -> workers;
    try {
      Constructor<?> constructor =
          Class.forName("org.glassfish.jersey.media.sse.OutboundEventWriter")
              .getDeclaredConstructor(Provider.class);
      constructor.setAccessible(true);
      @SuppressWarnings("unchecked")
      MessageBodyWriter<OutboundEvent> made =
          (MessageBodyWriter<OutboundEvent>) constructor.newInstance(provider);
      writer = made;
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  void write(OutboundEvent event, OutputStream out) throws IOException {
    writer.writeTo(
        event,
        OutboundEvent.class,
        OutboundEvent.class,
        NONE,
        MediaType.SERVER_SENT_EVENTS_TYPE,
        new MultivaluedHashMap<>(),
        out);
  }

  /** As Jersey's own writer of strings. */
  private static final class TextWriter implements MessageBodyWriter<String> {
    @Override
    public boolean isWriteable(Class<?> type, Type generic, Annotation[] as, MediaType media) {
      return true;
    }

    @Override
    public void writeTo(
        String text,
        Class<?> type,
        Type generic,
        Annotation[] annotations,
        MediaType media,
        MultivaluedMap<String, Object> headers,
        OutputStream out)
        throws IOException {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
  }
}
