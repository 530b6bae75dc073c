package dev.graft.graph.function;

import dev.graft.error.BadModelException;
import dev.graft.graph.Colocation;
import dev.graft.graph.Graph;
import dev.graft.graph.Names;
import dev.graft.graph.Nodes;
import dev.graft.graph.TensorRef;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.NodeDef;

/**
 * A graph in the making: nodes may still read the outputs of calls that are gone, until they are
 * resolved.
 */
final class FlatGraph {
  final Map<String, NodeDef> nodes = new LinkedHashMap<>();
  final Map<TensorRef, TensorRef> results = new HashMap<>();
  private final Names names;
  Graph graph;

  FlatGraph(Graph from) {
    this.graph = from;
    this.names = new Names(from::contains);
  }

  /** A name for {@code node} of the body of {@code call}. */
  String uniqueName(NodeDef call, String node) {
    String wanted = scope(call.getName()) + node;
    if (!Character.isLetterOrDigit(wanted.charAt(0)) && wanted.charAt(0) != '.') {
      wanted = call.getName() + "/" + node; // only functions may have names like _this
    }
    return names.take(wanted);
  }

  private static String scope(String call) {
    int last = call.lastIndexOf('/') + 1;
    boolean plain =
        call.startsWith("StatefulPartitionedCall", last)
            || call.startsWith("PartitionedCall", last);
    return plain ? call.substring(0, last) : call + "/";
  }

  TensorRef resolve(TensorRef tensor) {
    TensorRef at = tensor;
    for (int hops = 0; results.containsKey(at); hops++) {
      at = results.getOrDefault(at, at);
      if (hops > results.size()) {
        throw BadModelException.atNode(
            tensor.node(), "the result of '" + tensor.node() + "' depends on itself.");
      }
    }
    return at;
  }

  NodeDef resolve(NodeDef node) {
    NodeDef.@Nullable Builder changed = null;
    for (int i = 0; i < node.getInputCount(); i++) {
      String input = node.getInput(i);
      String now = input;
      if (Nodes.isControl(input)) {
        // a call that only gave its argument back may be gone: wait for what it gave back
        String name = input.substring(1);
        if (!nodes.containsKey(name)) {
          now = "^" + resolve(TensorRef.parse(name)).node();
        }
      } else {
        now = resolve(TensorRef.parse(input)).asInput();
      }
      if (!now.equals(input)) {
        changed = changed == null ? node.toBuilder() : changed;
        changed.setInput(i, now);
      }
    }
    NodeDef plain = changed == null ? node : dedupeControl(changed.build());
    return Colocation.among(plain, nodes::containsKey);
  }

  private static NodeDef dedupeControl(NodeDef node) {
    Set<String> seen = new LinkedHashSet<>();
    NodeDef.Builder copy = node.toBuilder().clearInput();
    for (String input : node.getInputList()) {
      if (!Nodes.isControl(input) || seen.add(input)) {
        copy.addInput(input);
      }
    }
    return copy.build();
  }
}
