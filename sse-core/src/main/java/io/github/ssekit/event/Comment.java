package io.github.ssekit.event;

import java.util.Objects;

/**
 * A comment (WHATWG HTML 9.2.5): a line that clients ignore. It keeps a connection alive. An {@link
 * EventStreamWriter} writes it.
 *
 * @param text the text after the colon and one space; may be empty. No CR or LF. An unpaired
 *     surrogate becomes U+FFFD.
 */
public record Comment(String text) implements Block {
  /**
   * Checks and normalises the text.
   *
   * @throws IllegalArgumentException if the text holds CR or LF
   */
  public Comment {
    Text.reject("comment", Objects.requireNonNull(text, "text"), "\r\n");
    text = Text.wellFormed(text);
  }

  @Override
  public Frame frame() {
    return Frame.of(text.isEmpty() ? ":\n" : ": " + text + "\n");
  }
}
