package dev.graft.importer.internal.layers;

import static java.util.Objects.requireNonNull;
import static org.tensorflow.proto.DataType.DT_BOOL;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadModelException;
import dev.graft.graph.Functions;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.graph.function.FunctionInliner;
import dev.graft.importer.internal.clean.CleanGraph;
import dev.graft.importer.internal.layers.LayerPlace.Trace;
import dev.graft.importer.internal.weights.Captures;
import dev.graft.model.SavedFunction;
import dev.graft.savedmodel.objects.ObjectGraph;
import dev.graft.savedmodel.objects.Structures;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.OpList;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedConcreteFunction;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject;
import org.tensorflow.proto.SavedObjectGraphOuterClass.SavedObject.KindCase;
import org.tensorflow.proto.Struct.StructuredValue;

/**
 * What Keras 2 saved of a layer's behaviour in training: its function {@code
 * call_and_return_all_conditional_losses}, traced with training=True and with training=False. The
 * second is also what the graph holds, and so tells where the first belongs.
 */
public final class KerasTraining {

  private static final String FUNCTION = "call_and_return_all_conditional_losses";

  /** What Keras calls such a function if its last result is the penalty on the activity. */
  private static final String WITH_ACTIVITY = "_layer_call_and_return_all_conditional_losses";

  private final ObjectGraph objects;
  private final Captures captures;
  private final Map<String, FunctionDef> library;
  private final GpuTwins twins;
  private final Map<String, FunctionDef> ofGpus; // the library with these
  private final OpList producer;
  private final Map<String, Long> doings = new HashMap<>();
  private final Map<String, Boolean> comingToTwins = new HashMap<>();

  public KerasTraining(
      ObjectGraph objects,
      Captures captures,
      Map<String, FunctionDef> library,
      GpuTwins twins,
      OpList producer) {
    this.objects = objects;
    this.captures = captures;
    this.library = library;
    this.twins = twins;
    this.ofGpus = twins.in(library);
    this.producer = producer;
  }

  /** A trace with training=True and its twin with training=False; the same where there is one. */
  private record Traces(String training, String inference) {}

  /**
   * The training=True function of the layer that is object {@code id}, if it does anything that the
   * graph does not.
   *
   * @param place where the layer is in the graph
   */
  Optional<SavedFunction> of(int id, LayerPlace place) {
    return place.calls().isEmpty()
        ? Optional.empty()
        : called(differing(id), place).map(traces -> function(traces, place, library));
  }

  /**
   * What the layer that is object {@code id} does in training on a GPU, if the file holds that
   * beside what it does on a CPU.
   *
   * @param place where the layer is in the graph
   */
  Optional<SavedFunction> onGpu(int id, LayerPlace place) {
    return place.calls().isEmpty()
        ? Optional.empty()
        : called(ofGpu(id), place)
            .filter(traces -> !place.inputTypes().contains(DT_BOOL) || fits(traces, place))
            .map(traces -> function(traces, place, ofGpus))
            .map(form -> readingAll(form, place)); // never one that reads no mask
  }

  private static SavedFunction readingAll(SavedFunction form, LayerPlace place) {
    return SavedFunction.lazy(
        () -> place.requireAllRead(form.body(), form.captures()),
        form.captures(),
        form::definitions);
  }

  private List<Traces> ofGpu(int id) {
    OptionalInt function = objects.child(id, FUNCTION);
    return twins.names().isEmpty() || function.isEmpty()
        ? List.of()
        : traces(objects.object(function.getAsInt())).stream()
            .filter(each -> captures.has(objects.function(each.training).orElseThrow()))
            .filter(each -> comesToTwin(each.training))
            .toList();
  }

  /** Asked of all traces of the file, some of which reach a whole network, more than once. */
  private boolean comesToTwin(String trace) {
    return comingToTwins.computeIfAbsent(trace, name -> twins.areCalledBy(name, library));
  }

  /**
   * The traces that take what the layer is given at its place. Keras saves a recurrent layer with a
   * mask and without, whichever way it is called.
   */
  private Optional<Traces> called(List<Traces> found, LayerPlace place) {
    return found.stream()
        .filter(each -> fits(each, place))
        .findFirst()
        .or(() -> found.stream().findFirst());
  }

