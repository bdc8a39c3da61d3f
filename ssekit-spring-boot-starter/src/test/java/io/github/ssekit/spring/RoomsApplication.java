package io.github.ssekit.spring;

import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.ObjectPublisher;
import io.github.ssekit.servlet.Admission;
import io.github.ssekit.servlet.EventStreams;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.util.Map;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.HttpStatus;
import org.springframework.security.config.Customizer;
import org.springframework.security.config.annotation.web.builders.HttpSecurity;
import org.springframework.security.core.userdetails.User;
import org.springframework.security.core.userdetails.UserDetailsService;
import org.springframework.security.provisioning.InMemoryUserDetailsManager;
import org.springframework.security.web.SecurityFilterChain;
import org.springframework.security.web.authentication.HttpStatusEntryPoint;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.filter.ShallowEtagHeaderFilter;

/** The application that the tests run: as a user would write it, with all that gets in the way. */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
class RoomsApplication {
  @RestController
  static class Rooms {
    private final ObjectPublisher publisher;
    private final Hub hub;
    private final ApplicationEventPublisher application;

    Rooms(ObjectPublisher publisher, Hub hub, ApplicationEventPublisher application) {
      this.publisher = publisher;
      this.hub = hub;
      this.application = application;
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

    @PostMapping("/orders/{id}/paid")
    void pay(@PathVariable String id) {
      application.publishEvent(new Paid(id));
    }

    @GetMapping("/rooms/{id}/events")
    ConnectionOptions events(@PathVariable String id) {
      return ConnectionOptions.of("room:" + id);
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

    @GetMapping("/plain")
    String plain() {
      return "plain";
    }
  }

  @Bean
  ShallowEtagHeaderFilter etags() {
    return new ShallowEtagHeaderFilter();
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
