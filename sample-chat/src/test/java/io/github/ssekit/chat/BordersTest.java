package io.github.ssekit.chat;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The borders between the modules. */
class BordersTest {
  private static final String EVENT = "io.github.ssekit.event";
  private static final String HUB = "io.github.ssekit.hub";
  private static final String REDIS = "io.github.ssekit.redis";
  private static final String SERVLET = "io.github.ssekit.servlet";
  private static final String MICROMETER = "io.github.ssekit.micrometer";
  private static final String CLIENT = "io.github.ssekit.client";

  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(new DoNotIncludeTests())
          .importPackages("io.github.ssekit");

  @Test
  void theFormatKnowsNothingButTheJdk() {
    classes()
        .that()
        .resideInAPackage(EVENT)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(EVENT, "java..", "org.jspecify..")
        .check(ALL);
  }

  @Test
  void theHubKnowsTheFormatAndTheJdk() {
    classes()
        .that()
        .resideInAPackage(HUB)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(HUB, EVENT, "java..", "org.jspecify..")
        .check(ALL);
  }

  @Test
  void theBridgeAndTheAdapterKnowTheCoreAndNotEachOther() {
    classes()
        .that()
        .resideInAPackage(REDIS)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            EVENT,
            HUB,
            REDIS,
            "java..",
            "javax.net..",
            "org.jspecify..",
            "redis.clients..",
            "org.apache.commons.pool2..")
        .check(ALL);
    classes()
        .that()
        .resideInAPackage(SERVLET)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            EVENT,
            HUB,
            SERVLET,
            "java..",
            "org.jspecify..",
            "jakarta.servlet..",
            "io.undertow..",
            "org.eclipse.jetty..",
            "org.xnio..")
        .check(ALL);
  }

  @Test
  void theMetersKnowWhatTheyMeasureAndMicrometer() {
    classes()
        .that()
        .resideInAPackage(MICROMETER)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            EVENT, HUB, REDIS, MICROMETER, "java..", "org.jspecify..", "io.micrometer..")
        .check(ALL);
  }

  @Test
  void theClientKnowsTheFormatAndTheJdk() {
    classes()
        .that()
        .resideInAPackage(CLIENT)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(CLIENT, EVENT, "java..", "org.jspecify..")
        .check(ALL);
  }

  @Test
  void theTestKitKnowsTheClientTheHubJUnitAndARedis() {
    classes()
        .that()
        .resideInAPackage("io.github.ssekit.testing")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.github.ssekit.testing",
            CLIENT,
            EVENT,
            HUB,
            "java..",
            "javax.net.ssl..",
            "org.jspecify..",
            "org.junit.jupiter.api..",
            "redis.embedded..")
        .check(ALL);
  }

  @Test
  void jedisIsKnownToAConnectionAndItsSocketAlone() {
    noClasses()
        .that()
        .resideInAPackage(REDIS)
        .and()
        .haveNameNotMatching(REDIS + "\\.(RedisConnection(\\$.*)?|RedisSocketFactory)")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("redis.clients..")
        .check(ALL);
  }

  @Test
  void theConnectionPoolIsKnownToCommandsAlone() {
    noClasses()
        .that()
        .resideInAPackage(REDIS)
        .and()
        .haveNameNotMatching(REDIS + "\\.CommandPool(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.apache.commons.pool2..")
        .check(ALL);
  }

  @Test
  void undertowIsKnownToItsTransportAlone() {
    noClasses()
        .that()
        .resideInAPackage(SERVLET)
        .and()
        .haveSimpleNameNotStartingWith("UndertowTransport")
        .and()
        .doNotHaveFullyQualifiedName(SERVLET + ".UndertowTransport$NothingToClose")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.undertow..")
        .check(ALL);
  }

  @Test
  void jettyIsKnownToItsChunksAndWhatTellsIfTheyAreSafeAlone() {
    noClasses()
        .that()
        .resideInAPackage(SERVLET)
        .and()
        .haveNameNotMatching(".*\\.(JettyChunks|JettyCore)(\\$.*)?")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("org.eclipse.jetty..")
        .check(ALL);
  }

  @Test
  void theHubsClassesReachEachOtherInNoLargerCircleThanAStreamAndTheLogsThatItReads() {
    assertEquals(
        Set.of("Channel", "Outgoing", "StreamConnection", "Subscribers", "Subscription"),
        largestCircle(HUB));
  }

  @Test
  void theAdaptersClassesReachEachOtherInNoLargerCircleThanAServletAndItsBuilder() {
    assertEquals(Set.of("EventStreamServlet", "EventStreamServletBuilder"), largestCircle(SERVLET));
  }

  /** The top-level classes of the largest set in a package that all reach each other. */
  private Set<String> largestCircle(String packageName) {
    Map<String, Set<String>> reached = new TreeMap<>();
    for (JavaClass each : ALL.getPackage(packageName).getClasses()) {
      Set<String> direct = reached.computeIfAbsent(topLevel(each), name -> new TreeSet<>());
      each.getDirectDependenciesFromSelf().stream()
          .map(dependency -> dependency.getTargetClass().getBaseComponentType())
          .filter(target -> target.getPackageName().equals(packageName))
          .forEach(target -> direct.add(topLevel(target)));
    }
    for (boolean grown = true; grown; ) {
      grown = false;
      for (Set<String> each : reached.values()) {
        for (String next : List.copyOf(each)) {
          grown |= each.addAll(reached.get(next));
        }
      }
    }
    Set<String> largest = Set.of();
    for (Map.Entry<String, Set<String>> each : reached.entrySet()) {
      Set<String> circle = new TreeSet<>(each.getValue());
      circle.removeIf(other -> !reached.get(other).contains(each.getKey()));
      largest = circle.size() > largest.size() ? circle : largest;
    }
    return largest;
  }

  private static String topLevel(JavaClass nested) {
    return nested.getEnclosingClass().map(BordersTest::topLevel).orElse(nested.getSimpleName());
  }
}
