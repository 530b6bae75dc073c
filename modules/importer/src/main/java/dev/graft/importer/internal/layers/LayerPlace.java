package dev.graft.importer.internal.layers;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadModelException;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.OpBuilder;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import dev.graft.importer.internal.layers.LayerTensors.Border;
import dev.graft.importer.internal.layers.LayerTensors.Call;
import dev.graft.model.SavedFunction;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.DataType;

/**
 * Where a layer is in the flat graph, and how a function that stands for the layer is brought into
 * the form of that place.
 *
 * @param layer the layer's name
 * @param graph the flat graph
 * @param calls its calls
 */
record LayerPlace(String layer, Graph graph, ImmutableList<Call> calls) {

  /**
   * A function as Keras traced it.
   *
   * @param function the function, flat
   * @param captures how many of its last arguments are captures
   */
  record Trace(FunctionGraph function, int captures) {

    /** How many arguments the caller passes. */
    int passed() {
      return function.arguments().size() - captures;
    }
  }

  /** The dtypes of what the layer is given here, in the order of their numbers. */
  List<DataType> inputTypes() {
    return calls.get(0).border().inputs().stream().map(graph::dtype).sorted().toList();
  }

  /**
   * {@code training} with the inputs of one call as its arguments and {@code output_i} as the names
   * of its results, as {@link dev.graft.model.Layer#training} promises.
   *
   * @param inference the function that the graph holds at this place, node by node, unless the
   *     layer is called with training=True in inference too
   * @param training another function with the same arguments and results
   * @param penalties how many of its last results are penalties
   */
  FunctionGraph fit(Trace inference, Trace training, int penalties) {
    Border border = calls.get(0).border();
    for (Call other : calls) {
      if (other.border().inputs().size() != border.inputs().size()
          || other.border().outputs().size() != border.outputs().size()) {
        throw misfit("its calls differ in their inputs or outputs");
      }
    }
    if (inference.passed() != training.passed()) {
      throw misfit("it takes other arguments in training than in inference");
    }
    try {
      return fit(inference.function(), training, penalties);
    } catch (BadModelException e) {
      return fit(training.function(), training, penalties);
    }
  }

  private FunctionGraph fit(FunctionGraph here, Trace trace, int penalties) {
    FunctionGraph training = trace.function();
    Match match = new Match(this, here, trace.passed());
    Given given = given(match, here, trace);
    GraphEditor editor = training.graph().edit();
    ImmutableList<String> passed = arguments(given, training, editor);
    ImmutableList<Result> results = results(match, here, training, penalties);
    return new FunctionGraph(
        training.name(),
        editor.build(),
        ImmutableList.<String>builder()
            .addAll(passed)
            .addAll(training.arguments().subList(trace.passed(), training.arguments().size()))
            .build(),
        results.stream()
            .map(result -> given.standing(result.tensor()))
            .collect(ImmutableList.toImmutableList()),
        results.stream().map(Result::name).collect(ImmutableList.toImmutableList()),
        training.targets(),
        training.attrsForOtherArguments());
  }

  /**
   * What the function's arguments are given at this place.
   *
   * @param arguments the arguments by what they are given
   * @param unused those that nobody reads there
   */
  private record Given(Map<TensorRef, List<String>> arguments, Set<String> unused) {

    /** The argument that stands for {@code tensor}, if that is one of several given the same. */
    TensorRef standing(TensorRef tensor) {
      return arguments.values().stream()
          .filter(same -> same.stream().map(TensorRef::of).anyMatch(tensor::equals))
          .map(same -> TensorRef.of(same.get(0)))
          .findFirst()
          .orElse(tensor);
    }
  }

  private static Given given(Match match, FunctionGraph here, Trace training) {
    Map<TensorRef, List<String>> arguments = new LinkedHashMap<>();
    Set<String> unused = new LinkedHashSet<>();
    for (int i = 0; i < training.passed(); i++) {
      TensorRef given = match.argument(here.arguments().get(i));
      String argument = training.function().arguments().get(i);
      if (given == null) {
        unused.add(argument);
      } else {
        arguments.computeIfAbsent(given, k -> new ArrayList<>()).add(argument);
      }
    }
    return new Given(arguments, unused);
  }

  /** One argument for each input of the place, in {@code editor} too. */
  private ImmutableList<String> arguments(Given given, FunctionGraph training, GraphEditor editor) {
    ImmutableList.Builder<String> ordered = ImmutableList.builder();
    Set<TensorRef> outside = new LinkedHashSet<>(given.arguments().keySet());
    for (TensorRef input : calls.get(0).border().inputs()) {
      outside.remove(input);
      List<String> names = given.arguments().get(input);
      if (names == null) { // the graph reads it there, the function has it as a capture
        OpBuilder unread = editor.op("Placeholder").name("unused");
        names = List.of(unread.attr("dtype", Attrs.of(graph.dtype(input))).output().node());
      }
      ordered.add(names.get(0));
      for (String same : names.subList(1, names.size())) {
        editor.redirect(TensorRef.of(same), TensorRef.of(names.get(0)));
        editor.remove(same);
      }
    }
    for (String name : given.unused()) {
      if (!training.graph().consumers(name).isEmpty()) {
        throw misfit("it reads its argument '" + name + "' in training only");
      }
      editor.remove(name);
    }
    if (!outside.isEmpty()) {
      throw misfit("it reads " + outside + ", which does not enter its scope");
    }
    return ordered.build();
  }

  private record Result(String name, TensorRef tensor) {}

  private ImmutableList<Result> results(
      Match match, FunctionGraph here, FunctionGraph training, int penalties) {
    ImmutableList.Builder<Result> results = ImmutableList.builder();
    int outputs = training.results().size() - penalties;
    for (int i = 0; i < outputs && i < here.results().size(); i++) {
      TensorRef stands = match.result(here.results().get(i));
      int place = stands == null ? -1 : calls.get(0).border().outputs().indexOf(stands);
      if (place >= 0) {
        results.add(new Result("output_" + place, training.results().get(i)));
      }
    }
    for (int i = 0; i < penalties; i++) {
      results.add(new Result(SavedFunction.PENALTY + i, training.results().get(outputs + i)));
    }
    return results.build();
  }

  /**
   * {@code form}, which has to read all that the graph reads here: Keras traces a layer without the
   * mask that it is given, so that another form of a masked one would answer as if nothing were.
   *
   * @param form what {@link #fit} gave
   * @param captured what its last arguments are bound to
   */
  FunctionGraph requireAllRead(FunctionGraph form, List<TensorRef> captured) {
    List<TensorRef> inputs = calls.get(0).border().inputs();
    for (int i = 0; i < inputs.size(); i++) {
      String argument = form.arguments().get(i);
      boolean isRead =
          !form.graph().consumers(argument).isEmpty()
              || form.results().contains(TensorRef.of(argument))
              || captured.contains(inputs.get(i));
      if (!isRead) {
        throw misfit("it does not read '" + inputs.get(i) + "', such as a mask");
      }
    }
    return form;
  }

  /** Says that the function does not fit. */
  BadModelException misfit(String why) {
    return new BadModelException(
        "the training function of layer '" + layer + "' does not fit its place: " + why + ".");
  }
}
