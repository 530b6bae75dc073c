package dev.graft.importer.internal.signature;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Attrs;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.layers.KerasTraining;
import dev.graft.importer.internal.weights.Captures;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.savedmodel.objects.ObjectGraph;
import dev.graft.savedmodel.objects.Structures;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject.KindCase;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.Struct.StructuredValue;
import org.tensorflow.proto.TensorInfo;
import org.tensorflow.proto.TrackableObjectGraphOuterClass.TrackableObjectGraph.TrackableObject.ObjectReference;

/**
 * The ways to call a SavedModel: its signatures, or, where it has none (TF Hub), the functions of
 * its root object, for each of which a call is added to the graph. Tensors are those of the graph
 * before flattening.
 */
public final class EntryPoints {

  /** Signatures that are only a place for TensorFlow to note an op. */
  private static final Set<String> INTERNAL =
      Set.of("__saved_model_init_op", "__saved_model_train_op");

  private static final long ANY_RANK = 100; // counts as more open dimensions than any tensor has

  private EntryPoints() {}

  /** The signatures of the SavedModel, by name in the order of the alphabet. */
  public static List<Signature> signatures(MetaGraphDef meta) {
    List<Signature> signatures = new ArrayList<>();
    new TreeMap<>(meta.getSignatureDefMap())
        .forEach(
            (name, def) -> {
              if (!INTERNAL.contains(name)) {
                signatures.add(signature(name, def));
              }
            });
    return signatures;
  }

  /**
   * The ways to call the SavedModel: its signatures, and where none takes anything the functions of
   * its root object, too; the nodes that call these are put into {@code added}.
   */
  public static List<Signature> of(
      MetaGraphDef meta,
      ObjectGraph objects,
      Captures captures,
      Map<String, FunctionDef> library,
      Set<String> taken,
      List<NodeDef> added) {
    List<Signature> signatures = signatures(meta);
    if (signatures.stream().anyMatch(signature -> !signature.inputs().isEmpty())) {
      return signatures;
    }
    List<Signature> all = new ArrayList<>(functions(objects, captures, library, taken, added));
    Set<String> names = new LinkedHashSet<>();
    all.forEach(signature -> names.add(signature.name()));
    for (Signature signature : signatures) {
      if (!signature.outputs().isEmpty()) { // it gives something without taking anything
        String name = signature.name();
        all.add(
            new Signature(
                names.add(name) ? name : unique(name + "_without_inputs", names),
                signature.method(),
                signature.inputs(),
                signature.outputs(),
                signature.targets(),
                signature.defaults()));
      }
    }
    return all;
  }

  private static Signature signature(String name, SignatureDef def) {
    return new Signature(
        name,
        def.getMethodName(),
        tensors(def.getInputsMap()),
        tensors(def.getOutputsMap()),
        ImmutableList.of(),
        ImmutableMap.copyOf(Maps.transformValues(def.getDefaultsMap(), TensorValue::from)));
  }

  private static ImmutableMap<String, TensorSpec> tensors(Map<String, TensorInfo> infos) {
    ImmutableMap.Builder<String, TensorSpec> tensors = ImmutableMap.builder();
    new TreeMap<>(infos).forEach((name, info) -> add(tensors, name, info));
    return tensors.buildOrThrow();
  }

  private static void add(
      ImmutableMap.Builder<String, TensorSpec> tensors, String name, TensorInfo info) {
    switch (info.getEncodingCase()) {
      case COO_SPARSE -> {
        TensorInfo.CooSparse sparse = info.getCooSparse();
        Shape unknown = Shape.unknown();
        tensors.put(
            name + "/indices",
            spec(sparse.getIndicesTensorName(), DataType.DT_INT64, Shape.of(-1, -1)));
        tensors.put(name + "/values", spec(sparse.getValuesTensorName(), info.getDtype(), unknown));
        tensors.put(
            name + "/dense_shape",
            spec(sparse.getDenseShapeTensorName(), DataType.DT_INT64, Shape.of(-1)));
      }
      case COMPOSITE_TENSOR -> {
        List<TensorInfo> parts = info.getCompositeTensor().getComponentsList();
        for (int i = 0; i < parts.size(); i++) {
          add(tensors, name + "/" + i, parts.get(i));
        }
      }
      default ->
          tensors.put(
              name, spec(info.getName(), info.getDtype(), Shape.from(info.getTensorShape())));
    }
  }

