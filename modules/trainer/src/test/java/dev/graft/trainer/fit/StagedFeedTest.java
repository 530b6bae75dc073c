package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.Graph;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Kernels;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.checkpoint.Counters;
import dev.graft.trainer.internal.feed.Feeding;
import dev.graft.trainer.internal.step.StepExtras;
import dev.graft.trainer.internal.step.TrainingGraph;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.loss.Objectives;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.NodeDef;

/** Batches that wait in a queue on the device are learned from as those that are handed over. */
@Tag("slow")
@Timeout(120)
class StagedFeedTest extends FineTuneFixture {

  private static final String STAGED = "staged";

  private static Stream<Thread> threads() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith("graft-stage"));
  }

  private static String trained(String feed, TrainOptions options) {
    return Feeds.by(
        feed,
        () -> {
          Run run = Trainer.fit(runtime, MODEL, BLOCKS, PARTS, options);
          return SmallTraining.digest(run.model()) + run.validation();
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {Integer.MAX_VALUE, 5}) // a batch at once, and in three micro-batches
  void learnsTheSameToTheBit(int microBatch) {
    Recipe recipe = SmallTraining.recipe(3).each(each -> each.microBatch(microBatch));
    TrainOptions options = TrainOptions.by(recipe);
    String wanted = trained("host", options);
    assertThat(trained(STAGED, options)).isEqualTo(wanted);
    assertThat(trained("resident", options)).isEqualTo(wanted);
    assertThat(threads().filter(Thread::isAlive)).isEmpty();
  }

  /** Stopped at each of some steps, it goes on to the same end. */
  @ParameterizedTest
  @ValueSource(strings = {STAGED, "resident"})
  void goesOnToTheSameEnd(String feed, @TempDir Path folder) {
    Recipe recipe = SmallTraining.recipe(2);
    String whole = trained("host", TrainOptions.by(recipe));
    for (int stop : new int[] {1, 4, 8}) {
      Path run = folder.resolve("" + stop);
      CancellationToken cancel = new CancellationToken();
      AtomicInteger steps = new AtomicInteger();
      TrainingListener stopping =
          TrainingListener.to(
              Step.class,
              step -> {
                if (steps.incrementAndGet() == stop) {
                  cancel.cancel();
                }
              });
      TrainOptions options = TrainOptions.by(recipe).checkpoints(Checkpoints.in(run).everySteps(1));
      assertThatThrownBy(() -> trained(feed, options.listener(stopping).cancellation(cancel)))
          .isInstanceOf(CancellationException.class);
      assertThat(trained(feed, options)).as("stopped at %d", stop).isEqualTo(whole);
    }
  }

  private static TrainingLoop loop(FineTune settings, Dataset train, StepExtras extras) {
    return Feeds.by(
        STAGED, () -> TrainingLoop.open(runtime, setup(settings, train, extras), Optional.empty()));
  }

  /** In the middle of its micro-batches, too, when the rest of them waits in the queue. */
  @ParameterizedTest
  @ValueSource(ints = {12, 5})
  void whatIsLeftOutLeavesNothingInTheQueue(int microBatch) {
    StepExtras extras =
        new StepExtras(StepExtrasTest::guarded, UnaryOperator.identity(), UnaryOperator.identity());
    FineTune settings = PLAIN.microBatch(microBatch);
    int runs = (12 + microBatch - 1) / microBatch;
    try (TrainingLoop staged = loop(settings, PARTS.train(), extras);
        TrainingLoop plain = loop(settings, PARTS.train())) {
      assertThat(staged.step(0.01)).isEqualTo(plain.step(0.01));
      assertThat(staged.step(Double.POSITIVE_INFINITY)).isNaN();
      plain.step(0); // sees the same batch and learns nothing of it
      for (int i = 0; i < 4; i++) {
        assertThat(staged.step(0.01)).isEqualTo(plain.step(0.01));
      }
      assertThat(staged.state().counters()).isEqualTo(new Counters(6, 5, 5, 6L * runs));
    }
  }

  @Test
  void aLossThatIsNoNumberIsExplained() {
    TensorValue x = SmallTraining.examples().all().named().get("x");
    float[] pixels = x.floats();
    pixels[192 * 40 + 5] = Float.NaN;
    Dataset broken = SmallTraining.examples().withInputs(table(TensorValue.of(x.shape(), pixels)));
    try (TrainingLoop loop = loop(PLAIN.batch(60), broken, StepExtras.NONE)) {
      assertThatThrownBy(() -> loop.step(0.1))
          .isInstanceOf(BadDataException.class)
          .hasMessageContainingAll("40", "NaN", "correct the example");
    }
    try (TrainingLoop loop = loop(PLAIN.batch(12), PARTS.train(), StepExtras.NONE)) {
      loop.step(1e38);
      assertThatThrownBy(() -> loop.step(0.1)).hasMessageContainingAll("at step 2", "rate");
    }
  }

  private static Map<String, RowTable> table(TensorValue x) {
    return Map.of("x", RowTable.of(x));
  }

  /** Rows of the examples, before each of which something is done. */
  private static Dataset watched(Consumer<int[]> before) {
    RowTable all = RowTable.of(SmallTraining.examples().all().named().get("x"));
    return SmallTraining.examples().withInputs(Map.of("x", SmallTraining.watched(all, before)));
  }

  @Test
  void aBatchThatCannotBeReadFailsWhenItsTurnComes() {
    AtomicInteger read = new AtomicInteger();
    Dataset data =
        watched(
            numbers -> {
              if (read.incrementAndGet() == 3) {
                throw new BadDataException("this one is damaged.");
              }
            });
    try (TrainingLoop loop = loop(PLAIN, data, StepExtras.NONE)) {
      loop.step(0.01);
      loop.step(0.01);
      assertThatThrownBy(() -> loop.step(0.01))
          .isInstanceOf(BadDataException.class)
          .hasMessage("this one is damaged.");
    }
    assertThat(threads().filter(Thread::isAlive)).isEmpty();
  }

  @Test
  void closingWhileABatchIsReadLeavesNothing() throws InterruptedException {
    CountDownLatch reading = new CountDownLatch(1);
    CountDownLatch free = new CountDownLatch(1);
    AtomicInteger read = new AtomicInteger();
    Dataset data =
        watched(
            numbers -> {
              if (read.incrementAndGet() == 2) {
                reading.countDown();
                await(free);
              }
            });
    TrainingLoop loop = loop(PLAIN, data, StepExtras.NONE);
    loop.step(0.01);
    await(reading);
    Thread closing = new Thread(loop::close);
    closing.start();
    closing.join(200);
    assertThat(closing.isAlive()).as("waits for the reading").isTrue();
    free.countDown();
    closing.join();
    for (Thread thread : threads().toList()) {
      thread.join(1000);
    }
    assertThat(threads().filter(Thread::isAlive)).isEmpty();
    assertThat(read).as("what had not begun never does").hasValue(2);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** As the graph decodes them, and texts are nothing that a GPU holds. */
  @Test
  void theQueueIsOnOneDevice() {
    Graph graph = staged(MODEL, PARTS);
    List<NodeDef> nodes =
        graph.nodes().stream().filter(node -> node.getOp().contains("tage")).toList();
    assertThat(nodes).extracting(NodeDef::getOp).contains("Stage", "Unstage", "StageClear");
    assertThat(nodes).extracting(NodeDef::getDevice).containsOnly("/device:CPU:0");
    assertThat(nodes).extracting(node -> node.getAttrOrThrow("shared_name").getS()).hasSize(3);
    assertThat(graph.nodes().stream().filter(node -> node.getOp().equals("EnsureShape")))
        .hasSize(3)
        .extracting(node -> node.getAttrOrThrow("shape").getShape().getDimCount())
        .contains(4);
  }

  private static Graph staged(Model model, Parts parts) {
    Task task = Task.of(model, parts.train(), Objectives.usual());
    Stage stage = stage(PLAIN);
    TrainingGraph plain = TrainingGraph.of(task, stage, StepExtras.NONE);
    Feeding feeding = Feeds.by(STAGED, () -> Feeding.of(runtime, task, plain, parts.train()));
    return feeding.graph().models().get(Kernels.TENSORFLOW).graph();
  }

  /** As a device that had room when it was asked, and has none when they come. */
  @Test
  void examplesThatDoNotFitAfterAllWait() {
    Dataset tooMany =
        watched(
            numbers -> {
              if (numbers.length > 30) {
                throw new ExhaustedException("the card is full.");
              }
            });
    LoopSetup setup = setup(PLAIN, tooMany, StepExtras.NONE);
    try (TrainingLoop waiting =
            Feeds.by("resident", () -> TrainingLoop.open(runtime, setup, Optional.empty()));
        TrainingLoop plain = loop(PLAIN, tooMany)) {
      assertThat(waiting.feedWords())
          .isEqualTo(
              "batches wait in a queue on the device; the examples do not lie there, since there is"
                  + " not enough memory on the device for all examples, 0.0 GB (the card is full.)");
      for (int i = 0; i < 3; i++) {
        assertThat(waiting.step(0.01)).isEqualTo(plain.step(0.01));
      }
    }
  }

  private static String words(String feed, Model model, Parts parts) {
    Task task = Task.of(model, parts.train(), Objectives.usual());
    TrainingGraph plain = Stretches.graph(task, PLAIN);
    return Feeds.by(feed, () -> Feeding.of(runtime, task, plain, parts.train())).words();
  }

  /** What was asked for and cannot be is not passed over in silence. */
  @Test
  void whichWayItIsAndWhyIsSaid() {
    assertThat(words("host", MODEL, PARTS)).isEqualTo("each batch is handed over");
    assertThat(words(STAGED, MODEL, PARTS)).isEqualTo("batches wait in a queue on the device");
    assertThat(words("resident", MODEL, PARTS))
        .isEqualTo("the examples lie on the device, which may have 1.0 GB of them");
    Dataset photos = Dataset.imageFolder(Checkout.path("testdata/photos"));
    Model decoding =
        SavedModelImporter.load(Zoo.model("tfsave/image_bytes").savedModel())
            .with(replaceHead(HeadSpec.singleLabel(photos.labels())));
    Parts pictures = new Parts(photos, photos, photos);
    assertThat(words(STAGED, decoding, pictures))
        .startsWith("each batch is handed over; the examples cannot wait on the device");
    assertThat(words("resident", decoding, pictures))
        .startsWith("each batch is handed over; the examples cannot wait on the device")
        .endsWith("and do not lie there, since the graph decodes their pictures itself");
    Task task = Task.of(MODEL, PARTS.train(), Objectives.usual());
    assertThat(Feeding.of(runtime, task, Stretches.graph(task, PLAIN), PARTS.train()).words())
        .as("the usual way of the CPU")
        .isEmpty();
    List<String> said = new ArrayList<>();
    TrainOptions options = TrainOptions.by(SmallTraining.recipe(1));
    trained(STAGED, options.listener(SmallTraining.noting(said)));
    assertThat(said).anyMatch(it -> it.endsWith(": batches wait in a queue on the device"));
  }

  @Test
  void anotherWayIsRefused() {
    assertThatThrownBy(() -> trained("pigeons", TrainOptions.by(SmallTraining.recipe(1))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("graft.feed", "staged", "pigeons");
  }
}
