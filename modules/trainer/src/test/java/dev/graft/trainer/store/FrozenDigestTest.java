package dev.graft.trainer.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.hash.HashCode;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.SmallTraining;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;

/** Every ingredient of what features are makes another name for them, and names make none. */
class FrozenDigestTest {

  /** A network of a multiplication and an activation, each part of which may be another. */
  private record Network(
      String prefix, String activation, float weight, float constant, float alpha, boolean handed) {

    private static final Network PLAIN = new Network("", "LeakyRelu", 1, 2, 0.1f, false);

    Optional<HashCode> digest() {
      GraphEditor editor = Graph.empty().edit();
      TensorRef x = editor.placeholder(prefix + "x", DataType.DT_FLOAT, Shape.of(-1, 2));
      TensorRef handle =
          editor
              .op("VarHandleOp")
              .name(prefix + "w")
              .attr("dtype", Attrs.of(DataType.DT_FLOAT))
              .attr("shape", Attrs.of(Shape.of(2)))
              .attr("shared_name", Attrs.of(prefix + "w"))
              .output();
      TensorRef read =
          editor
              .op("ReadVariableOp")
              .name(prefix + "read")
              .input(handle)
              .attr("dtype", Attrs.of(DataType.DT_FLOAT))
              .output();
      TensorRef product = editor.op("Mul").name(prefix + "mul").input(x).input(read).output();
      TensorRef two = editor.constant(prefix + "two", TensorValue.scalar(constant));
      TensorRef sum = editor.op("AddV2").name(prefix + "add").input(product).input(two).output();
      OpBuilder activated = editor.op(activation).name(prefix + "act");
      if (activation.equals("LeakyRelu")) {
        activated.attr("alpha", Attrs.of(alpha));
      }
      TensorRef last = activated.input(sum).output();
      if (handed) {
        last = editor.op("Identity").name(prefix + "out").input(last).output();
      }
      TensorValue value = TensorValue.of(Shape.of(2), new float[] {weight, 1});
      Variable variable =
          new Variable(
              prefix + "w",
              prefix + "w",
              DType.FLOAT32,
              Shape.of(2),
              true,
              Variable.Role.OTHER,
              new VariableSource.Given(value));
      Graph graph = editor.build();
      Model model =
          Model.builder("m", graph, new Provenance.Origin("test", "", "", "", 0))
              .variables(List.of(variable))
              .build();
      return new FrozenDigest(model, graph, List.of(x)).of(last);
    }
  }

  @Test
  void whatIsComputedMakesTheName() {
    Set<HashCode> all = new HashSet<>();
    for (Network each :
        List.of(
            Network.PLAIN,
            new Network("", "Relu", 1, 2, 0.1f, false),
            new Network("", "LeakyRelu", 1.5f, 2, 0.1f, false),
            new Network("", "LeakyRelu", 1, 3, 0.1f, false),
            new Network("", "LeakyRelu", 1, 2, 0.2f, false))) {
      assertThat(all.add(each.digest().orElseThrow())).as(each.toString()).isTrue();
    }
  }

  @Test
  void whatThingsAreCalledDoesNot() {
    HashCode plain = Network.PLAIN.digest().orElseThrow();
    assertThat(new Network("other/", "LeakyRelu", 1, 2, 0.1f, false).digest()).contains(plain);
    assertThat(new Network("", "LeakyRelu", 1, 2, 0.1f, true).digest()).contains(plain);
  }

