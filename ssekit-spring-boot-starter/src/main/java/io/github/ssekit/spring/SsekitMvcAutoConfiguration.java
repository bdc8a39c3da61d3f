package io.github.ssekit.spring;

import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.Hub;
import io.github.ssekit.hub.IllegalChannelException;
import io.github.ssekit.redis.RedisBridge;
import io.github.ssekit.servlet.EventStreams;
import io.github.ssekit.servlet.OverCapacityAnswer;
import jakarta.servlet.http.HttpServletResponse;
import jakarta.servlet.http.HttpSession;
import java.io.IOException;
import java.security.Principal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.ApplicationListener;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.security.authentication.event.LogoutSuccessEvent;
import org.springframework.security.core.Authentication;
import org.springframework.security.oauth2.core.OAuth2Token;
import org.springframework.util.ClassUtils;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;
import org.springframework.web.method.support.HandlerMethodReturnValueHandler;
import org.springframework.web.servlet.HandlerExceptionResolver;
import org.springframework.web.servlet.ModelAndView;
import org.springframework.web.servlet.config.annotation.WebMvcConfigurer;

/**
 * Controllers that return the options of a stream, and the owners, sessions and tokens of these
 * streams.
 */
@AutoConfiguration(after = SsekitPublisherAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass({EventStreams.class, WebMvcConfigurer.class})
public class SsekitMvcAutoConfiguration {
  private static final String SESSIONS = "org.springframework.session.SessionRepository";

  /** Creates the configuration. */
  public SsekitMvcAutoConfiguration() {}

  @Bean
  WebMvcConfigurer ssekitMvcConfigurer(
      ObjectProvider<Hub> hub,
      ObjectProvider<StreamCustomizer> customizers,
      ObjectProvider<OverCapacityAnswer> overCapacity,
      ObjectProvider<SessionStreams> sessions) {
    StreamReturnValueHandler handler =
        new StreamReturnValueHandler(
            hub::getObject,
            () -> customizers.orderedStream().toList(),
            () -> overCapacity.getIfAvailable(() -> OverCapacityAnswer.DEFAULT),
            sessions::getIfAvailable);
    return new WebMvcConfigurer() {
      @Override
      public void addReturnValueHandlers(List<HandlerMethodReturnValueHandler> handlers) {
        handlers.add(handler);
      }
    };
  }

  /** An illegal channel name is the client's mistake: 400, and no stack trace. */
  @Bean
  HandlerExceptionResolver ssekitIllegalChannelResolver() {
    return (request, response, handler, failure) ->
        failure instanceof IllegalChannelException && badRequest(response)
            ? new ModelAndView()
            : null;
  }

  private static boolean badRequest(HttpServletResponse response) {
    try {
      response.sendError(HttpServletResponse.SC_BAD_REQUEST);
      return true;
    } catch (IOException | IllegalStateException e) {
      return false;
    }
  }

  /** Gives an owner to streams whose controller has set no owner. */
  @Bean
  @ConditionalOnMissingBean(name = "ssekitOwner")
  @Order(0)
  StreamCustomizer ssekitOwner(SsekitProperties properties) {
    return switch (properties.owner()) {
      case NONE -> (options, request) -> options;
      case PRINCIPAL ->
          (options, request) -> {
            Principal principal = request.getUserPrincipal();
            return options.owner() == null && principal != null
                ? options.withOwner(owner(principal.getName()))
                : options;
          };
      case SESSION ->
          (options, request) -> {
            HttpSession session = request.getSession(false);
            return options.owner() == null && session != null
                ? options.withOwner(SessionStreams.hash(session.getId()))
                : options;
          };
    };
  }

  /** The owner of this name: its hash if the name is too long for an owner; null without a name. */
  static @Nullable String owner(@Nullable String name) {
    if (name == null || name.isEmpty()) {
      return null;
    }
    return name.length() > ConnectionOptions.MAX_OWNER_LENGTH ? SessionStreams.hash(name) : name;
  }

  /** The streams of a session end with it. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnProperty(name = "ssekit.close-with-session", matchIfMissing = true)
  static class Sessions {
    @Bean
    SessionStreams ssekitSessionStreams() {
      return new SessionStreams();
    }

    /**
     * Ends the streams of a session at a log-out, which may keep the session, or end it unnoticed:
     * some stores of Spring Session don't report it.
     */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(LogoutSuccessEvent.class)
    static class Logout {
      @Bean
      ApplicationListener<LogoutSuccessEvent> ssekitLogoutListener(SessionStreams streams) {
        return event -> {
          String id = sessionId();
          if (id != null) {
            streams.end(id);
            // In Jetty's cookie, a dot and the node's name follow the session's id.
            streams.end(id.replaceFirst("\\.[^.]*$", ""));
          }
        };
      }
    }

    /** Tells all nodes of a log-out, where nodes share sessions. */
    @Configuration(proxyBeanMethods = false)
    @ConditionalOnClass(
        value = {LogoutSuccessEvent.class, RedisBridge.class},
        name = SESSIONS)
    static class Shared {
      @Bean
      ApplicationListener<LogoutSuccessEvent> ssekitSharedLogoutListener(
          ObjectProvider<RedisBridge> bridge,
          SsekitProperties properties,
          ListableBeanFactory beans) {
        Class<?> sessions = ClassUtils.resolveClassName(SESSIONS, null);
        return event -> {
          RedisBridge there = bridge.getIfAvailable();
          if (there != null && beans.getBeanNamesForType(sessions).length > 0) {
            new SharedLogout(there, properties.owner())
                .loggedOut(event.getAuthentication().getName(), sessionId());
          }
        };
      }
    }

    /** The id of the session that the current request has named; the session may be over. */
    private static @Nullable String sessionId() {
      return RequestContextHolder.getRequestAttributes()
              instanceof ServletRequestAttributes attributes
          ? attributes.getRequest().getRequestedSessionId()
          : null;
    }
  }

  /** A stream ends when the token of its request expires. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({OAuth2Token.class, Authentication.class})
  @ConditionalOnProperty(name = "ssekit.expire-with-token", matchIfMissing = true)
  static class Tokens {
    @Bean
    @Order(0)
    StreamCustomizer ssekitTokenExpiry() {
      return (options, request) -> {
        if (options.expiresAt() == null
            && request.getUserPrincipal() instanceof Authentication authentication
            && authentication.getCredentials() instanceof OAuth2Token token) {
          Instant expiry = token.getExpiresAt();
          return expiry == null ? options : options.withExpiresAt(expiry);
        }
        return options;
      };
    }
  }
}
