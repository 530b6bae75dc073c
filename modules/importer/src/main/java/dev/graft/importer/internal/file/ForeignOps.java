package dev.graft.importer.internal.file;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadModelException;
import dev.graft.graph.Graph;
import dev.graft.graph.op.OpRegistry;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;

/**
 * Refuses models with ops that TensorFlow 2.18 lacks, or has no kernel for, and says whose they
 * are.
 */
public final class ForeignOps {

  private static final int LISTED = 8;

  /** Op names of a library, as {@code tf.load_op_library} gives them for its shared objects. */
  private record Library(String name, Pattern ops, String remedy) {}

  private static final String TOKENS =
      "export the model without its tokenizer, and give it token numbers";

  private static final ImmutableList<Library> LIBRARIES =
      ImmutableList.of(
          new Library(
              "TensorFlow Text",
              Pattern.compile(
                  "TFText>.*|Sentencepiece.*|SentenceFragments.*|CaseFoldUTF8|ConstrainedSequence"
                      + "|FastBertNormalize|FastWordpiece.*|FindSourceOffsets|MaxSpanningTree"
                      + "|NormalizeUTF8.*|PhraseTokenize|RegexSplitWithOffsets|RougeL"
                      + "|SplitMergeTokenizeWithOffsets|TokenizerFromLogits"
                      + "|UnicodeScriptTokenizeWithOffsets|WhitespaceTokenizeWithOffsets.*"
                      + "|WordpieceTokenizeWithOffsets"),
              TOKENS),
          new Library(
              "TensorFlow Decision Forests",
              Pattern.compile("SimpleML.*|Yggdrasil.*"),
              "trees have no gradients, so there is nothing to fine-tune"),
          new Library("TensorFlow Addons", Pattern.compile("Addons>.*"), ""),
          new Library(
              "ScaNN (TensorFlow Recommenders)",
              Pattern.compile("Scann>.*"),
              "export the query model alone"),
          new Library("TensorFlow Recommenders Addons", Pattern.compile("TFRA>.*"), ""),
          new Library("TensorFlow I/O", Pattern.compile("IO>.*"), "decode the data outside"),
          new Library("Horovod", Pattern.compile("Horovod.*"), ""),
          new Library("TensorFlow Quantum", Pattern.compile("Tfq.*"), ""),
          new Library(
              "TensorRT", Pattern.compile("TRTEngineOp.*"), "export it before its conversion"),
          new Library(
              "TensorFlow's boosted trees, which left it in 2.13",
              Pattern.compile("BoostedTrees.*"),
              "trees have no gradients, so there is nothing to fine-tune"),
          new Library(
              "TensorFlow's support of TPUs",
              Pattern.compile(".*(TPU|Tpu|SparseCore|Minibatch).*|Infeed.*|Outfeed.*|XlaSparse.*"),
              "export it for serving on CPUs"),
          new Library("DTensor", Pattern.compile("DTensor.*|Relayout.*|CopyToMesh.*"), ""),
          new Library(
              "AWS Neuron", Pattern.compile("NeuronOp"), "export it before its compilation"));

  private ForeignOps() {}

  /** Where an op stands first, and how often. */
  private static final class Use {
    final String node;
    final String function;
    int count;

    Use(String node, String function) {
      this.node = node;
      this.function = function;
    }
  }

  /**
   * Fails if {@code graph}, its functions included, has ops that TensorFlow lacks or cannot run.
   *
   * @param meta says who wrote it
   */
  public static void refuse(Graph graph, MetaGraphDef meta) {
    Map<String, Use> unknown = new LinkedHashMap<>();
    graph.nodes().forEach(node -> note(node, "", graph, unknown));
    for (FunctionDef function : graph.functions().values()) {
      String name = function.getSignature().getName();
      function.getNodeDefList().forEach(node -> note(node, name, graph, unknown));
    }
    if (unknown.isEmpty()) {
      return;
    }
    Use first = unknown.values().iterator().next();
    throw BadModelException.atNode(first.node, message(unknown, meta));
  }

  private static void note(NodeDef node, String function, Graph graph, Map<String, Use> unknown) {
    String op = node.getOp();
    if (!graph.functions().containsKey(op) && (isUnknown(op) || isIdle(op))) {
      unknown.computeIfAbsent(op, k -> new Use(node.getName(), function)).count++;
    }
  }

  private static boolean isUnknown(String op) {
    return OpRegistry.standard().find(op).isEmpty();
  }

  private static boolean isIdle(String op) {
    return OpRegistry.standard().isWithoutKernel(op);
  }

  private static String message(Map<String, Use> unknown, MetaGraphDef meta) {
    String version = meta.getMetaInfoDef().getTensorflowVersion();
    String writer =
        version.isEmpty()
            ? "a TensorFlow with graph version " + meta.getGraphDef().getVersions().getProducer()
            : "TensorFlow " + version;
    StringBuilder message =
        new StringBuilder("the model, written by ")
            .append(writer)
            .append(", needs ops that TensorFlow 2.18 ")
            .append(
                unknown.keySet().stream().anyMatch(ForeignOps::isUnknown)
                    ? "does not have:"
                    : "knows by name and has nothing to run with (no kernel):");
    Map<String, List<String>> byLibrary = new LinkedHashMap<>();
    Map<String, String> remedies = new LinkedHashMap<>();
    unknown.forEach(
        (op, use) -> {
          Optional<Library> library = library(op);
          String from =
              library
                  .map(l -> "from " + l.name())
                  .orElse(
                      isIdle(op)
                          ? "for other machines or programs"
                          : "from a library unknown here");
          byLibrary.computeIfAbsent(from, k -> new ArrayList<>()).add(words(op, use));
          library
              .map(Library::remedy)
              .filter(r -> !r.isEmpty())
              .ifPresent(r -> remedies.put(from, r));
        });
    byLibrary.forEach(
        (from, ops) ->
            message
                .append("\n  ")
                .append(from)
                .append(": ")
                .append(String.join(", ", ops.subList(0, Math.min(LISTED, ops.size()))))
                .append(ops.size() > LISTED ? " and " + (ops.size() - LISTED) + " more" : "")
                .append(remedies.containsKey(from) ? " → " + remedies.get(from) : ""));
    return message
        .append("\n  In Python, save the part of the model without them: model.export(...) of the")
        .append(" layers behind, or tf.saved_model.save with a signature that leaves them out.")
        .toString();
  }

  private static String words(String op, Use use) {
    return "'"
        + op
        + "' (node '"
        + use.node
        + (use.function.isEmpty() ? "'" : "' in function '" + use.function + "'")
        + (use.count > 1 ? ", " + use.count + " times)" : ")");
  }

  private static Optional<Library> library(String op) {
    return LIBRARIES.stream().filter(each -> each.ops().matcher(op).matches()).findFirst();
  }
}
