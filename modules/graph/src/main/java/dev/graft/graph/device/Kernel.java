package dev.graft.graph.device;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.graph.op.OpRegistry;
import java.util.List;
import java.util.stream.Stream;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * A kind of kernel.
 *
 * @param op what it computes
 * @param isOfAnyDevice whether any device takes it that has none of its own
 * @param dtypes the numbers of the dtypes that an attribute may have; others may be of any
 * @param texts what an attribute may say that is no dtype
 * @param host the arguments that lie in the host's memory
 */
record Kernel(
    String op,
    boolean isOfAnyDevice,
    ImmutableMap<String, ImmutableSet<Integer>> dtypes,
    ImmutableMap<String, ImmutableSet<String>> texts,
    ImmutableSet<String> host) {

  private static final Splitter WORDS = Splitter.on(' ');
  private static final Splitter LISTED = Splitter.on(',');

  /** Reads a line as tools/ops/gpu_kernels.py writes it. */
  static Kernel read(String line) {
    List<String> words = WORDS.splitToList(line);
    ImmutableMap.Builder<String, ImmutableSet<Integer>> dtypes = ImmutableMap.builder();
    ImmutableMap.Builder<String, ImmutableSet<String>> texts = ImmutableMap.builder();
    ImmutableSet<String> host = ImmutableSet.of();
    for (String word : words.subList(2, words.size())) {
      int is = word.indexOf('=');
      int says = word.indexOf(':');
      if (word.startsWith("@")) {
        host = ImmutableSet.copyOf(LISTED.split(word.substring(1)));
      } else if (says > 0) {
        texts.put(
            word.substring(0, says), ImmutableSet.copyOf(LISTED.split(word.substring(says + 1))));
      } else if (is > 0) {
        dtypes.put(
            word.substring(0, is),
            LISTED
                .splitToStream(word.substring(is + 1))
                .map(Integer::valueOf)
                .collect(ImmutableSet.toImmutableSet()));
      }
    }
    boolean isOfAnyDevice = words.get(1).equals("DEFAULT");
    return new Kernel(
        words.get(0), isOfAnyDevice, dtypes.buildOrThrow(), texts.buildOrThrow(), host);
  }

  /** Whether it is for the attributes of {@code node}. */
  boolean takes(NodeDef node) {
    return dtypes.entrySet().stream()
            .allMatch(each -> each.getValue().containsAll(numbers(node, each.getKey())))
        && texts.entrySet().stream()
            .allMatch(each -> each.getValue().contains(text(node, each.getKey())));
  }

  private static String text(NodeDef node, String attribute) {
    AttrValue value = OpRegistry.standard().attr(node, attribute);
    if (value == null) {
      return "";
    }
    return switch (value.getValueCase()) {
      case I -> Long.toString(value.getI());
      case B -> Boolean.toString(value.getB());
      default -> value.getS().toStringUtf8();
    };
  }

  private static List<Integer> numbers(NodeDef node, String attribute) {
    AttrValue value = OpRegistry.standard().attr(node, attribute);
    if (value == null) {
      return ImmutableList.of();
    }
    return value.hasList() ? value.getList().getTypeValueList() : List.of(value.getTypeValue());
  }

  /** Whether all that it reads and gives lies in the host's memory. */
  boolean isInHostMemory() {
    return OpRegistry.standard().find(op).stream()
        .flatMap(
            def -> Stream.concat(def.getInputArgList().stream(), def.getOutputArgList().stream()))
        .map(OpDef.ArgDef::getName)
        .allMatch(host::contains);
  }
}
