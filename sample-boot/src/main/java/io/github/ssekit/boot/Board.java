package io.github.ssekit.boot;

import io.github.ssekit.hub.ConnectionOptions;
import io.github.ssekit.hub.ObjectPublisher;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

/** Notes on boards: each page with an open board shows each new note. */
@SpringBootApplication
@RestController
public class Board {
  /** A note, as a page sends and gets it. */
  public record Note(String author, String text) {}

  private final ObjectPublisher publisher;

  /** Creates the controller. */
  public Board(ObjectPublisher publisher) {
    this.publisher = publisher;
  }

  /** Runs the application. */
  public static void main(String[] args) {
    SpringApplication.run(Board.class, args);
  }

  /** The notes of a board, as a stream. */
  @GetMapping("/boards/{name}/events")
  public ConnectionOptions events(@PathVariable String name) {
    return ConnectionOptions.of("board:" + name);
  }

  /** Puts a note on a board. */
  @PostMapping("/boards/{name}")
  public void post(@PathVariable String name, @RequestBody Note note) {
    publisher.publish("board:" + name, "note", note);
  }
}
