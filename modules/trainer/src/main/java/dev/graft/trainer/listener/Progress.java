package dev.graft.trainer.listener;

import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * How far a phase of the work has come. A plain value: showing it is up to whoever listens.
 *
 * @param phase what is being done
 * @param done how many units of it are finished
 * @param total how many units there are
 * @param unit what is counted: {@code "pictures"}, {@code "steps"}
 * @param epoch which pass over the training examples this is, from 1; 0 where there are none
 * @param loss the training loss so far, a mean over the epoch
 * @param validation the score on the validation part when it was last looked at
 * @param perSecond examples worked on in a second
 * @param left the time that the rest of the phase will take at this speed
 */
public record Progress(
    Phase phase,
    long done,
    long total,
    String unit,
    int epoch,
    OptionalDouble loss,
    OptionalDouble validation,
    double perSecond,
    Optional<Duration> left)
    implements TrainingEvent {

  /** The phases of the work, in the order in which they come. */
  public enum Phase {
    /** Files are looked at: their headers, and which of them are alike. */
    READ,
    /** The frozen part is run once over all examples. */
    FEATURES,
    /** The new head is trained on those features. */
    HEAD,
    /** The last blocks are trained along. */
    FINE_TUNE,
    /** A finished model is scored. */
    EVALUATE
  }
}
