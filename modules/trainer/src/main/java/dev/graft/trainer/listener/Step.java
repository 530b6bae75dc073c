package dev.graft.trainer.listener;

/**
 * A step of gradient descent is done.
 *
 * @param stretch which stretch of fine-tuning it is part of, from 1
 * @param number of the step in this stretch, from 1
 * @param rate its learning rate
 * @param loss its training loss, before it
 */
public record Step(int stretch, long number, double rate, double loss) implements TrainingEvent {}
