package dev.graft.importer.internal.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.graft.graph.Attrs;
import dev.graft.graph.op.OpRegistry;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.MachineAccess;
import dev.graft.model.UntrustedModelException;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;

/**
 * What TensorFlow keeps in memory and hands out by handle or by reference. By each of these memory
 * outside of a tensor was read, or the process brought down.
 */
class SharedMemoryTest {

  private static final AttrValue FLOAT = Attrs.of(DataType.DT_FLOAT);
  private static final AttrValue RESOURCE = Attrs.of(DataType.DT_RESOURCE);

  @TempDir private Path folder;

  private void refused(HandMade model, String op) {
    Path path = model.in(folder.resolve("model"));
    UntrustedModelException refusal =
        catchThrowableOfType(UntrustedModelException.class, () -> SavedModelImporter.load(path));
    assertThat(refusal).as(op).isNotNull();
    assertThat(refusal.accesses()).extracting(MachineAccess::op).contains(op);
  }

  /** There is no first one in a tensor of none. */
  @Test
  void aHandleThatIsNotThere() {
    HandMade model = new HandMade();
    model
        .node("none", "FakeParam")
        .putAttr("dtype", RESOURCE)
        .putAttr("shape", Attrs.of(Shape.of(0)));
    model.node("read", "ReadVariableOp", "none").putAttr("dtype", FLOAT);
    model.answer("x").addInput("^read");
    refused(model, "FakeParam");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Reshape", "Pack", "SplitV", "GatherV2", "TensorListReserve", "Empty"})
  void handlesAreNotComputedWith(String op) {
    for (AttrValue types : List.of(RESOURCE, Attrs.types(List.of(DataType.DT_RESOURCE)))) {
      assertThat(
              ResourceHandles.areComputedBy(
                  NodeDef.newBuilder().setOp(op).putAttr("T", types).build()))
          .isTrue();
    }
  }

  @Test
  void whatIsLeftOpenMayBecomeAHandle() {
    AttrValue open = AttrValue.newBuilder().setPlaceholder("T").build();
    NodeDef.Builder node = NodeDef.newBuilder().putAttr("T", open);
    assertThat(ResourceHandles.areComputedBy(node.setOp("Reshape").build())).isTrue();
    assertThat(ResourceHandles.areComputedBy(node.setOp("Mul").build()))
        .as("numbers only")
        .isFalse();
    assertThat(ResourceHandles.areComputedBy(node.setOp("Identity").build())).isFalse();
  }

  private static HandMade filled(String... also) {
    HandMade model = new HandMade();
    for (String name : new String[] {"v", "w"}) {
      model
          .node(name, "VariableV2")
          .putAttr("dtype", FLOAT)
          .putAttr("shape", Attrs.of(Shape.of(2)))
          .putAttr("shared_name", Attrs.of(name.equals("v") || also.length == 0 ? name : also[0]));
    }
    model.constant("zeros", TensorValue.of(Shape.of(2), new float[2]).toProto());
    return model;
  }

  /** What was checked by one kernel is changed by another before it is used. */
  @ParameterizedTest
  @ValueSource(strings = {"Assign", "AssignAdd", "AssignSub"})
  void noSignatureWritesThroughAReference(String op) {
    HandMade model = filled();
    model.node("write", op, "v", "zeros").putAttr("T", FLOAT);
    model.answer("x").addInput("^write");
    refused(model, op);
  }

  private static List<NodeDef> unsafe(HandMade model, Path folder) throws IOException {
    var graph =
        SavedModel.parseFrom(Files.readAllBytes(model.in(folder).resolve("saved_model.pb")))
            .getMetaGraphs(0)
            .getGraphDef();
    var nodes = new HashMap<String, NodeDef>();
    graph.getNodeList().forEach(node -> nodes.put(node.getName(), node));
    return RefWrites.among(nodes.values(), nodes, true);
  }

  @Test
  void anInitializerFillsWhatNothingElseLooksAt() throws IOException {
    HandMade model = filled();
    model.node("write", "Assign", "v", "zeros").putAttr("T", FLOAT);
    model.node("other", "Assign", "w", "zeros").putAttr("T", FLOAT);
    model.answer("x");
    assertThat(unsafe(model, folder.resolve("a"))).isEmpty();
    model.node("read", "Identity", "v").putAttr("T", FLOAT);
    assertThat(unsafe(model, folder.resolve("b"))).hasSize(1);
  }

  /** Two names of one variable. */
  @Test
  void aVariableIsKnownByWhatItShares() throws IOException {
    HandMade model = filled("v");
    model.node("write", "Assign", "v", "zeros").putAttr("T", FLOAT);
    model.node("read", "Identity", "w").putAttr("T", FLOAT);
    model.answer("x");
    assertThat(unsafe(model, folder.resolve("a"))).hasSize(1);
  }

  /** It does not look whether they are below 0. */
  @Test
  void indicesOfAListAreConstantsAndNotBelowZero() {
    for (int index : new int[] {0, -1}) {
      HandMade model = new HandMade();
      model.constant("shape", TensorValue.of(Shape.of(1), new int[] {2}).toProto());
      model.constant("size", TensorValue.scalar(3).toProto());
      model.constant("at", TensorValue.of(Shape.of(1), new int[] {index}).toProto());
      model
          .node("list", "TensorListReserve", "shape", "size")
          .putAttr("element_dtype", FLOAT)
          .putAttr("shape_type", Attrs.of(DataType.DT_INT32));
      model
          .node("put", "TensorListScatterIntoExistingList", "list", "x", "at")
          .putAttr("element_dtype", FLOAT);
      model.answer("x").addInput("^put");
      if (index < 0) {
        refused(model, "TensorListScatterIntoExistingList");
      } else {
        Path path = model.in(folder.resolve("sound"));
        assertThat(SavedModelImporter.load(path).graph().contains("put")).isTrue();
      }
    }
  }

  /** All that write through a reference to numbers, and pass at all, are looked at. */
  @Test
  void theListOfWritesIsWhole() {
    Set<String> writes = new TreeSet<>();
    for (String op : HarmlessOps.standard().all()) {
      boolean numbers =
          OpRegistry.standard().find(op).orElseThrow().getInputArgList().stream()
              .anyMatch(arg -> arg.getIsRef() && !arg.getTypeAttr().isEmpty());
      if (numbers
          && !op.startsWith("Ref")
          && !op.endsWith("RefIdentity")
          && !op.equals("IsVariableInitialized")) {
        writes.add(op);
      }
    }
    assertThat(writes).isEqualTo(new TreeSet<>(RefWrites.OPS));
  }
}