  private static TensorSpec spec(String tensor, DataType dtype, Shape shape) {
    if (tensor.isEmpty() || tensor.startsWith("^")) {
      throw new BadModelException("a signature names no tensor ('" + tensor + "').");
    }
    return new TensorSpec(TensorRef.parse(tensor), dtype, shape);
  }

  /** Those of {@code signatures} that are wanted; fails if the one that is named is not there. */
  public static List<Signature> only(List<Signature> signatures, Optional<String> wanted) {
    if (wanted.isEmpty()) {
      return signatures;
    }
    return List.of(
        signatures.stream()
            .filter(signature -> signature.name().equals(wanted.get()))
            .findFirst()
            .orElseThrow(
                () ->
                    new BadRequestException(
                        "the SavedModel has no signature '"
                            + wanted.get()
                            + "'; it has "
                            + signatures.stream().map(Signature::name).toList()
                            + ".")));
  }

  /**
   * A signature for each function of the root object that takes a tensor; the nodes that call them
   * are added to {@code added}. What Python calls as {@code model(x)}, or the only function, serves
   * by default.
   */
  static List<Signature> functions(
      ObjectGraph objects,
      Captures captures,
      Map<String, FunctionDef> library,
      Set<String> taken,
      List<NodeDef> added) {
    List<Signature> signatures = new ArrayList<>();
    if (objects.isEmpty()) {
      return signatures;
    }
    Set<String> names = new LinkedHashSet<>(taken);
    for (ObjectReference child : objects.children(ObjectGraph.ROOT)) {
      if (INTERNAL.contains(child.getLocalName())) {
        continue; // TensorFlow would take the signature for the op that it notes there
      }
      inference(objects.object(child.getNodeId()), objects, captures)
          .ifPresent(
              function -> {
                FunctionDef def = library.get(function);
                SavedConcreteFunction known = objects.function(function).orElseThrow();
                if (def != null
                    && def.getSignature().getInputArgCount() > known.getBoundInputsCount()) {
                  signatures.add(call(child.getLocalName(), def, known, captures, names, added));
                }
              });
    }
    signatures.replaceAll(
        signature ->
            signature.name().equals("__call__") || signatures.size() == 1
                ? Signature.predict(
                    Signature.SERVING_DEFAULT, signature.inputs(), signature.outputs())
                : signature);
    return signatures;
  }

  /** The trace of a function object that a caller gets who does not ask for training. */
  private static Optional<String> inference(
      SavedObject object, ObjectGraph objects, Captures captures) {
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
        .sorted(
            Comparator.comparing((String name) -> isTraining(name, usable, objects))
                .thenComparing(name -> flags(objects.function(name).orElseThrow()))
                .thenComparing(name -> -open(objects.function(name).orElseThrow())))
        .findFirst();
  }

  /**
   * Whether a trace differs from another one in a flag that is true in it alone. Which flag is the
   * one for training nobody says; where several are, the trace with the fewest is nobody's
   * training.
   */
  private static boolean isTraining(String name, List<String> traces, ObjectGraph objects) {
    List<StructuredValue> leaves = leaves(name, objects);
    return traces.stream()
        .anyMatch(other -> KerasTraining.differInTraining(leaves, leaves(other, objects)));
  }

  private static List<StructuredValue> leaves(String function, ObjectGraph objects) {
    return Structures.leaves(
        objects.function(function).orElseThrow().getCanonicalizedInputSignature());
  }

