package io.github.ssekit.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.ssekit.event.SseEvent;
import io.github.ssekit.harness.LogCapture;
import io.github.ssekit.hub.CloseReason;
import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.EventPublisher;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.HubObserver;
import io.github.ssekit.hub.ObjectPublisher;
import io.github.ssekit.hub.OverCapacityException;
import io.github.ssekit.hub.RecordingTransport;
import io.github.ssekit.micrometer.BridgeGauges;
import io.github.ssekit.micrometer.HubGauges;
import io.github.ssekit.micrometer.MeteredPublisher;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.redis.RedisLogin;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationPredicate;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Level;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.data.redis.RedisAutoConfiguration;
import org.springframework.boot.autoconfigure.jackson.JacksonAutoConfiguration;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.http.server.observation.ServerRequestObservationContext;
import org.springframework.mock.web.MockHttpServletRequest;
import org.springframework.mock.web.MockHttpServletResponse;

/** The beans of an application without a web server. */
class SsekitAutoConfigurationTest {
  private final ApplicationContextRunner runner =
      new ApplicationContextRunner()
          .withConfiguration(
              AutoConfigurations.of(
                  SsekitAutoConfiguration.class,
                  SsekitRedisAutoConfiguration.class,
                  SsekitPublisherAutoConfiguration.class,
                  SsekitMetricsAutoConfiguration.class,
                  SsekitMvcAutoConfiguration.class,
                  SsekitActuatorAutoConfiguration.class));

  @Test
  void withoutARedisTheHubAlonePublishes() {
    runner.run(
        context -> {
          assertSame(context.getBean(Hub.class), context.getBean(EventPublisher.class));
          assertThat(context).doesNotHaveBean(RedisBridge.class);
          assertThat(context).doesNotHaveBean(ObjectPublisher.class);
          assertThat(context).doesNotHaveBean(HubGauges.class);
          assertThat(context).hasBean("ssekitHealthIndicator");
        });
  }

