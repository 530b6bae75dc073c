package dev.graft.testkit;

import dev.graft.graph.Attrs;
import dev.graft.tensor.Shape;
import java.util.List;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObjectGraph;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;

/** What {@link Bomb}s are made of. */
final class BombParts {

  private static final int CHAIN = 20_000;

  private BombParts() {}

  static void identity(FunctionDef.Builder function, String name, String input) {
    function
        .addNodeDefBuilder()
        .setName(name)
        .setOp("Identity")
        .addInput(input)
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
  }

  static void call(FunctionDef.Builder function, String name, String input, String callee) {
    function
        .addNodeDefBuilder()
        .setName(name)
        .setOp("PartitionedCall")
        .addInput(input)
        .putAttr("f", Attrs.function(callee))
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)));
  }

  static void loop(NodeDef.Builder node, String body) {
    node.setOp("While")
        .putAttr("T", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("cond", Attrs.function("n0"))
        .putAttr("body", Attrs.function(body));
  }

  static void chain(HandMade model, String op, String from, String to) {
    String last = from;
    for (int i = 0; i < CHAIN; i++) {
      String name = i + 1 == CHAIN ? to : "c" + i;
      model.node(name, op, last).putAttr("T", Attrs.of(DataType.DT_FLOAT));
      last = name;
    }
  }

  static void doubling(HandMade model, int depth, boolean unlike) {
    for (int k = 0; k < depth; k++) {
      FunctionDef.Builder function = model.function("g" + k);
      OpDef.Builder signature = function.getSignatureBuilder();
      signature.addAttrBuilder().setName("T").setType("type");
      signature.addAttrBuilder().setName("s").setType("string");
      signature.getInputArgBuilder(0).clearType().setTypeAttr("T");
      signature.getOutputArgBuilder(0).clearType().setTypeAttr("T");
      AttrValue dtype = AttrValue.newBuilder().setPlaceholder("T").build();
      function.putRet("y", "x");
      for (String call : k == 0 ? List.<String>of() : List.of("a", "b")) {
        String text = unlike ? call.repeat(k) : "";
        function
            .addNodeDefBuilder()
            .setName(call)
            .setOp("g" + (k - 1))
            .addInput("x")
            .putAttr("T", dtype)
            .putAttr(
                "s",
                unlike && call.equals("a")
                    ? AttrValue.newBuilder().setPlaceholder("s").build()
                    : Attrs.of(text));
        function.putRet("y", "b:y:0");
      }
      if (unlike) {
        function
            .addNodeDefBuilder()
            .setName("seen")
            .setOp("NoOp")
            .putAttr("_user_specified_name", AttrValue.newBuilder().setPlaceholder("s").build());
      }
    }
    model
        .node("call", "g" + (depth - 1), "x")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT))
        .putAttr("s", Attrs.of("top"));
    model.answer("call");
  }

  static void restoring(HandMade model, Shape shape, int listed) {
    model.answer("x");
    model.text("prefix", "");
    TensorProto.Builder keys =
        TensorProto.newBuilder().setDtype(DataType.DT_INT64).setTensorShape(shape.toProto());
    for (int i = 0; i < listed; i++) {
      keys.addInt64Val(1);
    }
    model
        .node("keys", "Const")
        .putAttr("dtype", Attrs.of(DataType.DT_INT64))
        .putAttr("value", Attrs.of(keys.build()));
    model
        .node("read", "RestoreV2", "prefix", "keys", "keys")
        .putAttr("dtypes", Attrs.types(List.of(DataType.DT_FLOAT)));
    model
        .node("v", "VarHandleOp")
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT))
        .putAttr("shape", Attrs.of(Shape.of(1)))
        .putAttr("shared_name", Attrs.of("v"));
    model
        .node("assign", "AssignVariableOp", "v", "read")
        .putAttr("dtype", Attrs.of(DataType.DT_FLOAT));
    model.node("restore_all", "NoOp", "^assign");
    model.restore("restore_all", "prefix:0");
  }

  /** A layer as three objects from number {@code at} on, holding the layers {@code inside}. */
  static void layer(SavedObjectGraph.Builder objects, int at, int... inside) {
    object(objects, "_tf_keras_network").addChildren(child("keras_api", at + 1));
    object(objects, "trackable").addChildren(child("layers", at + 2));
    SavedObject.Builder list = object(objects, "trackable_list_wrapper");
    for (int i = 0; i < inside.length; i++) {
      list.addChildren(child(String.valueOf(i), inside[i]));
    }
  }

  static SavedObject.Builder object(SavedObjectGraph.Builder objects, String identifier) {
    SavedObject.Builder object = objects.addNodesBuilder();
    object.getUserObjectBuilder().setIdentifier(identifier).getVersionBuilder().setProducer(1);
    return object;
  }

  static ObjectReference child(String name, int id) {
    return ObjectReference.newBuilder().setLocalName(name).setNodeId(id).build();
  }
}
