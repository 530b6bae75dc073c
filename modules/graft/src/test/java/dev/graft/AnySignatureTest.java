package dev.graft;

import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.graft.answer.Answer;
import dev.graft.answer.Embedding;
import dev.graft.answer.Example;
import dev.graft.answer.LabelSet;
import dev.graft.answer.Numbers;
import dev.graft.answer.Outcome;
import dev.graft.answer.Prediction;
import dev.graft.answer.Several;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.error.BadDataException;
import dev.graft.error.BadRequestException;
import dev.graft.error.TimeLimitException;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Zoo;
import java.io.ByteArrayInputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.Feature;
import org.tensorflow.proto.Features;
import org.tensorflow.proto.FloatList;

/** Models that take values are asked by them, and answer what {@code Graft.predict} says. */
class AnySignatureTest {

  private static final Labels LABELS = Labels.of("calm", "shaken");
  private static Graft graft;

  @TempDir private Path out;

  @BeforeAll
  static void open() {
    graft = Graft.open();
  }

  @AfterAll
  static void close() {
    graft.close();
  }

  private static Model lstm(HeadSpec... heads) {
    return Graft.load(Zoo.model("keras2/lstm").savedModel()).with(replaceHead(heads));
  }

  private static float[][][] series(int count) {
    Random random = new Random(3);
    float[][][] all = new float[count][5][3];
    for (float[][] one : all) {
      for (float[] step : one) {
        for (int i = 0; i < step.length; i++) {
          step[i] = (float) random.nextGaussian();
        }
      }
    }
    return all;
  }

  private static Dataset dataset(float[][][] all) {
    float[] flat = new float[all.length * 15];
    for (int i = 0; i < flat.length; i++) {
      flat[i] = all[i / 15][i / 3 % 5][i % 3];
    }
    return Dataset.of(
        Map.of("x", TensorValue.of(Shape.of(all.length, 5, 3), flat)),
        Answers.oneOf(LABELS, new int[all.length]));
  }

  private static String input(LiveModel live) {
    return live.signature().inputs().keySet().iterator().next();
  }

  @Test
  void arraysListsAndTensorsAreTheSameExample() {
    float[][][] all = series(3);
    Model model = lstm(HeadSpec.singleLabel(LABELS).seed(1));
    try (LiveModel live = graft.serve(graft.publish(model, out))) {
      assertThat(live.takesPictures()).isFalse();
      assertThat(live.isClassifier()).isTrue();
      assertThat(live.version()).hasValue(1);
      String x = input(live);
      float[] wanted = graft.predict(model, dataset(all)).values().iterator().next().floats();
      List<Example> examples = new ArrayList<>();
      for (float[][] one : all) {
        examples.add(Example.of(Map.of(x, one)));
      }
      List<Outcome> outcomes = live.answerEach(examples);
      for (int i = 0; i < all.length; i++) {
        Prediction answer = (Prediction) outcomes.get(i).answer().orElseThrow();
        assertThat(answer.scores().get("calm")).isCloseTo(wanted[2 * i], within(1e-6f));
        List<List<Double>> lists = new ArrayList<>();
        for (float[] step : all[i]) {
          lists.add(List.of((double) step[0], (double) step[1], (double) step[2]));
        }
        assertThat(live.answer(Example.of(Map.of(x, lists))))
            .isEqualTo(live.answer(examples.get(i)));
      }
      assertThat(live.stats().answered()).isEqualTo(9);
      assertThat(live.stats().failed()).isZero();
    }
  }

