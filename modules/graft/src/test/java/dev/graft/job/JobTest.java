package dev.graft.job;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.Graft;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a table is taken for depends on the head that is wished. */
class JobTest {

  @TempDir private Path folder = Path.of("");

  @BeforeEach
  void pictures() throws IOException {
    Path photo = Checkout.path("testdata/photos/animals/bison.jpg");
    for (int i = 0; i < 3; i++) {
      Files.copy(photo, folder.resolve(i + ".jpg"));
    }
  }

  private Dataset read(HeadChoice head, String model, String cells) throws IOException {
    boolean one = !cells.contains(",");
    StringBuilder rows = new StringBuilder(one ? "file,answer\n" : "file,first,second,third\n");
    for (int i = 0; i < 3; i++) {
      rows.append(i).append(".jpg,").append(cells.split(" ", -1)[i]).append('\n');
    }
    Path table = Files.writeString(folder.resolve("t.csv"), rows);
    return Job.of(Zoo.model(model).savedModel(), table, folder.resolve("out"))
        .surgery(Surgery.standard().head(head))
        .training(Training.by("head"))
        .build()
        .readPictures();
  }

  /** An embedding beside the head that learns the labels has none, and may come first. */
  @Test
  void allHeadsAreLookedAt() {
    Model two =
        Baselines.rawPixels(2)
            .with(
                Edits.addHead(HeadSpec.embedding(3).named("vector")),
                Edits.addHead(HeadSpec.singleLabel("b", "a").named("animal")));
    Head vector = two.heads().get(0);
    Head animal = two.heads().get(1);
    assertThat(vector.name()).isEqualTo("vector");
    assertThat(HeadOrigin.of(two))
        .containsEntry(vector, HeadOrigin.NEW)
        .containsEntry(animal, HeadOrigin.NEW);
    Model kept = fromFiles(two, vector).with(Edits.freeze(Where.parse("*vector*")));
    assertThat(HeadOrigin.of(kept))
        .as("each for itself")
        .containsEntry(vector, HeadOrigin.KEPT)
        .containsEntry(animal, HeadOrigin.NEW);
    assertThat(HeadOrigin.of(fromFiles(kept, animal)))
        .containsEntry(vector, HeadOrigin.KEPT)
        .containsEntry(animal, HeadOrigin.KEPT_AND_TRAINED);
    Dataset pixels =
        Dataset.of(
            Map.of("image", TensorValue.of(Shape.of(4, 2, 2, 3), new float[48])),
            Answers.oneOf(Labels.of("a", "b"), 0, 1, 0, 1));
    Parts parts = new Parts(pixels, pixels, pixels);
    assertThat(Job.fitting(parts, two).train().labels()).isEqualTo(Labels.of("b", "a"));
  }

  /** {@code model} as if the weights of one head had come with it. */
  private static Model fromFiles(Model model, Head head) {
    Set<String> own = head.nodes(model.graph());
    List<Variable> variables = new ArrayList<>();
    for (Variable each : model.variables()) {
      var file = new VariableSource.InCheckpoint(Path.of("variables"), each.name(), "");
      variables.add(own.contains(each.node()) ? each.source(file) : each);
    }
    return model.toBuilder().variables(variables).build();
  }

  @Test
  void classNumbersAreLabelsUnlessNumbersAreAskedFor() throws IOException {
    Dataset guessed = read(HeadChoice.AUTO, "keras2/cnn_plain", "2 1 3");
    assertThat(guessed.labels()).isEqualTo(Labels.of("1", "2", "3"));
    assertThat(guessed.notes())
        .singleElement()
        .extracting(Note::remedies)
        .isEqualTo(List.of(Remedy.AS_NUMBERS));
    Dataset numbers = read(HeadChoice.REGRESSION, "keras2/cnn_plain", "2 1 3");
    assertThat(numbers.hasLabels()).isFalse();
    assertThat(numbers.notes()).as("asked for, not guessed").isEmpty();
  }

