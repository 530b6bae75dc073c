package dev.graft.importer.internal.signature;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.Names;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.layers.KerasTraining;
import dev.graft.importer.internal.weights.Captures;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.savedmodel.objects.ObjectGraph;
import dev.graft.savedmodel.objects.Structures;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject.KindCase;
import org.tensorflow.proto.Struct.StructuredValue;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;

/**
 * The functions of a SavedModel's root object, as signatures: what Python calls where the file has
 * no signature of use (TF Hub). For each a call is made that the graph does not hold.
 */
final class RootFunctions {

  private static final long ANY_RANK = 100; // counts as more open dimensions than any tensor has

  private final Graph graph;
  private final ObjectGraph objects;
  private final Captures captures;

  RootFunctions(Graph graph, ObjectGraph objects, Captures captures) {
    this.graph = graph;
    this.objects = objects;
    this.captures = captures;
  }

  /** A signature with the nodes that make its call. */
  private record Call(Signature signature, List<NodeDef> nodes) {}

  /**
   * A signature for each function of the root object that takes a tensor. What Python calls as
   * {@code model(x)}, or the only function, serves by default.
   */
  Entries entries() {
    if (objects.isEmpty()) {
      return Entries.of(List.of());
    }
    Names names = new Names(graph::contains);
    List<Call> calls = new ArrayList<>();
    for (ObjectReference child : objects.children(ObjectGraph.ROOT)) {
      if (EntryPoints.INTERNAL.contains(child.getLocalName())) {
        continue; // TensorFlow would take the signature for the op that it notes there
      }
      inference(objects.object(child.getNodeId()))
          .filter(this::takesTensors)
          .ifPresent(function -> calls.add(call(child.getLocalName(), function, names)));
    }
    ImmutableList.Builder<Signature> signatures = ImmutableList.builder();
    ImmutableList.Builder<NodeDef> added = ImmutableList.builder();
    for (Call call : calls) {
      Signature own = call.signature;
      signatures.add(
          own.name().equals("__call__") || calls.size() == 1
              ? Signature.predict(Signature.SERVING_DEFAULT, own.inputs(), own.outputs())
              : own);
      added.addAll(call.nodes);
    }
    return new Entries(signatures.build(), added.build());
  }

  private boolean takesTensors(String function) {
    FunctionDef def = graph.functions().get(function);
    return def != null
        && def.getSignature().getInputArgCount() > known(function).getBoundInputsCount();
  }

  private SavedConcreteFunction known(String function) {
    return objects.function(function).orElseThrow();
  }

  /** The trace of a function object that a caller gets who does not ask for training. */
  private Optional<String> inference(SavedObject object) {
    List<String> traces =
        object.getKindCase() == KindCase.FUNCTION
            ? object.getFunction().getConcreteFunctionsList()
            : object.getKindCase() == KindCase.BARE_CONCRETE_FUNCTION
                ? List.of(object.getBareConcreteFunction().getConcreteFunctionName())
                : List.of();
    List<String> usable =
        traces.stream()
            .filter(name -> objects.function(name).filter(captures::has).isPresent())
            .toList();
    return usable.stream()
        .min(
            Comparator.comparing((String name) -> isTraining(name, usable))
                .thenComparing(name -> flags(known(name)))
                .thenComparing(name -> -open(known(name))));
  }

  /**
   * Whether a trace differs from another one in a flag that is true in it alone. Which flag is the
   * one for training nobody says; where several are, the trace with the fewest is nobody's
   * training.
   */
  private boolean isTraining(String name, List<String> traces) {
    List<StructuredValue> leaves = leaves(known(name));
    return traces.stream()
        .anyMatch(other -> KerasTraining.differInTraining(leaves, leaves(known(other))));
  }

  private static List<StructuredValue> leaves(SavedConcreteFunction function) {
    return Structures.leaves(function.getCanonicalizedInputSignature());
  }

