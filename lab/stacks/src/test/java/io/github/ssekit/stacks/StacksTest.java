package io.github.ssekit.stacks;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.dropwizard.core.Application;
import io.dropwizard.core.Configuration;
import io.dropwizard.core.setup.Environment;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.servlet.EventStreamServlet;
import io.github.ssekit.servlet.EventStreams;
import io.github.ssekit.testing.SseTestClient;
import io.javalin.Javalin;
import jakarta.servlet.ServletRegistration;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.container.AsyncResponse;
import jakarta.ws.rs.container.Suspended;
import jakarta.ws.rs.core.Context;
import java.net.URI;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Event streams in other stacks: the ways that work, and the failures of the ways that don't. */
@Timeout(60)
class StacksTest {
  private static final Hub HUB = Hub.create();
  private static final CompletableFuture<Server> DROPWIZARD = new CompletableFuture<>();

  private static Javalin javalin;

  @BeforeAll
  static void start(@TempDir java.nio.file.Path folder) throws Exception {
    java.nio.file.Path settings = folder.resolve("dropwizard.yml");
    Files.writeString(
        settings,
        """
        server:
          applicationConnectors: [{type: http, port: 0}]
          adminConnectors: [{type: http, port: 0}]
          requestLog: {appenders: []}
        logging: {level: WARN}
        """);
    new Service().run("server", settings.toString());
    javalin =
        Javalin.create(
                config -> {
                  config.jetty.modifyServletContextHandler(
                      context -> {
                        ServletHolder holder = new ServletHolder(servlet());
                        holder.setAsyncSupported(true);
                        context.addServlet(holder, "/events");
                      });
                  config.routes.get(
                      "/handler", call -> EventStreams.open(HUB, call.req(), call.res(), "room:1"));
                })
            .start(0);
  }

  @AfterAll
  static void stop() throws Exception {
    HUB.close();
    javalin.stop();
    DROPWIZARD.join().stop();
  }

  private static EventStreamServlet servlet() {
    return EventStreamServlet.of(HUB, request -> List.of("room:1"));
  }

  /** A Dropwizard application. */
  static class Service extends Application<Configuration> {
    @Override
    public void run(Configuration configuration, Environment environment) {
      environment.jersey().register(new Rooms());
      ServletRegistration.Dynamic events = environment.servlets().addServlet("events", servlet());
      events.setAsyncSupported(true);
      events.addMapping("/events");
      environment.lifecycle().addServerLifecycleListener(DROPWIZARD::complete);
    }
  }

  /** A resource of JAX-RS. */
  @Path("/rooms/{id}")
  public static class Rooms {
    /** Opens a stream, and returns nothing. */
    @GET
    @Path("events")
    public void events(
        @PathParam("id") String id,
        @Context HttpServletRequest request,
        @Context HttpServletResponse response) {
      EventStreams.open(HUB, request, response, "room:" + id);
    }

    /** A response that JAX-RS has suspended can't be opened. */
    @GET
    @Path("suspended")
    public void suspended(
        @Suspended AsyncResponse suspended,
        @Context HttpServletRequest request,
        @Context HttpServletResponse response) {
      EventStreams.open(HUB, request, response, "room:1");
    }
  }

  private static URI dropwizard(String path) throws Exception {
    Server server = DROPWIZARD.get(30, TimeUnit.SECONDS);
    int port = ((ServerConnector) server.getConnectors()[0]).getLocalPort();
    return URI.create("http://localhost:" + port + path);
  }

  private static URI javalin(String path) {
    return URI.create("http://localhost:" + javalin.port() + path);
  }

  /** Asserts that events arrive, and that the hub notices when the client has left. */
  private static void assertStreams(URI uri) {
    try (SseTestClient client = SseTestClient.connect(uri)) {
      HUB.publish("room:1", SseEvent.of("hello"));
      client.assertNext("hello");
      HUB.publish("room:1", SseEvent.of("chat", "again"));
      client.assertNext("chat", "again");
    }
    Awaitility.await()
        .until(
            () -> {
              HUB.publish("room:1", SseEvent.of("anybody?"));
              return HUB.connectionCount() == 0;
            });
  }

  @Test
  void dropwizardsServletStreams() throws Exception {
    assertStreams(dropwizard("/events"));
  }

  @Test
  void aVoidMethodOfJerseyStreams() throws Exception {
    assertStreams(dropwizard("/rooms/1/events"));
  }

  @Test
  void aSuspendedResponseOfJerseyIsRefused() throws Exception {
    URI suspended = dropwizard("/rooms/1/suspended");
    AssertionError failure =
        assertThrows(AssertionError.class, () -> SseTestClient.connect(suspended));
    assertTrue(failure.getMessage().contains("status 500"), failure::getMessage);
  }

  @Test
  void javalinsServletStreams() {
    assertStreams(javalin("/events"));
  }

  @Test
  void aHandlerOfJavalinEndsItsStreamAtOnce() {
    try (SseTestClient client = SseTestClient.connect(javalin("/handler"))) {
      client.awaitEnd();
    }
  }
}
