package dev.graft.graph.function;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadModelException;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.Names;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.op.OpRegistry;
import dev.graft.tensor.Shape;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.VersionDef;

/**
 * A function as a graph: its arguments are {@code Placeholder} nodes, its results tensors. The two
 * forms differ in how inputs are written ({@code node:output_name:index} in a {@code FunctionDef},
 * {@code node:index} in a graph); this class translates both ways.
 *
 * @param name the function's name
 * @param graph the body, with one placeholder for each argument
 * @param arguments the placeholders' names, in order
 * @param results the returned tensors, in order
 * @param resultNames the names of the returned tensors, in order
 * @param targets nodes that a call has to run for their effect
 * @param attrs the function's own attributes
 */
public record FunctionGraph(
    String name,
    Graph graph,
    ImmutableList<String> arguments,
    ImmutableList<TensorRef> results,
    ImmutableList<String> resultNames,
    ImmutableList<String> targets,
    ImmutableMap<String, AttrValue> attrs) {

  private static final String SHAPES = "_output_shapes";
  private static final String INPUT_SHAPES = "_input_shapes"; // one for each argument

  /** Reads a function; {@code library} are the functions that it may refer to. */
  public static FunctionGraph of(FunctionDef function, Map<String, FunctionDef> library) {
    return of(function, library, Map.of());
  }

  /**
   * Reads a function whose open attributes are given by {@code callAttrs}, the attributes of the
   * calling node.
   */
  static FunctionGraph of(
      FunctionDef function, Map<String, FunctionDef> library, Map<String, AttrValue> callAttrs) {
    OpDef signature = function.getSignature();
    Map<String, NodeDef> nodes = new LinkedHashMap<>();
    ImmutableList.Builder<String> arguments = ImmutableList.builder();
    for (int i = 0; i < signature.getInputArgCount(); i++) {
      NodeDef placeholder = placeholder(function, i, callAttrs);
      nodes.put(placeholder.getName(), placeholder);
      arguments.add(placeholder.getName());
    }
    Map<String, Map<String, Integer>> starts = new HashMap<>();
    for (NodeDef node : function.getNodeDefList()) {
      if (nodes.put(node.getName(), bindAttrs(node, callAttrs)) != null) {
        throw BadModelException.atNode(
            node.getName(),
            "function '"
                + signature.getName()
                + "' has two nodes called '"
                + node.getName()
                + "'; it is damaged.");
      }
    }
    Inputs inputs = new Inputs(signature.getName(), nodes, library, starts);
    nodes.replaceAll(
        (name, node) -> {
          NodeDef.Builder copy = node.toBuilder().clearInput();
          node.getInputList().forEach(input -> copy.addInput(inputs.inGraph(input)));
          return copy.build();
        });
    ImmutableList.Builder<TensorRef> results = ImmutableList.builder();
    ImmutableList.Builder<String> resultNames = ImmutableList.builder();
    for (OpDef.ArgDef arg : signature.getOutputArgList()) {
      String returned = function.getRetMap().get(arg.getName());
      if (returned == null) {
        throw new BadModelException(
            "function '"
                + signature.getName()
                + "' does not say what it returns as '"
                + arg.getName()
                + "'; it is damaged.");
      }
      results.add(TensorRef.parse(inputs.inGraph(returned)));
      resultNames.add(arg.getName());
    }
    ImmutableList<String> targets =
        ImmutableList.copyOf(new LinkedHashSet<>(function.getControlRetMap().values()));
    for (String target : targets) {
      if (!nodes.containsKey(target)) {
        throw BadModelException.atNode(
            target,
            "function '"
                + signature.getName()
                + "' waits for '"
                + target
                + "', which it does not hold; it is damaged.");
      }
    }
    Graph graph =
        new Graph(
            nodes,
            library,
            FunctionDefLibrary.getDefaultInstance(),
            VersionDef.getDefaultInstance());
    return new FunctionGraph(
        signature.getName(),
        graph,
        arguments.build(),
        results.build(),
        resultNames.build(),
        targets,
        ImmutableMap.copyOf(function.getAttrMap()));
  }

  /** This with another body, which holds the same arguments, results and targets. */
  public FunctionGraph graph(Graph body) {
    return new FunctionGraph(name, body, arguments, results, resultNames, targets, attrs);
  }

  /** The attributes without those that describe the arguments and results one by one. */
  public ImmutableMap<String, AttrValue> attrsForOtherArguments() {
    Map<String, AttrValue> others = new LinkedHashMap<>(attrs);
    others.remove(INPUT_SHAPES);
    others.remove("_num_original_outputs");
    return ImmutableMap.copyOf(others);
  }

  /**
   * Whether what {@code function} says of its arguments' shapes fits how many it has: Python's
   * loader refuses a model with a function for which it does not.
   */
  public static boolean countsItsArguments(FunctionDef function) {
    AttrValue shapes = function.getAttrMap().get(INPUT_SHAPES);
    int count = shapes == null ? 0 : shapes.getList().getShapeCount();
    return count == 0 || count == function.getSignature().getInputArgCount();
  }

  private static NodeDef placeholder(
      FunctionDef function, int i, Map<String, AttrValue> callAttrs) {
    OpDef.ArgDef arg = function.getSignature().getInputArg(i);
    DataType type = arg.getType();
    if (!arg.getTypeAttr().isEmpty()) {
      AttrValue given = callAttrs.get(arg.getTypeAttr());
      type = given == null ? DataType.DT_INVALID : given.getType();
    }
    if (type == DataType.DT_INVALID
        || type == DataType.UNRECOGNIZED
        || !arg.getNumberAttr().isEmpty()
        || !arg.getTypeListAttr().isEmpty()) {
      throw new BadModelException(
          "argument '"
              + arg.getName()
              + "' of function '"
              + function.getSignature().getName()
              + "' has no dtype of its own that this version knows; such functions are not supported.");
    }
    NodeDef.Builder node =
        NodeDef.newBuilder()
            .setName(arg.getName())
            .setOp("Placeholder")
            .putAttr("dtype", Attrs.of(type));
    Shape shape = Shape.unknown();
    FunctionDef.ArgAttrs argAttrs = function.getArgAttrMap().get(i);
    if (argAttrs != null) {
      AttrValue shapes = argAttrs.getAttrMap().get(SHAPES);
      if (shapes != null && shapes.getList().getShapeCount() == 1) {
        shape = Shape.from(shapes.getList().getShape(0));
      }
    }
    return node.putAttr("shape", Attrs.of(shape)).build();
  }

  private static NodeDef bindAttrs(NodeDef node, Map<String, AttrValue> callAttrs) {
    NodeDef.Builder bound = node.toBuilder();
    node.getAttrMap()
        .forEach(
            (key, attr) -> {
              AttrValue value =
                  OpenAttrs.bind(attr, callAttrs)
                      .orElseThrow(
                          () ->
                              BadModelException.atNode(
                                  node.getName(),
                                  "attribute '"
                                      + key
                                      + "' of node '"
                                      + node.getName()
                                      + "' is left open and no caller sets it."));
              if (value != attr) {
                bound.putAttr(key, value);
              }
            });
    return bound.build();
  }

  /**
   * Writes the function under {@code newName}. Argument names are adapted to what TensorFlow
   * allows.
   */
  public FunctionDef toFunctionDef(String newName) {
    OpDef.Builder signature = OpDef.newBuilder().setName(newName);
    FunctionDef.Builder function = FunctionDef.newBuilder();
    Set<String> taken = new HashSet<>(graph.nodeMap().keySet());
    Map<String, String> argumentNames = new HashMap<>();
    for (int i = 0; i < arguments.size(); i++) {
      NodeDef placeholder = graph.node(arguments.get(i));
      String own = arguments.get(i);
      String argument =
          Names.free(legalArgument(own), name -> !name.equals(own) && taken.contains(name));
      taken.add(argument);
      argumentNames.put(arguments.get(i), argument);
      signature.addInputArg(
          OpDef.ArgDef.newBuilder()
              .setName(argument)
              .setType(placeholder.getAttrOrThrow("dtype").getType()));
      AttrValue shape = placeholder.getAttrOrDefault("shape", null);
      if (shape != null && !shape.getShape().getUnknownRank()) {
        function.putArgAttr(
            i,
            FunctionDef.ArgAttrs.newBuilder()
                .putAttr(SHAPES, Attrs.shapes(List.of(Shape.from(shape.getShape()))))
                .build());
      }
    }
    for (int i = 0; i < results.size(); i++) {
      signature.addOutputArg(
          OpDef.ArgDef.newBuilder()
              .setName(resultNames.get(i))
              .setType(graph.dtype(results.get(i))));
      function.putRet(resultNames.get(i), inFunction(results.get(i), argumentNames));
    }
    for (String target : targets) {
      signature.addControlOutput(target);
      function.putControlRet(target, target);
      signature.setIsStateful(true);
    }
    for (NodeDef node : graph.nodes()) {
      if (argumentNames.containsKey(node.getName())) {
        continue;
      }
      NodeDef.Builder copy = node.toBuilder().clearInput();
      for (String input : node.getInputList()) {
        copy.addInput(
            Nodes.isControl(input)
                ? "^" + argumentNames.getOrDefault(input.substring(1), input.substring(1))
                : inFunction(TensorRef.parse(input), argumentNames));
      }
      function.addNodeDef(copy);
      if (OpRegistry.standard().isStateful(node)) {
        signature.setIsStateful(true);
      }
    }
    return function.setSignature(signature).putAllAttr(attrs).build();
  }

  private String inFunction(TensorRef tensor, Map<String, String> argumentNames) {
    String argument = argumentNames.get(tensor.node());
    if (argument != null) {
      return argument;
    }
    String output = "";
    int from = 0;
    Map<String, Integer> starts = starts(graph.node(tensor.node()), graph.functions());
    for (Map.Entry<String, Integer> start : starts.entrySet()) {
      if (start.getValue() <= tensor.index()) {
        output = start.getKey();
        from = start.getValue();
      }
    }
    return tensor.node() + ":" + output + ":" + (tensor.index() - from);
  }

  /**
   * OpDef argument names are lower-case letters, digits and underscores, and start with a letter.
   */
  private static String legalArgument(String name) {
    String legal = name.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "_");
    return Character.isLetter(legal.charAt(0)) ? legal : "a" + legal;
  }

  static Map<String, Integer> starts(NodeDef node, Map<String, FunctionDef> library) {
    FunctionDef function = library.get(node.getOp());
    if (function == null) {
      return OpRegistry.standard().outputStarts(node);
    }
    Map<String, Integer> starts = new LinkedHashMap<>();
    function
        .getSignature()
        .getOutputArgList()
        .forEach(arg -> starts.put(arg.getName(), starts.size()));
    return starts;
  }

  /** Translates the inputs of one function's nodes. */
  private record Inputs(
      String function,
      Map<String, NodeDef> nodes,
      Map<String, FunctionDef> library,
      Map<String, Map<String, Integer>> starts) {

    String inGraph(String input) {
      if (Nodes.isControl(input)) {
        return input;
      }
      int first = input.indexOf(':');
      if (first < 0) {
        return input; // an argument
      }
      int last = input.lastIndexOf(':');
      String nodeName = input.substring(0, first);
      NodeDef node = nodes.get(nodeName);
      if (node == null) {
        throw BadModelException.atNode(
            nodeName,
            "function '"
                + function
                + "' reads '"
                + input
                + "', which it does not hold; it is damaged.");
      }
      boolean cut = first + 1 == input.length();
      if (first == last && !cut && Character.isDigit(input.charAt(first + 1))) {
        return input; // node:index, as old writers have it
      }
      String output = first == last ? input.substring(first + 1) : input.substring(first + 1, last);
      Integer start =
          starts.computeIfAbsent(nodeName, n -> FunctionGraph.starts(node, library)).get(output);
      if (start == null) {
        throw BadModelException.atNode(
            nodeName,
            "function '"
                + function
                + "' reads output '"
                + output
                + "' of node '"
                + nodeName
                + "' ("
                + node.getOp()
                + "), which that op does not have; it is damaged or newer than TensorFlow 2.18.");
      }
      int index;
      try {
        index = first == last ? 0 : Integer.parseInt(input.substring(last + 1));
      } catch (NumberFormatException e) {
        throw BadModelException.atNode(
            nodeName, "function '" + function + "' reads '" + input + "', which is no tensor.");
      }
      return new TensorRef(nodeName, start + index).asInput();
    }
  }
}
