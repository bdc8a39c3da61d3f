package io.github.ssekit.faults;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.ssekit.harness.Programs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The patches of {@code src/mutations} apply to the current sources. The script {@code
 * src/mutations/run} checks that the lab catches them.
 */
class MutationsTest {
  private static final Path ROOT = Path.of("").toAbsolutePath().resolve("../..").normalize();

  @TestFactory
  List<DynamicTest> everyPatchApplies() throws IOException {
    return patches(
        patch -> {
          assumeTrue(Files.exists(ROOT.resolve(".git")), "no git checkout");
          assumeTrue(Programs.find("git").isPresent(), "no git");
          Process git =
              new ProcessBuilder("git", "apply", "--check", patch.toString())
                  .directory(ROOT.toFile())
                  .redirectErrorStream(true)
                  .start();
          String said = new String(git.getInputStream().readAllBytes(), UTF_8);
          assertEquals(0, git.waitFor(), patch.getFileName() + ": " + said);
        });
  }

  @TestFactory
  List<DynamicTest> everyPatchNamesTheFaultsThatShowIt() throws IOException {
    List<String> ofEvents = Stream.of(Fault.values()).map(Fault::toString).toList();
    List<String> ofAnswers = Stream.of(AnswerFault.values()).map(AnswerFault::toString).toList();
    List<String> ofStates = Stream.of(StateFault.values()).map(StateFault::toString).toList();
    return patches(
        patch -> {
          String lab =
              Files.readAllLines(patch).stream()
                  .filter(line -> line.startsWith("Lab: "))
                  .findFirst()
                  .orElse(null);
          assertNotNull(lab, "a line \"Lab: seed count faults\"");
          List<String> words = new ArrayList<>(List.of(lab.split(" ", -1)));
          List<String> faults =
              words.remove("answers") ? ofAnswers : words.remove("states") ? ofStates : ofEvents;
          assertTrue(words.size() > 3, lab);
          assertTrue(faults.containsAll(words.subList(3, words.size())), lab);
        });
  }

  private interface Check {
    void of(Path patch) throws Exception;
  }

  private static List<DynamicTest> patches(Check check) throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("lab/faults/src/mutations"))) {
      List<DynamicTest> tests =
          files
              .filter(file -> file.toString().endsWith(".patch"))
              .sorted()
              .map(
                  patch ->
                      DynamicTest.dynamicTest(
                          patch.getFileName().toString(), () -> check.of(patch)))
              .toList();
      assertTrue(!tests.isEmpty());
      return tests;
    }
  }
}
