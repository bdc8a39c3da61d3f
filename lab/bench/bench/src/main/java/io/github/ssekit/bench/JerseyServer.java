package io.github.ssekit.bench;

import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.sse.Sse;
import jakarta.ws.rs.sse.SseBroadcaster;
import jakarta.ws.rs.sse.SseEventSink;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import org.glassfish.jersey.server.ResourceConfig;
import org.glassfish.jersey.server.ServerProperties;
import org.glassfish.jersey.servlet.ServletContainer;
import org.jspecify.annotations.Nullable;

/** Jersey on Tomcat: one broadcaster for each channel, fed by a listener on Redis. */
final class JerseyServer implements ToIntFunction<String> {
  private static final Map<Integer, SseBroadcaster> BROADCASTERS = new ConcurrentHashMap<>();
  private static volatile @Nullable Sse factory;

  @Override
  public int applyAsInt(String redis) {
    RedisListener.start(redis, JerseyServer::broadcast);
    ResourceConfig resources = new ResourceConfig(Events.class);
    resources.property(ServerProperties.WADL_FEATURE_DISABLE, true);
    return Ours.tomcat(new ServletContainer(resources), "/*");
  }

  private static void broadcast(int channel, byte[] data) {
    SseBroadcaster broadcaster = BROADCASTERS.get(channel);
    Sse sse = factory;
    if (broadcaster != null && sse != null) {
      broadcaster.broadcast(sse.newEvent(new String(data, StandardCharsets.UTF_8)));
    }
  }

  /** The resource, public for Jersey. */
  @Path("events")
  public static final class Events {
    @GET
    @Produces(MediaType.SERVER_SENT_EVENTS)
    public void events(
        @Context Sse sse,
        @Context SseEventSink sink,
        @QueryParam("first") int first,
        @QueryParam("count") int count) {
      factory = sse;
      for (int channel = first; channel < first + count; channel++) {
        BROADCASTERS.computeIfAbsent(channel, c -> sse.newBroadcaster()).register(sink);
      }
    }
  }
}
