package dev.graft.testkit;

import dev.graft.graph.Attrs;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.file.Path;
import java.util.List;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.TensorProto;

/** What {@link Hostile} models are made of. */
final class HostileParts {

  private HostileParts() {}

  static FunctionDef.Builder identity(HandMade model, String name) {
    FunctionDef.Builder function = model.function(name);
    function
        .addNodeDefBuilder()
        .setName("y")
        .setOp("Identity")
        .addInput("x")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
    return function;
  }

  /**
   * A table filled from the file whose place is in the variable {@code place}, of an asset at
   * first; {@code other} is a further handle, by which {@code secret} is put there.
   */
  static void place(HandMade model, Path secret) {
    model.text("path", "words.txt").text("secret", secret.toString());
    handle(model, "place", DataType.DT_STRING);
    model
        .node("put", "AssignVariableOp", "place", "path")
        .putAttr("dtype", Attrs.of(DataType.DT_STRING));
    model
        .node("again", "AssignVariableOp", "other", "secret", "^put")
        .putAttr("dtype", Attrs.of(DataType.DT_STRING));
    model
        .node("read", "ReadVariableOp", "place", "^again")
        .putAttr("dtype", Attrs.of(DataType.DT_STRING));
    model
        .node("table", "HashTableV2")
        .putAttr("key_dtype", Attrs.of(DataType.DT_STRING))
        .putAttr("value_dtype", Attrs.of(DataType.DT_INT64));
    model
        .node("fill", "InitializeTableFromTextFileV2", "table", "read")
        .putAttr("key_index", Attrs.of(-2L))
        .putAttr("value_index", Attrs.of(-1L));
    model.initializer("fill");
    model.asset("path", "words.txt");
    model.answer("x");
  }

  /** An object of TensorFlow's own, whose decoder believes what stands in the file. */
  static TensorProto variant() {
    TensorProto.Builder variant =
        TensorProto.newBuilder()
            .setDtype(DataType.DT_VARIANT)
            .setTensorShape(Shape.scalar().toProto());
    variant.addVariantValBuilder().setTypeName("tensorflow.data.CompressedElement");
    return variant.build();
  }

  /** A handle of the variable {@code place}. */
  static void handle(HandMade model, String node, DataType dtype) {
    model
        .node(node, "VarHandleOp")
        .putAttr("dtype", Attrs.of(dtype))
        .putAttr("shape", Attrs.of(Shape.scalar()))
        .putAttr("shared_name", Attrs.of("place"));
  }

  static CollectionDef nodes(String node) {
    return CollectionDef.newBuilder()
        .setNodeList(CollectionDef.NodeList.newBuilder().addValue(node))
        .build();
  }

  static void writer(HandMade model, Path loot) {
    model.text("path", loot.toString());
    model.node("steal", "WriteFile", "path", "path");
  }

  /** {@code y} of a function, which is its {@code x}. */
  static void handOn(FunctionDef.Builder function, String after) {
    function
        .addNodeDefBuilder()
        .setName("y")
        .setOp("Identity")
        .addInput("x")
        .addInput(after)
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
    function.putControlRet(after.substring(1), after.substring(1));
    function.getSignatureBuilder().setIsStateful(true);
  }

  /** A function that prints to the place that its attribute {@code to} says. */
  static void printer(HandMade model, String name) {
    var unused = printer(model, name, "to");
  }

  static FunctionDef.Builder printer(HandMade model, String name, String attribute) {
    FunctionDef.Builder body = model.function(name);
    body.getSignatureBuilder().addAttrBuilder().setName(attribute).setType("string");
    HandMade.textInto(body.addNodeDefBuilder().setName("text").setOp("Const"), "printed");
    body.addNodeDefBuilder()
        .setName("steal")
        .setOp("PrintV2")
        .addInput("text:output:0")
        .putAttr("output_stream", AttrValue.newBuilder().setPlaceholder(attribute).build());
    handOn(body, "^steal");
    return body;
  }

  static void branch(HandMade model, NameAttrList branch) {
    model.constant("index", TensorValue.scalar(0).toProto());
    model
        .node("branch", "Case", "index", "x")
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("_lower_using_switch_merge", Attrs.of(true))
        .putAttr(
            "branches",
            AttrValue.newBuilder()
                .setList(AttrValue.ListValue.newBuilder().addFunc(branch))
                .build());
  }

  /** A loop that runs once. */
  static void loop(HandMade model, String op, NameAttrList body) {
    FunctionDef.Builder cond = model.function("cond");
    cond.getSignatureBuilder()
        .clearOutputArg()
        .addOutputArg(OpDef.ArgDef.newBuilder().setName("y").setType(DataType.DT_BOOL));
    cond.addNodeDefBuilder()
        .setName("y")
        .setOp("Const")
        .putAttr("dtype", Attrs.of(DataType.DT_BOOL))
        .putAttr(
            "value",
            Attrs.of(
                TensorProto.newBuilder()
                    .setDtype(DataType.DT_BOOL)
                    .setTensorShape(Shape.scalar().toProto())
                    .addBoolVal(false)
                    .build()));
    model
        .node("loop", op, "x")
        .putAttr("T", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("cond", Attrs.function("cond"))
        .putAttr("body", AttrValue.newBuilder().setFunc(body).build())
        .putAttr("parallel_iterations", Attrs.of(10L));
  }

  /** A dataset of one number that is kept in the file that {@code file} names. */
  static void cache(HandMade model) {
    AttrValue types = Attrs.types(List.of(DataType.DT_FLOAT));
    AttrValue shapes = Attrs.shapes(List.of(Shape.unknown()));
    model
        .node("source", "TensorDataset", "x")
        .putAttr("Toutput_types", types)
        .putAttr("output_shapes", shapes);
    model
        .node("cache", "CacheDataset", "source", "file")
        .putAttr("output_types", types)
        .putAttr("output_shapes", shapes);
    model
        .node("single", "DatasetToSingleElement", "cache")
        .putAttr("output_types", types)
        .putAttr("output_shapes", shapes);
    model.answer("single");
  }

  /** Bytes as the answer. */
  static void asAnswer(HandMade model, String bytes) {
    NodeDef.Builder cast = model.node("numbers", "Cast", bytes);
    cast.putAttr("SrcT", Attrs.of(DataType.DT_UINT8)).putAttr("DstT", Attrs.of(DataType.DT_FLOAT));
    model.answer("numbers");
  }
}
