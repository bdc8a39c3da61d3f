package io.github.ssekit.spring;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import org.junit.jupiter.api.Test;

/** The borders between the starter and the modules below it. */
class BordersTest {
  static {
    // The tests need only the names of classes beyond ours, and Spring has many classes.
    ArchConfiguration.get().setResolveMissingDependenciesFromClassPath(false);
  }

  private static final JavaClasses ALL =
      new ClassFileImporter()
          .withImportOption(new DoNotIncludeTests())
          .importPackages("io.github.ssekit");

  @Test
  void theStarterKnowsTheModulesSpringAndWhatSpringBrings() {
    classes()
        .that()
        .resideInAPackage("io.github.ssekit.spring")
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "io.github.ssekit.spring",
            "io.github.ssekit.event",
            "io.github.ssekit.hub",
            "io.github.ssekit.redis",
            "io.github.ssekit.servlet",
            "io.github.ssekit.micrometer",
            "java..",
            "javax.net.ssl..",
            "org.jspecify..",
            "org.springframework..",
            "jakarta.servlet..",
            "io.micrometer..",
            "com.fasterxml.jackson..",
            "tools.jackson..")
        .check(ALL);
  }

  @Test
  void noModuleBelowItKnowsSpring() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.github.ssekit.spring")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.springframework..", "io.github.ssekit.spring")
        .check(ALL);
  }

  /** Classes of one Spring Boot or one Jackson must not be needed to load the other classes. */
  @Test
  void whatOneSpringBootAloneHasIsKnownToItsOwnConfigurationsAlone() {
    noClasses()
        .that()
        .haveNameNotMatching(".*\\$(Boot[34]|Health[34]|Jackson[23])")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            "org.springframework.boot.autoconfigure.data..",
            "org.springframework.boot.data..",
            "org.springframework.boot.actuate.health..",
            "org.springframework.boot.health..",
            "com.fasterxml.jackson..",
            "tools.jackson..")
        .check(ALL);
  }
}
