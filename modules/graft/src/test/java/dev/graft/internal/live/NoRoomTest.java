package dev.graft.internal.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.BareModel;
import dev.graft.answer.Answer;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.NoMemory;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/** What a served model has no room for. TensorFlow waits ten seconds before it says so. */
@Tag("slow")
class NoRoomTest {

  private static final ServedFacts NO_FACTS = new ServedFacts(ImmutableMap.of(), ImmutableSet.of());

  @TempDir private Path folder = Path.of("");

  /** Writes a model that gives back what it is asked, and fills more than there is for too many. */
  private void write(int most) throws IOException {
    GraphEditor editor = Graph.empty().edit();
    editor.add(BareModel.placeholder("x").build());
    Scope g = new Scope(editor, "room");
    TensorRef x = TensorRef.of("x");
    TensorRef isMore = g.add("Greater", g.add("Size", x), g.scalar(2 * most));
    editor.op("AddV2").name("y").input(x).input(NoMemory.where(g, isMore)).output();
    BareModel.write(folder, editor.build().toGraphDef().toBuilder());
    Path file = folder.resolve("saved_model.pb");
    SavedModel.Builder model = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
    SignatureDef.Builder signature =
        model.getMetaGraphs(0).getSignatureDefOrThrow("serving_default").toBuilder();
    signature.putInputs("x", pairs(signature.getInputsOrThrow("x")));
    signature.putOutputs("y", pairs(signature.getOutputsOrThrow("y")));
    model.getMetaGraphsBuilder(0).putSignatureDef("serving_default", signature.build());
    Files.write(file, model.build().toByteArray());
  }

  private static TensorInfo pairs(TensorInfo info) {
    return info.toBuilder().setTensorShape(Shape.of(-1, 2).toProto()).build();
  }

  private static TensorRef number(Scope g, long value) {
    return g.constant(TensorValue.scalar(value));
  }

  private static Asking asking(SavedModelSession session) {
    TensorSpec x = new TensorSpec(TensorRef.parse("x"), DType.FLOAT32, Shape.of(-1, 2));
    TensorSpec y = new TensorSpec(TensorRef.parse("y"), DType.FLOAT32, Shape.of(-1, 2));
    Signature signature =
        Signature.predict("serving_default", ImmutableMap.of("x", x), ImmutableMap.of("y", y));
    ServedSignature way =
        ServedSignature.of(
            Map.of("serving_default", signature), NO_FACTS, Optional.empty(), "here");
    return new Asking(session, way, NO_FACTS, Duration.ZERO);
  }

  private static List<Example> examples(int count) {
    List<Example> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      all.add(Example.of(Map.of("x", new float[] {i, -i})));
    }
    return all;
  }

  @Test
  @Tag("nightly")
  void tooManyAtOnceAreAnsweredInHalves() throws IOException {
    write(2);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        SavedModelSession session = runtime.loadSavedModel(folder, Set.of("serve"))) {
      Asking asking = asking(session);
      List<Answer> answers = asking.answers(examples(5));
      assertThat(answers).hasSize(5).isEqualTo(oneByOne(asking));
      assertThat(asking.failed()).isZero();
    }
  }

  /** Else each of thousands of pictures would wait for what is known to fail. */
  @Test
  @Tag("nightly")
  void whatThereWasNoRoomForIsNotTriedAgain() throws IOException {
    write(2);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        SavedModelSession session = runtime.loadSavedModel(folder, Set.of("serve"))) {
      Asking asking = asking(session);
      AtomicInteger calls = new AtomicInteger();
      assertThat(asking.answerEach(examples(5), calls::incrementAndGet)).allMatch(NoRoomTest::good);
      assertThat(calls).as("5, 3, and then 2, 2 and 1").hasValue(5);
      assertThat(asking.answerEach(examples(40), calls::incrementAndGet))
          .allMatch(NoRoomTest::good);
      assertThat(calls).as("two at once").hasValue(5 + 20);
      Duration before = asking.time();
      assertThat(asking.answers(examples(40))).hasSize(40);
      assertThat(asking.time().minus(before)).isLessThan(Duration.ofSeconds(9));
      assertThat(asking.failed()).isZero();
    }
  }

  private static boolean good(Outcome outcome) {
    return outcome.answer().isPresent();
  }

  private static List<Answer> oneByOne(Asking asking) {
    return examples(5).stream().map(each -> asking.answers(List.of(each)).get(0)).toList();
  }

  @Test
  void oneThatIsTooManyIsSaidWithARemedy() throws IOException {
    write(0);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        SavedModelSession session = runtime.loadSavedModel(folder, Set.of("serve"))) {
      assertThatThrownBy(() -> asking(session).answers(examples(1)))
          .isInstanceOf(ExhaustedException.class)
          .hasMessageStartingWith("there is not enough memory for an answer to 'example 0': ")
          .matches(e -> ((ExhaustedException) e).remedies().contains(Remedy.CPU));
    }
  }
}
