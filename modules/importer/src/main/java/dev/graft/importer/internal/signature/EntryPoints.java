package dev.graft.importer.internal.signature;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.Maps;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Graph;
import dev.graft.graph.Names;
import dev.graft.graph.TensorRef;
import dev.graft.importer.internal.weights.Captures;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.savedmodel.objects.ObjectGraph;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/**
 * Finds the ways to call a SavedModel: its signatures, or, where it has none (TF Hub), the
 * functions of its root object.
 */
public final class EntryPoints {

  /** Signatures that are only a place for TensorFlow to note an op. */
  static final Set<String> INTERNAL = Set.of("__saved_model_init_op", "__saved_model_train_op");

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
   * its root object, too.
   *
   * @param graph the graph of {@code meta}
   * @param captures where the graph has what functions capture
   */
  public static Entries of(MetaGraphDef meta, Graph graph, ObjectGraph objects, Captures captures) {
    List<Signature> signatures = signatures(meta);
    if (signatures.stream().anyMatch(signature -> !signature.inputs().isEmpty())) {
      return Entries.of(signatures);
    }
    Entries functions = new RootFunctions(graph, objects, captures).entries();
    List<Signature> all = new ArrayList<>(functions.signatures());
    Set<String> names = new HashSet<>(functions.names());
    for (Signature signature : signatures) {
      if (!signature.outputs().isEmpty()) { // it gives something without taking anything
        String name = signature.name();
        if (!names.add(name)) {
          name = Names.free(name + "_without_inputs", taken -> !names.add(taken));
        }
        all.add(
            new Signature(
                name,
                signature.method(),
                signature.inputs(),
                signature.outputs(),
                signature.targets(),
                signature.defaults()));
      }
    }
    return new Entries(ImmutableList.copyOf(all), functions.added());
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
    return new TensorSpec(TensorRef.parse(tensor), DType.of(dtype), shape);
  }

  /** Fails if {@code entries} have no signature called {@code wanted}. */
  public static void requireSignature(Entries entries, String wanted) {
    if (!entries.names().contains(wanted)) {
      throw new BadRequestException(
          "the SavedModel has no signature '" + wanted + "'; it has " + entries.names() + ".");
    }
  }
}
