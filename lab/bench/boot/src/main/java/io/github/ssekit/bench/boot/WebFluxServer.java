package io.github.ssekit.bench.boot;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.embedded.netty.NettyReactiveWebServerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.data.redis.connection.ReactiveSubscription.Message;
import org.springframework.data.redis.core.ReactiveStringRedisTemplate;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import reactor.core.publisher.Flux;

/** Spring WebFlux on Netty: a shared flux a channel, from reactive Redis. */
public final class WebFluxServer implements ToIntFunction<String> {
  @Override
  public int applyAsInt(String redis) {
    return Start.on(Application.class, WebApplicationType.REACTIVE, redis);
  }

  /** The application. */
  @SpringBootConfiguration(proxyBeanMethods = false)
  @EnableAutoConfiguration
  @Import(Events.class)
  public static class Application {
    /** Explicit, since Tomcat is on the class path too. */
    @Bean
    NettyReactiveWebServerFactory netty() {
      return new NettyReactiveWebServerFactory();
    }
  }

  /** The controller. */
  @RestController
  public static class Events {
    private final ReactiveStringRedisTemplate redis;
    private final Map<String, Flux<ServerSentEvent<String>>> channels = new ConcurrentHashMap<>();

    Events(ReactiveStringRedisTemplate redis) {
      this.redis = redis;
    }

    @GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
    public Flux<ServerSentEvent<String>> events(
        @RequestParam("first") int first, @RequestParam("count") int count) {
      Flux<ServerSentEvent<String>> open =
          Flux.just(ServerSentEvent.<String>builder().comment("open").build());
      return open.concatWith(
          Flux.merge(
              IntStream.range(first, first + count).mapToObj(i -> channel("c" + i)).toList()));
    }

    private Flux<ServerSentEvent<String>> channel(String name) {
      return channels.computeIfAbsent(
          name,
          channel ->
              redis
                  .listenToChannel(channel)
                  .map(Message::getMessage)
                  .map(data -> ServerSentEvent.builder(data).build())
                  .publish()
                  .refCount());
    }
  }
}
