package dev.graft.trainer.listener;

import dev.graft.data.Parts;
import dev.graft.model.Model;
import dev.graft.trainer.metric.Evaluation;

/**
 * What a {@link TrainingListener} hears. A training tells {@link Begun} first and one of {@link
 * Ended}, {@link Cancelled} and {@link Failed} last, whatever becomes of it; a score and a search
 * for a rate are no trainings, and tell what is between.
 */
public sealed interface TrainingEvent
    permits TrainingEvent.Begun,
        TrainingEvent.Features,
        Progress,
        Step,
        Epoch,
        Decision,
        TrainingEvent.Saved,
        TrainingEvent.Ended,
        TrainingEvent.Cancelled,
        TrainingEvent.Failed {

  /**
   * A training begins, or goes on from a checkpoint; nothing is looked at yet.
   *
   * @param model what is trained
   * @param data what it learns from, and is scored on
   */
  record Begun(Model model, Parts data) implements TrainingEvent {}

  /**
   * What the frozen part gives is there for all examples.
   *
   * @param computed of how many examples it was computed now
   * @param reused of how many it had been kept by earlier runs
   * @param bytes how much all that is kept takes on disk, of whatever models; 0 if nothing is
   */
  record Features(long computed, long reused, long bytes) implements TrainingEvent {

    /** These and {@code others}, which were counted later. */
    public Features and(Features others) {
      return new Features(computed + others.computed, reused + others.reused, others.bytes);
    }
  }

  /** A checkpoint is written: the steps before it never run again. */
  record Saved() implements TrainingEvent {}

  /**
   * The training is done.
   *
   * @param validation how the model does on the validation part now
   */
  record Ended(Evaluation validation) implements TrainingEvent {}

  /** Somebody ended the training; with checkpoints it can go on. */
  record Cancelled() implements TrainingEvent {}

  /**
   * The training failed.
   *
   * @param cause what it ends with
   */
  record Failed(Throwable cause) implements TrainingEvent {}
}