  /** How many dimensions of a trace's arguments are open: it takes the more kinds of input. */
  private static long open(SavedConcreteFunction function) {
    return Structures.leaves(function.getCanonicalizedInputSignature()).stream()
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
    return Structures.leaves(function.getCanonicalizedInputSignature()).stream()
        .filter(StructuredValue::getBoolValue)
        .count();
  }

  private static Signature call(
      String name,
      FunctionDef def,
      SavedConcreteFunction function,
      Captures captures,
      Set<String> taken,
      List<NodeDef> added) {
    List<TensorRef> captured = captures.of(name, function);
    OpDef signature = def.getSignature();
    NodeDef.Builder call =
        NodeDef.newBuilder()
            .setName(unique("StatefulPartitionedCall", taken))
            .setOp("StatefulPartitionedCall")
            .putAttr("f", Attrs.function(signature.getName()));
    List<DataType> inputTypes = new ArrayList<>();
    Map<String, TensorSpec> inputs = new LinkedHashMap<>();
    for (int i = 0; i < signature.getInputArgCount() - captured.size(); i++) {
      OpDef.ArgDef arg = signature.getInputArg(i);
      FunctionDef.ArgAttrs attrs =
          def.getArgAttrMap().getOrDefault(i, FunctionDef.ArgAttrs.getDefaultInstance());
      AttrValue given = attrs.getAttrMap().get("_user_specified_name");
      String wanted = given == null ? arg.getName() : given.getS().toStringUtf8();
      NodeDef placeholder =
          NodeDef.newBuilder()
              .setName(unique(name.replaceAll("[^A-Za-z0-9.]", "") + "_" + arg.getName(), taken))
              .setOp("Placeholder")
              .putAttr("dtype", Attrs.of(arg.getType()))
              .putAttr("shape", Attrs.of(shape(attrs)))
              .build();
      added.add(placeholder);
      call.addInput(placeholder.getName());
      inputTypes.add(arg.getType());
      inputs.put(
          inputs.containsKey(wanted) ? arg.getName() : wanted,
          new TensorSpec(TensorRef.of(placeholder.getName()), arg.getType(), shape(attrs)));
    }
    captured.forEach(tensor -> call.addInput(tensor.asInput()));
    for (int i = inputTypes.size(); i < signature.getInputArgCount(); i++) {
      inputTypes.add(signature.getInputArg(i).getType());
    }
    List<DataType> outputTypes =
        signature.getOutputArgList().stream().map(OpDef.ArgDef::getType).toList();
    added.add(
        call.putAttr("Tin", Attrs.types(inputTypes))
            .putAttr("Tout", Attrs.types(outputTypes))
            .build());
    List<String> outputNames = Structures.names(function.getOutputSignature(), outputTypes.size());
    List<Shape> shapes = Structures.shapes(function.getOutputSignature(), outputTypes.size());
    Map<String, TensorSpec> outputs = new LinkedHashMap<>();
    for (int i = 0; i < outputTypes.size(); i++) {
      outputs.put(
          outputNames.get(i),
          new TensorSpec(new TensorRef(call.getName(), i), outputTypes.get(i), shapes.get(i)));
    }
    return Signature.predict(name, ImmutableMap.copyOf(inputs), ImmutableMap.copyOf(outputs));
  }

  private static Shape shape(FunctionDef.ArgAttrs attrs) {
    AttrValue shapes = attrs.getAttrMap().get("_output_shapes");
    return shapes == null || shapes.getList().getShapeCount() != 1
        ? Shape.unknown()
        : Shape.from(shapes.getList().getShape(0));
  }

  private static String unique(String wanted, Set<String> taken) {
    String name = wanted.startsWith("_") ? "function" + wanted : wanted;
    for (int i = 1; !taken.add(name); i++) {
      name = wanted + "_" + i;
    }
    return name;
  }
}
