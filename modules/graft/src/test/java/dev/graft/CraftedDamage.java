package dev.graft;

import com.google.protobuf.ByteString;
import dev.graft.testkit.ZooModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.CollectionDef;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.GradientDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObjectGraph;
import org.tensorflow.proto.Struct.StructuredValue;
import org.tensorflow.proto.TensorProto;
import org.tensorflow.proto.TensorShapeProto;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;

/**
 * Damage that somebody would have to make on purpose, in what a reader follows: the attributes of
 * functions, collections, the encodings of tensors, the object graph, the checkpoint's index. The
 * same seed, the same damage.
 */
final class CraftedDamage {

  private static final long[] SIZES = {
    0, -1, -2, 1, 2, 3, 5000, 1L << 20, 1L << 31, 1L << 32, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE
  };

  private static final String[] COLLECTIONS = {
    "saved_model_main_op",
    "legacy_init_op",
    "__saved_model_init_op",
    "saved_model_assets",
    "asset_filepaths",
    "trainable_variables",
    "variables",
    "moving_average_variables",
    "cond_context",
    "while_context",
    "table_initializer",
    "saved_model_train_op"
  };

  private static final DataType[] DTYPES = {
    DataType.DT_INVALID,
    DataType.DT_FLOAT,
    DataType.DT_INT64,
    DataType.DT_STRING,
    DataType.DT_HALF,
    DataType.DT_BOOL,
    DataType.DT_VARIANT,
    DataType.DT_RESOURCE,
    DataType.DT_QINT8,
    DataType.DT_FLOAT_REF,
    DataType.DT_COMPLEX128
  };

  private final Random random;
  private final Path folder;
  private final Mutator files;

  CraftedDamage(long seed, Path folder) {
    this.random = new Random(seed);
    this.folder = folder;
    this.files = new Mutator(seed, folder);
  }

  /** What was done to a copy of {@code zoo} in the folder, in words. */
  String damage(ZooModel zoo) throws IOException {
    files.copy(zoo.savedModel());
    Path index = folder.resolve("variables/variables.index");
    int kind = random.nextInt(5);
    if (kind == 4 && Files.exists(index)) {
      CraftedIndex crafted = new CraftedIndex(Files.readAllBytes(index), random);
      Files.write(index, crafted.bytes());
      return "index: " + crafted.words();
    }
    Path file = folder.resolve("saved_model.pb");
    SavedModel.Builder saved = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
    MetaGraphDef.Builder meta = saved.getMetaGraphsBuilder(0);
    String[] words = {"function attributes", "collections", "tensors", "objects", "tensors"};
    List<Consumer<MetaGraphDef.Builder>> ways =
        List.of(this::function, this::collection, this::tensor, this::object, this::tensor);
    int changes = 1 + random.nextInt(4);
    for (int i = 0; i < changes; i++) {
      ways.get(kind).accept(meta);
    }
    Files.write(file, saved.build().toByteArray());
    return words[kind] + ": " + changes;
  }

  private long size() {
    return SIZES[random.nextInt(SIZES.length)];
  }

