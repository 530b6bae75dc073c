package dev.graft.trainer.internal.task;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Variable;
import dev.graft.trainer.FineTune;

/**
 * A stretch of training step by step.
 *
 * @param number of the stretch, from 1
 * @param words what it trains, for a person to read
 * @param ofHeads whether it is the one in which the heads learn by themselves
 * @param fresh whether it trains a head that is drawn at random, and nothing before has trained
 *     that: then what was there before is no alternative
 * @param settings how
 * @param training the variables that change
 * @param rates which share of the learning rate they have, by name, where not all of it
 * @param layers those that behave as in training
 * @param behaviour which these are, and which could not, for a person to read
 * @param cut where the part ends that none of these is in
 * @param scaled whether its gradients pass through float16, so that the loss is multiplied
 * @param seed what the order of the examples and the random numbers follow from
 */
public record Stage(
    int number,
    String words,
    boolean ofHeads,
    boolean fresh,
    FineTune settings,
    ImmutableList<Variable> training,
    ImmutableMap<String, Double> rates,
    ImmutableList<Layer> layers,
    String behaviour,
    ImmutableList<TensorRef> cut,
    boolean scaled,
    long seed) {

  /** {@code stage} with other layers laid over the graph. */
  public static Stage withLayers(Stage stage, ImmutableList<Layer> others) {
    return like(stage, stage.settings(), others, stage.scaled());
  }

  /** {@code stage} with its loss multiplied, whatever its layers compute in. */
  public static Stage withScaledLoss(Stage stage) {
    return like(stage, stage.settings(), stage.layers(), true);
  }

  /** {@code stage} that learns otherwise. */
  public static Stage withSettings(Stage stage, FineTune others) {
    return like(stage, others, stage.layers(), stage.scaled());
  }

  private static Stage like(
      Stage stage, FineTune settings, ImmutableList<Layer> layers, boolean scaled) {
    return new Stage(
        stage.number(),
        stage.words(),
        stage.ofHeads(),
        stage.fresh(),
        settings,
        stage.training(),
        stage.rates(),
        layers,
        stage.behaviour(),
        stage.cut(),
        scaled,
        stage.seed());
  }
}
