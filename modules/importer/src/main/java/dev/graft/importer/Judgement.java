package dev.graft.importer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Functions;
import dev.graft.graph.OpRegistry;
import dev.graft.graph.OpenAttrs;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadModelException;
import dev.graft.model.MachineAccess;
import dev.graft.model.MachineAccess.Kind;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * Finds what of a graph reaches beyond the model when it runs. Functions are judged as each call
 * sees them: with the attributes and, where these are handed on as they are, the arguments that it
 * gives. What is left open counts as whatever is worst.
 */
final class Judgement {

  /** Calls that see a function otherwise; a small file can describe more than fit in any memory. */
  static final int MAX_CALLS = 50_000;

  /**
   * Nodes that run together.
   *
   * @param place what they are, in words for people
   * @param nodes their names
   * @param fed tensors for which whoever runs them puts the place of a file of the model's own
   * @param given tensors for which the caller puts what he likes, whatever the graph says of them
   */
  record Run(String place, Set<String> nodes, Set<TensorRef> fed, Set<TensorRef> given) {}

  /** A node, and the function that holds it, if one does. */
  record Found(Kind kind, String op, String node, String function) {}

  /** A function as one call sees it. */
  private record Call(
      String function, ImmutableMap<String, AttrValue> attrs, ImmutableList<Known> arguments) {}

  private final Map<String, NodeDef> nodes;
  private final Map<String, FunctionDef> library;
  private final Map<String, OpenAttrs> openAttrs = new HashMap<>();
  private final Map<String, Map<String, NodeDef>> bodies = new HashMap<>();
  private final Map<String, Boolean> written = new HashMap<>(); // text variables: own files only?
  private final Set<String> called = new HashSet<>(); // functions
  private boolean learned; // what is written
  private boolean writesAnywhere; // into a text variable of which nobody knows which it is

  /**
   * A judgement.
   *
   * @param runs all that runs in one session, since what one of them writes another one may read
   * @param restored text variables that get anything that is in a checkpoint
   */
  Judgement(
      Map<String, NodeDef> nodes,
      Map<String, FunctionDef> library,
      List<Run> runs,
      Set<String> restored) {
    this.nodes = nodes;
    this.library = library;
    restored.forEach(name -> written.put("/" + name, false));
    runs.forEach(run -> walk(run, found -> {}));
    this.learned = true;
  }

  /** What {@code run} reaches beyond the model. */
  ImmutableList<MachineAccess> of(Run run) {
    return found(run).stream()
        .map(
            each ->
                new MachineAccess(
                    each.kind(),
                    each.op(),
                    each.node(),
                    each.function().isEmpty() ? run.place() : "function '" + each.function() + "'"))
        .collect(ImmutableList.toImmutableList());
  }

  /** What {@code run} reaches beyond the model, each node once. */
  Set<Found> found(Run run) {
    Set<Found> found = new LinkedHashSet<>();
    walk(run, found::add);
    return found;
  }

  /**
   * What functions reach beyond the model that no run calls, nothing being known of who does; of
   * those that call each other, too.
   */
  Set<Found> uncalled() {
    Set<Found> found = new LinkedHashSet<>();
    Deque<Call> open = new ArrayDeque<>();
    for (String name : library.keySet()) {
      if (!called.contains(name)) {
        open.add(new Call(name, ImmutableMap.of(), ImmutableList.of()));
      }
    }
    walk(open, found::add);
    return found;
  }

  private void walk(Run run, Consumer<Found> found) {
    Deque<Call> open = new ArrayDeque<>();
    JudgedScope graph = JudgedScope.graph(nodes, fedBy(run), this::isOwn);
    for (String name : run.nodes()) {
      NodeDef node = nodes.get(name);
      if (node != null) {
        visit(graph, node, open, found);
      }
    }
    walk(open, found);
  }

  private static Map<TensorRef, Known> fedBy(Run run) {
    Map<TensorRef, Known> fed = new HashMap<>();
    run.fed().forEach(tensor -> fed.put(tensor, Known.Fact.OWN_FILE));
    run.given().forEach(tensor -> fed.put(tensor, Known.Fact.NOTHING));
    return fed;
  }

  private void walk(Deque<Call> open, Consumer<Found> found) {
    Set<Call> seen = new HashSet<>();
    while (!open.isEmpty()) {
      Call call = open.remove();
      FunctionDef function = library.get(call.function());
      if (function == null || !seen.add(call)) {
        continue;
      }
      if (seen.size() > MAX_CALLS) {
        throw new BadModelException(
            "the model's functions call each other in more than "
                + MAX_CALLS
                + " ways; it is damaged or made to exhaust memory.");
      }
      called.add(call.function());
      Map<String, Known> arguments = new HashMap<>();
      for (int i = 0; i < function.getSignature().getInputArgCount(); i++) {
        arguments.put(
            function.getSignature().getInputArg(i).getName(),
            i < call.arguments().size() ? call.arguments().get(i) : Known.Fact.NOTHING);
      }
      JudgedScope body =
          JudgedScope.body(call.function(), body(function), call.attrs(), arguments, this::isOwn);
      body.nodes().forEach(node -> visit(body, node, open, found));
    }
  }

  private Map<String, NodeDef> body(FunctionDef function) {
    return bodies.computeIfAbsent(
        function.getSignature().getName(),
        name -> {
          Map<String, NodeDef> byName = new LinkedHashMap<>();
          function.getNodeDefList().forEach(node -> byName.put(node.getName(), node));
          return byName;
        });
  }

