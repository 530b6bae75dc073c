package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.model.Asset;
import dev.graft.model.Model;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.savedmodel.objects.ObjectGraphWriter;
import dev.graft.savedmodel.objects.StructureWriter;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedAsset;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedBareConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedResource;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedVariable;

/**
 * What {@code tf.saved_model.load} shows of an export: {@code variables}, {@code
 * trainable_variables}, {@code non_trainable_variables} and {@code signatures}. Tables and assets
 * come along as far as the signatures need them.
 */
final class PythonView {

  private final Graph graph;
  private final Model model;
  private final ObjectGraphWriter objects = new ObjectGraphWriter();
  private final Map<String, Integer> nodes = new HashMap<>(); // graph node to object
  private final List<FunctionDef> functions = new ArrayList<>();

  private final FunctionNames names;

  private PythonView(Graph graph, Model model, FunctionNames names) {
    this.graph = graph;
    this.model = model;
    this.names = names;
  }

  /**
   * The view.
   *
   * @param graph the main graph
   * @param signatures the functions that it shows
   * @param names for the functions that it needs besides
   */
  static PythonView of(
      Graph graph, Model model, List<SignatureFunction> signatures, FunctionNames names) {
    PythonView view = new PythonView(graph, model, names);
    view.addVariables();
    Set<String> tables = new LinkedHashSet<>();
    for (SignatureFunction signature : signatures) {
      signature.captures().stream()
          .filter(node -> SignatureFunction.isTable(graph.node(node)))
          .forEach(tables::add);
    }
    if (!tables.isEmpty()) {
      view.addTables(tables);
    }
    view.addSignatures(signatures);
    return view;
  }

  ObjectGraphWriter objects() {
    return objects;
  }

  /** The functions that the view refers to. */
  List<FunctionDef> functions() {
    return functions;
  }

  private void addVariables() {
    int all = objects.add(0, "variables", ObjectGraphWriter.userObject(ObjectGraphWriter.LIST));
    int trainable =
        objects.add(0, "trainable_variables", ObjectGraphWriter.userObject(ObjectGraphWriter.LIST));
    int others =
        objects.add(
            0, "non_trainable_variables", ObjectGraphWriter.userObject(ObjectGraphWriter.LIST));
    int[] counts = new int[2];
    for (Variable variable : model.variables()) {
      SavedObject.Builder node =
          SavedObject.newBuilder()
              .setVariable(
                  SavedVariable.newBuilder()
                      .setDtype(variable.dtype().proto())
                      .setShape(variable.shape().toProto())
                      .setTrainable(variable.trainable())
                      .setName(variable.name()));
      int id = objects.add(all, Integer.toString(nodes.size()), node);
      int kind = variable.trainable() ? 0 : 1;
      objects.refer(kind == 0 ? trainable : others, Integer.toString(counts[kind]++), id);
      objects.setKey(id, variable.name(), Saving.key(variable));
      nodes.put(variable.node(), id);
    }
  }

  private void addTables(Set<String> tables) {
    int list = objects.add(0, "tables", ObjectGraphWriter.userObject(ObjectGraphWriter.LIST));
    for (String table : tables) {
      int id =
          objects.add(
              list,
              Integer.toString(objects.children(list)),
              SavedObject.newBuilder().setResource(SavedResource.getDefaultInstance()));
      nodes.put(table, id);
      addMethod(id, "_create_resource", creator(table));
      addMethod(id, "_initialize", initializer(table));
      addMethod(id, "_destroy_resource", destroyer(table));
    }
  }

  private String name(String kind, String table) {
    return names.of(kind + "_" + table);
  }

  private FunctionGraph creator(String table) {
    Graph alone = graph.keepUpstreamOf(List.of(table));
    return new FunctionGraph(
        name("create", table),
        alone,
        ImmutableList.of(),
        ImmutableList.of(TensorRef.of(table)),
        ImmutableList.of("handle"),
        ImmutableList.of(),
        ImmutableMap.of());
  }