  @Test
  void whatDoesNotFitIsRefusedByNameAndAlone() {
    Model model = lstm(HeadSpec.singleLabel(LABELS).seed(1));
    try (LiveModel live = graft.serve(graft.publish(model, out))) {
      String x = input(live);
      float[][] good = series(1)[0];
      List<Outcome> outcomes =
          live.answerEach(
              List.of(
                  Example.of(Map.of(x, good)),
                  Example.of(Map.of(x, new float[5][2])),
                  Example.of(Map.of(x, good)).named("mine")));
      assertThat(outcomes.get(0)).isEqualTo(outcomes.get(2));
      assertThat(outcomes.get(1).failure().orElseThrow())
          .isInstanceOf(BadDataException.class)
          .hasMessageContainingAll("'" + x + "' of 'example 1'", "[?, 3]", "[5, 2]");
      assertThat(live.stats().failed()).isEqualTo(1);
      assertThatThrownBy(() -> live.answer(Example.of(Map.of("y", good))))
          .isInstanceOf(BadDataException.class)
          .hasMessageContainingAll("values for [y]", "'" + x + "' (float32 [?, 3])");
      assertThatThrownBy(() -> live.answer(Example.of(Map.of())))
          .hasMessageContaining("has no value for '" + x + "'");
      assertThatThrownBy(() -> live.answer(Example.of(Map.of(x, "text"))))
          .hasMessageContainingAll("takes float32", "string is given");
      assertThatThrownBy(() -> live.answer(new byte[] {1}))
          .hasMessageContaining("is a picture, and the model takes values");
      assertThatThrownBy(() -> live.classify(new byte[] {1})).isInstanceOf(BadDataException.class);
    }
  }

  /** What was computed is handed out, although another run takes too long. */
  @Test
  void aRunThatTakesTooLongFailsItsOwnExamplesOnly() {
    Model model = lstm(HeadSpec.singleLabel(LABELS).seed(1));
    Path version = graft.publish(model, out).path();
    ServeOptions hasty = ServeOptions.defaults().timeout(Duration.ofSeconds(1));
    try (LiveModel live = graft.serve(version, hasty)) {
      String x = input(live);
      Example brief = Example.of(Map.of(x, series(1)[0]));
      Example endless = Example.of(Map.of(x, new float[400_000][3])); // a loop of as many rounds
      List<Outcome> outcomes = live.answerEach(List.of(brief, endless, brief));
      assertThat(outcomes.get(0).answer()).isPresent().isEqualTo(outcomes.get(2).answer());
      assertThat(outcomes.get(1).failure()).containsInstanceOf(TimeLimitException.class);
      assertThat(live.answerEach(List.of(endless, brief)).get(1).answer()).isPresent();
      assertThat(live.stats().answered()).isEqualTo(3);
      assertThat(live.stats().failed()).isEqualTo(2);
    }
  }

  @Test
  void severalHeadsAnswerByTheirNames() {
    Model model =
        lstm(
            HeadSpec.singleLabel(LABELS).named("state"),
            HeadSpec.multiLabel(Labels.of("a", "b", "c")).named("tags"),
            HeadSpec.regression(2).named("size"),
            HeadSpec.embedding(4).named("place"));
    try (LiveModel live = graft.serve(graft.publish(model, out))) {
      Answer answer = live.answer(Example.of(Map.of(input(live), series(1)[0])));
      Map<String, Answer> heads = ((Several) answer).answers();
      assertThat(heads.get("state")).isInstanceOf(Prediction.class);
      assertThat(((LabelSet) heads.get("tags")).scores()).containsOnlyKeys("a", "b", "c");
      assertThat(((Numbers) heads.get("size")).values()).hasSize(2);
      Embedding vector = (Embedding) heads.get("place");
      assertThat(vector.similarity(vector)).isCloseTo(1, within(1e-6));
      assertThat(live.isClassifier()).isFalse();
      assertThatThrownBy(live::labels).isInstanceOf(BadRequestException.class);
    }
  }

  @Test
  void anotherSignatureIsAskedIfItIsNamed() {
    Model model =
        Graft.load(Zoo.model("keras2/dense_mlp").savedModel())
            .with(replaceHead(HeadSpec.singleLabel(LABELS).seed(1)));
    Version version = graft.publish(model, out);
    Example values = Example.of(Map.of("x", List.of(1, 2, 3, 4, 5, 6)));
    Example serialized = // as TensorFlow Serving's own clients send it
        Example.of(
            Map.of(
                "inputs",
                org.tensorflow.proto.Example.newBuilder()
                    .setFeatures(
                        Features.newBuilder()
                            .putFeature(
                                "x",
                                Feature.newBuilder()
                                    .setFloatList(
                                        FloatList.newBuilder()
                                            .addAllValue(List.of(1f, 2f, 3f, 4f, 5f, 6f)))
                                    .build()))
                    .build()
                    .toByteArray()));
    try (LiveModel usual = graft.serve(version);
        LiveModel live =
            graft.serve(version.path(), ServeOptions.defaults().signature("classify"))) {
      assertThat(live.signature().name()).isEqualTo("classify");
      assertThat(live.answer(serialized)).isEqualTo(usual.answer(values));
      assertThatThrownBy(() -> live.answer(Example.of(Map.of("inputs", "no example"))))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("cannot compute its answer to 'example 0'");
    }
    assertThatThrownBy(
            () -> graft.serve(version.path(), ServeOptions.defaults().signature("nothing")))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("no 'nothing'", "serving_default");
  }