  /** How many dimensions of a trace's arguments are open: it takes the more kinds of input. */
  private static long open(SavedConcreteFunction function) {
    return leaves(function).stream()
        .filter(StructuredValue::hasTensorSpecValue)
        .map(leaf -> leaf.getTensorSpecValue().getShape())
        .mapToLong(
            shape ->
                shape.getUnknownRank()
                    ? ANY_RANK
                    : shape.getDimList().stream().filter(dim -> dim.getSize() < 0).count())
        .sum();
  }

  private static long flags(SavedConcreteFunction function) {
    return leaves(function).stream().filter(StructuredValue::getBoolValue).count();
  }

  private Call call(String name, String called, Names names) {
    SavedConcreteFunction function = known(called);
    FunctionDef def = Objects.requireNonNull(graph.functions().get(called));
    List<TensorRef> captured = captures.of(name, function);
    OpDef signature = def.getSignature();
    List<NodeDef> nodes = new ArrayList<>();
    NodeDef.Builder call =
        NodeDef.newBuilder()
            .setName(names.take("StatefulPartitionedCall"))
            .setOp("StatefulPartitionedCall")
            .putAttr("f", Attrs.function(signature.getName()));
    Map<String, TensorSpec> inputs = new LinkedHashMap<>();
    for (int i = 0; i < signature.getInputArgCount() - captured.size(); i++) {
      OpDef.ArgDef arg = signature.getInputArg(i);
      FunctionDef.ArgAttrs attrs =
          def.getArgAttrMap().getOrDefault(i, FunctionDef.ArgAttrs.getDefaultInstance());
      AttrValue given = attrs.getAttrMap().get("_user_specified_name");
      String wanted = given == null ? arg.getName() : given.getS().toStringUtf8();
      NodeDef placeholder =
          NodeDef.newBuilder()
              .setName(names.take(placeholder(name, arg)))
              .setOp("Placeholder")
              .putAttr("dtype", Attrs.of(arg.getType()))
              .putAttr("shape", Attrs.of(shape(attrs)))
              .build();
      nodes.add(placeholder);
      call.addInput(placeholder.getName());
      inputs.put(
          inputs.containsKey(wanted) ? arg.getName() : wanted,
          new TensorSpec(
              TensorRef.of(placeholder.getName()), DType.of(arg.getType()), shape(attrs)));
    }
    captured.forEach(tensor -> call.addInput(tensor.asInput()));
    List<DataType> outputTypes = types(signature.getOutputArgList());
    nodes.add(
        call.putAttr("Tin", Attrs.types(types(signature.getInputArgList())))
            .putAttr("Tout", Attrs.types(outputTypes))
            .build());
    ImmutableMap<String, TensorSpec> outputs = outputs(call.getName(), function, outputTypes);
    return new Call(Signature.predict(name, ImmutableMap.copyOf(inputs), outputs), nodes);
  }

  /** A node's name may not begin with an underscore. */
  private static String placeholder(String function, OpDef.ArgDef arg) {
    String name = function.replaceAll("[^A-Za-z0-9.]", "") + "_" + arg.getName();
    return name.startsWith("_") ? "function" + name : name;
  }

  private static ImmutableMap<String, TensorSpec> outputs(
      String call, SavedConcreteFunction function, List<DataType> types) {
    List<String> names = Structures.names(function.getOutputSignature(), types.size());
    List<Shape> shapes = Structures.shapes(function.getOutputSignature(), types.size());
    Map<String, TensorSpec> outputs = new LinkedHashMap<>();
    for (int i = 0; i < types.size(); i++) {
      outputs.put(
          names.get(i),
          new TensorSpec(new TensorRef(call, i), DType.of(types.get(i)), shapes.get(i)));
    }
    return ImmutableMap.copyOf(outputs);
  }

  private static List<DataType> types(List<OpDef.ArgDef> args) {
    return args.stream().map(OpDef.ArgDef::getType).toList();
  }

  private static Shape shape(FunctionDef.ArgAttrs attrs) {
    AttrValue shapes = attrs.getAttrMap().get("_output_shapes");
    return shapes == null || shapes.getList().getShapeCount() != 1
        ? Shape.unknown()
        : Shape.from(shapes.getList().getShape(0));
  }
}
