package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/**
 * The files for Docker and Kubernetes: their shape, and their agreement. The tests don't run them.
 */
class DeployTest {
  private static final Path FOLDER =
      Path.of(System.getProperty("ssekit.root"), "sample-chat/deploy");

  private final Yaml yaml = new Yaml(new SafeConstructor(new LoaderOptions()));

  @Test
  void composeStartsNginxTwoNodesAndARedisThatKeepsWhatItHas() throws IOException {
    Map<?, ?> compose = yaml.load(read("compose.yaml"));
    Map<?, ?> services = (Map<?, ?>) compose.get("services");
    assertEquals(Set.of("nginx", "node1", "node2", "redis"), services.keySet());
    Object redis = at(services, "redis", "command");
    assertTrue(redis.toString().contains("--appendonly, yes"), redis::toString);
    for (String node : List.of("node1", "node2")) {
      String file = (String) at(services, node, "build", "dockerfile");
      Path context = FOLDER.resolve((String) at(services, node, "build", "context"));
      assertTrue(Files.isRegularFile(context.resolve(file)), file);
      assertEquals("service_healthy", at(services, node, "depends_on", "redis", "condition"));
      assertTrue(read("nginx.conf").contains("server " + node + ":3000"), node);
      assertTrue(at(services, node, "command").toString().contains("--hosts, chat.example"), node);
    }
  }

  @Test
  void theImageIsAJreAndNotRoot() throws IOException {
    List<String> lines = read("Dockerfile").lines().filter(l -> !l.startsWith("#")).toList();
    assertTrue(lines.get(0).matches("FROM \\S+-jre"), lines.get(0));
    assertTrue(lines.contains("USER 10001:10001"));
    assertTrue(lines.contains("COPY sample-chat/target/sample-chat.jar /chat.jar"));
  }

  @Test
  void kubernetesProbesWhatTheNodeRepliesAndGivesItTimeToDrain() throws IOException {
    List<Object> documents = new ArrayList<>();
    yaml.loadAll(read("kubernetes.yaml")).forEach(documents::add);
    assertEquals(
        List.of("Deployment", "Service", "PodDisruptionBudget"),
        documents.stream().map(each -> at(each, "kind")).toList());
    Object pod = at(documents.get(0), "spec", "template", "spec");
    Object chat = ((List<?>) at(pod, "containers")).get(0);
    assertTrue(at(chat, "args").toString().contains("--hosts, chat,chat.example"));
    assertEquals("/healthz", at(chat, "readinessProbe", "httpGet", "path"));
    assertEquals("http", at(chat, "livenessProbe", "tcpSocket", "port"));
    Object sleep = ((List<?>) at(chat, "lifecycle", "preStop", "exec", "command")).get(1);
    int grace = (int) at(pod, "terminationGracePeriodSeconds");
    assertTrue(grace >= 30 + Integer.parseInt((String) sleep), "" + grace);
    assertEquals(true, at(pod, "securityContext", "runAsNonRoot"));
    Object labels = at(documents.get(0), "spec", "template", "metadata", "labels");
    assertEquals(labels, at(documents.get(0), "spec", "selector", "matchLabels"));
    assertEquals(labels, at(documents.get(1), "spec", "selector"));
    assertEquals(labels, at(documents.get(2), "spec", "selector", "matchLabels"));
  }

  private static Object at(Object from, String... path) {
    Object found = from;
    for (String key : path) {
      found = ((Map<?, ?>) found).get(key);
      assertTrue(found != null, () -> key + " of " + List.of(path));
    }
    return found;
  }

  private static String read(String file) throws IOException {
    return Files.readString(FOLDER.resolve(file));
  }
}