  private boolean fits(Traces traces, LayerPlace place) {
    return place.inputTypes().equals(passed(traces.training));
  }

  /** The dtypes of what its caller passes to a trace, in the order of their numbers. */
  private List<DataType> passed(String trace) {
    FunctionDef def = requireNonNull(library.get(trace), trace);
    int all = def.getSignature().getInputArgCount();
    int bound = objects.function(trace).orElseThrow().getBoundInputsCount();
    int count = Math.max(0, all - bound);
    return def.getSignature().getInputArgList().subList(0, count).stream()
        .map(OpDef.ArgDef::getType)
        .sorted()
        .toList();
  }

  /** Whether the layer that is object {@code id} has such a function, wherever it belongs. */
  boolean differs(int id) {
    return !differing(id).isEmpty();
  }

  /** The nodes of what these functions capture. */
  public Set<String> captured() {
    Set<String> nodes = new LinkedHashSet<>();
    for (int id = 0; id < objects.size(); id++) {
      Stream.concat(differing(id).stream(), ofGpu(id).stream())
          .forEach(
              traces ->
                  captures
                      .of(traces.training, objects.function(traces.training).orElseThrow())
                      .forEach(tensor -> nodes.add(tensor.node())));
    }
    return nodes;
  }

  private List<Traces> differing(int id) {
    OptionalInt function = objects.child(id, FUNCTION);
    if (function.isEmpty()) {
      return List.of();
    }
    List<Traces> found = new ArrayList<>();
    for (Traces traces : traces(objects.object(function.getAsInt()))) {
      SavedConcreteFunction training = objects.function(traces.training).orElseThrow();
      boolean differs =
          doing(traces.training) != doing(traces.inference) || penalties(training) > 0;
      if (differs && captures.has(training)) {
        found.add(traces);
      }
    }
    return found;
  }

  /**
   * What a layer does in training.
   *
   * @param doing the library by which it does
   */
  private SavedFunction function(Traces traces, LayerPlace place, Map<String, FunctionDef> doing) {
    SavedConcreteFunction training = objects.function(traces.training).orElseThrow();
    SavedConcreteFunction inference = objects.function(traces.inference).orElseThrow();
    ImmutableList<TensorRef> captured = captures.of(traces.training, training);
    boolean regular = traces.training.contains(WITH_ACTIVITY);
    return SavedFunction.lazy(
        () -> {
          FunctionGraph does = flatten(traces.training, doing);
          return place.fit(
              new Trace(flatten(traces.inference, library), inference.getBoundInputsCount()),
              new Trace(regular ? perExample(does) : does, captured.size()),
              penalties(training));
        },
        captured,
        () -> Functions.reachable(traces.training, doing));
  }

  /**
   * {@code function} with its last result, the penalty on the layer's activity, divided by the
   * batch size: Keras does that where it adds the penalty to the loss, outside the function.
   */
  private static FunctionGraph perExample(FunctionGraph function) {
    GraphEditor editor = function.graph().edit();
    Scope scope = new Scope(editor, "ActivityRegularizer");
    int last = function.results().size() - 1;
    TensorRef penalty = function.results().get(last);
    TensorRef shape = scope.add("Shape", function.results().get(0));
    TensorRef batch = scope.at(shape, 0);
    TensorRef mean = scope.add("RealDiv", penalty, scope.cast(batch, editor.dtype(penalty)));
    return new FunctionGraph(
        function.name(),
        editor.build(),
        function.arguments(),
        ImmutableList.<TensorRef>builder()
            .addAll(function.results().subList(0, last))
            .add(mean)
            .build(),
        function.resultNames(),
        function.targets(),
        function.attrs());
  }

  private List<Traces> traces(SavedObject object) {
    if (object.getKindCase() != KindCase.FUNCTION) {
      return List.of();
    }
    List<String> names = new ArrayList<>();
    for (String name : object.getFunction().getConcreteFunctionsList()) {
      if (objects.function(name).isPresent() && library.containsKey(name)) {
        names.add(name);
      }
    }
    List<Traces> traces = new ArrayList<>();
    for (String training : names) {
      for (String inference : names) {
        if (differInTraining(leaves(training), leaves(inference))) {
          traces.add(new Traces(training, inference));
        }
      }
    }
    if (traces.isEmpty() && names.size() == 1) {
      traces.add(new Traces(names.get(0), names.get(0)));
    }
    return traces;
  }

