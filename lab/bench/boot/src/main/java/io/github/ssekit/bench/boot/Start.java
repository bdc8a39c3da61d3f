package io.github.ssekit.bench.boot;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.WebApplicationType;
import org.springframework.context.ConfigurableApplicationContext;

/** Starts an application on a free port. */
final class Start {
  private Start() {}

  static int on(Class<?> application, WebApplicationType type, String redis, String... more) {
    SpringApplication spring = new SpringApplication(application);
    spring.setWebApplicationType(type);
    String[] arguments = {
      "--server.port=0",
      "--server.address=127.0.0.1",
      "--spring.data.redis.url=" + redis,
      "--spring.main.banner-mode=off",
      "--logging.level.root=off"
    };
    String[] all = java.util.Arrays.copyOf(arguments, arguments.length + more.length);
    System.arraycopy(more, 0, all, arguments.length, more.length);
    ConfigurableApplicationContext context = spring.run(all);
    return Integer.parseInt(context.getEnvironment().getProperty("local.server.port"));
  }
}