  private void visit(JudgedScope scope, NodeDef node, Deque<Call> open, Consumer<Found> found) {
    List<Known> inputs = scope.inputs(node);
    if (library.containsKey(node.getOp())) {
      open.add(call(node.getOp(), scope.bound(node.getAttrMap()), inputs));
    }
    node.getAttrMap()
        .forEach(
            (name, attr) -> {
              for (NameAttrList function : functions(scope, attr)) {
                List<Known> given = handed(node, name, inputs);
                open.add(call(function.getName(), scope.bound(function.getAttrMap()), given));
              }
            });
    noteWrites(scope, node, inputs);
    kind(scope, node, inputs)
        .ifPresent(
            kind -> found.accept(new Found(kind, node.getOp(), node.getName(), scope.function())));
  }

  private Call call(String function, Map<String, AttrValue> attrs, List<Known> arguments) {
    FunctionDef definition = library.get(function);
    ImmutableMap<String, AttrValue> given =
        definition == null
            ? ImmutableMap.of()
            : openAttrs.computeIfAbsent(function, name -> OpenAttrs.of(definition)).among(attrs);
    boolean nothing = arguments.stream().allMatch(known -> known == Known.Fact.NOTHING);
    return new Call(
        function, given, nothing ? ImmutableList.of() : ImmutableList.copyOf(arguments));
  }

  /** The functions that an attribute names. */
  private static List<NameAttrList> functions(JudgedScope scope, AttrValue attr) {
    AttrValue value = attr.getPlaceholder().isEmpty() ? attr : scope.bound(attr).orElse(attr);
    return value.hasFunc() ? List.of(value.getFunc()) : value.getList().getFuncList();
  }

  /** What a function gets of the inputs of the node that runs it. */
  private static List<Known> handed(NodeDef node, String attr, List<Known> inputs) {
    boolean branches =
        Set.of("If", "StatelessIf", "_If", "Case", "StatelessCase").contains(node.getOp());
    if (Functions.isPartitionedCall(node) && attr.equals("f")) {
      return inputs;
    }
    return branches && !inputs.isEmpty() ? inputs.subList(1, inputs.size()) : List.of();
  }

  /** Notes what is put into variables that hold text, and so may hold the place of a file. */
  private void noteWrites(JudgedScope scope, NodeDef node, List<Known> inputs) {
    switch (node.getOp()) {
      case "AssignVariableOp" -> {
        if (inputs.size() < 2) {
          return;
        }
        if (inputs.get(0) instanceof Known.TextVariable variable) {
          boolean own = inputs.get(1) == Known.Fact.OWN_FILE;
          written.merge(variable.name(), own, Boolean::logicalAnd);
        } else {
          writesAnywhere |=
              scope
                  .bound(node.getAttrOrDefault("dtype", AttrValue.getDefaultInstance()))
                  .filter(dtype -> dtype.getType() != DataType.DT_STRING)
                  .isEmpty();
        }
      }
      case "ReadVariableOp", "VarIsInitializedOp", "VariableShape", "Identity" -> {}
      case "PartitionedCall", "StatefulPartitionedCall" -> {}
      default -> {
        if (!library.containsKey(node.getOp())) {
          for (Known input : inputs) {
            if (input instanceof Known.TextVariable variable) {
              written.put(variable.name(), false);
            }
          }
        }
      }
    }
  }

  private boolean isOwn(String variable) {
    return learned && !writesAnywhere && written.getOrDefault(variable, false);
  }

  private Optional<Kind> kind(JudgedScope scope, NodeDef node, List<Known> inputs) {
    String op = node.getOp();
    if (library.containsKey(op)) {
      return Optional.empty();
    }
    if (leavesFunctionOpen(scope, node)) {
      return Optional.of(Kind.CODE);
    }
    Optional<Kind> kind = MachineOps.kind(op);
    if (kind.isEmpty()) {
      return kind;
    }
    MachineOps.Harmless harmless = MachineOps.HARMLESS_BY_ATTRIBUTE.get(op);
    if (harmless != null) {
      AttrValue value = OpRegistry.standard().attr(node, harmless.attribute());
      boolean is = harmless.is(Optional.ofNullable(value).flatMap(scope::bound));
      return is ? Optional.empty() : kind;
    }
    return staysInside(op, inputs) ? Optional.empty() : kind;
  }

  private static boolean leavesFunctionOpen(JudgedScope scope, NodeDef node) {
    for (OpDef.AttrDef attr :
        OpRegistry.standard().find(node.getOp()).map(OpDef::getAttrList).orElse(List.of())) {
      AttrValue value = node.getAttrOrDefault(attr.getName(), null);
      if (value != null
          && (attr.getType().equals("func") || attr.getType().equals("list(func)"))
          && !value.getPlaceholder().isEmpty()
          && scope.bound(value).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  /** Whether {@code op} touches only files of the model's own, or none after all. */
  private static boolean staysInside(String op, List<Known> inputs) {
    Integer cache = MachineOps.CACHES.get(op);
    if (cache != null) {
      return cache < inputs.size() && inputs.get(cache) == Known.Fact.EMPTY_TEXT;
    }
    if (!MachineOps.READERS.contains(op) && !MachineOps.RESTORES.contains(op)) {
      return false;
    }
    List<Known> names =
        switch (op) {
          case "InitializeTableFromTextFile", "InitializeTableFromTextFileV2" ->
              inputs.subList(Math.min(1, inputs.size()), inputs.size());
          case "GenerateVocabRemapping" -> inputs;
          default -> inputs.subList(0, Math.min(1, inputs.size()));
        };
    return !names.isEmpty() && names.stream().allMatch(name -> name == Known.Fact.OWN_FILE);
  }
}
