package dev.graft.importer.internal.signature;

import com.google.common.primitives.Longs;
import dev.graft.graph.Attrs;
import dev.graft.graph.Nodes;
import dev.graft.graph.function.CustomGradient;
import dev.graft.savedmodel.objects.ObjectGraph;
import dev.graft.savedmodel.objects.Structures;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.RegisteredGradient;
import org.tensorflow.proto.SavedObjectGraphOuterClass.CapturedTensor;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject.KindCase;
import org.tensorflow.proto.Struct.StructuredValue;

/**
 * Ties nodes with a {@code tf.custom_gradient} to the functions that the SavedModel holds for them.
 * What such a function captures stands only in the object graph, as names inside the function that
 * holds the node; here it becomes further inputs of the node, which then survive inlining, renaming
 * and pruning. {@link CustomGradient} reads the result.
 */
public final class CustomGradients {

  private final ObjectGraph objects;
  private final Map<String, FunctionDef> library = new HashMap<>();
  private final Map<String, String> gradients = new HashMap<>(); // functions by registered type

  private CustomGradients(GraphDef graph, ObjectGraph objects) {
    this.objects = objects;
    for (FunctionDef function : graph.getLibrary().getFunctionList()) {
      library.put(function.getSignature().getName(), function);
    }
    for (RegisteredGradient gradient : graph.getLibrary().getRegisteredGradientsList()) {
      gradients.put(gradient.getRegisteredOpType(), gradient.getGradientFunc());
    }
  }

  /** {@code graph} with the nodes tied. Those whose captures cannot be found stay as they are. */
  public static GraphDef bind(GraphDef graph, ObjectGraph objects) {
    if (graph.getLibrary().getRegisteredGradientsCount() == 0) {
      return graph;
    }
    CustomGradients gradients = new CustomGradients(graph, objects);
    FunctionDefLibrary.Builder library = graph.getLibrary().toBuilder();
    for (int i = 0; i < library.getFunctionCount(); i++) {
      FunctionDef bound = gradients.bind(library.getFunction(i));
      if (bound != library.getFunction(i)) {
        library.setFunction(i, bound);
      }
    }
    return graph.toBuilder().setLibrary(library).build();
  }

  private FunctionDef bind(FunctionDef function) {
    FunctionDef.@Nullable Builder changed = null;
    for (int i = 0; i < function.getNodeDefCount(); i++) {
      NodeDef node = function.getNodeDef(i);
      AttrValue type = node.getAttrOrDefault(CustomGradient.MARK, null);
      if (type != null
          && node.getOp().equals("IdentityN")
          && !node.containsAttr(CustomGradient.FUNCTION)) {
        Optional<NodeDef> bound = bind(node, type.getS().toStringUtf8(), function);
        if (bound.isPresent()) {
          changed = changed == null ? function.toBuilder() : changed;
          changed.setNodeDef(i, bound.get());
        }
      }
    }
    return changed == null ? function : changed.build();
  }

  private Optional<NodeDef> bind(NodeDef node, String type, FunctionDef holder) {
    String name = gradients.get(type);
    FunctionDef gradient = name == null ? null : library.get(name);
    SavedConcreteFunction saved = name == null ? null : objects.functions().get(name);
    AttrValue of = node.getAttrOrDefault("T", AttrValue.getDefaultInstance());
    int recorded = of.getList().getTypeCount();
    if (gradient == null
        || saved == null
        || recorded > Nodes.dataInputs(node).size() // damaged: who reads the node says so
        || gradient.getSignature().getInputArgCount() != recorded + saved.getBoundInputsCount()) {
      return Optional.empty();
    }
    Optional<List<Long>> results = results(saved.getOutputSignature(), recorded);
    List<String> captures = new ArrayList<>();
    for (int id : saved.getBoundInputsList()) {
      capture(id, holder).ifPresent(captures::add);
    }
    if (results.isEmpty() || captures.size() != saved.getBoundInputsCount()) {
      return Optional.empty();
    }
    AttrValue.Builder types = of.toBuilder();
    for (OpDef.ArgDef captured :
        gradient.getSignature().getInputArgList().subList(recorded, recorded + captures.size())) {
      types.getListBuilder().addType(captured.getType());
    }
    NodeDef.Builder bound =
        node.toBuilder()
            .clearInput()
            .addAllInput(node.getInputList().subList(0, recorded))
            .addAllInput(captures)
            .addAllInput(node.getInputList().subList(recorded, node.getInputCount()))
            .putAttr("T", types.build())
            .putAttr(CustomGradient.FUNCTION, Attrs.function(gradient.getSignature().getName()))
            .putAttr(CustomGradient.RESULTS, Attrs.ints(Longs.toArray(results.get())));
    AttrValue shapes = node.getAttrOrDefault("_output_shapes", null);
    if (shapes != null) {
      AttrValue.Builder more = shapes.toBuilder();
      captures.forEach(c -> more.getListBuilder().addShape(Shape.unknown().toProto()));
      bound.putAttr("_output_shapes", more.build());
    }
    return Optional.of(bound.build());
  }

  /** How {@code holder} calls the object {@code id} that a gradient captures, if it has it. */
  private Optional<String> capture(int id, FunctionDef holder) {
    String name = holder.getSignature().getName();
    SavedObject object = objects.object(id);
    if (object.getKindCase() == KindCase.CAPTURED_TENSOR) {
      CapturedTensor tensor = object.getCapturedTensor();
      return tensor.getConcreteFunction().equals(name)
          ? Optional.of(inFunction(tensor.getName(), holder))
          : Optional.empty();
    }
    SavedConcreteFunction saved = objects.functions().get(name);
    int at = saved == null ? -1 : saved.getBoundInputsList().indexOf(id);
    int first =
        saved == null ? 0 : holder.getSignature().getInputArgCount() - saved.getBoundInputsCount();
    return at < 0 || first < 0
        ? Optional.empty()
        : Optional.of(holder.getSignature().getInputArg(first + at).getName());
  }

  /** An argument has no output number in a function. */
  private static String inFunction(String tensor, FunctionDef holder) {
    int colon = tensor.lastIndexOf(':');
    String node = colon < 0 ? tensor : tensor.substring(0, colon);
    boolean argument =
        holder.getSignature().getInputArgList().stream()
            .anyMatch(arg -> arg.getName().equals(node));
    return argument ? node : tensor;
  }

  /** Which result is the gradient of which of {@code recorded} inputs; empty if none can tell. */
  private static Optional<List<Long>> results(StructuredValue signature, int recorded) {
    List<Long> results = new ArrayList<>();
    long next = 0;
    for (StructuredValue leaf : Structures.leaves(signature)) {
      switch (leaf.getKindCase()) {
        case NONE_VALUE -> results.add(-1L);
        case TENSOR_SPEC_VALUE -> results.add(next++);
        default -> {
          return Optional.empty();
        }
      }
    }
    return results.size() == recorded ? Optional.of(results) : Optional.empty();
  }
}