  /** Runs those of the model's initializers that fill {@code table}; Python wants a number back. */
  private FunctionGraph initializer(String table) {
    Set<String> running = graph.upstream(model.initializers());
    List<String> fillers = graph.consumers(table).stream().filter(running::contains).toList();
    GraphEditor editor = graph.edit();
    TensorRef done = editor.constant("graft/done", TensorValue.scalar(1));
    List<String> assets = new ArrayList<>();
    Set<String> needed = graph.upstream(fillers);
    for (Asset asset : model.assets()) {
      String node = asset.tensor().node();
      if (needed.contains(node)) {
        addAsset(asset);
        editor.remove(node);
        editor.placeholder(node, DataType.DT_STRING, Shape.scalar());
        assets.add(node);
      }
    }
    return SignatureFunction.function(
        name("initialize", table),
        editor.build(),
        new SignatureFunction.Ends(assets, List.of(done), fillers),
        isSaved(assets));
  }

  private void addAsset(Asset asset) {
    if (!nodes.containsKey(asset.tensor().node())) {
      int index = model.assets().indexOf(asset);
      SavedObject.Builder node =
          SavedObject.newBuilder().setAsset(SavedAsset.newBuilder().setAssetFileDefIndex(index));
      nodes.put(asset.tensor().node(), objects.add(0, "asset_" + index, node));
    }
  }

  private FunctionGraph destroyer(String table) {
    GraphEditor editor = Graph.empty().edit();
    TensorRef done = editor.constant("graft/done", TensorValue.scalar(1));
    return SignatureFunction.function(
        name("destroy", table),
        editor.build(),
        new SignatureFunction.Ends(List.of(), List.of(done), List.of()),
        node -> false);
  }

  /** Adds a method without arguments to {@code object}; all that it takes is captured. */
  private void addMethod(int object, String method, FunctionGraph function) {
    FunctionDef def = function.toFunctionDef(function.name());
    functions.add(def);
    TensorRef result = function.results().get(0);
    TensorSpec spec =
        new TensorSpec(result, DType.of(function.graph().dtype(result)), Shape.scalar());
    SavedConcreteFunction.Builder concrete =
        SavedConcreteFunction.newBuilder()
            .setCanonicalizedInputSignature(StructureWriter.keywords(Map.of()))
            .setOutputSignature(StructureWriter.spec("output", spec));
    function.arguments().forEach(argument -> concrete.addBoundInputs(bound(argument)));
    objects.putFunction(function.name(), concrete.build());
    objects.add(
        object,
        method,
        SavedObject.newBuilder()
            .setFunction(
                SavedFunction.newBuilder()
                    .addConcreteFunctions(function.name())
                    .setFunctionSpec(StructureWriter.spec(List.of()))));
  }

  private Predicate<NodeDef> isSaved(List<String> besides) {
    return node -> nodes.containsKey(node.getName()) && !besides.contains(node.getName());
  }

  private int bound(String node) {
    return Objects.requireNonNull(nodes.get(node), node);
  }

  private void addSignatures(List<SignatureFunction> signatures) {
    int map =
        objects.add(0, "signatures", ObjectGraphWriter.userObject(ObjectGraphWriter.SIGNATURES));
    for (SignatureFunction signature : signatures) {
      String name = signature.def().getSignature().getName();
      functions.add(signature.def());
      functions.addAll(signature.library().values());
      SavedConcreteFunction.Builder concrete =
          SavedConcreteFunction.newBuilder()
              .setCanonicalizedInputSignature(StructureWriter.keywords(signature.inputs()))
              .setOutputSignature(StructureWriter.dict(signature.outputs()));
      signature.captures().forEach(capture -> concrete.addBoundInputs(bound(capture)));
      objects.putFunction(name, concrete.build());
      objects.add(
          map,
          signature.signature(),
          SavedObject.newBuilder()
              .setBareConcreteFunction(
                  SavedBareConcreteFunction.newBuilder()
                      .setConcreteFunctionName(name)
                      .addAllArgumentKeywords(signature.inputs().keySet())
                      .setAllowedPositionalArguments(signature.inputs().size() == 1 ? 1 : 0)
                      .setFunctionSpec(StructureWriter.spec(signature.inputs().keySet()))));
    }
  }
}