  private static Example row(Object size, Object weight) {
    return Example.of(Map.of("colour", "red", "size", size, "weight", weight));
  }

  /** As many numbers in another order are another example. */
  @Test
  void whatHasOtherSidesIsNotTakenForTheSame() {
    Model model = Graft.load(Zoo.model("keras2/cnn_plain").savedModel());
    try (LiveModel live = graft.serve(graft.publish(model, out))) {
      long[] dims = live.signature().inputs().get(input(live)).shape().dims();
      Example right = image((int) dims[1], (int) dims[2], (int) dims[3]);
      assertThat(live.answer(right)).isNotNull();
      assertThatThrownBy(() -> live.answer(image((int) dims[3], (int) dims[1], (int) dims[2])))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("takes values of shape");
      assertThatThrownBy(() -> live.answer(image(1, 1, (int) (dims[1] * dims[2] * dims[3]))))
          .isInstanceOf(BadDataException.class);
      List<Example> many = Collections.nCopies(70, right); // in three runs
      assertThat(new HashSet<>(live.answerEach(many))).hasSize(1);
      assertThat(live.stats().answered()).isEqualTo(71);
    }
  }

  private static Example image(int height, int width, int channels) {
    return Example.of(Map.of("x", new float[height][width][channels]));
  }

  /** Texts, whole numbers and a table of columns. */
  @Test
  void foreignModelsOfEveryKind() {
    try (LiveModel live =
        graft.serve(Zoo.model("keras2/category_tabular").savedModel(), Trust.ALLOW)) {
      assertThat(live.takesPictures()).isFalse();
      Answer single = live.answer(row(2, 0.5));
      assertThat(((Numbers) single).values()).hasSize(2);
      assertThat(live.answer(row(List.of(2), new float[] {0.5f}))).isEqualTo(single);
      assertThatThrownBy(() -> live.answer(row(2.5, 0.5)))
          .hasMessageContainingAll("'size' of 'example 0' takes int64, and 2.5 is given");
      assertThatThrownBy(() -> live.answer(row(List.of(2, 3), 0.5)))
          .hasMessageContaining("takes values of shape [1], and [2] is given");
    }
    try (LiveModel live =
        graft.serve(Zoo.model("keras2/text_vectorization").savedModel(), Trust.ALLOW)) {
      Example text = Example.of(Map.of(input(live), "the film was fine"));
      assertThat(live.answer(text)).isEqualTo(live.answer(text));
    }
  }

  @Test
  void aPictureMayComeAsAStreamOrABuffer() {
    byte[] bytes = {1, 2, 3};
    assertThat(Example.picture(new ByteArrayInputStream(bytes)).picture())
        .isEqualTo(Example.picture(ByteBuffer.wrap(bytes)).picture())
        .isEqualTo(Example.picture(bytes).picture());
  }

  @Test
  void listsThatDifferAreRefused() {
    assertThatThrownBy(() -> Example.of(Map.of("x", List.of(List.of(1), List.of(1, 2)))))
        .isInstanceOf(BadDataException.class)
        .hasMessageContaining("differ in length");
    assertThatThrownBy(() -> Example.of(Map.of("x", List.of(1, List.of(2)))))
        .hasMessageContaining("differ in length");
    assertThatThrownBy(() -> Example.of(Map.of("x", List.of(1, "a"))))
        .hasMessageContaining("mixes");
    assertThat(Example.of(Map.of("x", new int[][] {{1, 2}, {3, 4}})).values().get("x").longs())
        .containsExactly(1, 2, 3, 4);
    assertThat(Example.of(Map.of("x", List.of(1, 2.5))).values().get("x").doubles())
        .containsExactly(1, 2.5);
  }
}
