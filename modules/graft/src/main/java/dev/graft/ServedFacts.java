package dev.graft;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.Graph;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.surgeon.HeadFinder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * What has to be known of a model to serve it, read once when it is opened: the model itself need
 * not be kept, nor its folder be there later.
 *
 * @param answers its heads, by the names of the outputs that they give
 * @param decodesPictures whether it decodes pictures itself, somewhere behind its inputs
 */
record ServedFacts(ImmutableMap<String, Answer> answers, boolean decodesPictures) {

  private static final Set<String> DECODERS =
      Set.of(
          "DecodeImage", "DecodeJpeg", "DecodePng", "DecodeBmp", "DecodeGif", "DecodeAndCropJpeg");

  /**
   * What one head gives.
   *
   * @param kind what sort of answer
   * @param form how its scores are given
   * @param labels what they mean, if that is known
   */
  record Answer(Head.Kind kind, Form form, Optional<Labels> labels) {

    /** {@code answers}, rows of {@code units} scores one after the other, as probabilities. */
    float[] probabilities(float[] answers, int units) {
      if (form == Form.PROBABILITIES) {
        return answers;
      }
      float[] all = new float[answers.length];
      for (int i = 0; i < answers.length; i++) {
        int row = i - i % units;
        double sum = 0; // of exponentials in relation to this one
        for (int j = row; j < row + units && form == Form.LOGITS; j++) {
          sum += Math.exp(answers[j] - answers[i]);
        }
        all[i] =
            (float)
                (form == Form.LOGARITHMS
                    ? Math.exp(answers[i])
                    : kind == Head.Kind.MULTI_LABEL ? 1 / (1 + Math.exp(-answers[i])) : 1 / sum);
      }
      return all;
    }
  }

  /** How scores are given; a head that was kept may give others than Graft's own. */
  enum Form {
    PROBABILITIES,
    /** Before softmax or sigmoid. */
    LOGITS,
    /** Of probabilities. */
    LOGARITHMS
  }

  static ServedFacts of(Model model) {
    ImmutableMap.Builder<String, Answer> answers = ImmutableMap.builder();
    for (Head head : model.heads()) {
      Form form =
          HeadFinder.givesLogits(model, head)
              ? Form.LOGITS
              : HeadFinder.givesLogarithms(model, head) ? Form.LOGARITHMS : Form.PROBABILITIES;
      answers.put(head.name(), new Answer(head.kind(), form, head.labels()));
    }
    return new ServedFacts(answers.buildKeepingLast(), decodesPictures(model));
  }

  private static boolean decodesPictures(Model model) {
    Graph graph = model.graph();
    Deque<String> open = new ArrayDeque<>();
    for (Signature signature : model.signatures().values()) {
      signature.inputs().values().forEach(input -> open.add(input.tensor().node()));
    }
    Set<String> seen = new HashSet<>(open);
    while (!open.isEmpty()) {
      for (String consumer : graph.consumers(open.remove())) {
        if (seen.add(consumer)) {
          open.add(consumer);
          if (decodes(graph, graph.node(consumer))) {
            return true;
          }
        }
      }
    }
    return false;
  }

  /** Whether a node is a decoder, or calls for a loop with one in its body. */
  private static boolean decodes(Graph graph, NodeDef node) {
    if (DECODERS.contains(node.getOp())) {
      return true;
    }
    Deque<String> open = new ArrayDeque<>(functions(node));
    Set<String> seen = new HashSet<>(open);
    while (!open.isEmpty()) {
      FunctionDef function = graph.functions().get(open.remove());
      if (function == null) {
        continue;
      }
      for (NodeDef inside : function.getNodeDefList()) {
        if (DECODERS.contains(inside.getOp())) {
          return true;
        }
        functions(inside).stream().filter(seen::add).forEach(open::add);
      }
    }
    return false;
  }

  private static ImmutableList<String> functions(NodeDef node) {
    ImmutableList.Builder<String> names = ImmutableList.builder();
    node.getAttrMap()
        .values()
        .forEach(
            attr -> {
              if (attr.hasFunc()) {
                names.add(attr.getFunc().getName());
              }
              attr.getList().getFuncList().forEach(func -> names.add(func.getName()));
            });
    return names.build();
  }
}
