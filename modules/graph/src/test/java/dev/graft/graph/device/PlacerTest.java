package dev.graft.graph.device;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.device.Placement.Held;
import dev.graft.graph.device.Placement.OnCpu;
import dev.graft.graph.device.Placement.Reason;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * Where nodes go by the kernels that there are, the devices that they name, and their variables.
 */
class PlacerTest {

  private final GraphEditor editor = Graph.empty().edit();
  private final Scope g = new Scope(editor, "");

  private TensorRef floats(String name) {
    return editor.placeholder(name, DataType.DT_FLOAT, Shape.of(3));
  }

  private TensorRef variable(String name) {
    return editor
        .op("VarHandleOp")
        .name(name)
        .attr("dtype", DataType.DT_FLOAT)
        .attr("shape", Shape.of(3))
        .attr("shared_name", name)
        .output();
  }

  private TensorRef read(String name, TensorRef handle) {
    return editor
        .op("ReadVariableOp")
        .name(name)
        .attr("dtype", DataType.DT_FLOAT)
        .input(handle)
        .output();
  }

  private Placement placed(TensorRef... roots) {
    List<String> nodes = List.of(roots).stream().map(TensorRef::node).toList();
    return Placer.of(editor.build(), nodes, Map.of("w", "layer/kernel"));
  }

  @Test
  void allOnTheGpu() {
    TensorRef x = floats("x");
    Placement placement = placed(g.add("Mul", x, read("read", variable("w"))), g.add("Shape", x));
    assertThat(placement.onCpu()).isEmpty();
    assertThat(placement.variables()).isEmpty();
    assertThat(placement.onGpu()).isEqualTo(4);
    assertThat(placement.lines()).singleElement().asString().startsWith("4 nodes on the GPU");
  }

  @Test
  void sizesAreCountedInHostMemory() {
    TensorRef sizes = editor.placeholder("sizes", DataType.DT_INT32, Shape.of(2));
    TensorRef twice = g.add("Mul", sizes, g.ints(1, 2));
    Placement placement = placed(twice);
    assertThat(placement.onCpu()).isEmpty();
    assertThat(placement.inHostMemory()).isPositive();
  }

  @Test
  void anOpWithoutAKernel() {
    Placement placement =
        placed(g.add("StringLower", editor.placeholder("words", DataType.DT_STRING, Shape.of(3))));
    assertThat(placement.onCpu())
        .contains(new OnCpu("StringLower", "string", Reason.NO_KERNEL, 1, "StringLower"));
    assertThat(placement.lines())
        .anyMatch(line -> line.contains("StringLower (string) has no GPU"));
  }

  @Test
  void anOpWithoutAKernelForItsDtypes() {
    TensorRef bytes = editor.placeholder("bytes", DataType.DT_UINT16, Shape.of(3, 3));
    Placement placement = placed(g.add("MatMul", bytes, bytes), g.add("MatMul", bytes, bytes));
    assertThat(placement.onCpu())
        .contains(new OnCpu("MatMul", "uint16", Reason.OTHER_DTYPES, 2, "MatMul"));
    assertThat(placement.onCpu().toString()).doesNotContain("Placeholder");
  }

  @Test
  void whatNamesTheCpuIsToldApart() {
    Placement placement = placed(g.on("/device:CPU:0").add("Neg", floats("x")));
    assertThat(placement.onCpuByName()).isEqualTo(1);
    assertThat(placement.onCpu()).isEmpty();
  }

  /** Wherever in the graph it is, run or not. */
  @Test
  void anOpWithoutAKernelKeepsItsVariable() {
    TensorRef w = variable("w");
    TensorRef doubled = g.add("Add", read("read", w), read("again", w));
    TensorRef other = read("other", variable("v"));
    editor
        .op("ResourceApplyProximalGradientDescent")
        .name("update")
        .input(w)
        .input(g.scalar(0.1f))
        .input(g.scalar(0.1f))
        .input(g.scalar(0.1f))
        .input(floats("gradient"))
        .node();
    Placement placement = placed(g.add("Add", doubled, other));
    assertThat(placement.variables())
        .containsExactly(
            new Held("layer/kernel", "ResourceApplyProximalGradientDescent", "update"));
    assertThat(placement.onCpu())
        .containsExactly(
            new OnCpu("ReadVariableOp", "resource", Reason.BESIDE_A_VARIABLE, 2, "read"));
    assertThat(placement.variables().get(0).words()).contains("layer/kernel lies in the host's");
  }

  /** TensorFlow lowers a loop before it places anything. */
  @Test
  void insideALoopItIsFoundToo() {
    GraphEditor body = Graph.empty().edit();
    TensorRef i = body.placeholder("i", DataType.DT_INT32, Shape.scalar());
    TensorRef handle = body.placeholder("handle", DataType.DT_RESOURCE, Shape.scalar());
    Scope b = new Scope(body, "");
    TensorRef next = b.add("AddV2", i, b.scalar(1));
    String update =
        b.op("ResourceApplyProximalGradientDescent")
            .name("update")
            .input(handle)
            .input(b.scalar(0.1f))
            .input(b.scalar(0.1f))
            .input(b.scalar(0.1f))
            .input(b.constant(TensorValue.of(Shape.of(3), new float[3])))
            .node();
    GraphEditor cond = Graph.empty().edit();
    TensorRef j = cond.placeholder("i", DataType.DT_INT32, Shape.scalar());
    cond.placeholder("handle", DataType.DT_RESOURCE, Shape.scalar());
    Scope c = new Scope(cond, "");
    TensorRef less = c.add("Less", j, c.scalar(3));
    FunctionDef bodyDef = function("body", body.build(), List.of(next, handle), List.of(update));
    FunctionDef condDef = function("cond", cond.build(), List.of(less), List.of());
    TensorRef w = variable("w");
    TensorRef loop =
        editor
            .op("While")
            .name("loop")
            .inputs(List.of(g.scalar(0), w))
            .attr("T", Attrs.types(List.of(DataType.DT_INT32, DataType.DT_RESOURCE)))
            .attr("body", Attrs.function("body"))
            .attr("cond", Attrs.function("cond"))
            .outputs()
            .get(0);
    Graph graph = editor.build();
    Graph whole =
        Graph.of(
            graph.toGraphDef().toBuilder()
                .setLibrary(
                    graph.toGraphDef().getLibrary().toBuilder()
                        .addFunction(bodyDef)
                        .addFunction(condDef))
                .build());
    Placement placement = Placer.of(whole, List.of(loop.node()), Map.of("w", "w"));
    assertThat(placement.variables())
        .containsExactly(new Held("w", "ResourceApplyProximalGradientDescent", "loop > update"));
    assertThat(placement.onCpu())
        .extracting(OnCpu::op)
        .containsExactly("ResourceApplyProximalGradientDescent");
  }

  private static FunctionDef function(
      String name, Graph graph, List<TensorRef> results, List<String> targets) {
    return new FunctionGraph(
            name,
            graph,
            ImmutableList.of("i", "handle"),
            ImmutableList.copyOf(results),
            results.size() == 2 ? ImmutableList.of("a", "b") : ImmutableList.of("a"),
            ImmutableList.copyOf(targets),
            ImmutableMap.of())
        .toFunctionDef(name);
  }

  @Test
  void kernelsOfAnyDeviceCount() {
    NodeDef identity = NodeDef.newBuilder().setName("n").setOp("NoOp").build();
    assertThat(GpuKernels.standard().runs(identity)).isTrue();
    assertThat(GpuKernels.standard().has("DecodeJpeg")).isFalse();
  }
}
