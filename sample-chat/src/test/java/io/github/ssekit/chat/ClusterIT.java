package io.github.ssekit.chat;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The README's cluster: one command, a killed node, and not one lost message. */
@Tag("page")
class ClusterIT {
  private static final Pattern NODE = Pattern.compile("Node \\w: pid (\\d+), ");

  @Test
  void aKilledNodeCostsNoWord() throws Exception {
    Browser.requireInstalled();
    try (ChatProcess cluster = ChatProcess.maven("-Pchat-cluster", "-Dchat.port=0")) {
      URI uri = cluster.awaitUri();
      try (Browser ann = Browser.start();
          Browser bob = Browser.start()) {
        ann.open(uri, "Ann");
        bob.open(uri, "Bob");
        ann.awaitState("Connected");
        bob.awaitState("Connected");
        List<String> said = new ArrayList<>();
        // The second kill hits the other node, and the third hits a node that was started later.
        for (int kill = 0; kill < 3; kill++) {
          say(ann, bob, said, "before " + kill);
          List<Long> pids = nodes(cluster, kill + 2);
          ProcessHandle.of(pids.get(kill)).orElseThrow().destroyForcibly();
          say(bob, ann, said, "after " + kill);
          nodes(cluster, kill + 3);
        }
        assertEquals(List.of(), ann.texts(".note"));
        assertEquals(List.of(), bob.texts(".note"));
      }
      List<ProcessHandle> started = cluster.descendants();
      cluster.interrupt();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
    }
  }

  @Test
  void noneOfItIsLeftWhenMavenAloneIsKilled() throws Exception {
    try (ChatProcess cluster = ChatProcess.maven("-Pchat-cluster", "-Dchat.port=0")) {
      cluster.awaitUri();
      List<ProcessHandle> started = cluster.descendants();
      assertTrue(started.size() >= 4, () -> "a cluster, its Redis and two nodes: " + started);
      cluster.kill();
      await()
          .atMost(Duration.ofSeconds(30))
          .until(() -> started.stream().noneMatch(ProcessHandle::isAlive));
    }
  }

  private static void say(Browser one, Browser other, List<String> said, String text) {
    one.say(text);
    // The node may have died before it responded: text that is still in the box is sent again.
    Browser.soon()
        .until(
            () -> {
              if (!one.element("problem").getText().isEmpty()) {
                one.say("");
              }
              return "".equals(one.element("message").getDomProperty("value"));
            });
    said.add(text);
    one.awaitTexts(".message .text", said);
    other.awaitTexts(".message .text", said);
  }

  /** Waits until so many nodes have been started. Returns the process IDs of all of them. */
  private static List<Long> nodes(ChatProcess cluster, int count) {
    return await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              List<Long> pids = new ArrayList<>();
              Matcher node = NODE.matcher(cluster.output());
              while (node.find()) {
                pids.add(Long.parseLong(node.group(1)));
              }
              return pids;
            },
            pids -> pids.size() >= count);
  }
}