  private List<StructuredValue> leaves(String function) {
    return Structures.leaves(
        objects.function(function).orElseThrow().getCanonicalizedInputSignature());
  }

  /** Whether two traces have the same arguments except that a flag is true in the first only. */
  public static boolean differInTraining(
      List<StructuredValue> training, List<StructuredValue> inference) {
    if (training.size() != inference.size()) {
      return false;
    }
    boolean flag = false;
    for (int i = 0; i < training.size(); i++) {
      StructuredValue a = training.get(i);
      StructuredValue b = inference.get(i);
      boolean same = a.equals(b);
      boolean onlyHere = a.getBoolValue() && b.hasBoolValue() && !b.getBoolValue();
      if (!same && !onlyHere) {
        return false;
      }
      flag |= !same;
    }
    return flag;
  }

  /** How many penalties the function returns: they are the second of its two results. */
  private static int penalties(SavedConcreteFunction function) {
    StructuredValue results = function.getOutputSignature();
    if (results.getTupleValue().getValuesCount() != 2) {
      return 0;
    }
    int count = 0;
    for (StructuredValue leaf : Structures.leaves(results.getTupleValue().getValues(1))) {
      count += leaf.hasTensorSpecValue() ? 1 : 0;
    }
    return count;
  }

  private FunctionGraph flatten(String name, Map<String, FunctionDef> among) {
    FunctionDef function = among.get(name);
    if (function == null) {
      throw new BadModelException(
          "the model lacks its own function '" + name + "'; it is damaged.");
    }
    return CleanGraph.of(FunctionInliner.flatten(function, among), producer);
  }

  /**
   * A number for what a function does, to tell without flattening whether two do the same: the sum
   * over its ops with their attributes, whatever their names and order.
   */
  private long doing(String function) {
    Long known = doings.get(function);
    if (known != null) {
      return known;
    }
    doings.put(function, 0L); // should it call itself
    long sum = 0;
    FunctionDef def = library.get(function);
    for (NodeDef node : def == null ? List.<NodeDef>of() : def.getNodeDefList()) {
      sum += doing(node);
    }
    doings.put(function, sum);
    return sum;
  }

  private long doing(NodeDef node) {
    if (node.getOp().equals("Identity") || node.getOp().equals("NoOp")) {
      return 0;
    }
    long sum = node.getOp().hashCode();
    long called = 0;
    for (Map.Entry<String, AttrValue> attr : node.getAttrMap().entrySet()) {
      @Nullable AttrValue value = attr.getValue();
      if (value.hasFunc()) {
        called += doing(value.getFunc().getName());
      } else if (!attr.getKey().startsWith("_") && (value.hasB() || value.hasF() || value.hasI())) {
        sum += 31L * attr.getKey().hashCode() + 17L * value.hashCode();
      }
    }
    boolean onlyCalls = node.getOp().endsWith("PartitionedCall");
    return onlyCalls ? called : sum * 0x9E3779B97F4A7C15L + called;
  }

  /** The penalties of the whole model ({@code loss_fn_0}, ...): functions without arguments. */
  public ImmutableList<SavedFunction> penalties() {
    ImmutableList.Builder<SavedFunction> penalties = ImmutableList.builder();
    if (objects.isEmpty()) {
      return penalties.build();
    }
    for (int id : objects.list(ObjectGraph.ROOT, "regularization_losses")) {
      SavedObject object = objects.object(id);
      List<String> traces =
          object.getKindCase() == KindCase.FUNCTION
              ? object.getFunction().getConcreteFunctionsList()
              : List.of();
      if (object.getKindCase() == KindCase.BARE_CONCRETE_FUNCTION) {
        traces = List.of(object.getBareConcreteFunction().getConcreteFunctionName());
      }
      for (String name : traces.isEmpty() ? traces : traces.subList(0, 1)) {
        Optional<SavedConcreteFunction> known = objects.function(name);
        if (known.isPresent() && library.containsKey(name) && captures.has(known.get())) {
          penalties.add(
              SavedFunction.lazy(
                  () -> flatten(name, library),
                  captures.of(name, known.get()),
                  () -> Functions.reachable(name, library)));
        }
      }
    }
    return penalties.build();
  }
}
