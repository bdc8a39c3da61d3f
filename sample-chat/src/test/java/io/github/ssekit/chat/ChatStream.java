package io.github.ssekit.chat;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.ssekit.event.EventStreamReader;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

/** A stream of the chat, as a program reads it. */
final class ChatStream {
  private ChatStream() {}

  /**
   * Opens a stream, and waits for its position. Messages from then on arrive; earlier messages may
   * not.
   */
  static EventStreamReader open(HttpClient client, URI uri)
      throws IOException, InterruptedException {
    HttpRequest request = HttpRequest.newBuilder(uri).build();
    InputStream in = client.send(request, BodyHandlers.ofInputStream()).body();
    ByteArrayOutputStream begin = new ByteArrayOutputStream();
    String text = "";
    while (!(text.contains("id: ") && text.endsWith("\n\n"))) {
      int next = in.read();
      if (next < 0) {
        throw new EOFException("The stream ends after: " + text);
      }
      begin.write(next);
      text = begin.toString(UTF_8);
    }
    return new EventStreamReader(in);
  }
}
