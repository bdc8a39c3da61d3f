package io.github.ssekit.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The pages of docs/: each begins with its question, each is in the index, and no link of any page
 * of the repository leads nowhere.
 */
class DocsTest {
  private static final Path ROOT =
      Path.of(System.getProperty("ssekit.root", "..")).toAbsolutePath().normalize();

  private static final Path DOCS = ROOT.resolve("docs");
  private static final Path INDEX = DOCS.resolve("README.md");
  private static final Path DECISIONS = DOCS.resolve("decisions");

  private static final Pattern LINK = Pattern.compile("\\[[^\\]]*]\\(([^)\\s]+)\\)");
  private static final Pattern QUESTION = Pattern.compile("# .+\n\n\\*[^*]+\\?\\*\n");

  @Test
  void everyPageOfTheDocsIsInTheIndex() throws IOException {
    Set<Path> listed = targets(INDEX);
    listed.addAll(targets(DECISIONS.resolve("README.md")));
    assertEquals(
        List.of(),
        pages(DOCS).filter(page -> !page.equals(INDEX) && !listed.contains(page)).toList(),
        "link these pages in docs/README.md, decisions in docs/decisions/README.md");
  }

  @Test
  void everyPageBeginsWithTheQuestionThatItAnswers() throws IOException {
    List<Path> without = new ArrayList<>();
    for (Path page : pages(DOCS).toList()) {
      boolean isDecision =
          DECISIONS.equals(page.getParent()) && !page.endsWith(INDEX.getFileName());
      if (!isDecision && !QUESTION.matcher(Files.readString(page)).lookingAt()) {
        without.add(page);
      }
    }
    assertEquals(
        List.of(), without, "below the title, write the question in italics: *How do I …?*");
  }

  @Test
  void noLinkLeadsNowhere() throws IOException {
    List<String> dead = new ArrayList<>();
    for (Path page : pages(ROOT).toList()) {
      for (String link : links(page)) {
        if (!link.matches("[a-z]+:.*") && !leadsSomewhere(page, link)) {
          dead.add(ROOT.relativize(page) + " -> " + link);
        }
      }
    }
    assertEquals(List.of(), dead);
  }

  @Test
  void theNumbersOfTheReadmeAreThoseThatWereMeasured() throws IOException {
    String readme = Files.readString(ROOT.resolve("README.md"));
    String measured = Files.readString(DOCS.resolve("performance.md"));
    int from = readme.indexOf("\n## Numbers\n");
    String table = readme.substring(from, readme.indexOf("\n## ", from + 1));
    List<String> numbers =
        Pattern.compile("\\| ([0-9][0-9.,]*(?: / [0-9.]+)?)(?: KB| ms)? (?=\\|)")
            .matcher(table)
            .results()
            .map(cell -> cell.group(1))
            .toList();
    assertEquals(11, numbers.size(), numbers::toString);
    assertEquals(
        List.of(),
        numbers.stream().filter(number -> !measured.contains("| " + number + " |")).toList());
  }

  private static boolean leadsSomewhere(Path page, String link) throws IOException {
    String[] parts = link.split("#", 2);
    Path target = parts[0].isEmpty() ? page : page.resolveSibling(parts[0]).normalize();
    if (parts.length == 1 || !target.toString().endsWith(".md")) {
      return Files.exists(target);
    }
    return Files.exists(target) && anchors(target).contains(parts[1]);
  }

  /** The anchors of a page's headings, as GitHub makes them. */
  private static Set<String> anchors(Path page) throws IOException {
    Map<String, Integer> seen = new HashMap<>();
    return prose(page)
        .lines()
        .filter(line -> line.matches("#{1,6} .*"))
        .map(line -> line.replaceFirst("#+ ", "").toLowerCase(Locale.ROOT))
        .map(heading -> heading.replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-'))
        .map(
            anchor -> {
              int before = seen.merge(anchor, 1, Integer::sum) - 1;
              return before == 0 ? anchor : anchor + "-" + before;
            })
        .collect(Collectors.toSet());
  }

  private static Set<Path> targets(Path page) throws IOException {
    return links(page).stream()
        .map(link -> page.resolveSibling(link.split("#", 2)[0]).normalize())
        .collect(Collectors.toSet());
  }

  private static List<String> links(Path page) throws IOException {
    String text = prose(page).replaceAll("`[^`\n]*`", "code");
    // An image may stand in a link's text.
    String flat = text.replaceAll("!\\[[^\\]]*]\\(([^)\\s]+)\\)", "[image]($1) ");
    return LINK.matcher(flat).results().map((MatchResult found) -> found.group(1)).toList();
  }

  /** The text of a page without its examples. */
  private static String prose(Path page) throws IOException {
    return Pattern.compile("^ *```.*?^ *```$", Pattern.DOTALL | Pattern.MULTILINE)
        .matcher(Files.readString(page))
        .replaceAll("");
  }

  private static Stream<Path> pages(Path folder) throws IOException {
    try (Stream<Path> all = Files.walk(folder)) {
      return all
          .filter(path -> path.toString().endsWith(".md"))
          .filter(
              path ->
                  !ROOT.relativize(path)
                      .toString()
                      .matches(".*(^|/)(target|\\..*|node_modules)/.*"))
          .sorted()
          .toList()
          .stream();
    }
  }
}
