package dev.graft.exporter;

import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.tensorflow.proto.DataType;

/**
 * The signature {@code classify} as TensorFlow Serving's classifier demands it: serialized {@code
 * tf.Example}s in, {@code classes} and {@code scores} out, both [N, labels]. Of several heads with
 * labels each has its own.
 */
final class ClassifySignature {

  /** By which TensorFlow Serving knows one. */
  static final String METHOD = "tensorflow/serving/classify";

  /** By which it knows one that gives numbers. */
  static final String REGRESS = "tensorflow/serving/regress";

  /** What it gives, besides the classes. */
  static final String SCORES = "scores";

  /** What it gives, besides the scores. */
  static final String CLASSES = "classes";

  private static final String NAME = "classify";

  private ClassifySignature() {}

  /**
   * Those of a model.
   *
   * @param proofs whose examples tell whether the inputs have a row for each example: parts of a
   *     ragged tensor have not
   * @param remarks gets a sentence for each that cannot be made
   */
  static List<MadeSignature> of(Model model, List<Proof> proofs, List<String> remarks) {
    List<Head> heads =
        model.heads().stream()
            .filter(head -> head.kind().hasLabels() && head.labels().isPresent())
            .toList();
    List<MadeSignature> all = new ArrayList<>();
    for (Head head : heads) {
      String name = heads.size() == 1 ? NAME : NAME + "_" + head.name();
      try {
        if (model.signatures().containsKey(name)) {
          throw new BadRequestException("the model has one of its own, which stays as it is");
        }
        Classes back = new Classes(head.labels().orElseThrow(), output(model, head));
        all.add(
            new MadeSignature(name, Signature.SERVING_DEFAULT, METHOD, front(model, proofs), back));
      } catch (BadRequestException e) {
        remarks.add("no signature '" + name + "' is made for tf.Examples: " + e.getMessage());
      }
    }
    return all;
  }

  private static ExampleFront front(Model model, List<Proof> proofs) {
    ExampleFront front = ExampleFront.of(model);
    for (Proof proof : proofs) {
      if (proof instanceof Proof.Examples examples && !front.areRows(examples.inputs())) {
        throw new BadRequestException("the inputs have not one row for each example");
      }
    }
    return front;
  }

  /** The output that gives the head's scores, [N, labels], or [N] of a single one. */
  private static String output(Model model, Head head) {
    Map<String, TensorSpec> outputs = model.servingSignature().outputs();
    String name =
        outputs.entrySet().stream()
            .filter(output -> output.getValue().tensor().equals(head.output()))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElse(head.name()); // behind what a signature runs for its effect
    TensorSpec scores = outputs.get(name);
    if (scores == null || !scores.dtype().isFloating()) {
      throw new BadRequestException("no output gives the scores of '" + head.name() + "'");
    }
    Shape shape = scores.shape();
    int labels = head.labels().orElseThrow().size();
    boolean isForEach =
        shape.rank() == 2 ? shape.dim(1) == labels : shape.rank() == 1 && labels == 1;
    if (!isForEach) {
      throw new BadRequestException(
          "output '"
              + name
              + "' is "
              + shape
              + ", not one score for each of "
              + labels
              + " labels and example");
    }
    return name;
  }

  /**
   * Says the labels beside the scores.
   *
   * @param labels the labels
   * @param output the model's output that gives the scores
   */
  private record Classes(Labels labels, String output) implements MadeSignature.Back {

    private List<ByteString> names() {
      return labels.names().stream().map(ByteString::copyFromUtf8).toList();
    }

    @Override
    public Map<String, TensorSpec> answer(
        Scope g, TensorRef sent, Map<String, TensorSpec> outputs) {
      TensorSpec given = Objects.requireNonNull(outputs.get(output), output);
      TensorRef scores = given.tensor();
      if (given.dtype() != DType.FLOAT32) {
        scores = g.cast(scores, DataType.DT_FLOAT);
      }
      if (given.shape().rank() == 1) {
        scores = g.add("ExpandDims", scores, g.scalar(1));
      }
      TensorRef row = g.constant(TensorValue.strings(Shape.of(1, labels.size()), names()));
      TensorRef count = g.at(g.add("Shape", scores), 0); // a model with a state may have its own
      TensorRef times = g.addList("Pack", List.of(count, g.scalar(1)));
      Shape shape = Shape.of(Shape.UNKNOWN, labels.size());
      return ImmutableMap.of(
          CLASSES,
          new TensorSpec(g.add("Tile", row, times), DType.STRING, shape),
          SCORES,
          new TensorSpec(scores, DType.FLOAT32, shape));
    }

    @Override
    public Map<String, TensorValue> answer(Map<String, TensorValue> outputs) {
      double[] scores = Objects.requireNonNull(outputs.get(output), output).asDoubles();
      float[] rounded = new float[scores.length];
      for (int i = 0; i < scores.length; i++) {
        rounded[i] = (float) scores[i];
      }
      int rows = scores.length / labels.size();
      Shape shape = Shape.of(rows, labels.size());
      List<ByteString> classes =
          IntStream.range(0, rows).boxed().flatMap(row -> names().stream()).toList();
      return Map.of(
          CLASSES, TensorValue.strings(shape, classes), SCORES, TensorValue.of(shape, rounded));
    }
  }
}
