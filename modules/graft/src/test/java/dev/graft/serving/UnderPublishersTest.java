package dev.graft.serving;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.ServeOptions;
import dev.graft.Trust;
import dev.graft.answer.Answer;
import dev.graft.answer.Example;
import dev.graft.answer.Numbers;
import dev.graft.answer.Outcome;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * Sixteen threads ask one serving while two processes publish versions and remove old ones, and one
 * of these is killed again and again. The bias of a version's only number is its own, and is told
 * by its card, so an answer says by itself which version and which picture it is of. A minute, or
 * {@code -Dgraft.serving.seconds} ({@code .ci/serving}): 50 versions and ten kills in ten minutes,
 * or in as long as a slower machine takes for them.
 */
@EnabledOnOs(OS.LINUX)
class UnderPublishersTest {

  private static final int CLIENTS = 16;
  private static final long SECONDS = Long.getLong("graft.serving.seconds", 60);
  private static final int VERSIONS = (int) Math.max(6, SECONDS / 12);
  private static final int KILLS = (int) Math.max(2, SECONDS / 60);
  private static final int FIRST = Math.max(3, VERSIONS / 10); // then memory is what it will be
  private static final long MORE = 100; // MB; each version that stayed open would be twenty
  private static final int ENOUGH = 20; // swaps, for memory to tell something
  private static final double SAME = 0.01; // of an answer, by whomever it is asked beside
  private static final long PATIENCE = 60; // seconds, for one answer

  @TempDir private Path folder;
  private final Queue<String> wrong = new ConcurrentLinkedQueue<>();
  private final Map<Long, Long> biases = new ConcurrentHashMap<>();
  private final AtomicLong swaps = new AtomicLong();
  private volatile boolean isOver;

  @Tag("nightly")
  @Test
  void nothingFailsAndNothingIsMixed() throws Exception {
    Path base = folder.resolve("serving");
    List<byte[]> photos = photos();
    try (Graft graft = Graft.open();
        PublisherProcess steady = new PublisherProcess(base, folder.resolve("steady.log"));
        PublisherProcess killed = new PublisherProcess(base, folder.resolve("killed.log"))) {
      steady.publish(1);
      List<Double> known;
      try (LiveModel first = graft.serve(base, Trust.ALLOW)) {
        known = photos.stream().map(each -> number(first.answer(each)) - 1).toList();
      }
      List<Double> sorted = known.stream().sorted().toList();
      for (int i = 1; i < sorted.size(); i++) {
        assertThat(sorted.get(i) - sorted.get(i - 1)).as("pictures differ").isGreaterThan(SAME * 2);
      }
      VersionWatch watch = new VersionWatch(base, wrong);
      try (Serving serving = Serving.of(graft, base, options(), event -> heard(base, event))) {
        biases.put(serving.version(), PublisherProcess.bias(base, serving.version()));
        List<CompletableFuture<Long>> clients =
            IntStream.range(0, CLIENTS)
                .mapToObj(i -> onThread(() -> ask(serving, photos.get(i), known.get(i))))
                .toList();
        CompletableFuture<Integer> watching = onThread(() -> watched(watch));
        long began = System.nanoTime();
        CompletableFuture<Long> kills = onThread(() -> publishAndKill(killed, began));
        long early;
        long dead;
        long late;
        try {
          early = publishAll(steady, serving, base, began);
          dead = kills.join();
          await(serving, newest(base));
          late = memory();
        } finally {
          isOver = true;
        }
        List<Long> each = clients.stream().map(CompletableFuture::join).toList();
        long answers = each.stream().mapToLong(Long::longValue).sum();
        int seen = watching.join();
        long seconds = (System.nanoTime() - began) / 1_000_000_000;
        assertThat(wrong).isEmpty();
        assertThat(each).allMatch(count -> count > 0);
        assertThat(serving.stats().health().leftOut()).isEmpty();
        assertThat(seen).isGreaterThanOrEqualTo(VERSIONS);
        assertThat(swaps.get()).as("versions that were taken").isGreaterThanOrEqualTo(VERSIONS / 2);
        if (swaps.get() >= ENOUGH) {
          assertThat(late - early).as("MB more after %s swaps", swaps).isLessThan(MORE);
        }
        say(
            "%,d answers to %d threads in %d s while two processes published %d versions and kept %d,"
                + " %d of them taken, one process killed %d times in the middle: none failed, none"
                + " of a wrong version, no half version seen; %d MB outside Java's heap after the"
                + " first versions, %d MB at the end (bar: %d MB more)",
            answers,
            CLIENTS,
            seconds,
            newest(base),
            PublisherProcess.KEPT,
            swaps.get() + 1,
            dead,
            early,
            late,
            MORE);
      }
      steady.publish(2);
      assertThat(names(base)).as("what killed ones left").noneMatch(name -> name.contains("-tmp-"));
      assertThat(names(base))
          .filteredOn(name -> name.matches("\\d+"))
          .hasSize(PublisherProcess.KEPT);
    }
  }

  private static ServingOptions options() {
    return ServingOptions.defaults()
        .model(ServeOptions.defaults().trust(Trust.ALLOW))
        .poll(Duration.ofMillis(200));
  }

