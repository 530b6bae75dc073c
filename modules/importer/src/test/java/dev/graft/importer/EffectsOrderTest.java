package dev.graft.importer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.model.Model;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/** What reads comes before the write that waits for it, in whatever form it reads. */
class EffectsOrderTest {

  @TempDir private Path folder = Path.of("");

  private List<String> waitsOf(HandMade model, String node) {
    Model loaded = SavedModelImporter.load(model.in(folder), ImportOptions.defaults().trusting());
    return loaded.graph().node(node).getInputList();
  }

  private static void variable(HandMade model) {
    model
        .node("v", "VarHandleOp")
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
        .putAttr("shape", Attrs.of(Shape.of(2)))
        .putAttr("shared_name", Attrs.of("v"));
  }

  private static void assign(HandMade model, String after) {
    model
        .node("write", "AssignVariableOp", "v", "x", "^" + after)
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT));
  }

  @Test
  void aReadInABranch() {
    HandMade model = new HandMade();
    variable(model);
    FunctionDef.Builder branch = model.function("branch");
    branch
        .getSignatureBuilder()
        .clearInputArg()
        .addInputArg(OpDef.ArgDef.newBuilder().setName("v").setType(DataType.DT_RESOURCE));
    branch
        .addNodeDefBuilder()
        .setName("y")
        .setOp("ReadVariableOp")
        .addInput("v")
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT));
    branch.putRet("y", "y:value:0");
    model
        .node("flag", "Const")
        .putAttr("dtype", Attrs.of(DataType.DT_INT32))
        .putAttr("value", Attrs.of(TensorValue.scalar(0).toProto()));
    model
        .node("case", "Case", "flag", "v")
        .putAttr("branches", branches("branch"))
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_RESOURCE)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
    assign(model, "case");
    model.answer("case").addInput("^write");
    assertThat(waitsOf(model, "write")).contains("^case");
  }

  private static AttrValue branches(String name) {
    return AttrValue.newBuilder()
        .setList(AttrValue.ListValue.newBuilder().addFunc(NameAttrList.newBuilder().setName(name)))
        .build();
  }

  @Test
  void aLookUp() {
    HandMade model = new HandMade();
    model
        .node("table", "MutableHashTableV2")
        .putAttr("key_dtype", Attrs.of(DataType.DT_FLOAT))
        .putAttr("value_dtype", Attrs.of(DataType.DT_FLOAT));
    for (String[] each :
        new String[][] {{"find", "LookupTableFindV2"}, {"put", "LookupTableInsertV2"}}) {
      NodeDef.Builder node = model.node(each[0], each[1], "table", "x", "x");
      boolean find = each[0].equals("find");
      node.putAttr("Tin", Attrs.of(DataType.DT_FLOAT)).putAttr("Tout", Attrs.of(DataType.DT_FLOAT));
      if (!find) {
        node.addInput("^find");
      }
    }
    model.answer("find").addInput("^put");
    assertThat(waitsOf(model, "put")).contains("^find");
  }

  /** Of a reference, what reads is the op that hands its value on. */
  @Test
  void aReferenceThatIsHandedOn() {
    HandMade model = new HandMade();
    model
        .node("v", "VariableV2")
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
        .putAttr("shape", Attrs.of(Shape.of(2)));
    model.node("read", "Identity", "v").putAttr("T", Attrs.of(DataType.DT_FLOAT));
    model.node("write", "Assign", "v", "x", "^read").putAttr("T", Attrs.of(DataType.DT_FLOAT));
    model.answer("read").addInput("^write");
    assertThat(waitsOf(model, "write")).contains("^read");
  }

  /** Where nothing writes, what reads is not waited for. */
  @Test
  void readsThatNobodyWritesAreNotWaitedFor() {
    HandMade model = new HandMade();
    variable(model);
    model.node("read", "ReadVariableOp", "v").putAttr("dtype", Attrs.of(DataType.DT_FLOAT));
    model.answer("x").addInput("^read");
    assertThat(waitsOf(model, "y")).containsExactly("x");
  }

  /** Two calls of a function with a loop of TensorFlow 1 are two loops. */
  @Test
  void loopsOfTwoCallsHaveFramesOfTheirOwn() {
    HandMade model = new HandMade();
    FunctionDef.Builder function = model.function("f");
    function
        .addNodeDefBuilder()
        .setName("y")
        .setOp("Enter")
        .addInput("x")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT))
        .putAttr("frame_name", Attrs.of("loop"));
    model.call("one", "f", "x");
    model.call("two", "f", "one");
    model.answer("two");
    Model loaded = SavedModelImporter.load(model.in(folder));
    assertThat(loaded.graph().nodes().stream().filter(node -> node.getOp().equals("Enter")))
        .extracting(node -> node.getAttrOrThrow("frame_name").getS().toStringUtf8())
        .hasSize(2)
        .doesNotHaveDuplicates();
  }
}
