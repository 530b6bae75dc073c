package dev.graft.importer.internal.trust;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadModelException;
import dev.graft.graph.Functions;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.OpenAttrs;
import dev.graft.graph.op.OpRegistry;
import dev.graft.model.MachineAccess;
import dev.graft.model.MachineAccess.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NameAttrList;
import org.tensorflow.proto.NodeDef;

/**
 * Finds what of a graph reaches beyond the model when it runs. Functions are judged as each call
 * sees them: with what is known of its inputs, where these are handed on as they are. Of a function
 * that leaves anything open (attributes, how many arguments there are) nothing is known at all:
 * what its callers give it counts as whatever is worst, since TensorFlow itself has several ways to
 * bind it.
 */
public final class Judgement {

  /**
   * Nodes, inputs and attributes that are looked at; a small file can describe more calls than
   * anybody can follow.
   */
  static final int MAX_VISITS = 5_000_000;

  private static final int KILO = 1024; // bytes that are looked through as one more

  /**
   * Nodes that run together.
   *
   * @param place what they are, in words for people
   * @param nodes their names
   * @param fed what is known of tensors that are fed, whatever the graph says of them
   * @param once whether they run once, before all else
   */
  public record Run(String place, Set<String> nodes, Map<TensorRef, Known> fed, boolean once) {}

  /** A node, and the function that holds it, if one does. */
  public record Found(Kind kind, String op, String node, String function) {}

  /** A function as one call sees it. */
  private record Call(String function, ImmutableList<Known> arguments) {}

  /** What is in a body: what reaches out, and what it calls. */
  private record Seen(List<Found> found, Set<Call> calls) {}

  private final Map<String, NodeDef> nodes;
  private final Map<String, FunctionDef> library;
  private final Set<String> handles;
  private final boolean fillsFreely; // tables, since none of them is a dense one
  private final Map<String, Boolean> open = new HashMap<>();
  private final Map<Call, Seen> bodies = new HashMap<>();
  private final Set<String> called = new HashSet<>(); // functions
  private long visits;

  /**
   * A judgement of runs of one graph.
   *
   * @param handles the nodes of {@link OwnVariables}
   */
  public Judgement(
      Map<String, NodeDef> nodes, Map<String, FunctionDef> library, Set<String> handles) {
    this(nodes, library, handles, !MachineOps.haveDenseTables(nodes.values(), library.values()));
  }

  private Judgement(
      Map<String, NodeDef> nodes,
      Map<String, FunctionDef> library,
      Set<String> handles,
      boolean fillsFreely) {
    this.nodes = nodes;
    this.library = library;
    this.handles = handles;
    this.fillsFreely = fillsFreely;
  }

  /** A judgement of runs of a graph that has functions {@code beside} it. */
  public static Judgement of(
      Map<String, NodeDef> nodes,
      Map<String, FunctionDef> library,
      Set<String> handles,
      Map<String, FunctionDef> beside) {
    boolean dense =
        MachineOps.haveDenseTables(nodes.values(), library.values())
            || MachineOps.haveDenseTables(List.of(), beside.values());
    return new Judgement(nodes, library, handles, !dense);
  }

