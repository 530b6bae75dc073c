package dev.graft.internal.live;

import com.google.common.collect.Maps;
import com.google.common.primitives.Doubles;
import com.google.protobuf.ByteString;
import dev.graft.error.BadModelException;
import dev.graft.error.ExhaustedException;
import dev.graft.runtime.TensorFlowException;
import dev.graft.tensor.Rows;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.lang.System.Logger.Level;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The first answer of a model that was just opened: TensorFlow gets it ready then, and it is seen
 * whether it answers.
 *
 * @param call calls the signature
 */
record FirstAnswer(Feed feed, Readout readout, UnaryOperator<Map<String, TensorValue>> call) {

  private static final System.Logger LOG = System.getLogger(FirstAnswer.class.getName());

  /** A black PNG of one pixel. */
  private static final ByteString BLANK =
      png(
          "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGNgYGAAAAAEAAH2FzhVAAAAAElFTkSuQmCC");

  /** A PNG of 4 x 4, coloured noise. */
  private static final ByteString DRAWN =
      png(
          "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAP0lEQVR42gE0AMv/AEQggjz95vHCazD5DgDH3QHkiHU0"
              + "og8LDQQAw27YDnHg/XewdnDrAJQL1TNflz2q2GGbkW6RGChERGxjAAAAAElFTkSuQmCC");

  private static ByteString png(String base64) {
    return ByteString.copyFrom(Base64.getDecoder().decode(base64));
  }

  /**
   * Its only answer to its own request, or else to a blank picture, or to nothing but zeros; empty
   * if it can do nothing with that.
   */
  Optional<TensorValue> ifAny(Optional<Map<String, TensorValue>> own) {
    try {
      return own.or(this::blank).map(call).flatMap(this::only);
    } catch (TensorFlowException e) {
      if (e.code() != TensorFlowException.Code.INVALID_ARGUMENT) {
        throw e; // not by the picture: it would answer nothing
      }
      return Optional.empty();
    }
  }

  /**
   * As {@link #ifAny}, of a model that is to answer others. What it can do with a blank is its own
   * affair, so that alone speaks against none; what it brings along itself it has to answer. Where
   * what comes is no number, what it was asked may be to blame, as where a model divides by how far
   * the numbers of an example lie apart: it is asked about noise, too, and refused only if that is
   * no better. Then it is asked about {@code rows} at once, which spares their first run the wait;
   * if it cannot do that, they are asked about one by one.
   *
   * @throws BadModelException if it does not answer, or with what is no number
   */
  Optional<TensorValue> required(Optional<Map<String, TensorValue>> own, int rows) {
    Optional<Map<String, TensorValue>> request = own.or(this::blank);
    if (request.isEmpty()) {
      tellUnknown("nothing can be made up that it takes");
      return Optional.empty();
    }
    Map<String, TensorValue> outputs;
    try {
      outputs = call.apply(request.get());
    } catch (TensorFlowException e) {
      if (e.code() != TensorFlowException.Code.INVALID_ARGUMENT) {
        throw e;
      }
      if (own.isPresent()) {
        throw new BadModelException(
            "the model cannot answer the request that it brings along to be warmed up with: "
                + e.detail(),
            e);
      }
      tellUnknown(e.detail());
      return Optional.empty();
    }
    Optional<String> spoiled = notNumbers(outputs);
    if (spoiled.isPresent()) {
      outputs = instead(spoiled.get(), own.isPresent()).orElse(Map.of());
    }
    if (rows > 1 && readout.way().fixedBatch() == 0) {
      warm(request.get(), rows);
    }
    return outputs.isEmpty() ? Optional.empty() : only(outputs);
  }

  /**
   * What it says of noise, where its first answer is no number. None if that is none either, and
   * nobody knows which numbers it takes, as of tables.
   *
   * @param isOwn whether it brought along what it was asked first
   */
  private Optional<Map<String, TensorValue>> instead(String spoiled, boolean isOwn) {
    Optional<Map<String, TensorValue>> outputs = ofNoise();
    boolean isSound = outputs.isPresent() && notNumbers(outputs.get()).isEmpty();
    boolean isMeant = readout.way().picture().isPresent() && outputs.isPresent();
    if (!isSound && (isOwn || isMeant)) {
      throw new BadModelException(
          "the model's first answer '"
              + spoiled
              + "' is no number (NaN): its weights are spoiled, or it computes what has no"
              + " result.");
    }
    LOG.log(
        Level.WARNING,
        "a model is taken whose answer ''{0}'' to {1} is no number (NaN){2}.",
        spoiled,
        isOwn ? "the request that it brings along" : "a blank example",
        isSound ? "; to noise it is one" : ", nor to noise; its weights may be spoiled");
    return isSound ? outputs : Optional.empty();
  }

  private Optional<Map<String, TensorValue>> ofNoise() {
    try {
      return madeUp(DRAWN, true).map(call);
    } catch (TensorFlowException e) {
      if (e.code() != TensorFlowException.Code.INVALID_ARGUMENT) {
        throw e;
      }
      return Optional.empty();
    }
  }

  private void tellUnknown(String why) {
    LOG.log(
        Level.WARNING,
        "a model is taken that has not answered anything yet, since it brings no request along and"
            + " answers no blank example by ''{0}'' ({1}); the first client waits until it is"
            + " ready.",
        readout.way().signature().name(),
        why);
  }

  /** A batch of one that is made up; none where that cannot be said. */
  private Optional<Map<String, TensorValue>> blank() {
    return madeUp(BLANK, false);
  }

  private Optional<Map<String, TensorValue>> madeUp(ByteString picture, boolean isDrawn) {
    return readout
        .way()
        .picture()
        .map(input -> Map.of(input, TensorValue.strings(Shape.of(1), List.of(picture))))
        .or(() -> feed.madeUp(isDrawn))
        .map(row -> feed.batch(List.of(row)));
  }

  private Optional<TensorValue> only(Map<String, TensorValue> outputs) {
    ServedSignature way = readout.way();
    return way.answers().size() == 1 && !way.findsBoxes()
        ? Optional.of(readout.scores(outputs, way.answers().get(0), 1))
        : Optional.empty();
  }

  /**
   * The first answer that is none: scores of labels are numbers, all of them; of other numbers some
   * may be missing.
   */
  private Optional<String> notNumbers(Map<String, TensorValue> outputs) {
    for (String output : readout.way().answers()) {
      double[] all = readout.scores(outputs, output, 1).asDoubles();
      long missing = Doubles.asList(all).stream().filter(each -> each.isNaN()).count();
      boolean isOfLabels = readout.facts().of(output).labels().isPresent();
      if (missing > 0 && (isOfLabels || missing == all.length)) {
        return Optional.of(output);
      }
    }
    return Optional.empty();
  }

  private void warm(Map<String, TensorValue> request, int rows) {
    try {
      Map<String, TensorValue> outputs =
          call.apply(
              Map.copyOf(
                  Maps.transformValues(
                      request,
                      one ->
                          one.shape().rank() == 0
                              ? one
                              : Rows.concat(Collections.nCopies(rows, one)))));
      readout.way().answers().forEach(output -> readout.scores(outputs, output, rows));
    } catch (BadModelException | ExhaustedException e) {
      LOG.log(
          Level.WARNING,
          "the model does not answer {0} examples at once, so each is asked about alone: {1}",
          rows,
          e.getMessage());
    }
  }
}
