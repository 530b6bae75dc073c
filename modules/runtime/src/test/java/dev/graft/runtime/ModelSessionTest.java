package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.GraphPart;
import dev.graft.graph.TensorRef;
import dev.graft.model.Asset;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.runtime.internal.natives.TensorFloat32;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Remedy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.DataType;

class ModelSessionTest {

  private static final Shape KERNEL = Shape.of(2, 3);

  private final GraphEditor editor = Graph.empty().edit();

  private Model model(VariableSource source, String op) {
    TensorRef x =
        editor
            .op("Placeholder")
            .name("x")
            .attr("dtype", DataType.DT_FLOAT)
            .attr("shape", Shape.of(-1, 2))
            .output();
    TensorRef handle =
        editor.op(op).name("w").attr("dtype", DataType.DT_FLOAT).attr("shape", KERNEL).output();
    TensorRef kernel =
        op.equals("VarHandleOp")
            ? editor
                .op("ReadVariableOp")
                .name("read")
                .attr("dtype", DataType.DT_FLOAT)
                .input(handle)
                .output()
            : editor.op("Identity").name("read").input(handle).output();
    TensorRef y = editor.op("MatMul").name("y").input(x).input(kernel).output();
    Variable variable =
        new Variable(
            "dense/kernel", "w", DType.FLOAT32, KERNEL, true, Variable.Role.KERNEL, source);
    Signature signature =
        Signature.predict(
            Signature.SERVING_DEFAULT,
            ImmutableMap.of("x", new TensorSpec(x, DType.FLOAT32, Shape.of(-1, 2))),
            ImmutableMap.of("y", new TensorSpec(y, DType.FLOAT32, Shape.of(-1, 3))));
    Model.Builder builder =
        Model.builder("test", editor.build(), new Provenance.Origin("test", "", "", "", 0));
    builder.variables(List.of(variable)).signatures(List.of(signature));
    return builder.build();
  }

  private static VariableSource given(float... values) {
    return new VariableSource.Given(TensorValue.of(KERNEL, values));
  }

  private static Map<String, TensorValue> x(float... values) {
    return Map.of("x", TensorValue.of(Shape.of(1, 2), values));
  }

  @Test
  void callsASignatureWithTheVariablesSet() {
    for (String op : List.of("VarHandleOp")) {
      callsASignature(model(given(1, 2, 3, 4, 5, 6), op));
    }
  }

  @Test
  void callsASignatureOverReferenceVariables() {
    callsASignature(model(given(1, 2, 3, 4, 5, 6), "VariableV2"));
  }

