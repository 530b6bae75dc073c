package dev.graft.surgeon;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.FunctionInliner;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.Initializer;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.testkit.ZooModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/**
 * The structure of SavedModels, without values and with layers by variable scope alone: what edits
 * need, read without the importer so that surgery is tested by itself.
 */
final class FlatModels {

  private FlatModels() {}

  static Model of(ZooModel zoo) {
    return of(zoo.toString(), zoo.savedModel());
  }

  static Model of(String name, Path savedModel) {
    MetaGraphDef meta;
    try {
      meta =
          SavedModel.parseFrom(Files.readAllBytes(savedModel.resolve("saved_model.pb")))
              .getMetaGraphs(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    GraphEditor editor = Graph.of(meta.getGraphDef()).edit();
    List<Signature> signatures = new ArrayList<>();
    meta.getSignatureDefMap()
        .forEach(
            (key, def) -> {
              if (!key.startsWith("__")) {
                signatures.add(signature(editor, key, def));
              }
            });
    Graph graph = FunctionInliner.flatten(editor.build());
    List<Variable> variables = new ArrayList<>();
    Map<String, List<String>> scopes = new LinkedHashMap<>();
    var used =
        graph.upstream(
            signatures.stream()
                .flatMap(s -> s.outputs().values().stream())
                .map(spec -> spec.tensor().node())
                .toList());
    for (NodeDef node : graph.nodes()) {
      boolean isVariable = node.getOp().equals("VarHandleOp") || node.getOp().equals("VariableV2");
      if (isVariable && used.contains(node.getName())) {
        Variable variable = variable(node);
        variables.add(variable);
        int slash = variable.name().lastIndexOf('/');
        String scope = slash < 0 ? variable.name() : variable.name().substring(0, slash);
        scopes.computeIfAbsent(scope, k -> new ArrayList<>()).add(variable.name());
      }
    }
    List<Layer> layers = new ArrayList<>();
    scopes.forEach((scope, own) -> layers.add(Layer.of(scope, "").withVariables(own)));
    return Model.builder(name, graph, new Provenance.Origin(savedModel.toString(), "", "", "", 0))
        .variables(variables)
        .layers(layers)
        .signatures(signatures)
        .build();
  }

  private static Variable variable(NodeDef node) {
    Shape shape = Shape.from(node.getAttrOrThrow("shape").getShape());
    String role = node.getName().substring(node.getName().lastIndexOf('/') + 1);
    Variable.Role known = Variable.Role.OTHER;
    for (Variable.Role candidate : Variable.Role.values()) {
      known = candidate.name().equalsIgnoreCase(role) ? candidate : known;
    }
    return new Variable(
        node.getName(),
        node.getName(),
        node.getAttrOrThrow("dtype").getType(),
        shape,
        !known.isStatistic(),
        known,
        new VariableSource.Initialized(Initializer.ZEROS, 0));
  }

  /** Outputs are named by copies, since the calls that give them are inlined. */
  private static Signature signature(GraphEditor editor, String key, SignatureDef def) {
    ImmutableMap.Builder<String, TensorSpec> inputs = ImmutableMap.builder();
    new TreeMap<>(def.getInputsMap())
        .forEach((name, info) -> inputs.put(name, spec(info, TensorRef.parse(info.getName()))));
    ImmutableMap.Builder<String, TensorSpec> outputs = ImmutableMap.builder();
    new TreeMap<>(def.getOutputsMap())
        .forEach(
            (name, info) ->
                outputs.put(
                    name,
                    spec(
                        info,
                        editor
                            .op("Identity")
                            .name(key + "_" + name)
                            .input(TensorRef.parse(info.getName()))
                            .output())));
    return new Signature(
        key,
        def.getMethodName(),
        inputs.buildOrThrow(),
        outputs.buildOrThrow(),
        ImmutableList.of());
  }

  private static TensorSpec spec(TensorInfo info, TensorRef tensor) {
    return new TensorSpec(tensor, info.getDtype(), Shape.from(info.getTensorShape()));
  }
}
