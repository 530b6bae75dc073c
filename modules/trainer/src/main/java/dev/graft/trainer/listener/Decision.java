package dev.graft.trainer.listener;

import static java.util.Objects.requireNonNull;

import dev.graft.trainer.metric.Evaluation;
import java.util.Optional;

/**
 * Something was decided, or happened that a person should know.
 *
 * @param kind what it is about
 * @param stretch which stretch of fine-tuning it is about, from 1; 0 for none
 * @param score on the validation part, where it goes by one
 * @param sentence what was decided and why, for a person to read
 */
public record Decision(Kind kind, int stretch, Optional<Evaluation> score, String sentence)
    implements TrainingEvent {

  /** What a decision is about. */
  public enum Kind {
    /** What the recipe comes to with this model and these data. */
    PLAN,
    /** A checkpoint: one that training goes on from, or one that is damaged. */
    CHECKPOINT,
    /** Features that were kept, or could not be. */
    FEATURES,
    /** How a head was trained at once, or why it was left as it was. */
    HEAD,
    /** How the model does before the first stretch. */
    START,
    /** A stretch begins: what trains in it. */
    STRETCH,
    /** The precision in which it computes. */
    PRECISION,
    /** How many examples make a step, where that was left to the memory. */
    BATCH,
    /** How long a stretch takes, and how many epochs there is time for. */
    TIME,
    /** A stretch ended early, since its loss was no number. */
    RAN_AWAY,
    /** What a stretch gave is kept. */
    KEPT,
    /** What a stretch gave is not kept. */
    NOT_KEPT,
    /** A listener failed. */
    LISTENER
  }

  /** A decision about all of the training, by no score. */
  public static Decision of(Kind kind, String sentence) {
    requireNonNull(kind, "kind");
    requireNonNull(sentence, "sentence");
    return new Decision(kind, 0, Optional.empty(), sentence);
  }
}
