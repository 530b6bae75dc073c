package dev.graft.trainer.listener;

import dev.graft.trainer.metric.Evaluation;

/**
 * One pass over the training examples is finished.
 *
 * @param stretch which stretch of fine-tuning it is part of, from 1
 * @param words what that stretch trains, for a person to read
 * @param number of the pass in this stretch, from 1
 * @param of how many passes the stretch takes at most
 * @param step how many steps of the stretch are done
 * @param rate the learning rate of the last of them
 * @param loss the mean training loss over the pass
 * @param validation how the model does on the validation part now
 * @param isBest whether that is the best of the stretch so far
 */
public record Epoch(
    int stretch,
    String words,
    int number,
    int of,
    long step,
    double rate,
    double loss,
    Evaluation validation,
    boolean isBest)
    implements TrainingEvent {}
