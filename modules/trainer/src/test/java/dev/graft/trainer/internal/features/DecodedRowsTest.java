package dev.graft.trainer.internal.features;

import static dev.graft.surgeon.edit.Edits.describeInput;
import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.primitives.Doubles;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadDataException;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Rows;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.listener.TrainingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DecodedRowsTest {

  private static final Model MODEL =
      SavedModelImporter.load(Zoo.model("keras2/image_augmentation").savedModel())
          .with(describeInput(0, 1, InputSpec.Channels.RGB, InputSpec.Resize.STRETCH));

  private final List<String> said = new ArrayList<>();

  /** Six pictures of two labels, copies that a test may spoil. */
  private static Dataset copies(Path folder) throws IOException {
    Dataset photos = Dataset.imageFolder(Checkout.path("testdata/photos"));
    for (int i = 0; i < 6; i++) {
      Path label = Files.createDirectories(folder.resolve(i % 2 == 0 ? "even" : "odd"));
      Files.copy(Path.of(photos.name(i)), label.resolve(i + ".jpg"));
    }
    return Dataset.imageFolder(folder);
  }

  private static void spoil(Dataset pictures, int number) throws IOException {
    Path file = Path.of(pictures.name(number));
    Files.write(file, Arrays.copyOf(Files.readAllBytes(file), 2000));
  }

  private static TensorValue inTheGraph(
      TensorFlowRuntime runtime, InputBinding entry, Dataset pictures) {
    try (ModelSession session = runtime.open(MODEL, entry.graph())) {
      List<TensorRef> pixels = entry.rows();
      return session
          .graph()
          .prepare(entry.tensors(), pixels, List.of())
          .run(entry.values(pictures.all()))
          .get(0);
    }
  }

  @Test
  void eachPictureIsDecodedOnceAsTheGraphDoes(@TempDir Path folder, @TempDir Path disk)
      throws IOException {
    Dataset pictures = copies(folder);
    InputBinding entry = InputBinding.of(MODEL, pictures);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        DecodedRows rows =
            new DecodedRows(runtime, entry, pictures, Optional.of(disk), said::add)) {
      TensorValue all = inTheGraph(runtime, entry, pictures);
      TensorValue some = rows.rows(new int[] {4, 1, 4}, Rows.NOTHING);
      assertThat(some.floats()).containsExactly(Rows.of(all, new int[] {4, 1, 4}).floats());
      spoil(pictures, 1);
      spoil(pictures, 4);
      TensorValue again = rows.rows(new int[] {1, 0, 4}, some);
      assertThat(again.floats()).containsExactly(Rows.of(all, new int[] {1, 0, 4}).floats());
      spoil(pictures, 5);
      assertThatThrownBy(() -> rows.range(0, 6, Rows.NOTHING))
          .isInstanceOf(BadDataException.class)
          .hasMessageStartingWith(pictures.name(5) + " is damaged");
    }
    try (Stream<Path> left = Files.list(disk)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void aFolderThatTakesNoFileCostsASentence(@TempDir Path folder) throws IOException {
    Dataset pictures = copies(folder);
    InputBinding entry = InputBinding.of(MODEL, pictures);
    Path noFolder = Files.createFile(folder.resolve("file")).resolve("in");
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        DecodedRows rows =
            new DecodedRows(runtime, entry, pictures, Optional.of(noFolder), said::add)) {
      float[] first = rows.range(0, 2, Rows.NOTHING).floats();
      assertThat(rows.range(0, 2, Rows.NOTHING).floats()).containsExactly(first);
    }
    assertThat(said)
        .singleElement()
        .asString()
        .startsWith("pictures are decoded in each epoch again: ");
  }

  @Test
  void withoutRoomTheyAreDecodedEachTime(@TempDir Path folder) throws IOException {
    Dataset pictures = copies(folder);
    InputBinding entry = InputBinding.of(MODEL, pictures);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        DecodedRows rows = new DecodedRows(runtime, entry, pictures, Optional.empty(), said::add)) {
      float[] first = rows.range(0, 2, Rows.NOTHING).floats();
      assertThat(rows.range(0, 2, Rows.NOTHING).floats()).containsExactly(first);
      spoil(pictures, 1);
      assertThatThrownBy(() -> rows.range(0, 2, Rows.NOTHING)).isInstanceOf(BadDataException.class);
    }
  }

  /** Up to rounding: an op that does nothing but scale may be before the cut or behind it. */
  @Test
  void trainingIsTheSameWithoutMemoryForPixels() {
    Dataset photos = Dataset.imageFolder(Checkout.path("testdata/photos"));
    Model ready =
        MODEL.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(photos.labels()).seed(1)));
    Recipe recipe = Recipe.full().then(FineTune.top().share(1).epochs(2).rate(1e-3));
    List<Run> runs = new ArrayList<>();
    List<List<Double>> losses = List.of(new ArrayList<>(), new ArrayList<>());
    for (double memory : new double[] {0.5, 0}) {
      RuntimeOptions options =
          RuntimeOptions.defaults().features(new RuntimeOptions.Features(memory, Optional.empty()));
      try (TensorFlowRuntime runtime = TensorFlowRuntime.open(options)) {
        List<Double> seen = losses.get(runs.size());
        TrainOptions heard =
            TrainOptions.by(recipe)
                .listener(TrainingListener.to(Step.class, step -> seen.add(step.loss())));
        Parts parts = photos.split(Split.of(60, 20, 20));
        runs.add(Trainer.fit(runtime, ready, Plans.gradual(ready, 100), parts, heard));
      }
    }
    assertThat(runs.get(0).decisions()).noneMatch(words -> words.contains("are decoded once"));
    assertThat(runs.get(1).decisions())
        .anyMatch(words -> words.startsWith("pictures are decoded once, and their pixels ("));
    assertThat(Doubles.toArray(losses.get(1)))
        .hasSizeGreaterThan(10)
        .containsExactly(Doubles.toArray(losses.get(0)), within(1e-4));
  }
}
