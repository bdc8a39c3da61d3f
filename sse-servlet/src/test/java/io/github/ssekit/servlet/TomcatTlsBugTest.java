package io.github.ssekit.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class TomcatTlsBugTest {
  @ParameterizedTest
  @ValueSource(strings = {"10.0.27", "10.1.0", "10.1.9", "10.1.53", "11.0.0", "11.0.3", "11.0.20"})
  void versionsBeforeTheRepairAreWarnedOf(String version) {
    assertEquals(
        "Tomcat "
            + version
            + " holds back the end of an event over TLS until something follows it (bug 69982):"
            + " use 10.1.54, 11.0.21 or newer, or let a proxy speak TLS",
        TomcatTlsBug.warning("Apache Tomcat/" + version));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"10.1.54", "10.1.100", "10.2.0", "11.0.21", "11.0.27", "11.1.0", "12.0.0-M1"})
  void versionsSinceTheRepairAreNot(String version) {
    assertNull(TomcatTlsBug.warning("Apache Tomcat/" + version));
  }

  @Test
  void milestonesAndDescendantsAreRecognised() {
    assertEquals(
        TomcatTlsBug.warning("Apache Tomcat/11.0.0"),
        TomcatTlsBug.warning("Apache Tomcat/11.0.0-M26"));
    assertEquals(
        TomcatTlsBug.warning("Apache Tomcat/10.1.19"),
        TomcatTlsBug.warning("Apache Tomcat (TomEE)/10.1.19 (10.0.0)"));
  }

  @ParameterizedTest
  @NullSource
  @ValueSource(
      strings = {
        "",
        "jetty/12.1.14",
        "Undertow - 2.3.26.Final",
        "Apache Tomcat",
        "Apache Tomcat/11",
        "Apache Tomcat/11.0.99999999999"
      })
  void othersAreNot(String serverInfo) {
    assertNull(TomcatTlsBug.warning(serverInfo));
  }
}