  private void heard(Path base, ServingEvent event) {
    if (event instanceof ServingEvent.Swapped swapped) {
      swaps.incrementAndGet();
      biases.put(swapped.now(), told(base, swapped.now()));
    } else if (event instanceof ServingEvent.KeptBefore kept) {
      wrong.add("version " + kept.failed() + " could not be opened: " + kept.cause());
    }
  }

  /** What the card of an open version says, which nobody removes. */
  private long told(Path base, long version) {
    try {
      return PublisherProcess.bias(base, version);
    } catch (RuntimeException | AssertionError e) {
      wrong.add("the card of version " + version + ": " + e);
      return -1;
    }
  }

  /** Asks until it is over, and looks at each answer; how many there were. */
  private long ask(Serving serving, byte[] photo, double known) {
    long answers = 0;
    long before = 0;
    while (!isOver) {
      Outcome outcome =
          serving.ask(Example.picture(photo)).orTimeout(PATIENCE, TimeUnit.SECONDS).join();
      long version = outcome.version().orElseThrow();
      double bias = number(outcome.orElseThrow()) - known;
      Long told = biases.get(version);
      long end = System.nanoTime() + PATIENCE * 1_000_000_000;
      while (told == null && System.nanoTime() < end) { // the listener is just reading its card
        Thread.onSpinWait();
        told = biases.get(version);
      }
      if (told == null || Math.abs(bias - told) > SAME || version < before) {
        wrong.add(bias + " by version " + version + ", which adds " + told + ", after " + before);
      }
      before = version;
      answers++;
    }
    return answers;
  }

  /** Half of the versions, evenly over the time; the memory after the first ones. */
  private static long publishAll(PublisherProcess publisher, Serving serving, Path base, long began)
      throws IOException {
    long early = 0;
    for (int i = 1; i <= VERSIONS / 2; i++) {
      sleepUntil(began + i * SECONDS * 1_000_000_000 / (VERSIONS / 2 + 1));
      publisher.publish(1000 + i);
      if (i == (FIRST + 1) / 2) {
        await(serving, newest(base));
        sleepUntil(System.nanoTime() + 2_000_000_000); // the one before is closed
        early = memory();
      }
    }
    return early;
  }

  /** The other half, and a few that are killed in the middle; how many were. */
  private long publishAndKill(PublisherProcess publisher, long began) {
    int kills = 0;
    long took = publisher.publish(2000);
    for (int i = 1; i < VERSIONS / 2; i++) {
      sleepUntil(began + i * SECONDS * 1_000_000_000 / (VERSIONS / 2));
      while (kills < KILLS * i / (VERSIONS / 2 - 1)) {
        kills += publisher.killedWhilePublishing(3000 + i, (long) (Math.random() * took)) ? 1 : 0;
      }
      took = publisher.publish(2000 + i);
    }
    return kills;
  }

  private static void await(Serving serving, long version) {
    long end = System.nanoTime() + 60_000_000_000L;
    while (serving.version() != version) {
      assertThat(System.nanoTime()).as("version %d is taken", version).isLessThan(end);
      sleepUntil(System.nanoTime() + 50_000_000);
    }
  }

  /**
   * What the process has resident beside Java's heap, in MB; .ci/serving has all of that resident.
   */
  private static long memory() {
    System.gc();
    try {
      String pages = Files.readString(Path.of("/proc/self/statm")).split(" ")[1];
      return (Long.parseLong(pages) * 4096 - Runtime.getRuntime().totalMemory()) / 1_000_000;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void say(String words, Object... values) throws IOException {
    String sentence = String.format(Locale.ROOT, words, values);
    System.out.println(sentence);
    String file = System.getProperty("graft.serving.said");
    if (file != null) {
      Files.writeString(Path.of(file), sentence + "\n");
    }
  }

  private static double number(Answer answer) {
    return ((Numbers) answer).values().get(0);
  }

  private static List<byte[]> photos() throws IOException {
    List<byte[]> photos = new ArrayList<>();
    try (Stream<Path> all = Files.walk(Checkout.path("testdata/photos"))) {
      for (Path each : all.filter(p -> p.toString().endsWith(".jpg")).sorted().toList()) {
        photos.add(Files.readAllBytes(each));
      }
    }
    return photos.subList(0, CLIENTS);
  }

  private static List<String> names(Path base) throws IOException {
    try (Stream<Path> all = Files.list(base)) {
      return all.map(path -> path.getFileName().toString()).toList();
    }
  }

  private static long newest(Path base) throws IOException {
    return names(base).stream()
        .filter(name -> name.matches("\\d+"))
        .mapToLong(Long::parseLong)
        .max()
        .orElseThrow();
  }

  private int watched(VersionWatch watch) {
    try {
      watch.until(() -> isOver);
      return watch.seen();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <T> CompletableFuture<T> onThread(Supplier<T> work) {
    return CompletableFuture.supplyAsync(work, run -> new Thread(run).start());
  }

  private static void sleepUntil(long moment) {
    try {
      Thread.sleep(Math.max(0, (moment - System.nanoTime()) / 1_000_000));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