  @Test
  void zerosAndOnesAreTwoLabelsUnlessOtherwiseAskedFor() throws IOException {
    assertThat(read(HeadChoice.AUTO, "keras2/cnn_plain", "0 1 0").labels())
        .isEqualTo(Labels.of("0", "1"));
    assertThat(read(HeadChoice.REGRESSION, "keras2/cnn_plain", "0 1 0").hasLabels()).isFalse();
    assertThat(read(HeadChoice.MULTI_LABEL, "keras2/cnn_plain", "0 1 0").labels())
        .isEqualTo(Labels.of("answer"));
  }

  @Test
  void numbersAreLabelsIfANewHeadIsAskedFor() throws IOException {
    assertThat(read(HeadChoice.AUTO, "keras2/cnn_plain", "7 90 8").notes())
        .singleElement()
        .extracting(Note::remedies)
        .isEqualTo(List.of(Remedy.AS_LABELS));
    assertThat(read(HeadChoice.NEW, "keras2/cnn_plain", "7 90 8").labels())
        .isEqualTo(Labels.of("7", "8", "90"));
  }

  @Test
  void aHeadThatIsKeptLearnsWhatItGives() throws IOException {
    assertThat(read(HeadChoice.KEEP, "keras2/linear_regression", "1 2 3").hasLabels()).isFalse();
    assertThat(read(HeadChoice.KEEP, "keras2/cnn_plain", "7 90 8").hasLabels()).isTrue();
    String several = "1.5,2,3 4,5,6 7,8,9"; // for three outputs without softmax
    Dataset numbers = read(HeadChoice.KEEP, "keras2/cnn_bn", several);
    assertThat(numbers.hasLabels()).isFalse();
    assertThat(
            Surgery.standard()
                .head(HeadChoice.KEEP)
                .on(
                    Graft.load(Zoo.model("keras2/cnn_bn").savedModel()),
                    numbers.answers().values().iterator().next(),
                    0)
                .heads()
                .get(0)
                .kind())
        .isEqualTo(Head.Kind.REGRESSION);
  }

  @Test
  void anEmbeddingDoesNotTakeNumbersForLabelsSilently() throws IOException {
    Dataset numbers = read(HeadChoice.EMBEDDING, "keras2/cnn_plain", "7 90 8");
    assertThat(numbers.hasLabels()).isFalse();
    assertThat(numbers.notes())
        .singleElement()
        .extracting(Note::remedies)
        .isEqualTo(List.of(Remedy.AS_LABELS));
    Dataset counted = read(HeadChoice.EMBEDDING, "keras2/cnn_plain", "2 1 3");
    assertThat(counted.labels()).isEqualTo(Labels.of("1", "2", "3"));
    assertThat(counted.notes()).singleElement().asString().contains("each is taken for a label");
  }

  /** What a head that is kept learns is what it is scored on. */
  @Test
  void anExamReadsATableAsTrainingDoes() throws IOException {
    Path table = folder.resolve("t.csv");
    read(HeadChoice.KEEP, "keras2/cnn_bn", "7 90 8"); // three outputs without softmax
    assertThatThrownBy(
            () ->
                Exam.of(
                    Graft.load(Zoo.model("keras2/cnn_bn").savedModel()), table, Optional.empty()))
        .isInstanceOf(BadRequestException.class)
        .asString()
        .contains("does not say what the 3 outputs", "keepHead(labels)");
    Exam told =
        Exam.of(
            Graft.load(Zoo.model("keras2/cnn_bn").savedModel()),
            table,
            Optional.of(Labels.of("8", "7", "90")));
    assertThat(told.pictures().labels()).isEqualTo(Labels.of("8", "7", "90"));
    assertThat(told.model().heads().get(0).kind()).isEqualTo(Head.Kind.SINGLE_LABEL);
    read(HeadChoice.KEEP, "keras2/cnn_bn", "1.5,2,3 4,5,6 7,8,9");
    Exam numbers =
        Exam.of(Graft.load(Zoo.model("keras2/cnn_bn").savedModel()), table, Optional.empty());
    assertThat(numbers.model().heads().get(0).kind()).isEqualTo(Head.Kind.REGRESSION);
  }
}
