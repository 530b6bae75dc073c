package dev.graft.graph;

import static com.google.protobuf.ByteString.copyFromUtf8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;

/** Parts of a graph: copied beside the whole, or kept alone. */
class GraphPartTest {

  private final GraphEditor editor = Graph.empty().edit();
  private final TensorRef x = editor.placeholder("x", DataType.DT_FLOAT, Shape.of(-1, 2));
  private final TensorRef weight =
      editor.constant("weight", TensorValue.of(Shape.of(2), new float[] {1, 2}));
  private final TensorRef entered =
      editor.op("Enter").name("entered").input(x).attr("frame_name", "loop").output();
  private final TensorRef counter =
      editor.op("Enter").name("counter").input(weight).attr("frame_name", "loop").output();
  private final TensorRef inside =
      editor.op("Mul").name("inside").input(entered).input(counter).output();
  private final TensorRef left = editor.op("Exit").name("left").input(inside).output();
  private final String done = editor.op("NoOp").name("done").after("left").node();
  private final TensorRef late =
      editor.op("Identity").name("late").input(weight).after(done).output();
  private final TensorRef sum = editor.op("AddV2").name("sum").input(left).input(late).output();

  @Test
  void copiesReadEachOtherAndOfTheRestWhatTheirsRead() {
    Graph graph = editor.build();
    Set<String> repeated = GraphPart.toRepeat(graph, Set.of("x"), List.of("sum"));
    assertThat(repeated)
        .containsExactlyInAnyOrder(
            "x", "entered", "counter", "inside", "left", "done", "late", "sum");
    GraphEditor more = graph.edit();
    TensorRef y = more.placeholder("y", DataType.DT_FLOAT, Shape.of(-1, 2));
    GraphEditor.Splice copied = more.copy(repeated, "again", Map.of("x", y));
    Graph both = more.build();

    assertThat(copied.of(sum)).isEqualTo(TensorRef.of("again/sum"));
    assertThat(copied.of(weight)).isEqualTo(weight);
    assertThat(both.node("again/sum").getInputList()).containsExactly("again/left", "again/late");
    assertThat(both.node("again/late").getInputList()).containsExactly("weight", "^again/done");
    assertThat(both.node("again/entered").getInputList()).containsExactly("y");
    assertThat(both.node("again/counter").getInputList()).containsExactly("weight");
    assertThat(both.node("again/entered").getAttrOrThrow("frame_name").getS().toStringUtf8())
        .isEqualTo("again/loop"); // or TensorFlow would take both loops for one
    assertThat(both.upstream(Set.of("again/sum"))).doesNotContain("x", "left", "done", "late");
    assertThat(graph.nodes()).allMatch(node -> both.node(node.getName()).equals(node));
  }

  @Test
  void whatIsFedNeedsNothing() {
    AttrValue.ListValue.Builder places = AttrValue.ListValue.newBuilder();
    List.of("loc:@entered", "loc:@weight").forEach(each -> places.addS(copyFromUtf8(each)));
    editor.replace(
        editor.node("sum").toBuilder()
            .putAttr("_class", AttrValue.newBuilder().setList(places).build())
            .build());
    Graph part = GraphPart.between(editor.build(), Map.of(left, Shape.of(-1, 2)), List.of("sum"));
    assertThat(part.nodeMap()).containsOnlyKeys("weight", "left", "done", "late", "sum");
    assertThat(part.node("left").getOp()).isEqualTo("Placeholder");
    assertThat(part.node("sum").getAttrOrThrow("_class").getList().getSList())
        .containsExactly(copyFromUtf8("loc:@weight")); // the other one is gone
    assertThat(part.dtype(left)).isEqualTo(DataType.DT_FLOAT);
    assertThat(Shape.from(part.node("left").getAttrOrThrow("shape").getShape()))
        .isEqualTo(Shape.of(-1, 2));
  }
}
