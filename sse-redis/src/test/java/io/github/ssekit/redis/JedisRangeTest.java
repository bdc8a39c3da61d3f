package io.github.ssekit.redis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.github.ssekit.hub.Hub;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.InvocationTargetException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.apache.commons.pool2.ObjectPool;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import redis.clients.jedis.Jedis;

/**
 * The compiled classes with the versions of Jedis that an application may bring along. The build
 * copies the jars of Jedis into {@code target/jedis}.
 */
class JedisRangeTest {
  private static final Pattern THIS_CLASS = Pattern.compile("^ *this_class: #\\d+ *// ([\\w/$]+)");

  /** A method of Jedis or of a class of ours: {@code Methodref #1.#2 // some/Type.name:()V}. */
  private static final Pattern MEMBER =
      Pattern.compile(
          "= (?:Interface)?Methodref .*//"
              + " ((?:redis/clients|io/github/ssekit/redis)/[\\w/$]+)\\.\"?([\\w<>$]+)\"?:(.+)");

  private static final Pattern TYPE =
      Pattern.compile("= Class +// \"?\\[*L?(redis/clients/[\\w/$]+)");

  private static String constants;

  @BeforeAll
  static void readOurClasses() throws Exception {
    constants = constants();
  }

  private static URL classes(Class<?> type) {
    return type.getProtectionDomain().getCodeSource().getLocation();
  }

  private static URLClassLoader with(URL jedis) {
    URL[] all = {
      classes(RedisBridge.class),
      classes(Hub.class),
      jedis,
      classes(ObjectPool.class),
      classes(Logger.class),
    };
    return new URLClassLoader(all, ClassLoader.getPlatformClassLoader());
  }

  private static URL jar(String version) throws Exception {
    Path jar = Path.of("target", "jedis", "jedis-" + version + ".jar");
    assertTrue(Files.exists(jar), "a build with Maven copies it: " + jar.toAbsolutePath());
    return jar.toUri().toURL();
  }

  @ParameterizedTest
  @ValueSource(strings = {"6.0.0", "7.0.0", "7.4.1"})
  void whateverIsUsedOfJedisIsThere(String version) throws Exception {
    assertEquals(List.of(), missing(jar(version)));
  }

  @Test
  void theTestsRunWithTheOneThatWasAskedFor() {
    String asked = System.getProperty("ssekit.jedis", JedisVersion.NEWEST_TESTED);
    String jar = classes(Jedis.class).getPath();
    assertTrue(jar.endsWith("/jedis-" + asked + ".jar"), jar);
  }

  @Test
  void whateverIsUsedOfJedisIsThereInTheOneThatTheTestsRunWith() throws Exception {
    assertEquals(List.of(), missing(classes(Jedis.class)));
  }

  @Test
  void oneThatIsTooOldIsNamedWithTheRange() throws Exception {
    try (URLClassLoader loader = with(jar("5.2.0"))) {
      Class<?> hub = loader.loadClass(Hub.class.getName());
      Class<?> bridge = loader.loadClass(RedisBridge.class.getName());
      Object created = hub.getMethod("create").invoke(null);
      try {
        Throwable e =
            assertThrows(
                    InvocationTargetException.class,
                    () ->
                        bridge
                            .getMethod("connect", hub, URI.class)
                            .invoke(null, created, URI.create("redis://localhost")))
                .getCause();
        assertEquals(
            "Jedis 5.2.0 is on the class path: sse-redis needs 6.0.0 or newer, and is tested with"
                + " 6.0.0 to 8.0.2",
            e.getMessage());
        assertEquals(IllegalStateException.class, e.getClass());
      } finally {
        hub.getMethod("close").invoke(created);
      }
    }
  }

  /**
   * Members that our classes refer to and that don't exist. The JVM would report them only at their
   * first use.
   */
  private static List<String> missing(URL jedis) throws Exception {
    List<String> missing = new ArrayList<>();
    int found = 0;
    try (URLClassLoader loader = with(jedis)) {
      Lookup lookup = MethodHandles.lookup();
      for (String line : constants.lines().toList()) {
        Matcher ours = THIS_CLASS.matcher(line);
        if (ours.find()) {
          lookup =
              MethodHandles.privateLookupIn(type(ours.group(1), loader), MethodHandles.lookup());
        }
        Matcher type = TYPE.matcher(line);
        if (type.find() && !isThere(type.group(1), loader)) {
          missing.add(type.group(1));
        }
        Matcher member = MEMBER.matcher(line);
        if (member.find()) {
          if (has(lookup, member.group(1), member.group(2), member.group(3), loader)) {
            found++;
          } else {
            missing.add(member.group(1) + "." + member.group(2) + member.group(3));
          }
        }
      }
    }
    assertTrue(found > 100, "found only " + found);
    return List.copyOf(new TreeSet<>(missing));
  }

  private static String constants() throws Exception {
    List<String> args = new ArrayList<>(List.of("-v", "-p"));
    try (Stream<Path> all = Files.walk(Path.of(classes(RedisBridge.class).toURI()))) {
      all.map(Path::toString)
          .filter(file -> file.endsWith(".class") && !file.endsWith("-info.class"))
          .forEach(args::add);
    }
    StringWriter out = new StringWriter();
    int code =
        ToolProvider.findFirst("javap")
            .orElseThrow()
            .run(new PrintWriter(out), new PrintWriter(out), args.toArray(String[]::new));
    assertEquals(0, code, out::toString);
    return out.toString();
  }

  private static Class<?> type(String name, ClassLoader loader) throws ClassNotFoundException {
    return Class.forName(name.replace('/', '.'), false, loader);
  }

  private static boolean isThere(String name, ClassLoader loader) {
    try {
      return type(name, loader) != null;
    } catch (ClassNotFoundException e) {
      return false;
    }
  }

  /**
   * Whether a method exists, as the JVM resolves it. The list doesn't say which methods are static.
   */
  private static boolean has(
      Lookup lookup, String owner, String name, String descriptor, ClassLoader loader) {
    try {
      Class<?> in = type(owner, loader);
      MethodType type = MethodType.fromMethodDescriptorString(descriptor, loader);
      if (name.equals("<init>")) {
        MethodHandle unused = lookup.findConstructor(in, type);
        return true;
      }
      try {
        MethodHandle unused = lookup.findVirtual(in, name, type);
      } catch (IllegalAccessException e) {
        MethodHandle unused = lookup.findStatic(in, name, type);
      }
      return true;
    } catch (ReflectiveOperationException | TypeNotPresentException e) {
      return false;
    }
  }
}
