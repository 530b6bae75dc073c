package dev.graft.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.Graft;
import dev.graft.answer.Answer;
import dev.graft.answer.Prediction;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** A folder of versions that change, and what a serving of it tells. */
abstract class ServedVersions {

  static Graft graft;
  static byte[] photo;

  @TempDir Path base;
  final List<ServingEvent> heard = new CopyOnWriteArrayList<>();

  @BeforeAll
  static void open() throws IOException {
    graft = Graft.open();
    try (Stream<Path> photos = Files.walk(Checkout.path("testdata/photos"))) {
      photo =
          Files.readAllBytes(
              photos.filter(file -> file.toString().endsWith(".jpg")).findFirst().orElseThrow());
    }
  }

  @AfterAll
  static void close() {
    graft.close();
  }

  /** A version whose labels say which one it is, there at once as versions are. */
  void publish(int number) throws IOException {
    Path from = Checkout.path("testdata/published/bytes");
    Path hidden = base.resolve(".new-" + number);
    Checkout.copy(from, hidden);
    Path facts = hidden.resolve("assets.extra/graft.json");
    String text = Files.readString(facts);
    assertThat(text).contains("\"day\"");
    Files.writeString(facts, text.replace("\"day\"", "\"day of " + number + "\""));
    Files.move(hidden, base.resolve("" + number), StandardCopyOption.ATOMIC_MOVE);
  }

  Serving serving(ServingOptions options) {
    return Serving.of(graft, base, options, heard::add);
  }

  static ServingOptions options() {
    return ServingOptions.defaults().poll(Duration.ofMillis(50));
  }

  static int version(Answer answer) {
    String label = ((Prediction) answer).scores().keySet().iterator().next();
    return Integer.parseInt(label.substring("day of ".length()));
  }

  void remove(int number) throws IOException {
    try (Stream<Path> files = Files.walk(base.resolve("" + number))) {
      for (Path file : files.sorted((a, b) -> b.compareTo(a)).toList()) {
        Files.delete(file);
      }
    }
  }
}
