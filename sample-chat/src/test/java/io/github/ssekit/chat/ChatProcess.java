package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The chat as its users start it: as a process. */
final class ChatProcess implements AutoCloseable {
  private static final Pattern URL = Pattern.compile("Chat at (http\\S+)");

  private final Process process;
  private final Path output;

  private ChatProcess(List<String> command, File folder) throws IOException {
    output = Files.createTempFile("chat", ".log");
    process =
        new ProcessBuilder(command)
            .directory(folder)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
  }

  /** Starts the runnable jar. */
  static ChatProcess jar(String... arguments) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    List<String> command =
        new ArrayList<>(List.of(java, "-jar", System.getProperty("ssekit.chat.jar")));
    command.addAll(Arrays.asList(arguments));
    return new ChatProcess(command, new File("."));
  }

  /** Starts a node of the {@link Cluster} that runs in this process. */
  static ChatProcess node(String... arguments) throws IOException {
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String path = System.getProperty("java.class.path");
    List<String> command = new ArrayList<>(List.of(java, "-cp", path, Cluster.class.getName()));
    command.addAll(Arrays.asList(arguments));
    return new ChatProcess(command, new File("."));
  }

  /** Starts {@code mvn -q} with these arguments. */
  static ChatProcess maven(String... arguments) throws IOException {
    String mvn = Path.of(System.getProperty("ssekit.maven.home"), "bin", "mvn").toString();
    List<String> command =
        new ArrayList<>(
            List.of(mvn, "-q", "-Dmaven.repo.local=" + System.getProperty("ssekit.maven.repo")));
    command.addAll(Arrays.asList(arguments));
    return new ChatProcess(command, new File(System.getProperty("ssekit.root")));
  }

  /**
   * Waits for the address that the chat prints once it has started. Maven may compile every module
   * first.
   */
  URI awaitUri() {
    return await()
        .atMost(Duration.ofMinutes(4))
        .until(
            () -> {
              Matcher matcher = URL.matcher(output());
              return matcher.find() ? URI.create(matcher.group(1)) : null;
            },
            uri -> uri != null);
  }

  long pid() {
    return process.pid();
  }

  /** Waits until the process ends, however long that takes. */
  void awaitEnd() throws InterruptedException {
    process.waitFor();
  }

  /** Waits until the process ends. Returns its exit code. */
  int awaitExit(Duration atMost) {
    await().atMost(atMost).until(() -> !process.isAlive());
    return process.exitValue();
  }

  String output() throws IOException {
    return Files.readString(output, UTF_8);
  }

  /** The descendant processes, at any depth. */
  List<ProcessHandle> descendants() {
    return process.descendants().toList();
  }

  /** Ends the process as {@code kill -9} does. */
  void kill() {
    process.toHandle().destroyForcibly();
    await().atMost(Duration.ofSeconds(20)).until(() -> !process.isAlive());
  }

  /** Sends SIGTERM, as a platform does. */
  void terminate() {
    process.destroy();
  }

  /** Sends SIGINT, as Ctrl-C does. */
  void interrupt() throws IOException, InterruptedException {
    for (ProcessHandle each : group()) {
      new ProcessBuilder("kill", "-INT", "" + each.pid()).start().waitFor();
    }
  }

  /**
   * The recipients of SIGINT: a terminal sends it to the whole group. A Maven start script may be
   * waiting for its JVM.
   */
  private List<ProcessHandle> group() {
    List<ProcessHandle> group = new ArrayList<>(List.of(process.toHandle()));
    process.descendants().filter(ChatProcess::isJava).forEach(group::add);
    return group;
  }

  private static boolean isJava(ProcessHandle process) {
    return process.info().command().orElse("").endsWith("java");
  }

  @Override
  public void close() throws IOException {
    List<ProcessHandle> started = descendants();
    process.destroy();
    await().atMost(Duration.ofSeconds(20)).until(() -> !process.isAlive());
    started.forEach(ProcessHandle::destroyForcibly);
    Files.deleteIfExists(output);
  }
}
