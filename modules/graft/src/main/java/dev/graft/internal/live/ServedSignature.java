package dev.graft.internal.live;

import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.model.BoxFormat;
import dev.graft.model.Signature;
import dev.graft.tensor.DType;
import java.lang.System.Logger.Level;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The way to ask an exported model.
 *
 * @param signature the signature
 * @param picture its input, if that takes encoded pictures and is the only one
 * @param answers those of its outputs that are answers
 * @param findsBoxes whether these are boxes, under the names of TensorFlow's detection models
 * @param fixedBatch the batch size that it insists on; 0 if any will do
 */
public record ServedSignature(
    Signature signature,
    Optional<String> picture,
    List<String> answers,
    boolean findsBoxes,
    int fixedBatch) {

  private static final System.Logger LOG = System.getLogger(ServedSignature.class.getName());

  private static final int MOST_ROWS = 4096;

  /**
   * The one that is wanted; else the one that takes encoded pictures, {@code serving_bytes};
   * failing that {@code serving_default}, or the only one that there is.
   *
   * @param place where the model is, for messages
   * @throws BadRequestException if there is none of the name that is wanted
   * @throws BadModelException if there is none, or it has no answer
   */
  public static ServedSignature of(
      Map<String, Signature> signatures, ServedFacts facts, Optional<String> wanted, String place) {
    Signature signature = wanted.isPresent() ? signatures.get(wanted.get()) : usual(signatures);
    if (signature == null) {
      String has = "'" + place + "' has the signatures " + signatures.keySet();
      throw wanted.isPresent()
          ? new BadRequestException(has + " and no '" + wanted.get() + "'; ask by one of these.")
          : new BadModelException(
              has + ", of which none is the one to answer by; say which one is to be asked.");
    }
    boolean boxes = signature.outputs().containsKey(BoxFormat.BOXES) && facts.findBoxes();
    List<String> answers = boxes ? List.of(BoxFormat.BOXES) : answers(signature, facts);
    if (answers.isEmpty()) {
      throw new BadModelException(
          "'"
              + place
              + "' answers no numbers by its signature '"
              + signature.name()
              + "': its outputs are "
              + signature.outputs().keySet()
              + ".");
    }
    int batch = signature.fixedBatch();
    if (batch > MOST_ROWS) {
      throw new BadModelException(
          "'"
              + place
              + "' takes batches of "
              + batch
              + " only, and more than "
              + MOST_ROWS
              + " are not put together; export it with a batch of any size.");
    }
    return new ServedSignature(signature, picture(signature, facts), answers, boxes, batch);
  }

  private static @Nullable Signature usual(Map<String, Signature> signatures) {
    Signature only = signatures.size() == 1 ? signatures.values().iterator().next() : null;
    Signature serving = signatures.getOrDefault(Signature.SERVING_DEFAULT, only);
    return signatures.getOrDefault(Signature.SERVING_BYTES, serving);
  }

  private static Optional<String> picture(Signature signature, ServedFacts facts) {
    boolean reads =
        signature.name().equals(Signature.SERVING_BYTES)
            || isOfFeatures(signature.name())
            || facts.decoding().contains(signature.name());
    return signature.inputs().entrySet().stream()
        .filter(input -> reads && signature.inputs().size() == 1)
        .filter(input -> input.getValue().dtype() == DType.STRING)
        .map(Map.Entry::getKey)
        .findFirst();
  }

  /** A signature of Graft's own making, or one that somebody called like it. */
  private static boolean isOfFeatures(String name) {
    return name.startsWith(Signature.FEATURES) && name.endsWith(Signature.BYTES);
  }

  /**
   * Of several outputs those of heads, if there are any: a backbone may have had others. Else those
   * that are no whole numbers, which beside them are classes and counts; that is told.
   */
  private static List<String> answers(Signature signature, ServedFacts facts) {
    List<String> floating = outputs(signature, DType::isFloating);
    List<String> all = outputs(signature, type -> type != DType.STRING);
    List<String> numbers = floating.isEmpty() ? all : floating;
    List<String> ofHeads = numbers.stream().filter(facts.answers()::containsKey).toList();
    if (ofHeads.isEmpty() && numbers.size() < all.size()) {
      LOG.log(
          Level.INFO,
          "of the outputs {0} of ''{1}'' answers have {2}; whole numbers beside others are left out",
          all,
          signature.name(),
          numbers);
    }
    return ofHeads.isEmpty() ? numbers : ofHeads;
  }

  private static List<String> outputs(Signature signature, Predicate<DType> wanted) {
    return signature.outputs().entrySet().stream()
        .filter(output -> wanted.test(output.getValue().dtype()))
        .map(Map.Entry::getKey)
        .toList();
  }
}
