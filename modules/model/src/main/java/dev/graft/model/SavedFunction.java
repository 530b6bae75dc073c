package dev.graft.model;

import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableList;
import dev.graft.error.BadModelException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.tensorflow.proto.FunctionDef;

/**
 * A function that the SavedModel holds beside its signatures, flattened: a layer's behaviour in
 * training, a penalty. Its arguments are what the caller passes, then the captures.
 */
@Internal
public final class SavedFunction {

  /** How the names of results begin that a layer's function adds to the loss. */
  public static final String PENALTY = "penalty_";

  private final Supplier<FunctionGraph> body;
  private final ImmutableList<TensorRef> captures;
  private final Supplier<Map<String, FunctionDef>> definitions;

  /**
   * A function that is known.
   *
   * @param body the function
   * @param captures the tensors of the model's graph that its last arguments are bound to: variable
   *     handles, constants
   */
  public SavedFunction(FunctionGraph body, List<TensorRef> captures) {
    this(() -> body, captures, () -> definitions(body));
  }

  private SavedFunction(
      Supplier<FunctionGraph> body,
      List<TensorRef> captures,
      Supplier<Map<String, FunctionDef>> definitions) {
    this.body = body;
    this.captures = ImmutableList.copyOf(captures);
    this.definitions = definitions;
  }

  /**
   * A function that is made when it is first asked for, since most never are.
   *
   * @param definitions see {@link #definitions}
   */
  public static SavedFunction lazy(
      Supplier<FunctionGraph> body,
      List<TensorRef> captures,
      Supplier<Map<String, FunctionDef>> definitions) {
    Supplier<FunctionGraph> once = (Supplier<FunctionGraph>) Suppliers.memoize(body::get)::get;
    return new SavedFunction(once, captures, definitions);
  }

  private static Map<String, FunctionDef> definitions(FunctionGraph body) {
    Map<String, FunctionDef> all = new LinkedHashMap<>(body.graph().functions());
    all.put(body.name(), body.toFunctionDef(body.name()));
    return all;
  }

  /**
   * The function and all that it calls as the SavedModel holds them, by name: what to look at for
   * who only wants to know what it might do. Does not read {@link #body}.
   */
  public Map<String, FunctionDef> definitions() {
    return definitions.get();
  }

  /**
   * The function.
   *
   * @throws BadModelException if it is damaged, or does not fit the place in the graph where it
   *     would be used
   */
  public FunctionGraph body() {
    return body.get();
  }

  /**
   * Whether {@link #body} gives it; where not, the model has to do without. Reads the function if
   * it was not read before.
   */
  public boolean isUsable() {
    try {
      FunctionGraph unused = body();
      return true;
    } catch (BadModelException e) {
      return false;
    }
  }

  /** The tensors of the model's graph that the last arguments are bound to. */
  public List<TensorRef> captures() {
    return captures;
  }

  /** What each argument is bound to by a caller who passes {@code passed}, in their order. */
  public Map<String, TensorRef> bound(List<TensorRef> passed) {
    Map<String, TensorRef> bound = new LinkedHashMap<>();
    List<String> arguments = body().arguments();
    for (int i = 0; i < arguments.size(); i++) {
      bound.put(
          arguments.get(i), i < passed.size() ? passed.get(i) : captures.get(i - passed.size()));
    }
    return bound;
  }

  /** How many arguments the caller passes. */
  public int callerArguments() {
    return body().arguments().size() - captures.size();
  }
}
