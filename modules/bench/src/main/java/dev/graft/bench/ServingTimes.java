package dev.graft.bench;

import static dev.graft.surgeon.edit.Edits.inputSize;
import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.replaceHead;

import dev.graft.Graft;
import dev.graft.LiveModel;
import dev.graft.Trust;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.serving.Serving;
import dev.graft.serving.ServingOptions;
import dev.graft.surgeon.BoxForm;
import dev.graft.surgeon.HeadSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.tensorflow.Result;
import org.tensorflow.SavedModelBundle;
import org.tensorflow.SessionFunction;
import org.tensorflow.Tensor;
import org.tensorflow.ndarray.NdArrays;
import org.tensorflow.ndarray.buffer.DataBuffers;
import org.tensorflow.types.TFloat32;
import org.tensorflow.types.TString;

/**
 * Answers of published versions of a backbone. What they are held against is the {@link
 * Turns#bareStep}: in one process, since the difference is small.
 */
final class ServingTimes {

  private static final int CLIENTS = 16;
  private static final int EACH = 8; // pictures of one client in a step
  static final int HEIGHT = 384; // of pictures in which boxes are found
  static final int WIDTH = 512;

  private final Graft graft;
  private final Model classifier;
  private final byte[] picture;
  private final Turns turns;

  private ServingTimes(Graft graft, Case work, Turns turns) throws IOException {
    this.graft = graft;
    this.classifier = Graft.load(work.folder(), Trust.ALLOW).with(keepHead());
    this.picture = work.service().picture();
    this.turns = turns;
  }

  /** Takes turns until there are no more. */
  static void measure(Case work, Turns turns) throws IOException {
    try (Scratch scratch = Scratch.open();
        Graft graft = Graft.open()) {
      ServingTimes times = new ServingTimes(graft, work, turns);
      switch (work.work()) {
        case "live" -> times.live(scratch.path());
        case "together" -> times.together(scratch.path());
        default -> times.boxes(scratch.path());
      }
    }
  }

  private void compare(Runnable one, Runnable other) {
    turns.bareStep(other);
    turns.say(Map.of("loss", 0, "trains", 0, "version", Main.version()));
    while (true) {
      turns.await();
      one.run();
    }
  }

  /** One picture, by a LiveModel and by TensorFlow Java with nothing of Graft's around it. */
  private void live(Path base) {
    Path version = graft.publish(classifier, base).path();
    try (LiveModel live = graft.serve(version, Trust.ALLOW);
        SavedModelBundle bundle = SavedModelBundle.load(version.toString(), "serve")) {
      SessionFunction bytes = bundle.function("serving_bytes");
      String input = bytes.signature().inputNames().iterator().next();
      Runnable run =
          () -> {
            try (TString given = TString.tensorOfBytes(NdArrays.vectorOfObjects(picture));
                Result result = bytes.call(Map.<String, Tensor>of(input, given))) {
              TFloat32 scores = (TFloat32) result.get(0);
              scores.copyTo(DataBuffers.of(new float[(int) scores.size()]));
            }
          };
      compare(() -> live.answer(picture), run);
    }
  }

  /** Many clients, asked about together and one by one. */
  private void together(Path base) {
    var unused = graft.publish(classifier, base);
    ServingOptions options = ServingOptions.defaults().poll(Duration.ZERO);
    try (Serving many =
            Serving.of(graft, base, options.batches(CLIENTS, Duration.ofMillis(2)), e -> {});
        Serving each = Serving.of(graft, base, options.batches(1, Duration.ZERO), e -> {})) {
      compare(() -> ask(many), () -> ask(each));
    }
  }

  private void ask(Serving serving) {
    CompletableFuture<?>[] clients =
        IntStream.range(0, CLIENTS)
            .mapToObj(
                i ->
                    CompletableFuture.runAsync(
                        () -> IntStream.range(0, EACH).forEach(j -> serving.answer(picture)),
                        work -> new Thread(work).start()))
            .toArray(CompletableFuture[]::new);
    CompletableFuture.allOf(clients).join();
  }

  /** From bytes to boxes, and to the backbone's own labels at the same size. */
  private void boxes(Path work) {
    BoxForm form = BoxForm.standard().size(HEIGHT, WIDTH);
    Model detector =
        classifier.with(replaceHead(HeadSpec.boxes(Labels.of("a", "b", "c")).boxes(form)));
    Model large = classifier.with(inputSize(HEIGHT, WIDTH));
    Path boxes = graft.publish(detector, work.resolve("boxes")).path();
    Path labels = graft.publish(large, work.resolve("labels")).path();
    try (LiveModel finds = graft.serve(boxes, Trust.ALLOW);
        LiveModel names = graft.serve(labels, Trust.ALLOW)) {
      compare(() -> finds.answer(picture), () -> names.answer(picture));
    }
  }
}
