package dev.graft.importer;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.graph.op.OpRegistry;
import dev.graft.importer.internal.trust.MachineOps;
import dev.graft.model.MachineAccess;
import dev.graft.model.UntrustedModelException;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.HandMade;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;

/**
 * What reaches into files, the network or other code is refused wherever it hides, unless trusted.
 * That no model of the zoo is refused, {@link ZooParityTest} says.
 */
class TrustTest extends TrustFixture {
  @Test
  void everyListedOpIsOneOfTensorFlows() {
    assertThat(MachineOps.all())
        .hasSizeGreaterThan(90)
        .allSatisfy(op -> assertThat(OpRegistry.standard().find(op)).as(op).isPresent());
  }

  @Test
  void writeFileInTheGraph() {
    HandMade model = new HandMade().text("path", "/tmp/owned");
    model.node("steal/WriteFile", "WriteFile", "path", "path");
    waiting(model.answer("x"), "steal/WriteFile");
    UntrustedModelException refusal = refused(model);
    assertThat(refusal.accesses())
        .containsExactly(
            new MachineAccess(
                MachineAccess.Kind.FILES,
                "WriteFile",
                "steal/WriteFile",
                "signature 'serving_default'"));
    assertThat(refusal.node()).contains("steal/WriteFile");
  }

  @Test
  void writeFileInACalledFunction() {
    HandMade model = new HandMade();
    writer(model, "inner");
    FunctionDef.Builder outer = model.function("outer");
    outer
        .addNodeDefBuilder()
        .setName("y")
        .setOp("StatefulPartitionedCall")
        .addInput("x")
        .putAttr("f", Attrs.function("inner"))
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
    model.call("call", "outer", "x");
    model.answer("call");
    assertThat(refused(model).accesses())
        .singleElement()
        .extracting(MachineAccess::op)
        .isEqualTo("WriteFile");
  }

  @Test
  void writeFileInABranch() {
    HandMade model = new HandMade();
    writer(model, "branch");
    model
        .node("flag", "Const")
        .putAttr("dtype", Attrs.of(DataType.DT_INT32))
        .putAttr("value", Attrs.of(TensorValue.scalar(0).toProto()));
    model
        .node("case", "Case", "flag", "x")
        .putAttr(
            "branches",
            AttrValue.newBuilder()
                .setList(
                    AttrValue.ListValue.newBuilder()
                        .addFunc(NameAttrList.newBuilder().setName("branch")))
                .build())
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
    model.answer("case");
    assertThat(refused(model).accesses())
        .singleElement()
        .extracting(MachineAccess::place)
        .isEqualTo("function 'branch'");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "WriteFile",
        "ReadFile",
        "MatchingFiles",
        "PyFunc",
        "SaveV2",
        "RestoreV2",
        "RpcCall"
      })
  void inTheBodyOfALoopOrTheFunctionOfADataset(String op) {
    for (String holder : new String[] {"While", "MapDataset"}) {
      HandMade model = new HandMade();
      FunctionDef.Builder inner = model.function("inner");
      HandMade.textInto(inner.addNodeDefBuilder().setName("path").setOp("Const"), "/etc/passwd");
      inner.addNodeDefBuilder().setName(op).setOp(op).addInput("path:output:0");
      inner
          .addNodeDefBuilder()
          .setName("y")
          .setOp("Identity")
          .addInput("x")
          .addInput("^" + op)
          .putAttr("T", Attrs.of(DataType.DT_FLOAT));
      NodeDef.Builder node = model.node("outer", holder, "x");
      if (holder.equals("While")) {
        node.putAttr("cond", Attrs.function("inner"))
            .putAttr("body", Attrs.function("inner"))
            .putAttr("T", Attrs.types(List.of(DataType.DT_FLOAT)));
        model.answer("outer");
      } else {
        node.clearInput()
            .addInput("source")
            .putAttr("f", Attrs.function("inner"))
            .putAttr("Targuments", Attrs.types(List.of()))
            .putAttr("output_types", Attrs.types(List.of(DataType.DT_FLOAT)))
            .putAttr("output_shapes", Attrs.shapes(List.of(Shape.scalar())));
        model
            .node("source", "TensorSliceDataset", "x")
            .putAttr("Toutput_types", Attrs.types(List.of(DataType.DT_FLOAT)))
            .putAttr("output_shapes", Attrs.shapes(List.of(Shape.scalar())));
        model
            .node("y", "DatasetToSingleElement", "outer")
            .putAttr("output_types", Attrs.types(List.of(DataType.DT_FLOAT)))
            .putAttr("output_shapes", Attrs.shapes(List.of(Shape.scalar())));
      }
      assertThat(refused(model).accesses())
          .singleElement()
          .isEqualTo(
              new MachineAccess(
                  refused(model).accesses().get(0).kind(), op, op, "function 'inner'"));
    }
  }

  @Test
  void writeFileInTheInitializer() {
    HandMade model = new HandMade();
    writer(model, "init");
    model.call("init", "init", "x");
    model.initializer("init");
    model.answer("x");
    assertThat(refused(model).accesses()).isNotEmpty();
  }

  @Test
  void writeFileInTheRestoreOp() {
    HandMade model = new HandMade();
    writer(model, "restore");
    model.text("checkpoint", "");
    model.call("restore_all", "restore", "x");
    model.restore("restore_all", "checkpoint:0");
    model.answer("x");
    UntrustedModelException refusal = refused(model);
    assertThat(refusal.accesses())
        .singleElement()
        .extracting(MachineAccess::place)
        .isEqualTo("function 'restore'");
    assertThat(
            SavedModelImporter.read(model.in(folder), ImportOptions.defaults().trusting())
                .accesses())
        .as("who only looks sees it, too")
        .isEqualTo(refusal.accesses());
  }

  @Test
  void printingAndWatchingWithoutAnAddressIsFine() {
    HandMade model = new HandMade().text("text", "hello");
    model.node("print", "PrintV2", "text").putAttr("output_stream", Attrs.of("stderr"));
    model.node("watch", "DebugIdentity", "x").putAttr("T", Attrs.of(DataType.DT_FLOAT));
    waiting(model.answer("watch"), "print");
    accepted(model);
  }
}
