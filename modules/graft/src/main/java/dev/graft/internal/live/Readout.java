package dev.graft.internal.live;

import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import dev.graft.answer.Answer;
import dev.graft.answer.Boxes;
import dev.graft.answer.Embedding;
import dev.graft.answer.LabelSet;
import dev.graft.answer.Numbers;
import dev.graft.answer.Prediction;
import dev.graft.answer.Several;
import dev.graft.data.boxes.PictureHeader;
import dev.graft.error.BadModelException;
import dev.graft.model.Head;
import dev.graft.model.Labels;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.boxes.Detection;
import dev.graft.trainer.boxes.Detections;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;

/**
 * Reads answers from what a signature gives.
 *
 * @param way the signature
 * @param facts what its outputs mean
 */
public record Readout(ServedSignature way, ServedFacts facts) {

  /**
   * The answers to some examples.
   *
   * @param outputs what the signature gave for all of them
   * @param rows how many they are
   * @param name what each is called, for messages
   */
  public List<Answer> answers(
      Map<String, TensorValue> outputs, int rows, IntFunction<String> name) {
    Map<String, List<Answer>> all = new LinkedHashMap<>();
    for (String output : way.answers()) {
      all.put(output, answers(output, scores(outputs, output, rows), rows, name));
    }
    if (all.size() == 1) {
      return all.values().iterator().next();
    }
    List<Answer> several = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      Map<String, Answer> each = new LinkedHashMap<>();
      for (Map.Entry<String, List<Answer>> one : all.entrySet()) {
        each.put(one.getKey(), one.getValue().get(i));
      }
      several.add(new Several(each));
    }
    return several;
  }

  /** An answer of the model as it stands, [rows, ...]. */
  public TensorValue scores(Map<String, TensorValue> outputs, String output, int rows) {
    TensorValue scores = outputs.get(output);
    if (scores == null) {
      throw new IllegalStateException("TensorFlow gave no '" + output + "'");
    }
    int sent = Math.max(rows, way.fixedBatch());
    if (scores.shape().rank() < 1 || scores.shape().dim(0) != sent) {
      throw new BadModelException(
          "the model's answer '"
              + output
              + "' to "
              + sent
              + " examples is "
              + scores.shape()
              + ", not one for each.");
    }
    return scores;
  }

  private List<Answer> answers(
      String output, TensorValue scores, int rows, IntFunction<String> name) {
    ServedFacts.Meaning meaning = facts.of(output);
    float[] values = Floats.toArray(Doubles.asList(scores.asDoubles()));
    int each = values.length / (int) scores.shape().dim(0);
    boolean told = meaning.labels().isPresent() && meaning.labels().get().size() == each;
    float[] read = told ? meaning.probabilities(values, each) : values;
    List<Answer> answers = new ArrayList<>();
    for (int i = 0; i < rows; i++) {
      List<Float> row = Floats.asList(read).subList(i * each, (i + 1) * each);
      if (told) {
        answers.add(ofLabels(meaning, row, name.apply(i)));
      } else {
        answers.add(meaning.kind() == Head.Kind.EMBEDDING ? new Embedding(row) : new Numbers(row));
      }
    }
    return answers;
  }

  private static BadModelException noNumbers(String what, String name) {
    return new BadModelException(
        "the model's "
            + what
            + " for '"
            + name
            + "' are no numbers (NaN): its weights are spoiled, or it computes with such an"
            + " example what has no result.");
  }

  private static Answer ofLabels(ServedFacts.Meaning meaning, List<Float> row, String name) {
    if (row.stream().anyMatch(score -> Float.isNaN(score))) {
      throw noNumbers("scores", name);
    }
    Map<String, Float> scores = new LinkedHashMap<>();
    List<String> names = meaning.labels().orElseThrow().names();
    for (int i = 0; i < names.size(); i++) {
      scores.put(names.get(i), row.get(i));
    }
    return meaning.kind() == Head.Kind.MULTI_LABEL ? new LabelSet(scores) : new Prediction(scores);
  }

  /**
   * The boxes on some pictures.
   *
   * @param pictures their files
   * @param name what each is called, for messages
   * @throws BadModelException if one is nowhere, or nobody knows how sure
   */
  public List<Answer> boxes(
      Map<String, TensorValue> outputs, List<byte[]> pictures, IntFunction<String> name) {
    ServedFacts.Meaning meaning = facts.of(way.answers().get(0));
    Detections found = Detections.of(outputs);
    List<Answer> boxes = new ArrayList<>();
    for (int i = 0; i < pictures.size(); i++) {
      if (!found.areNumbers(i)) {
        throw noNumbers("boxes", name.apply(i));
      }
      PictureHeader size = PictureHeader.of(pictures.get(i));
      List<Detection> here = found.on(i, size.shownWidth(), size.shownHeight());
      boxes.add(Boxes.of(here, meaning.labels(), size, meaning.threshold()));
    }
    return boxes;
  }

  /**
   * Whether a first answer gives labels, one score for each, rather than answers for several
   * positions of an example.
   *
   * @param place where the model is, for messages
   * @throws BadModelException if it has not as many scores as labels
   */
  public static boolean givesLabels(TensorValue scores, Labels labels, String place) {
    Shape shape = scores.shape();
    if (labels.size() == 1 && shape.rank() == 1) {
      return true; // one number for each example
    }
    if (shape.rank() < 2 || shape.dim(-1) != labels.size()) {
      throw new BadModelException(
          "'"
              + place
              + "' knows "
              + labels.size()
              + " labels, and its answer to one example is "
              + shape
              + "; publish it again with the labels of its outputs.");
    }
    return shape.elements() == labels.size() * shape.dim(0);
  }
}