  @Test
  void withARedisTheBridgePublishesAndTheApplicationStartsEvenIfItIsAway() {
    runner
        .withConfiguration(AutoConfigurations.of(RedisAutoConfiguration.class))
        .withPropertyValues("spring.data.redis.port=1", "ssekit.redis.history.channels=room:*")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertSame(context.getBean(RedisBridge.class), context.getBean(EventPublisher.class));
              NodeHealth health =
                  new NodeHealth(context.getBean(Hub.class), context.getBean(RedisBridge.class));
              assertEquals("DOWN", health.now().status());
            });
  }

  @Test
  void aLazyApplicationHearsOtherNodesFromItsStart() {
    runner
        .withInitializer(
            context ->
                context.addBeanFactoryPostProcessor(
                    new LazyInitializationBeanFactoryPostProcessor()))
        .withPropertyValues("ssekit.redis.url=redis://127.0.0.1:1")
        .run(
            context -> assertTrue(context.getBeanFactory().containsSingleton("ssekitRedisBridge")));
  }

  @Test
  void anEmptyUrlIsNone() {
    runner
        .withPropertyValues("ssekit.redis.url=")
        .run(
            context -> {
              assertThat(context).hasNotFailed();
              assertThat(context).doesNotHaveBean(RedisBridge.class);
            });
  }

  @Test
  void aContextLeavesTheHubOfItsParentOpen() {
    runner.run(
        parent -> {
          runner
              .withParent(parent)
              .run(child -> assertSame(parent.getBean(Hub.class), child.getBean(Hub.class)));
          assertFalse(parent.getBean(Hub.class).isDraining());
        });
  }

  @Test
  void theBridgeCanBeTurnedOff() {
    runner
        .withConfiguration(AutoConfigurations.of(RedisAutoConfiguration.class))
        .withPropertyValues("ssekit.redis.enabled=false")
        .run(context -> assertThat(context).doesNotHaveBean(RedisBridge.class));
  }

  @Test
  void theHealthIsTurnedOffAsEachOther() {
    runner
        .withPropertyValues("management.health.defaults.enabled=off")
        .run(context -> assertThat(context).doesNotHaveBean("ssekitHealthIndicator"));
    runner
        .withPropertyValues(
            "management.health.defaults.enabled=false", "management.health.ssekit.enabled=true")
        .run(context -> assertThat(context).hasBean("ssekitHealthIndicator"));
  }

  @Test
  void theUrlIsTakenAsItIs() {
    String url = "redis://sse:p%40ss@127.0.0.1:1/0";
    runner
        .withPropertyValues("ssekit.redis.url=" + url)
        .run(context -> assertEquals(url, context.getBean(RedisLocation.class).uri().toString()));
  }

  @Test
  void aUrlThatIsNoneIsNotRepeated() {
    runner
        .withPropertyValues("ssekit.redis.url=redis://sse:secret%@127.0.0.1:1")
        .run(
            context -> {
              StringWriter trace = new StringWriter();
              context.getStartupFailure().printStackTrace(new PrintWriter(trace));
              assertThat(trace.toString())
                  .contains("ssekit.redis.url is no URI")
                  .doesNotContain("secret");
            });
  }

  @Test
  void anEmptyPasswordOrUserIsNone() {
    assertNull(RedisLocation.login(() -> "", () -> ""));
    assertEquals(new RedisLogin(null, "pass"), RedisLocation.login(() -> "", () -> "pass").get());
    RedisLocation sentinel =
        RedisLocation.sentinel(
            List.of(new RedisLocation.Node("a", 1)), "main", 0, "", "", null, null);
    assertEquals("redis-sentinel://a:1/main?db=0", sentinel.uri().toString());
  }

  @Test
  void anApplicationThatNeedsRedisFailsWithAnExplanation() {
    runner
        .withPropertyValues(
            "ssekit.redis.url=redis://127.0.0.1:1", "ssekit.redis.required-at-start=true")
        .run(
            context -> {
              var analysis =
                  new RedisUnavailableFailureAnalyzer()
                      .analyze(Assertions.assertDoesNotThrow(context::getStartupFailure));
              assertNotNull(analysis);
              assertThat(analysis.getAction()).contains("ssekit.redis.required-at-start=false");
            });
  }

  @Test
  void anOldJedisIsExplained() {
    IllegalStateException thrown =
        new IllegalStateException(
            "Jedis 5.2.0 is on the class path: sse-redis needs 6.0.0 or newer");
    assertNotNull(new OldJedisFailureAnalyzer().analyze(thrown));
    Assertions.assertNull(new OldJedisFailureAnalyzer().analyze(new IllegalStateException("x")));
  }

  @Test
  void propertiesAndCustomizersSetUpTheHub() {
    runner
        .withPropertyValues("ssekit.limits.connections=2")
        .withBean(HubCustomizer.class, () -> builder -> builder.maxConnections(1))
        .run(
            context -> {
              Hub hub = context.getBean(Hub.class);
              hub.connect(new RecordingTransport(), ConnectionOptions.of("a"));
              Assertions.assertThrows(
                  OverCapacityException.class,
                  () -> hub.connect(new RecordingTransport(), ConnectionOptions.of("a")));
            });
  }

  @Test
  void beansOfTheApplicationWin() {
    Hub own = Hub.create();
    EventPublisher publisher = (channel, event) -> null;
    runner
        .withBean(Hub.class, () -> own)
        .withBean("mine", EventPublisher.class, () -> publisher)
        .run(
            context -> {
              assertThat(context).doesNotHaveBean("ssekitEventPublisher");
              assertSame(own, context.getBean(Hub.class));
            });
    runner
        .withBean("mine", EventPublisher.class, () -> publisher)
        .run(context -> assertSame(publisher, context.getBean(EventPublisher.class)));
    runner
        .withBean(Hub.class, Hub::create)
        .run(
            context ->
                assertSame(context.getBean(Hub.class), context.getBean("ssekitEventPublisher")));
  }

  @Test
  void metersStandBesideAnObserverOfTheApplication() {
    AtomicInteger opened = new AtomicInteger();
    HubObserver mine =
        new HubObserver() {
          @Override
          public void opened(io.github.ssekit.hub.Connection connection) {
            opened.incrementAndGet();
          }
        };
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    runner
        .withBean(MeterRegistry.class, () -> registry)
        .withBean(HubObserver.class, () -> mine)
        .withPropertyValues("ssekit.redis.url=redis://127.0.0.1:1")
        .run(
            context -> {
              context
                  .getBean(Hub.class)
                  .connect(new RecordingTransport(), ConnectionOptions.of("a"));
              Awaitility.await()
                  .until(() -> registry.get("ssekit.connections.opened").counter().count() == 1);
              assertEquals(1, opened.get());
              assertThat(context.getBean(EventPublisher.class))
                  .isInstanceOf(MeteredPublisher.class);
              assertThat(context).hasSingleBean(BridgeGauges.class);
              assertThat(context).hasSingleBean(ObservationPredicate.class);
              ObservationPredicate predicate = context.getBean(ObservationPredicate.class);
              assertFalse(isObserved(predicate, "text/event-stream"));
              assertFalse(isObserved(predicate, "text/event-stream; charset=utf-8"));
              assertTrue(isObserved(predicate, "application/json, text/event-stream"));
              assertTrue(isObserved(predicate, "*/*"));
            });
  }

  private static boolean isObserved(ObservationPredicate predicate, String accept) {
    MockHttpServletRequest request = new MockHttpServletRequest();
    request.addHeader("Accept", accept);
    return predicate.test(
        "http.server.requests",
        new ServerRequestObservationContext(request, new MockHttpServletResponse()));
  }

  @Test
  void objectsArePublishedAsJson() {
    runner
        .withConfiguration(AutoConfigurations.of(JacksonAutoConfiguration.class))
        .run(
            context -> {
              assertThat(context).hasSingleBean(ObjectMapper.class);
              RecordingTransport client = new RecordingTransport();
              context.getBean(Hub.class).connect(client, ConnectionOptions.of("a"));
              ObjectPublisher objects = context.getBean(ObjectPublisher.class);
              objects.publish("a", "as it is");
              objects.publish("a", Map.of("price", 3));
              objects.publish("a", "typed", List.of(1));
              objects.publish("a", SseEvent.of("own", "x"));
              Awaitility.await().until(() -> client.data().size() == 4);
              assertEquals(List.of("as it is", "{\"price\":3}", "[1]", "x"), client.data());
            });
  }

  @Test
  void theHubIsDrainedBeforeTheWebServerStopsAndClosedAfterIt() throws Exception {
    RecordingTransport client = new RecordingTransport();
    Hub[] hub = new Hub[1];
    CompletableFuture<CloseReason> why = new CompletableFuture<>();
    runner
        .withPropertyValues("ssekit.drain=100ms")
        .run(
            context -> {
              hub[0] = context.getBean(Hub.class);
              assertTrue(context.getBean(HubDrain.class).isRunning());
              hub[0].connect(client, ConnectionOptions.of("a")).onClose(why::complete);
            });
    assertTrue(hub[0].isDraining());
    assertEquals(CloseReason.DRAINED, why.get(20, TimeUnit.SECONDS));
    assertEquals(Integer.MAX_VALUE - 512, new HubDrain(hub[0], Duration.ofSeconds(1)).getPhase());
    Assertions.assertFalse(hub[0].isHealthy());
  }

  @Test
  void aContextThatIsStartedAgainSaysThatItsHubTakesNoStreams() {
    runner
        .withPropertyValues("ssekit.drain=100ms")
        .run(
            context -> {
              try (LogCapture log = LogCapture.only(HubDrain.class, Level.WARNING)) {
                context.stop();
                context.start();
                assertEquals(1, log.lines("its hub was drained").size());
              }
            });
  }

  @Test
  void aDrainThatDoesNotFitIntoItsPhaseIsRefused() {
    runner
        .withPropertyValues("ssekit.drain=29s")
        .run(
            context ->
                assertThat(context.getStartupFailure())
                    .rootCause()
                    .isInstanceOf(InvalidConfigurationPropertyValueException.class)
                    .hasMessageContaining("ssekit.drain"));
  }
}
