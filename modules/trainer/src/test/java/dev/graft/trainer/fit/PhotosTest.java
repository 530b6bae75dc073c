package dev.graft.trainer.fit;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadDataException;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.TrainingPlan;
import dev.graft.model.VariableSource;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The main job on the real backbone and the real photos. */
@Tag("slow")
class PhotosTest {

  static final Dataset PHOTOS = Dataset.imageFolder(Checkout.path("testdata/photos"));
  static final TrainingPlan BLOCKS = Plans.gradual(model(), 100);
  static TensorFlowRuntime runtime;

  @BeforeAll
  static void open() {
    runtime = TensorFlowRuntime.open();
  }

  @AfterAll
  static void close() {
    runtime.close();
  }

  static Model model() {
    Model backbone = SavedModelImporter.load(Checkout.path("models/efficientnet-lite0"));
    InputSpec input = backbone.inputs().get(0);
    InputSpec told = // as its card says
        new InputSpec(
            input.name(),
            input.tensor(),
            input.dtype(),
            input.shape(),
            Optional.of(new InputSpec.Range(0, 255, "the card")),
            InputSpec.Channels.RGB,
            input.resize());
    return backbone.toBuilder()
        .inputs(List.of(told))
        .build()
        .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(PHOTOS.labels())));
  }

  @Test
  void aNewHeadLearnsThePhotosAndTheSameAgain() {
    Model model = model();
    Split split = Split.of(60, 20, 20).seed(0);
    Recipe recipe = Recipe.headOnly().seed(0);
    Run run = Trainer.fit(runtime, model, BLOCKS, PHOTOS.split(split), TrainOptions.by(recipe));
    Evaluation test = Evaluator.evaluate(runtime, run.model(), PHOTOS.split(split).test());
    assertThat(test.accuracy()).isGreaterThan(0.82);
    assertThat(test.count()).isEqualTo(28);
    assertThat(run.validation().accuracy()).isGreaterThan(0.82);
    assertThat(run.decisions()).anyMatch(sentence -> sentence.startsWith("L2 strength"));

    Run again = Trainer.fit(runtime, model, BLOCKS, PHOTOS.split(split), TrainOptions.by(recipe));
    assertThat(kernel(again.model()).floats()).containsExactly(kernel(run.model()).floats());
  }

  @Test
  void fineTuningIsTriedAndNeverMakesItWorse() {
    Parts parts = PHOTOS.split(Split.of(60, 20, 20).seed(2));
    FineTune once = FineTune.top().epochs(1);
    List<Progress.Phase> seen = new ArrayList<>();
    TrainingListener watcher =
        TrainingListener.to(Progress.class, progress -> seen.add(progress.phase()));
    Run head =
        Trainer.fit(runtime, model(), BLOCKS, parts, TrainOptions.by(Recipe.headOnly().seed(1)));
    Run both =
        Trainer.fit(
            runtime,
            model(),
            BLOCKS,
            parts,
            TrainOptions.by(Recipe.headThenTop().then(once).seed(1)).listener(watcher));
    assertThat(seen)
        .contains(Progress.Phase.FEATURES, Progress.Phase.HEAD, Progress.Phase.FINE_TUNE);
    assertThat(both.validation().accuracy()).isGreaterThanOrEqualTo(head.validation().accuracy());
    assertThat(both.decisions())
        .anyMatch(sentence -> sentence.startsWith("fine-tuning 27 layers from block12"));
  }

  private static TensorValue kernel(Model model) {
    VariableSource source =
        model.variables().stream()
            .filter(v -> v.name().equals("predictions/kernel"))
            .findFirst()
            .orElseThrow()
            .source();
    return ((VariableSource.Given) source).value();
  }

  @Test
  void aTestPictureThatCannotBeDecodedIsFoundBeforeTheWork(@TempDir Path folder)
      throws IOException {
    for (int i = 0; i < 6; i++) {
      Path from = Path.of(PHOTOS.name(i));
      Path label = Files.createDirectories(folder.resolve(i % 2 == 0 ? "even" : "odd"));
      Files.copy(from, label.resolve(i + ".jpg"));
    }
    Parts parts = Dataset.imageFolder(folder).split(Split.of(34, 33, 33));
    Path broken = Path.of(parts.test().name(1));
    Files.write(broken, Arrays.copyOf(Files.readAllBytes(broken), 2000));
    List<Progress> seen = new ArrayList<>();
    TrainingListener watcher = TrainingListener.to(Progress.class, progress -> seen.add(progress));
    Model model = model().with(replaceHead(HeadSpec.singleLabel(parts.train().labels())));
    Assertions.assertThatThrownBy(
            () ->
                Trainer.fit(
                    runtime,
                    model,
                    BLOCKS,
                    parts,
                    TrainOptions.by(Recipe.headOnly()).listener(watcher)))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining(broken + " is damaged or cut short");
    assertThat(seen)
        .extracting(Progress::unit)
        .containsOnly("test pictures", "all pictures"); // and nothing of the work
  }

  /** Of 18 pictures three for training, in several batches, and one each of the others. */
  @Test
  void whatCannotBeDecodedIsNamedOfAllBatchesAndParts(@TempDir Path folder) throws IOException {
    for (int i = 0; i < 18; i++) {
      Path label = Files.createDirectories(folder.resolve(i % 2 == 0 ? "even" : "odd"));
      Files.copy(Path.of(PHOTOS.name(i)), label.resolve(i + ".jpg"));
    }
    Parts parts = Dataset.imageFolder(folder).split(Split.of(60, 20, 20));
    Dataset train = parts.train();
    List<String> broken =
        List.of(
            train.name(0),
            train.name(train.size() / 2),
            train.name(train.size() - 1),
            parts.validation().name(0),
            parts.test().name(0));
    for (String each : broken) {
      Path file = Path.of(each);
      Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 2000));
    }
    Model model = model().with(replaceHead(HeadSpec.singleLabel(train.labels())));
    Recipe small = Recipe.headOnly().then(FineTune.top().batch(2).epochs(1));
    Assertions.assertThatThrownBy(
            () -> Trainer.fit(runtime, model, BLOCKS, parts, TrainOptions.by(small)))
        .isInstanceOf(BadDataException.class)
        .hasMessageStartingWith("5 pictures are damaged or cut short")
        .hasMessageContainingAll(broken.toArray(String[]::new));
    Assertions.assertThatThrownBy(() -> Evaluator.evaluate(runtime, model, train))
        .isInstanceOf(BadDataException.class)
        .hasMessageStartingWith("3 pictures are damaged or cut short");
  }

  @Test
  void cancellingFromAnotherThreadEndsIt() {
    CancellationToken training = new CancellationToken();
    TrainingListener canceller =
        TrainingListener.to(
            Progress.class,
            progress -> {
              Thread other = new Thread(training::cancel);
              other.start();
              try {
                other.join();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    Assertions.assertThatThrownBy(
            () ->
                Trainer.fit(
                    runtime,
                    model(),
                    BLOCKS,
                    PHOTOS.split(Split.of(60, 20, 20)),
                    TrainOptions.by(Recipe.headOnly()).listener(canceller).cancellation(training)))
        .isInstanceOf(CancellationException.class);
  }
}
