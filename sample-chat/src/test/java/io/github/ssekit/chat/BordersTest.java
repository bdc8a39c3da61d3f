package io.github.ssekit.chat;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import org.junit.jupiter.api.Test;

/** The borders between the modules. */
class BordersTest {
  private static final String EVENT = "io.github.ssekit.event";
  private static final String HUB = "io.github.ssekit.hub";
  private static final String REDIS = "io.github.ssekit.redis";
  private static final String SERVLET = "io.github.ssekit.servlet";

  private final JavaClasses all =
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
        .check(all);
  }

  @Test
  void theHubKnowsTheFormatAndTheJdk() {
    classes()
        .that()
        .resideInAPackage(HUB)
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(HUB, EVENT, "java..", "org.jspecify..")
        .check(all);
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
        .check(all);
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
            "org.xnio..")
        .check(all);
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
        .check(all);
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
        .check(all);
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
        .check(all);
  }
}
