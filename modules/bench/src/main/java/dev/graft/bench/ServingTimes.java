package dev.graft.bench;

import static dev.graft.surgeon.edit.Edits.inputSize;
import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.replaceHead;

import com.google.protobuf.ByteString;
import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Trust;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.serving.Serving;
import dev.graft.serving.ServingOptions;
import dev.graft.surgeon.BoxForm;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/**
 * Times answers of published versions, both sides of a comparison in turns, so that what else the
 * machine does harms both alike: {@code tools/bench/serving}.
 */
final class ServingTimes {

  private static final int CLIENTS = 16;
  private static final int EACH = 8; // pictures of one client in a turn
  private static final int CALLS = 30; // of one client alone, in a turn
  private static final int HEIGHT = 384;
  private static final int WIDTH = 512;

  private final byte[] picture;
  private final int turns;

  private ServingTimes(byte[] picture, int turns) {
    this.picture = picture;
    this.turns = turns;
  }

  /**
   * Prints a line for each comparison.
   *
   * @param arguments a backbone's folder, a picture, an empty folder, the number of turns
   */
  public static void main(String[] arguments) throws IOException {
    Path backbone = Path.of(arguments[0]);
    Path work = Path.of(arguments[2]);
    byte[] picture = Files.readAllBytes(Path.of(arguments[1]));
    ServingTimes times = new ServingTimes(picture, Integer.parseInt(arguments[3]));
    try (Graft graft = Graft.open()) {
      Model classifier = Graft.load(backbone, Trust.ALLOW).with(keepHead());
      Path own = graft.publish(classifier, work.resolve("own")).path();
      times.bare(graft, own);
      times.together(graft, work.resolve("own"));
      times.boxes(graft, classifier, work);
    }
  }

  /** One picture, by a LiveModel and by nothing but the run of its signature. */
  private void bare(Graft graft, Path version) {
    RuntimeOptions options = RuntimeOptions.defaults();
    try (LiveModel live = graft.serve(version, Trust.ALLOW);
        TensorFlowRuntime runtime = TensorFlowRuntime.open(options);
        SavedModelSession session = runtime.loadSavedModel(version, Set.of("serve"))) {
      String input =
          Objects.requireNonNull(session.signatures().get("serving_bytes"))
              .inputs()
              .keySet()
              .iterator()
              .next();
      Runnable run =
          () -> {
            TensorValue bytes =
                TensorValue.strings(Shape.of(1), List.of(ByteString.copyFrom(picture)));
            session.call("serving_bytes", Map.of(input, bytes));
          };
      compare("one picture: a LiveModel by the bare run", () -> live.answer(picture), run);
    }
  }

  /** Many clients, asked about together and one by one. */
  private void together(Graft graft, Path base) {
    ServingOptions options = ServingOptions.defaults().poll(Duration.ZERO);
    try (Serving many =
            Serving.of(graft, base, options.batches(16, Duration.ofMillis(2)), e -> {});
        Serving each = Serving.of(graft, base, options.batches(1, Duration.ZERO), e -> {})) {
      double[] ratios = new double[turns];
      for (int turn = -1; turn < turns; turn++) {
        double together = perSecond(many);
        double alone = perSecond(each);
        if (turn >= 0) {
          ratios[turn] = together / alone;
        }
        System.err.printf(
            Locale.ROOT, "%.1f pictures a second together, %.1f one by one%n", together, alone);
      }
      say(CLIENTS + " clients: pictures a second together by those one by one", ratios);
    }
  }

  private double perSecond(Serving serving) {
    long began = System.nanoTime();
    CompletableFuture<?>[] clients =
        IntStream.range(0, CLIENTS)
            .mapToObj(
                i ->
                    CompletableFuture.runAsync(
                        () -> IntStream.range(0, EACH).forEach(j -> serving.answer(picture)),
                        work -> new Thread(work).start()))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(clients).join();
    return CLIENTS * EACH / ((System.nanoTime() - began) / 1e9);
  }

  /** From bytes to boxes, and to the backbone's own labels at the same size. */
  private void boxes(Graft graft, Model classifier, Path work) {
    BoxForm form = BoxForm.standard().size(HEIGHT, WIDTH);
    Model detector =
        classifier.with(replaceHead(HeadSpec.boxes(Labels.of("a", "b", "c")).boxes(form)));
    Model large = classifier.with(inputSize(HEIGHT, WIDTH));
    Path boxes = graft.publish(detector, work.resolve("boxes")).path();
    Path labels = graft.publish(large, work.resolve("labels")).path();
    try (LiveModel finds = graft.serve(boxes, Trust.ALLOW);
        LiveModel names = graft.serve(labels, Trust.ALLOW)) {
      compare(
          "one picture: boxes by the backbone's own labels",
          () -> finds.answer(picture),
          () -> names.answer(picture));
    }
  }

  private void compare(String what, Runnable one, Runnable other) {
    double[] ratios = new double[turns];
    for (int turn = -1; turn < turns; turn++) { // the first is for getting warm
      double a = median(one);
      double b = median(other);
      if (turn >= 0) {
        ratios[turn] = a / b;
      }
      System.err.printf(Locale.ROOT, "%.2f ms, %.2f ms%n", a * 1e3, b * 1e3);
    }
    say(what, ratios);
  }

  private static double median(Runnable call) {
    double[] times = new double[CALLS];
    for (int i = 0; i < CALLS; i++) {
      long began = System.nanoTime();
      call.run();
      times[i] = (System.nanoTime() - began) / 1e9;
    }
    Arrays.sort(times);
    return times[CALLS / 2];
  }

  private static void say(String what, double[] ratios) {
    Arrays.sort(ratios);
    System.out.printf(
        Locale.ROOT,
        "%s: %.2f (%.2f to %.2f)%n",
        what,
        ratios[ratios.length / 2],
        ratios[0],
        ratios[ratios.length - 1]);
  }
}
