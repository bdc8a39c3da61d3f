package io.github.ssekit.faults;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.SseEvent;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.Position;
import io.github.ssekit.hub.PublishException;
import io.github.ssekit.redis.AnswerOptions;
import io.github.ssekit.redis.AnswerProducer;
import io.github.ssekit.redis.AnswerRefusedException;
import io.github.ssekit.redis.AnswerStreams;
import io.github.ssekit.servlet.Admission;
import io.github.ssekit.servlet.EventStreamServlet;
import io.github.ssekit.servlet.EventStreams;
import jakarta.servlet.http.HttpServlet;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;

/**
 * The servlets of a node for the lab of answers.
 *
 * <pre>
 * GET  /answer?id=x          the answer as a viewer gets it, or 204
 * POST /produce?id=x&amp;who=a&amp;events=9&amp;gap=20&amp;lease=3000&amp;fail=false
 *                            starts the answer, sends so many events, and ends it
 * POST /stop?id=x            stops it; 200 with true or false, or 503
 * </pre>
 *
 * The response of {@code /produce} has a line for each reply of Redis: {@code started}, {@code
 * stored 1 1764000000000-0}, {@code ended}, or {@code refused RUNNING}; {@code unknown} for a
 * failure.
 */
final class AnswerServlets {
  static final String TOKEN = "token";
  static final String DONE = "done";
  static final String FAILED = "failed";

  private static final Duration KEEP = Duration.ofMinutes(5);
  private static final long END_WITHIN_MILLIS = 15;

  private AnswerServlets() {}

  static void add(ServletContextHandler context, Hub hub, AnswerStreams answers) {
    ServletHolder follow =
        new ServletHolder(
            EventStreamServlet.builder(
                    hub,
                    request ->
                        answers
                            .follow(request.getParameter("id"), EventStreams.lastEventId(request))
                            .map(Admission::to)
                            .orElse(Admission.refuse(HttpServletResponse.SC_NO_CONTENT)))
                .create());
    follow.setAsyncSupported(true);
    context.addServlet(follow, "/answer");
    context.addServlet(new ServletHolder(new Produce(answers)), "/produce");
    context.addServlet(new ServletHolder(new Stop(answers)), "/stop");
  }

  private static final class Produce extends HttpServlet {
    private static final long serialVersionUID = 1;

    private final transient AnswerStreams answers;

    Produce(AnswerStreams answers) {
      this.answers = answers;
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      try {
        long lease = number(request, "lease");
        AnswerProducer producer =
            answers.start(
                request.getParameter("id"),
                AnswerOptions.DEFAULT.withKeep(KEEP).withLease(Duration.ofMillis(lease)));
        say(response, "started");
        produce(producer, request, response);
      } catch (AnswerRefusedException e) {
        say(response, "refused " + e.state());
      } catch (PublishException e) {
        say(response, "unknown");
      }
    }

    private static void produce(
        AnswerProducer producer, HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      String who = request.getParameter("who");
      long events = number(request, "events");
      for (int i = 1; i <= events; i++) {
        Threads.pause(number(request, "gap"));
        try {
          Position id = producer.send(SseEvent.of(TOKEN, who + " " + i));
          say(response, "stored " + i + " " + id);
        } catch (PublishException e) {
          say(response, "unknown");
        }
      }
      // Lets a fault just after the last event also fall just after the ending.
      Threads.pause(ThreadLocalRandom.current().nextLong(END_WITHIN_MILLIS));
      boolean fail = Boolean.parseBoolean(request.getParameter("fail"));
      while (true) {
        try {
          Position unused =
              fail ? producer.fail(SseEvent.of(FAILED, who)) : producer.end(SseEvent.of(DONE, who));
          say(response, "ended " + producer.state());
          return;
        } catch (PublishException e) {
          say(response, "unknown");
        }
      }
    }

    private static long number(HttpServletRequest request, String name) {
      return Long.parseLong(request.getParameter(name));
    }

    private static void say(HttpServletResponse response, String line) throws IOException {
      response.getOutputStream().write((line + "\n").getBytes(UTF_8));
      response.flushBuffer();
    }
  }

  private static final class Stop extends HttpServlet {
    private static final long serialVersionUID = 1;

    private final transient AnswerStreams answers;

    Stop(AnswerStreams answers) {
      this.answers = answers;
    }

    @Override
    protected void doPost(HttpServletRequest request, HttpServletResponse response)
        throws IOException {
      try {
        boolean stopped = answers.stop(request.getParameter("id"));
        response.getOutputStream().write(("" + stopped).getBytes(UTF_8));
      } catch (PublishException e) {
        response.setStatus(HttpServletResponse.SC_SERVICE_UNAVAILABLE);
      }
    }
  }
}
