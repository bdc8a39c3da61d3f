package io.github.ssekit.servlet;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The examples of a shutdown in docs/deployment.md, compared with the code that the tests run. */
class DeploymentDocTest {
  @Test
  void everyExampleIsPartOfATestThatRunsIt() throws Exception {
    String page = Files.readString(Path.of("..", "docs", "deployment.md"));
    List<String> examples =
        Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
            .matcher(page.substring(page.indexOf("## Stopping a node")))
            .results()
            .map(match -> squeezed(match.group(1)))
            .toList();
    List<String> containers = List.of("Jetty", "Tomcat", "Undertow", "Undertow");
    assertEquals(containers.size(), examples.size());
    for (int i = 0; i < examples.size(); i++) {
      Path test =
          Path.of("src/test/java/io/github/ssekit/servlet", containers.get(i) + "Shutdown.java");
      assertTrue(squeezed(Files.readString(test)).contains(examples.get(i)), examples.get(i));
    }
  }

  private static String squeezed(String code) {
    return code.replaceAll("\\s+", " ").strip();
  }
}