  private static void callsASignature(Model model) {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession session = runtime.open(model)) {
      Signature signature = model.servingSignature();
      assertThat(session.call(signature, x(1, 10)).get("y").floats()).containsExactly(41, 52, 63);
      Variable w = model.variables().get(0);
      assertThat(session.readVariable(w).floats()).containsExactly(1, 2, 3, 4, 5, 6);
      session.assign(w, TensorValue.of(KERNEL, new float[6]));
      assertThat(session.call(signature, x(1, 10)).get("y").floats()).containsExactly(0, 0, 0);
    }
  }

  @Test
  void whatIsNotInAPartOfTheGraphIsLeftOut() {
    Model model = model(given(1, 2, 3, 4, 5, 6), "VarHandleOp");
    TensorRef kernel = TensorRef.of("read");
    Graph part = GraphPart.between(model.graph(), Map.of(kernel, KERNEL), List.of("y"));
    Model bare = model.toBuilder().signatures(List.of()).variables(List.of()).build();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession session = runtime.open(bare, part)) {
      assertThatThrownBy(() -> runtime.open(model, part)) // a variable that is not there is told
          .isInstanceOf(RuntimeException.class)
          .hasMessageContaining("'w'");
      Map<TensorRef, TensorValue> fed =
          Map.of(
              TensorRef.of("x"),
              TensorValue.of(Shape.of(1, 2), new float[] {1, 10}),
              kernel,
              TensorValue.of(KERNEL, new float[] {1, 2, 3, 4, 5, 6}));
      assertThat(session.graph().run(fed, List.of(TensorRef.of("y")), List.of()).get(0).floats())
          .containsExactly(41, 52, 63);
      Variable w = model.variables().get(0);
      assertThatThrownBy(() -> session.readVariable(w))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("dense/kernel");
    }
  }

  /** On a CPU it changes nothing that is computed. */
  @Test
  void aSessionInTf32TurnsItOnForAsLongAsItIsOpen() {
    Model model = model(given(1, 2, 3, 4, 5, 6), "VarHandleOp");
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      TensorFloat32.off();
      try (ModelSession session = runtime.open(model, Compute.Precision.TF32)) {
        assertThat(TensorFloat32.isOn()).isTrue();
        assertThat(session.call(model.servingSignature(), x(1, 10)).get("y").floats())
            .containsExactly(41, 52, 63);
        runtime.open(model).close();
        assertThat(TensorFloat32.isOn()).isTrue();
      }
      assertThat(TensorFloat32.isOn()).isFalse();
      try (ModelSession session = runtime.open(model, Compute.Precision.TF32);
          ModelSession other = runtime.open(model, Compute.Precision.TF32)) {
        session.exact();
        session.exact();
        assertThat(TensorFloat32.isOn()).as("the other one has it still").isTrue();
        other.exact();
        assertThat(TensorFloat32.isOn()).isFalse();
      }
      assertThat(TensorFloat32.isOn()).isFalse();
    }
  }

  @Test
  void mistakesInACallAreToldByName() {
    Model model = model(given(1, 2, 3, 4, 5, 6), "VarHandleOp");
    Signature signature = model.servingSignature();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession session = runtime.open(model)) {
      assertThatThrownBy(() -> session.call(signature, Map.of()))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("'x'");
      TensorValue wrong = TensorValue.of(Shape.of(1, 3), new float[3]);
      assertThatThrownBy(() -> session.call(signature, Map.of("x", wrong)))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("[?, 2]");
      assertThatThrownBy(() -> session.call(signature, Map.of("z", wrong)))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("'z'");
    }
  }

  @Test
  void aValueThatIsMissingOrDoesNotFitNamesItsVariable(@TempDir Path dir) {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Model wrong =
          model(new VariableSource.Given(TensorValue.of(Shape.of(2), new float[2])), "VarHandleOp");
      assertThatThrownBy(() -> runtime.open(wrong))
          .isInstanceOf(BadModelException.class)
          .hasMessageContaining("dense/kernel");
      Variable absent =
          wrong
              .variables()
              .get(0)
              .source(new VariableSource.InCheckpoint(dir.resolve("variables"), "w", ""));
      Model.Builder builder = wrong.toBuilder();
      builder.variables(List.of(absent));
      assertThatThrownBy(() -> runtime.open(builder.build()))
          .isInstanceOf(BadModelException.class)
          .hasMessageContaining("variables");
      assertThat(runtime.openHandles()).isEmpty();
    }
  }

  @Test
  void assetsAreFoundWhereTheyLieNow(@TempDir Path dir) throws Exception {
    Path vocabulary = dir.resolve("words.txt");
    Files.writeString(vocabulary, "a\nb\n");
    TensorRef path =
        editor
            .op("Const")
            .name("asset")
            .attr("dtype", DataType.DT_STRING)
            .attr(
                "value", dev.graft.graph.Attrs.of(TensorValue.scalar("/gone/words.txt").toProto()))
            .output();
    TensorRef content = editor.op("ReadFile").name("content").input(path).output();
    Model.Builder builder =
        Model.builder("assets", editor.build(), new Provenance.Origin("test", "", "", "", 0));
    builder.assets(ImmutableList.of(new Asset("words.txt", vocabulary, path)));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession session = runtime.open(builder.build())) {
      assertThat(session.graph().run(Map.of(), List.of(content), List.of()).get(0).strings().get(0))
          .asString()
          .isNotEmpty();
      assertThat(
              session
                  .graph()
                  .run(Map.of(), List.of(content), List.of())
                  .get(0)
                  .strings()
                  .get(0)
                  .toStringUtf8())
          .isEqualTo("a\nb\n");
    }
    Files.delete(vocabulary);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      assertThatThrownBy(() -> runtime.open(builder.build()))
          .isInstanceOf(BadModelException.class)
          .hasMessageContaining("words.txt");
    }
  }

  /** TensorFlow waits ten seconds before it says so. */
  @Tag("slow")
  @Test
  void weightsThatMemoryHasNoRoomForAreSaidSo() {
    Model small = model(given(1, 2, 3, 4, 5, 6), "VarHandleOp");
    GraphEditor editor = small.graph().edit();
    TensorRef size = editor.constant("size", TensorValue.of(Shape.of(1), new long[] {1L << 48}));
    TensorRef zero = editor.constant("zero", TensorValue.scalar(0f));
    TensorRef open = // so that it is not computed beforehand
        editor.op("PlaceholderWithDefault").input(size).attr("shape", Shape.of(1)).output();
    String huge = editor.op("Fill").name("huge").input(open).input(zero).node();
    Model model = small.toBuilder().graph(editor.build()).initializers(List.of(huge)).build();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      assertThatThrownBy(() -> runtime.open(model))
          .isInstanceOf(ExhaustedException.class)
          .hasMessageStartingWith("there is not enough memory for the weights of ")
          .matches(e -> ((ExhaustedException) e).remedies().equals(List.of(Remedy.CPU)));
    }
  }
}
