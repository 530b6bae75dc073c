package dev.graft;

import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.runtime.SavedModelSession;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.metric.Classification;
import dev.graft.words.Remedy;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What an export answers through the signature that takes what the examples are: pictures, or named
 * tensors.
 *
 * @param session the export, opened by TensorFlow's own loader
 * @param head the head that gives one label to each example
 * @param signature what is called
 * @param pictures the input that takes encoded pictures; none for tensors
 * @param output what the signature calls its answer
 */
record ExportedAnswers(
    SavedModelSession session,
    Head head,
    String signature,
    Optional<String> pictures,
    String output) {

  /** Those of {@code model}, exported, to examples of this kind. */
  static ExportedAnswers of(SavedModelSession session, Model model, boolean pictures) {
    if (model.heads().size() == 1 && model.heads().get(0).kind() == Head.Kind.SINGLE_LABEL) {
      Head head = model.heads().get(0);
      if (pictures) {
        PictureSignature of =
            PictureSignature.of(session.signatures(), ServedFacts.of(model), model.name());
        return new ExportedAnswers(session, head, of.name(), Optional.of(of.input()), of.scores());
      }
      for (var output : model.servingSignature().outputs().entrySet()) {
        if (output.getValue().tensor().equals(head.output())) {
          return new ExportedAnswers(
              session, head, Signature.SERVING_DEFAULT, Optional.empty(), output.getKey());
        }
      }
    }
    throw new BadRequestException(
        "a gate asks for an accuracy, so the model needs one head that gives one label to each"
            + " example; it has "
            + model.heads().stream().map(h -> h.name() + " (" + h.kind() + ")").toList()
            + ". Publish it without a gate, after a look at how it scores.",
        Remedy.EVALUATE);
  }

  /** The share of {@code examples}, so many in one call, that the export gets right. */
  double accuracy(Dataset examples, int atOnce) {
    Dataset ordered = head.labels().map(examples::inOrderOf).orElse(examples);
    int[] chosen = new int[ordered.size()];
    for (int start = 0; start < ordered.size(); start += atOnce) {
      int[] rows = IntStream.range(start, Math.min(start + atOnce, ordered.size())).toArray();
      double[] scores = scores(ordered, rows);
      for (int i = 0; i < rows.length; i++) {
        chosen[rows[i]] = best(scores, i * head.units());
      }
    }
    return Classification.of(ordered, chosen).accuracy();
  }

  private double[] scores(Dataset examples, int[] rows) {
    TensorValue scores =
        pictures.isEmpty()
            ? called(examples.batch(rows).named())
            : NamedPictures.answer(
                rows,
                some -> called(Map.of(pictures.get(), examples.batch(some).encoded())),
                examples::name);
    return scores.asDoubles();
  }

  private TensorValue called(Map<String, TensorValue> inputs) {
    TensorValue scores = session.call(signature, inputs).get(output);
    if (scores == null) {
      throw new IllegalStateException("TensorFlow gave no '" + output + "'");
    }
    return scores;
  }

  /** The label with the highest score. */
  private int best(double[] scores, int start) {
    int best = 0;
    for (int i = 0; i < head.units(); i++) {
      if (Double.isNaN(scores[start + i])) {
        return -1; // no answer, so no right one
      }
      best = scores[start + i] > scores[start + best] ? i : best;
    }
    return best;
  }
}
