package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.hub.Hub;
import io.github.ssekit.redis.AnswerOptions;
import io.github.ssekit.redis.AnswerStreams;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.servlet.Admission;
import io.github.ssekit.servlet.EventStreamServlet;
import io.github.ssekit.servlet.EventStreams;
import jakarta.servlet.DispatcherType;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Objects;
import java.util.UUID;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * One node of the example of answers.
 *
 * <pre>
 * GET  /             the page
 * POST /ask?q=…      starts an answer; 201 with its id
 * GET  /answers?id=x the answer
 * POST /stop?id=x    stops it
 * </pre>
 */
final class AnswerNode implements AutoCloseable {
  private static final int MAX_QUESTION = 200;

  private final Hub hub = Hub.create();
  private final RedisBridge redis;
  private final Server jetty = new Server();
  private final ServerConnector connector = new ServerConnector(jetty);

  /**
   * Starts a node on a port of the loopback interface, 0 for any free port. Its model pauses after
   * each word.
   */
  AnswerNode(int port, URI redisUri, Duration pause) {
    redis = RedisBridge.builder(hub, redisUri).answers().connect();
    connector.setHost("localhost");
    connector.setPort(port);
    jetty.addConnector(connector);
    ServletContextHandler context = new ServletContextHandler();
    context.addFilter(new FilterHolder(new Gate()), "/*", EnumSet.of(DispatcherType.REQUEST));
    add(
        context,
        "/answers",
        EventStreamServlet.builder(hub, request -> follow(redis.answers(), request)).create());
    add(context, "/ask", new Ask(redis.answers(), pause));
    add(context, "/stop", new Stop(redis.answers()));
    add(context, "", new Page());
    jetty.setHandler(context);
    try {
      jetty.start();
    } catch (Exception e) {
      throw new IllegalStateException("Jetty doesn't start on port " + port, e);
    }
  }

  private static void add(ServletContextHandler context, String path, HttpServlet servlet) {
    ServletHolder holder = new ServletHolder(servlet);
    holder.setAsyncSupported(true);
    context.addServlet(holder, path);
  }

  private static Admission follow(AnswerStreams answers, HttpServletRequest request) {
    // Everybody may read every answer here. Elsewhere, check first whether the user may read the
    // answer.
    return answers
        .follow(id(request), EventStreams.lastEventId(request))
        .map(Admission::to)
        .orElse(Admission.refuse(HttpServletResponse.SC_NO_CONTENT));
  }

  private static String id(HttpServletRequest request) {
    return Objects.requireNonNullElse(request.getParameter("id"), "none");
  }

  URI uri() {
    return URI.create("http://localhost:" + connector.getLocalPort() + "/");
  }

  @Override
  public void close() {
    hub.close();
    try {
      jetty.stop();
    } catch (Exception e) {
      System.err.println("Jetty doesn't stop: " + e);
    }
    redis.close();
  }

  private static final class Ask extends HttpServlet {
    private static final long serialVersionUID = 1;

    private final transient AnswerStreams answers;
    private final transient Duration pause;

    Ask(AnswerStreams answers, Duration pause) {
      this.answers = answers;
      this.pause = pause;
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      String question = Objects.requireNonNullElse(request.getParameter("q"), "").strip();
      if (question.isEmpty() || question.length() > MAX_QUESTION) {
        response.sendError(HttpServletResponse.SC_BAD_REQUEST);
        return;
      }
      String id = UUID.randomUUID().toString();
      new SlowModel(question, pause)
          .subscribe(new ModelAnswer(answers.start(id, AnswerOptions.DEFAULT)));
      response.setStatus(HttpServletResponse.SC_CREATED);
      response.getOutputStream().print(id);
    }
  }

  private static final class Stop extends HttpServlet {
    private static final long serialVersionUID = 1;

    private final transient AnswerStreams answers;

    Stop(AnswerStreams answers) {
      this.answers = answers;
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response) {
      answers.stop(id(request));
      response.setStatus(HttpServletResponse.SC_NO_CONTENT);
    }
  }

  private static final class Page extends HttpServlet {
    private static final long serialVersionUID = 1;

    @Override
    protected void doGet(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      try (InputStream page = AnswerNode.class.getResourceAsStream("page/answer.html")) {
        response.setContentType("text/html;charset=" + UTF_8);
        Objects.requireNonNull(page).transferTo(response.getOutputStream());
      }
    }
  }
}
