package dev.graft.internal.live;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.picture.PictureInput;
import dev.graft.surgeon.HeadFinder;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What has to be known of a model to serve it, read once when it is opened: the model itself need
 * not be kept, nor its folder be there later.
 *
 * @param answers its heads, by their names and those of the outputs that they give
 * @param decoding the signatures whose only input takes encoded pictures, which the graph decodes
 */
public record ServedFacts(ImmutableMap<String, Meaning> answers, ImmutableSet<String> decoding) {

  /**
   * What one head gives.
   *
   * @param kind what sort of answer
   * @param form how its scores are given
   * @param labels what they mean, if that is known
   * @param threshold the score from which on its boxes are shown, if training chose one
   */
  public record Meaning(
      Head.Kind kind, Form form, Optional<Labels> labels, Optional<Double> threshold) {

    private static Meaning unlabelled(Head.Kind kind) {
      return new Meaning(kind, Form.PROBABILITIES, Optional.empty(), Optional.empty());
    }

    /** {@code answers}, rows of {@code units} scores one after the other, as probabilities. */
    public float[] probabilities(float[] answers, int units) {
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
  public enum Form {
    PROBABILITIES,
    /** Before softmax or sigmoid. */
    LOGITS,
    /** Of probabilities. */
    LOGARITHMS
  }

  /** Of a model that was imported. */
  public static ServedFacts of(Model model) {
    Map<String, Meaning> answers = new LinkedHashMap<>();
    for (Head head : model.heads()) {
      Form form =
          HeadFinder.givesLogits(model, head)
              ? Form.LOGITS
              : HeadFinder.givesLogarithms(model, head) ? Form.LOGARITHMS : Form.PROBABILITIES;
      Meaning answer = new Meaning(head.kind(), form, head.labels(), head.threshold());
      answers.put(head.name(), answer);
      outputs(model, head).forEach(output -> answers.put(output, answer));
    }
    return new ServedFacts(ImmutableMap.copyOf(answers), decoding(model));
  }

  /** What signatures call the head's answer, which need not be called after it. */
  private static Stream<String> outputs(Model model, Head head) {
    return model.signatures().values().stream()
        .flatMap(signature -> signature.outputs().entrySet().stream())
        .filter(output -> output.getValue().tensor().equals(head.output()))
        .map(Map.Entry::getKey);
  }

  /**
   * What gives {@code output}: the only head may do so through further nodes, but for what the head
   * itself reads.
   */
  public Meaning of(String output) {
    Meaning known = answers.get(output);
    if (known != null) {
      return known;
    }
    if (output.equals(Signature.FEATURES)) {
      return Meaning.unlabelled(Head.Kind.EMBEDDING);
    }
    Set<Meaning> all = Set.copyOf(answers.values());
    return all.size() == 1 ? all.iterator().next() : Meaning.unlabelled(Head.Kind.SINGLE_LABEL);
  }

  /** Whether a head of it finds boxes, in the form that Graft gives them. */
  public boolean findBoxes() {
    return answers.values().stream().anyMatch(each -> each.kind() == Head.Kind.BOXES);
  }

  private static ImmutableSet<String> decoding(Model model) {
    return model.signatures().values().stream()
        .filter(signature -> signature.inputs().size() == 1)
        .filter(
            signature ->
                signature.inputs().values().stream()
                    .allMatch(input -> PictureInput.decodes(model.graph(), input.tensor())))
        .map(Signature::name)
        .collect(ImmutableSet.toImmutableSet());
  }
}