  /** A network of a function that multiplies by a factor. */
  private static HashCode calling(float factor) {
    GraphEditor body = Graph.empty().edit();
    TensorRef argument = body.placeholder("argument", DataType.DT_FLOAT, Shape.of(-1, 2));
    TensorRef by = body.constant("by", TensorValue.scalar(factor));
    TensorRef product = body.op("Mul").name("product").input(argument).input(by).output();
    FunctionGraph function =
        new FunctionGraph(
            "scale",
            body.build(),
            ImmutableList.of(argument.node()),
            ImmutableList.of(product),
            ImmutableList.of("result"),
            ImmutableList.of(),
            ImmutableMap.of());
    GraphEditor editor = Graph.empty().edit();
    editor.putFunction(function.toFunctionDef("scale"));
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 2));
    TensorRef scaled =
        editor
            .op("PartitionedCall")
            .inputs(List.of(x))
            .attr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)))
            .attr("f", Attrs.function("scale"))
            .output();
    TensorRef last = editor.op("Relu").input(scaled).output();
    return new FrozenDigest(SmallTraining.MODEL, editor.build(), List.of(x)).of(last).orElseThrow();
  }

  /** Of the same name, as two versions of a network have it. */
  @Test
  void whatAFunctionComputesMakesTheName() {
    assertThat(calling(2)).isEqualTo(calling(2)).isNotEqualTo(calling(3));
  }

  @Test
  void whichOutputOfAnOpIsTakenMakesTheName() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 2));
    OpBuilder columns = editor.op("Unpack").input(x).attr("num", 2).attr("axis", 1);
    Set<HashCode> all = new HashSet<>();
    List<TensorRef> behind = new ArrayList<>();
    for (TensorRef column : columns.outputs()) {
      behind.add(column);
      behind.add(editor.op("Relu").input(column).output());
    }
    FrozenDigest digest = new FrozenDigest(SmallTraining.MODEL, editor.build(), List.of(x));
    for (TensorRef each : behind) {
      assertThat(all.add(digest.of(each).orElseThrow())).as(each.toString()).isTrue();
    }
  }

  @Test
  void chanceAndMemoryHaveNone() {
    GraphEditor editor = Graph.empty().edit();
    TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 2));
    TensorRef shape = editor.op("Shape").input(x).output();
    TensorRef chance =
        editor.op("RandomUniform").input(shape).attr("dtype", Attrs.of(DataType.DT_FLOAT)).output();
    TensorRef noisy = editor.op("AddV2").name("noisy").input(x).input(chance).output();
    TensorRef path = editor.constant("path", TensorValue.scalar("x"));
    TensorRef file = editor.op("ReadFile").input(path).output();
    TensorRef seeds = editor.constant("seeds", TensorValue.of(Shape.of(2), new int[2]));
    TensorRef drawn =
        editor
            .op("StatelessTruncatedNormal")
            .input(shape)
            .input(seeds)
            .attr("dtype", Attrs.of(DataType.DT_FLOAT))
            .output();
    Graph graph = editor.build();
    FrozenDigest digest = new FrozenDigest(SmallTraining.MODEL, graph, List.of(x));
    assertThat(digest.of(file)).isEmpty();
    assertThat(digest.of(drawn)).isEmpty();
    assertThat(digest.of(noisy)).isEmpty();
    assertThat(digest.of(shape)).isPresent();
  }

  @Test
  void whereAndHowItIsComputedMakesTheName() {
    HashCode network = Network.PLAIN.digest().orElseThrow();
    StoreKey key;
    StoreKey unfused;
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        TensorFlowRuntime other = TensorFlowRuntime.open(RuntimeOptions.defaults().fusion(false))) {
      RowForm row = RowForm.of(DType.FLOAT32, Shape.of(2));
      key = StoreKey.of(runtime, network, row);
      unfused = StoreKey.of(other, network, row);
      for (Precision each : List.of(Precision.BFLOAT16, Precision.MIXED_BFLOAT16)) {
        StoreKey few = StoreKey.of(runtime, network, row.by(each));
        assertThat(few.folder()).isNotEqualTo(key.folder());
        assertThat(few.compute()).isEqualTo(each + ", fusion true");
      }
    }
    assertThat(key.compute()).as("what was kept is found").isEqualTo("float32, fusion true");
    assertThat(key.device()).contains("CPU:0");
    assertThat(key.processor()).containsAnyOf("avx", "asimd", "os");
    HashCode another = HashCode.fromInt(1);
    String rows = key.rows();
    String how = key.compute();
    String device = key.device();
    String version = key.tensorflow();
    String processor = key.processor();
    int code = key.code();
    Set<String> folders = new HashSet<>();
    String card = StoreKey.device("AUTO [GPU:0]", "driver 550 for CUDA 12040, NVIDIA H100 9.0");
    assertThat(StoreKey.device("AUTO [GPU:0]", "driver 550 for CUDA 12040, NVIDIA A100 8.0"))
        .isNotEqualTo(card);
    assertThat(StoreKey.device("CPU", "")).isEqualTo("CPU");
    String plain = StoreKey.instructions(Map.of());
    assertThat(StoreKey.instructions(Map.of("TF_XLA_FLAGS", "--tf_xla_auto_jit=2")))
        .startsWith(plain)
        .endsWith(" TF_XLA_FLAGS=--tf_xla_auto_jit=2");
    assertThat(StoreKey.instructions(Map.of("NVIDIA_TF32_OVERRIDE", "1"))).isNotEqualTo(plain);
    for (StoreKey each :
        List.of(
            key,
            unfused,
            new StoreKey(another, rows, how, device, version, processor, code),
            new StoreKey(network, "DT_HALF [2]", how, device, version, processor, code),
            new StoreKey(network, rows, "bfloat16", device, version, processor, code),
            new StoreKey(network, rows, how, "GPU:0", version, processor, code),
            new StoreKey(network, rows, how, device, "2.99", processor, code),
            new StoreKey(network, rows, how, device, version, "sse", code),
            new StoreKey(network, rows, how, device, version, processor, code + 1))) {
      assertThat(folders.add(each.folder())).as(each.toString()).isTrue();
    }
  }
}
