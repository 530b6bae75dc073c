package dev.graft;

import dev.graft.error.BadModelException;
import dev.graft.model.BoxFormat;
import dev.graft.model.Signature;
import dev.graft.tensor.DType;
import dev.graft.words.Remedy;
import java.util.List;
import java.util.Map;

/**
 * The way to ask an exported model about encoded pictures.
 *
 * @param name the signature
 * @param input its input, which takes the files' bytes
 * @param scores its output of numbers
 * @param findsBoxes whether its answers are boxes, under the names of TensorFlow's detection models
 */
record PictureSignature(String name, String input, String scores, boolean findsBoxes) {

  private static final String SERVING_BYTES = "serving_bytes";

  /**
   * {@code serving_bytes}; failing that {@code serving_default}, if all that it takes is pictures
   * that the graph decodes itself.
   *
   * @param place where the model is, for messages
   * @throws BadModelException if there is no such signature, or it has not one answer
   */
  static PictureSignature of(Map<String, Signature> signatures, ServedFacts facts, String place) {
    Signature signature = signatures.get(SERVING_BYTES);
    if (signature == null) {
      signature = signatures.get(Signature.SERVING_DEFAULT);
      boolean takesPictures =
          signature != null
              && facts.decodesPictures()
              && signature.inputs().size() == 1
              && signature.inputs().values().iterator().next().dtype() == DType.STRING;
      if (signature == null || !takesPictures) {
        throw new BadModelException(
            "'"
                + place
                + "' has no signature '"
                + SERVING_BYTES
                + "', which takes encoded pictures, and no other that does; it has "
                + signatures.keySet()
                + ". Models that Graft publishes have it.");
      }
    }
    boolean boxes = signature.outputs().containsKey(BoxFormat.BOXES) && facts.findBoxes();
    List<String> numbers = boxes ? List.of(BoxFormat.BOXES) : answers(numbers(signature), facts);
    if (numbers.size() != 1) {
      throw new BadModelException(
          "'"
              + place
              + "' has not one answer: its outputs are "
              + signature.outputs().keySet()
              + ". Ask the model itself, which gives all of them.",
          Remedy.PREDICT);
    }
    return new PictureSignature(
        signature.name(), signature.inputs().keySet().iterator().next(), numbers.get(0), boxes);
  }

  /** Of several outputs that of the head, if there is one: a backbone may have had others. */
  private static List<String> answers(List<String> outputs, ServedFacts facts) {
    List<String> ofHeads = outputs.stream().filter(facts.answers()::containsKey).toList();
    return outputs.size() > 1 && ofHeads.size() == 1 ? ofHeads : outputs;
  }

  private static List<String> numbers(Signature signature) {
    return signature.outputs().entrySet().stream()
        .filter(output -> output.getValue().dtype().isFloating())
        .map(Map.Entry::getKey)
        .toList();
  }
}
