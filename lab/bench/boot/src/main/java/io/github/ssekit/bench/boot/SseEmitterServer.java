package io.github.ssekit.bench.boot;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.function.ToIntFunction;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.data.redis.connection.RedisConnectionFactory;
import org.springframework.data.redis.listener.PatternTopic;
import org.springframework.data.redis.listener.RedisMessageListenerContainer;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Spring MVC: an emitter a client, and a listener on Redis that sends to each. */
public final class SseEmitterServer implements ToIntFunction<String> {
  @Override
  public int applyAsInt(String redis) {
    return Start.on(
        Application.class,
        WebApplicationType.SERVLET,
        redis,
        "--spring.mvc.async.request-timeout=-1",
        "--server.tomcat.max-connections=20000",
        "--server.tomcat.accept-count=1024");
  }

  /** The application. */
  @SpringBootConfiguration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(Events.class)
  public static class Application {
    @Bean
    RedisMessageListenerContainer listener(RedisConnectionFactory redis, Events events) {
      RedisMessageListenerContainer container = new RedisMessageListenerContainer();
      container.setConnectionFactory(redis);
      // The default executor starts a thread for each message, and loses their order.
      container.setTaskExecutor(Executors.newSingleThreadExecutor());
      container.addMessageListener(
          (message, pattern) ->
              events.send(
                  new String(message.getChannel(), StandardCharsets.UTF_8),
                  new String(message.getBody(), StandardCharsets.UTF_8)),
          PatternTopic.of("c*"));
      return container;
    }
  }

  /** The controller. */
  @RestController
  public static class Events {
    private final Map<String, Set<SseEmitter>> emitters = new ConcurrentHashMap<>();

    @GetMapping("/events")
    public SseEmitter events(@RequestParam("first") int first, @RequestParam("count") int count) {
      SseEmitter emitter = new SseEmitter(0L);
      emitter.onCompletion(() -> remove(emitter, first, count));
      emitter.onError(e -> remove(emitter, first, count));
      for (int i = first; i < first + count; i++) {
        emitters.computeIfAbsent("c" + i, c -> ConcurrentHashMap.newKeySet()).add(emitter);
      }
      return sent(emitter);
    }

    /** Sends a comment: the head goes out with the first bytes. */
    private static SseEmitter sent(SseEmitter emitter) {
      try {
        emitter.send(SseEmitter.event().comment("open"));
      } catch (IOException e) {
        emitter.completeWithError(e);
      }
      return emitter;
    }

    private void remove(SseEmitter emitter, int first, int count) {
      for (int i = first; i < first + count; i++) {
        emitters.getOrDefault("c" + i, Set.of()).remove(emitter);
      }
    }

    void send(String channel, String data) {
      for (SseEmitter emitter : emitters.getOrDefault(channel, Set.of())) {
        try {
          emitter.send(SseEmitter.event().data(data));
        } catch (IOException | IllegalStateException e) {
          emitter.completeWithError(e);
        }
      }
    }
  }
}