  private <T> T one(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  // functions and their attributes

  private void function(MetaGraphDef.Builder meta) {
    var library = meta.getGraphDefBuilder().getLibraryBuilder();
    if (library.getFunctionCount() == 0) {
      FunctionDef.Builder made = library.addFunctionBuilder();
      made.getSignatureBuilder().setName("made");
      made.addNodeDefBuilder().setName("n").setOp("NoOp");
    }
    FunctionDef.Builder function =
        library.getFunctionBuilder(random.nextInt(library.getFunctionCount()));
    String other = one(library.getFunctionList()).getSignature().getName();
    switch (random.nextInt(8)) {
      case 0 -> changeAttr(someNode(meta, function), AttrValue.newBuilder().setPlaceholder("T"));
      case 1 -> changeAttr(someNode(meta, function), called(other, random.nextInt(60)));
      case 2 -> {
        AttrValue.Builder many = AttrValue.newBuilder();
        for (int i = random.nextInt(2000); i >= 0; i--) {
          many.getListBuilder().addFunc(NameAttrList.newBuilder().setName(other));
        }
        changeAttr(someNode(meta, function), many);
      }
      case 3 -> function.putAttr(text(), called(other, 1).build());
      case 4 -> {
        var argument = function.getSignatureBuilder().addInputArgBuilder().setName(text());
        switch (random.nextInt(3)) {
          case 0 -> argument.setTypeAttr(text());
          case 1 -> argument.setTypeListAttr(text());
          default -> argument.setType(DTYPES[random.nextInt(DTYPES.length)]).setNumberAttr("N");
        }
      }
      case 5 -> function.putRet(text(), text() + ":y:" + size());
      case 6 -> function.putControlRet(text(), text());
      default ->
          library.addGradient(
              GradientDef.newBuilder().setFunctionName(other).setGradientFunc(text(other)));
    }
  }

  private NodeDef.Builder someNode(MetaGraphDef.Builder meta, FunctionDef.Builder function) {
    var graph = meta.getGraphDefBuilder();
    if (function.getNodeDefCount() > 0 && random.nextInt(3) > 0 || graph.getNodeCount() == 0) {
      if (function.getNodeDefCount() == 0) {
        return function.addNodeDefBuilder();
      }
      return function.getNodeDefBuilder(random.nextInt(function.getNodeDefCount()));
    }
    return graph.getNodeBuilder(random.nextInt(graph.getNodeCount()));
  }

  private void changeAttr(NodeDef.Builder node, AttrValue.Builder value) {
    List<String> names = new ArrayList<>(node.getAttrMap().keySet());
    names.add("f");
    names.add(text());
    node.putAttr(one(names), value.build());
  }

  /** A function whose attributes are functions, and so on. */
  private AttrValue.Builder called(String function, int depth) {
    NameAttrList.Builder call = NameAttrList.newBuilder().setName(text(function));
    if (depth > 0) {
      call.putAttr(text("T"), called(function, depth - 1).build());
    } else {
      call.putAttr("T", AttrValue.newBuilder().setPlaceholder("T").build());
    }
    return AttrValue.newBuilder().setFunc(call);
  }

  private String text(String usual) {
    return random.nextInt(4) > 0 ? usual : text();
  }

  private String text() {
    return switch (random.nextInt(6)) {
      case 0 -> "";
      case 1 -> "T";
      case 2 -> "^x";
      case 3 -> "x".repeat(1 << random.nextInt(14));
      case 4 -> "\u0000\u001b[2J\n";
      default -> "n" + random.nextInt(3);
    };
  }

  // collections

  private void collection(MetaGraphDef.Builder meta) {
    CollectionDef.Builder collection = CollectionDef.newBuilder();
    List<String> nodes = new ArrayList<>();
    meta.getGraphDef().getNodeList().stream().limit(200).forEach(n -> nodes.add(n.getName()));
    int count = 1 << random.nextInt(14);
    switch (random.nextInt(6)) {
      case 0 -> {
        for (int i = 0; i < count; i++) {
          collection.getNodeListBuilder().addValue(nodes.isEmpty() ? text() : text(one(nodes)));
        }
      }
      case 1 -> collection.getNodeListBuilder().addValue(text(one(nodes)) + ":" + size());
      case 2 -> {
        byte[] garbage = new byte[count];
        random.nextBytes(garbage);
        collection.getBytesListBuilder().addValue(ByteString.copyFrom(garbage));
      }
      case 3 -> collection.getInt64ListBuilder().addValue(size());
      case 4 ->
          collection
              .getAnyListBuilder()
              .addValueBuilder()
              .setTypeUrl("type.googleapis.com/tensorflow.AssetFileDef")
              .setValue(ByteString.copyFromUtf8(text()));
      default -> collection.getFloatListBuilder().addValue(Float.NaN);
    }
    List<String> present = new ArrayList<>(meta.getCollectionDefMap().keySet());
    boolean known = present.isEmpty() || random.nextBoolean();
    String name = known ? COLLECTIONS[random.nextInt(COLLECTIONS.length)] : one(present);
    meta.putCollectionDef(name, collection.build());
  }

  // tensors

  private void tensor(MetaGraphDef.Builder meta) {
    List<NodeDef.Builder> constants = new ArrayList<>();
    var graph = meta.getGraphDefBuilder();
    for (int i = 0; i < graph.getNodeCount(); i++) {
      if (graph.getNode(i).getAttrMap().containsKey("value")) {
        constants.add(graph.getNodeBuilder(i));
      }
    }
    for (FunctionDef.Builder function : graph.getLibraryBuilder().getFunctionBuilderList()) {
      for (int i = 0; i < function.getNodeDefCount(); i++) {
        if (function.getNodeDef(i).getAttrMap().containsKey("value")) {
          constants.add(function.getNodeDefBuilder(i));
        }
      }
    }
    if (constants.isEmpty()) {
      object(meta);
      return;
    }
    NodeDef.Builder node = one(constants);
    TensorProto.Builder value = node.getAttrOrThrow("value").getTensor().toBuilder();
    encode(value);
    node.putAttr("value", AttrValue.newBuilder().setTensor(value).build());
  }

  private void encode(TensorProto.Builder value) {
    switch (random.nextInt(9)) {
      case 0 -> value.setTensorShape(shape());
      case 1 -> value.setDtype(DTYPES[random.nextInt(DTYPES.length)]);
      case 2 -> {
        byte[] content = new byte[random.nextInt(64)];
        value.setTensorContent(ByteString.copyFrom(content));
      }
      case 3 -> value.clearTensorContent().addFloatVal(1).addInt64Val(1).addIntVal(1);
      case 4 -> value.clearTensorContent().setTensorShape(shape()).addFloatVal(1).addIntVal(1);
      case 5 -> value.setTensorShape(shape()).addStringVal(ByteString.copyFromUtf8(text()));
      case 6 -> value.addHalfVal((int) size()).addBoolVal(true).addScomplexVal(1);
      case 7 -> {
        value.addVariantValBuilder().setTypeName(text());
        value.addResourceHandleValBuilder().setContainer(text()).setName(text());
      }
      default -> {
        value.clearTensorContent().clearFloatVal().clearIntVal().clearInt64Val();
        for (int i = random.nextInt(5000); i >= 0; i--) {
          value.addIntVal(i);
        }
      }
    }
  }

  private TensorShapeProto shape() {
    TensorShapeProto.Builder shape = TensorShapeProto.newBuilder();
    for (int i = random.nextInt(10) == 0 ? 3000 : random.nextInt(5); i >= 0; i--) {
      shape.addDimBuilder().setSize(random.nextInt(3) == 0 ? size() : 1 + random.nextInt(3));
    }
    return shape.setUnknownRank(random.nextInt(8) == 0).build();
  }

  // the object graph

  private void object(MetaGraphDef.Builder meta) {
    SavedObjectGraph.Builder objects = meta.getObjectGraphDefBuilder();
    int count = objects.getNodesCount();
    SavedObject.Builder object =
        count == 0
            ? objects.addNodesBuilder()
            : objects.getNodesBuilder(random.nextInt(Math.min(count, 40)));
    switch (random.nextInt(8)) {
      case 0 -> object.addChildren(child(count));
      case 1 -> {
        for (int i = 0; i < object.getChildrenCount(); i++) {
          object.getChildrenBuilder(i).setNodeId(someObject(count));
        }
      }
      case 2 -> {
        for (int i = random.nextInt(4000); i >= 0; i--) {
          object.addChildren(child(count));
        }
      }
      case 3 -> { // a chain, back to where it began
        int from = objects.getNodesCount();
        int length = 1 + random.nextInt(3000);
        SavedObject like = object.build();
        object.addChildrenBuilder().setNodeId(from).setLocalName("layer-0");
        for (int i = 0; i < length; i++) {
          int next = i + 1 < length ? from + i + 1 : random.nextInt(from + 1);
          objects.addNodes(
              like.toBuilder().clearChildren().addChildren(reference(next, "layer-" + i)));
        }
      }
      case 4 ->
          object
              .getUserObjectBuilder()
              .setIdentifier(text("_tf_keras_layer"))
              .setMetadata(text("{\"class_name\": \"Dense\", \"name\": [[[[]]]]}"));
      case 5 -> object.getVariableBuilder().setName(text()).setShape(shape());
      case 6 ->
          object
              .getFunctionBuilder()
              .addConcreteFunctions(text("__inference_f"))
              .getFunctionSpecBuilder()
              .setFullargspec(nested(random.nextInt(40)));
      default -> {
        var function = objects.getConcreteFunctionsMap();
        if (function.isEmpty()) {
          object.getConstantBuilder().setOperation(text());
          return;
        }
        String name = one(List.copyOf(function.keySet()));
        objects.putConcreteFunctions(
            name,
            objects.getConcreteFunctionsOrThrow(name).toBuilder()
                .addBoundInputs(someObject(count))
                .setCanonicalizedInputSignature(nested(random.nextInt(40)))
                .build());
      }
    }
  }

  private ObjectReference child(int count) {
    return reference(someObject(count), random.nextBoolean() ? "layer-1" : text("variables"));
  }

  private static ObjectReference reference(int node, String name) {
    return ObjectReference.newBuilder().setNodeId(node).setLocalName(name).build();
  }

  private int someObject(int count) {
    return random.nextInt(6) == 0 ? (int) size() : random.nextInt(Math.max(1, count));
  }

  private StructuredValue nested(int depth) {
    StructuredValue.Builder value = StructuredValue.newBuilder();
    if (depth == 0) {
      value.getTensorSpecValueBuilder().setShape(shape()).setName(text());
    } else if (random.nextBoolean()) {
      value.getTupleValueBuilder().addValues(nested(depth - 1));
    } else {
      value.getDictValueBuilder().putFields(text(), nested(depth - 1));
    }
    return value.build();
  }
}