  /** Judges functions that lie beside the graph, of whose callers nothing is known. */
  public Set<Found> uncalled(Map<String, FunctionDef> beside) {
    return new Judgement(Map.of(), beside, Set.of(), fillsFreely).uncalled();
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
  public Set<Found> found(Run run) {
    JudgedScope graph = JudgedScope.graph(nodes, run.fed(), handles);
    List<NodeDef> running = new ArrayList<>();
    for (String name : run.nodes()) {
      NodeDef node = nodes.get(name);
      if (node != null) {
        running.add(node);
      }
    }
    Seen seen = look(graph, running, run.once());
    Set<Found> found = new LinkedHashSet<>(seen.found());
    follow(seen.calls(), found);
    return found;
  }

  /**
   * What functions reach beyond the model that no run calls, nothing being known of who does; of
   * those that call each other, too.
   */
  public Set<Found> uncalled() {
    Set<Found> found = new LinkedHashSet<>();
    List<Call> calls = new ArrayList<>();
    for (String name : library.keySet()) {
      if (!called.contains(name)) {
        calls.add(new Call(name, ImmutableList.of()));
      }
    }
    follow(calls, found);
    return found;
  }

  private void follow(Collection<Call> calls, Set<Found> found) {
    Deque<Call> open = new ArrayDeque<>(calls);
    Set<Call> followed = new HashSet<>();
    while (!open.isEmpty()) {
      Call call = open.remove();
      FunctionDef function = library.get(call.function());
      if (function == null || !followed.add(call)) {
        continue;
      }
      called.add(call.function());
      Seen seen = bodies.get(call);
      if (seen == null) {
        JudgedScope body = JudgedScope.body(function, call.arguments());
        seen = look(body, body.nodes(), false);
        if (HiddenValues.in(function)) {
          seen.found().add(new Found(Kind.CODE, call.function(), call.function(), call.function()));
        }
        bodies.put(call, seen);
      }
      found.addAll(seen.found());
      open.addAll(seen.calls());
    }
  }

  private void count(long looks) {
    visits += looks;
    if (visits > MAX_VISITS) {
      throw new BadModelException(
          "the model's functions call each other in so many ways that more than "
              + MAX_VISITS
              + " nodes had to be looked at; it is damaged or made to exhaust memory.");
    }
  }

  private Seen look(JudgedScope scope, Collection<NodeDef> running, boolean once) {
    count(1);
    for (NodeDef node : running) {
      count(1L + node.getInputCount() + node.getAttrCount() + node.getSerializedSize() / KILO);
    }
    Seen seen = new Seen(new ArrayList<>(), new LinkedHashSet<>());
    for (NodeDef node : running) {
      List<Known> inputs = scope.inputs(node);
      calls(node, inputs, seen.calls());
      kind(node, inputs)
          .ifPresent(
              kind ->
                  seen.found()
                      .add(new Found(kind, node.getOp(), node.getName(), scope.function())));
    }
    for (NodeDef write : RefWrites.among(running, nodes, once)) {
      seen.found().add(new Found(Kind.CODE, write.getOp(), write.getName(), scope.function()));
    }
    return seen;
  }

  private void calls(NodeDef node, List<Known> inputs, Set<Call> calls) {
    if (library.containsKey(node.getOp())) {
      calls.add(call(node.getOp(), inputs));
    }
    node.getAttrMap()
        .forEach(
            (name, attr) -> {
              for (NameAttrList function : functions(attr)) {
                calls.add(call(function.getName(), handed(node, name, inputs)));
                nested(function, calls);
              }
            });
  }

  private static List<NameAttrList> functions(AttrValue attr) {
    return attr.hasFunc() ? List.of(attr.getFunc()) : attr.getList().getFuncList();
  }

  /** What stands in a function's attributes may be run by whoever gets it. */
  private void nested(NameAttrList function, Set<Call> calls) {
    for (AttrValue attr : function.getAttrMap().values()) {
      for (NameAttrList inner : functions(attr)) {
        calls.add(call(inner.getName(), List.of()));
        nested(inner, calls);
      }
    }
  }

  /**
   * Whether {@code attr} names a function that the model does not hold: TensorFlow gives some names
   * a meaning of its own.
   */
  private boolean namesOthers(AttrValue attr) {
    return functions(attr).stream()
        .anyMatch(
            function ->
                !library.containsKey(function.getName())
                    || function.getAttrMap().values().stream().anyMatch(this::namesOthers));
  }

  private Call call(String name, List<Known> arguments) {
    count(1L + arguments.size());
    boolean nothing = arguments.stream().allMatch(known -> known == Known.NOTHING);
    FunctionDef function = library.get(name);
    boolean unknown =
        nothing || function == null || open.computeIfAbsent(name, k -> isOpen(function));
    return new Call(name, unknown ? ImmutableList.of() : ImmutableList.copyOf(arguments));
  }

  private static boolean isOpen(FunctionDef function) {
    return !OpenAttrs.of(function).names().isEmpty()
        || function.getSignature().getAttrCount() > 0
        || function.getSignature().getInputArgList().stream()
            .anyMatch(arg -> !arg.getNumberAttr().isEmpty() || !arg.getTypeListAttr().isEmpty());
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

  private Optional<Kind> kind(NodeDef node, List<Known> inputs) {
    String op = node.getOp();
    if (node.getAttrMap().values().stream()
        .anyMatch(attr -> HiddenValues.in(attr) || namesOthers(attr))) {
      return Optional.of(Kind.CODE);
    }
    if (library.containsKey(op)) {
      return Optional.empty();
    }
    if (leavesOpen(node) || ResourceHandles.areComputedBy(node)) {
      return Optional.of(Kind.CODE);
    }
    Optional<Kind> kind = MachineOps.kind(node);
    boolean excused = !MachineOps.readsHidden(node) && staysInside(op, inputs);
    return kind.isPresent() && excused ? Optional.empty() : kind;
  }

  /** Whether {@code node} leaves open which function it runs, or what its constant is. */
  private static boolean leavesOpen(NodeDef node) {
    return OpRegistry.standard().find(node.getOp()).stream()
        .flatMap(op -> op.getAttrList().stream())
        .filter(attr -> attr.getType().contains("func") || attr.getType().contains("tensor"))
        .map(attr -> node.getAttrOrDefault(attr.getName(), AttrValue.getDefaultInstance()))
        .anyMatch(AttrValue::hasPlaceholder);
  }

  /** Whether {@code op} touches only files of the model's own, or none after all. */
  private boolean staysInside(String op, List<Known> inputs) {
    Integer cache = MachineOps.CACHES.get(op);
    if (cache != null) {
      return cache < inputs.size() && inputs.get(cache) == Known.EMPTY_TEXT;
    }
    if (MachineOps.RESTORES.contains(op)) {
      return !inputs.isEmpty() && inputs.get(0) == Known.OWN_CHECKPOINT;
    }
    if (MachineOps.IMPORTS.contains(op)) {
      return fillsFreely
          || inputs.size() == 3 && inputs.get(1).hasRows() && inputs.get(2).hasRows();
    }
    if (op.equals("TensorListScatterIntoExistingList")) {
      return inputs.size() == 3 && inputs.get(2) == Known.INDICES; // it does not look itself
    }
    if (op.equals("TensorListSplit")) {
      return inputs.size() == 3 && inputs.get(1) == Known.ANY_ROWS; // or the list believes it
    }
    if (op.equals("RaggedBincount")) {
      return inputs.size() == 4 && inputs.get(3) == Known.NO_ELEMENTS; // no weights to overrun
    }
    int name = op.startsWith("InitializeTableFromTextFile") ? 1 : 0;
    return MachineOps.READERS.contains(op)
        && name < inputs.size()
        && inputs.get(name) == Known.OWN_FILE;
  }
}
