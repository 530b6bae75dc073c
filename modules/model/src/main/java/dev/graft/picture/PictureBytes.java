package dev.graft.picture;

import dev.graft.graph.Graph;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import dev.graft.graph.function.FunctionGraph;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * Follows texts through a graph as they are, to what decodes them as pictures. What is made of them
 * on the way, such as what they encode, name or hold among other things, is no longer they.
 */
final class PictureBytes {

  /** Ops that read an encoded picture first of all. */
  private static final Set<String> DECODERS =
      Set.of(
          "DecodeImage",
          "DecodeJpeg",
          "DecodeAndCropJpeg",
          "DecodePng",
          "DecodeBmp",
          "DecodeGif",
          "DecodeWebP");

  /** Ops whose outputs hold the texts of their inputs, or some of them. */
  private static final Set<String> HAND_ON =
      Set.of(
          "Identity",
          "IdentityN",
          "Snapshot",
          "StopGradient",
          "PlaceholderWithDefault",
          "EnsureShape",
          "Reshape",
          "Squeeze",
          "ExpandDims",
          "BroadcastTo",
          "Tile",
          "Transpose",
          "Reverse",
          "ReverseV2",
          "Gather",
          "GatherV2",
          "GatherNd",
          "Slice",
          "StridedSlice",
          "Split",
          "SplitV",
          "Concat",
          "ConcatV2",
          "Pack",
          "Unpack",
          "Select",
          "SelectV2",
          "TensorListFromTensor",
          "TensorListGetItem",
          "TensorListSetItem",
          "TensorListPushBack",
          "TensorListPopBack",
          "TensorListStack",
          "TensorListGather",
          "TensorArrayScatterV3",
          "TensorArrayWriteV3",
          "TensorArrayReadV3",
          "TensorArrayGatherV3",
          "Enter",
          "Switch",
          "Merge",
          "NextIteration",
          "Exit");

  private final Map<String, FunctionDef> library;
  private final Map<String, Set<Integer>> results = new HashMap<>(); // by function and argument
  private boolean areDecoded;

  private PictureBytes(Map<String, FunctionDef> library) {
    this.library = library;
  }

  /** Whether the texts of {@code tensor} are decoded, in {@code graph} or a function of it. */
  static boolean areDecoded(Graph graph, TensorRef tensor) {
    PictureBytes bytes = new PictureBytes(graph.functions());
    bytes.follow(graph, tensor);
    return bytes.areDecoded;
  }

  /** All tensors of {@code graph} that hold the texts of {@code start}, itself among them. */
  private Set<TensorRef> follow(Graph graph, TensorRef start) {
    Set<TensorRef> holding = new HashSet<>();
    Deque<TensorRef> open = new ArrayDeque<>(List.of(start));
    while (!open.isEmpty() && !areDecoded) {
      TensorRef tensor = open.pop();
      if (!holding.add(tensor)) {
        continue;
      }
      for (String name : graph.consumers(tensor.node())) {
        NodeDef node = graph.node(name);
        List<TensorRef> inputs = Nodes.dataInputs(node);
        for (int i = 0; i < inputs.size(); i++) {
          if (inputs.get(i).equals(tensor)) {
            outputs(graph, node, i).forEach(output -> open.add(new TensorRef(name, output)));
          }
        }
      }
    }
    return holding;
  }

  /** The outputs of {@code node} that hold the texts of its input {@code i}. */
  private Set<Integer> outputs(Graph graph, NodeDef node, int i) {
    Set<Integer> outputs = new TreeSet<>();
    if (DECODERS.contains(node.getOp())) {
      areDecoded |= i == 0;
    } else if (HAND_ON.contains(node.getOp())) {
      for (int output = 0; output < graph.outputTypes(node.getName()).size(); output++) {
        outputs.add(output);
      }
    } else {
      int first = node.getOp().endsWith("If") || node.getOp().endsWith("Case") ? 1 : 0;
      boolean isLoop = node.getOp().endsWith("While");
      for (String function : called(node)) {
        Deque<Integer> arguments = new ArrayDeque<>(List.of(i - first));
        Set<Integer> passed = new HashSet<>();
        while (!arguments.isEmpty()) {
          int argument = arguments.pop();
          if (passed.add(argument)) {
            Set<Integer> found = results(function, argument);
            outputs.addAll(found);
            arguments.addAll(isLoop ? found : Set.of()); // the next time round
          }
        }
        if (isLoop && !passed.isEmpty()) {
          outputs.addAll(passed); // if it goes round not once
        }
      }
    }
    return outputs;
  }

  /** The functions that {@code node} calls with its inputs. */
  private List<String> called(NodeDef node) {
    List<String> names = new ArrayList<>();
    if (library.containsKey(node.getOp())) {
      names.add(node.getOp());
    }
    for (String attr : List.of("f", "body", "then_branch", "else_branch", "branches")) {
      AttrValue value = node.getAttrOrDefault(attr, AttrValue.getDefaultInstance());
      if (value.hasFunc()) {
        names.add(value.getFunc().getName());
      }
      value.getList().getFuncList().forEach(function -> names.add(function.getName()));
    }
    return names;
  }

  /** The results of {@code function} that hold the texts of its argument {@code i}. */
  private Set<Integer> results(String function, int i) {
    FunctionDef def = library.get(function);
    Set<Integer> known = results.get(function + "/" + i);
    if (known != null || def == null || i < 0 || i >= def.getSignature().getInputArgCount()) {
      return known == null ? Set.of() : known;
    }
    results.put(function + "/" + i, Set.of()); // should it call itself
    FunctionGraph body = FunctionGraph.of(def, library);
    Set<TensorRef> holding = follow(body.graph(), TensorRef.of(body.arguments().get(i)));
    Set<Integer> found = new TreeSet<>();
    for (int result = 0; result < body.results().size(); result++) {
      if (holding.contains(body.results().get(result))) {
        found.add(result);
      }
    }
    results.put(function + "/" + i, found);
    return found;
  }
}
