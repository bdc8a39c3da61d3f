package io.github.ssekit.harness;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * Installed programs that tests start. A test whose program is absent is skipped; with {@code
 * -Dssekit.requireAll=true} it fails.
 */
public final class Programs {
  private Programs() {}

  /** Finds the first of these names that is installed: in PATH, or in a folder of the system. */
  public static Optional<Path> find(String... names) {
    String path = System.getenv().getOrDefault("PATH", "");
    String folders = String.join(File.pathSeparator, path, "/usr/sbin", "/usr/bin");
    return Stream.of(names)
        .flatMap(
            name ->
                Stream.of(folders.split(File.pathSeparator)).map(folder -> Path.of(folder, name)))
        .filter(Files::isExecutable)
        .findFirst();
  }

  /**
   * Returns the path of a program.
   *
   * @throws IllegalStateException if it is not installed
   */
  public static String path(String name) {
    return find(name).orElseThrow(() -> new IllegalStateException(name + " is absent")).toString();
  }

  /** Skips the calling test, or fails it, unless all these programs are installed. */
  public static void require(String... names) {
    for (String name : names) {
      require(find(name).isPresent(), name + " is not installed");
    }
  }

  /** Skips the calling test, or fails it, unless the tool that it needs is present. */
  public static void require(boolean present, String otherwise) {
    if (!present && Boolean.getBoolean("ssekit.requireAll")) {
      Assertions.fail(otherwise);
    }
    Assumptions.assumeTrue(present, otherwise);
  }
}
