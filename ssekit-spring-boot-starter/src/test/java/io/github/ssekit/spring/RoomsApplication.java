package io.github.ssekit.spring;

import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.ObjectPublisher;
import io.github.ssekit.hub.OverrunPolicy;
import io.github.ssekit.hub.Start;
import io.github.ssekit.servlet.Admission;
import io.github.ssekit.servlet.EventStreams;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import javax.crypto.SecretKey;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.web.servlet.FilterRegistrationBean;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.oauth2.jwt.JwtDecoder;
import org.springframework.security.oauth2.jwt.NimbusJwtDecoder;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.HttpStatusEntryPoint;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.AbstractPlatformTransactionManager;
import org.springframework.transaction.support.DefaultTransactionStatus;
import org.springframework.transaction.support.TransactionTemplate;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.filter.OncePerRequestFilter;
import org.springframework.web.filter.ShallowEtagHeaderFilter;
import org.springframework.web.util.ContentCachingResponseWrapper;

/**
 * The application that the tests run: as a user would write it, with all features that get in the
 * way.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@EnableTransactionManagement
class RoomsApplication {
  @RestController
  static class Rooms {
    private final ObjectPublisher publisher;
    private final Hub hub;
    private final ApplicationEventPublisher application;
    private final TransactionTemplate transactions;

    Rooms(
        ObjectPublisher publisher,
        Hub hub,
        ApplicationEventPublisher application,
        PlatformTransactionManager transactions) {
      this.publisher = publisher;
      this.hub = hub;
      this.application = application;
      this.transactions = new TransactionTemplate(transactions);
    }

    record Paid(String order) {}

    @TransactionalEventListener(fallbackExecution = true)
    void paid(Paid event) {
      publisher.publish("order:" + event.order(), event);
    }

    @GetMapping("/orders/{id}/events")
    ConnectionOptions order(@PathVariable String id) {
      return ConnectionOptions.of("order:" + id);
    }

    @PostMapping("/orders/{id}/{outcome}")
    void pay(@PathVariable String id, @PathVariable String outcome) {
      transactions.executeWithoutResult(
          transaction -> {
            application.publishEvent(new Paid(id));
            publisher.publish("order:" + id, "before " + outcome);
            if (outcome.equals("rollback")) {
              transaction.setRollbackOnly();
            }
          });
    }

    @GetMapping("/rooms/{id}/events")
    ConnectionOptions events(@PathVariable String id) {
      return ConnectionOptions.of("room:" + id);
    }

    record Question(String room) {}

    @PostMapping("/questions")
    ConnectionOptions ask(@RequestBody Question question) {
      return ConnectionOptions.of("room:" + question.room());
    }

    @GetMapping("/guarded/{id}/events")
    Admission guarded(@PathVariable String id) {
      return id.equals("1") ? Admission.to("room:1") : Admission.refuse(204);
    }

    @GetMapping("/private/events")
    ConnectionOptions mine() {
      return ConnectionOptions.of("room:private");
    }

    @GetMapping("/forgotten/events")
    ConnectionOptions forgotten() {
      return null;
    }

    @GetMapping("/by-hand/events")
    void byHand(HttpServletRequest request, HttpServletResponse response) {
      EventStreams.open(hub, request, response, "room:hand");
    }

    @PostMapping("/rooms/{id}")
    void say(@PathVariable String id, @RequestBody String text) {
      publisher.publish("room:" + id, "said", Map.of("text", text));
    }

    @GetMapping("/held/events")
    ConnectionOptions held() {
      return ConnectionOptions.of("room:held");
    }

    @GetMapping("/tokens/events")
    ConnectionOptions withToken() {
      return ConnectionOptions.of("room:token");
    }

    @GetMapping("/thread")
    String thread() {
      return Thread.currentThread().toString();
    }

    @GetMapping("/plain")
    String plain() {
      return "plain";
    }
  }

  @Bean
  HubCustomizer policies() {
    return hub -> hub.overrunPolicies(channel -> OverrunPolicy.close());
  }

  @Bean
  RedisBridgeCustomizer newcomers() {
    return bridge ->
        bridge.newcomers(channel -> channel.startsWith("feed:") ? Start.last(20) : Start.NOW);
  }

  @Bean
  StreamCustomizer address() {
    return (options, request) -> options.withAttachment(request.getRemoteAddr());
  }

  @Bean
  ShallowEtagHeaderFilter etags() {
    return new ShallowEtagHeaderFilter();
  }

  /** Keeps the response until it is over, as filters that log responses do. */
  static final class HoldingFilter extends OncePerRequestFilter {
    volatile @Nullable Throwable failure;

    @Override
    protected void doFilterInternal(
        HttpServletRequest request, HttpServletResponse response, FilterChain chain)
        throws ServletException, IOException {
      ContentCachingResponseWrapper held = new ContentCachingResponseWrapper(response);
      try {
        chain.doFilter(request, held);
      } catch (ServletException e) {
        failure = e.getRootCause();
        throw e;
      } finally {
        held.copyBodyToResponse();
      }
    }
  }

  @Bean
  FilterRegistrationBean<HoldingFilter> holding() {
    FilterRegistrationBean<HoldingFilter> filter =
        new FilterRegistrationBean<>(new HoldingFilter());
    filter.addUrlPatterns("/held/*");
    return filter;
  }

  /** Transactions without a resource: Spring does the same at their ends. */
  @Bean
  PlatformTransactionManager transactions() {
    return new AbstractPlatformTransactionManager() {
      @Override
      protected Object doGetTransaction() {
        return this;
      }

      @Override
      protected void doBegin(Object transaction, TransactionDefinition definition) {}

      @Override
      protected void doCommit(DefaultTransactionStatus status) {}

      @Override
      protected void doRollback(DefaultTransactionStatus status) {}
    };
  }

  static final SecretKey KEY =
      new SecretKeySpec(
          "a key of the tests, of 256 bits".repeat(2).getBytes(StandardCharsets.US_ASCII),
          "HmacSHA256");

  @Bean
  JwtDecoder decoder() {
    return NimbusJwtDecoder.withSecretKey(KEY).build();
  }

  @Bean
  @Order(0)
  SecurityFilterChain tokens(HttpSecurity http) throws Exception {
    return http.securityMatcher("/tokens/**")
        .authorizeHttpRequests(all -> all.anyRequest().authenticated())
        .oauth2ResourceServer(server -> server.jwt(Customizer.withDefaults()))
        .build();
  }

  @Bean
  UserDetailsService users() {
    return new InMemoryUserDetailsManager(
        User.withUsername("ann").password("{noop}secret").roles("USER").build());
  }

  @Bean
  SecurityFilterChain security(HttpSecurity http) throws Exception {
    return http.authorizeHttpRequests(
            all -> all.requestMatchers("/private/**").authenticated().anyRequest().permitAll())
        .exceptionHandling(
            failures ->
                failures.defaultAuthenticationEntryPointFor(
                    new HttpStatusEntryPoint(HttpStatus.UNAUTHORIZED), // or NO_CONTENT
                    request -> "text/event-stream".equals(request.getHeader("Accept"))))
        .csrf(csrf -> csrf.disable())
        .formLogin(Customizer.withDefaults())
        .build();
  }
}
