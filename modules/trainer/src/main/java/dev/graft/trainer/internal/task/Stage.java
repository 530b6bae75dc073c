package dev.graft.trainer.internal.task;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.graph.TensorRef;
import dev.graft.model.Layer;
import dev.graft.model.Variable;
import dev.graft.trainer.FineTune;
import java.util.Collection;
import java.util.List;
import java.util.function.Consumer;

/** A stretch of training step by step. Immutable. */
public final class Stage {

  private final Fields set;

  private Stage(Fields set) {
    this.set = set;
  }

  /**
   * A stretch of a trained model, in which no layer behaves as in training, from seed 0.
   *
   * @param number of the stretch, from 1
   * @param words what it trains, for a person to read
   * @param settings how
   * @param training the variables that change
   */
  public static Stage of(
      int number, String words, FineTune settings, Collection<Variable> training) {
    return new Stage(new Fields(number, words, settings, ImmutableList.copyOf(training)));
  }

  private Stage with(Consumer<Fields> change) {
    Fields next = new Fields(set.number, set.words, set.settings, set.training);
    next.ofHeads = set.ofHeads;
    next.fresh = set.fresh;
    next.rates = set.rates;
    next.layers = set.layers;
    next.behaviour = set.behaviour;
    next.cut = set.cut;
    next.scaled = set.scaled;
    next.seed = set.seed;
    change.accept(next);
    return new Stage(next);
  }

  /** Its number, from 1. */
  public int number() {
    return set.number;
  }

  /** What it trains, for a person to read. */
  public String words() {
    return set.words;
  }

  /** Whether it is the one in which the heads learn by themselves. */
  public boolean ofHeads() {
    return set.ofHeads;
  }

  /**
   * Whether it trains a head that is drawn at random, and nothing before has trained that: then
   * what was there before is no alternative.
   */
  public boolean fresh() {
    return set.fresh;
  }

  /** How it trains. */
  public FineTune settings() {
    return set.settings;
  }

  /** The variables that change. */
  public ImmutableList<Variable> training() {
    return set.training;
  }

  /** Which share of the learning rate variables have, by name, where not all of it. */
  public ImmutableMap<String, Double> rates() {
    return set.rates;
  }

  /** The layers that behave as in training. */
  public ImmutableList<Layer> layers() {
    return set.layers;
  }

  /** Which these are, and which could not, for a person to read. */
  public String behaviour() {
    return set.behaviour;
  }

  /** Where the part ends that none of the variables is in. */
  public ImmutableList<TensorRef> cut() {
    return set.cut;
  }

  /** Whether its gradients pass through float16, so that the loss is multiplied. */
  public boolean scaled() {
    return set.scaled;
  }

  /** What the order of the examples and the random numbers follow from. */
  public long seed() {
    return set.seed;
  }

  /** This as the one in which the heads learn by themselves, or not. */
  public Stage ofHeads(boolean value) {
    return with(next -> next.ofHeads = value);
  }

  /** This with a head that nothing has trained before, or without. */
  public Stage fresh(boolean value) {
    return with(next -> next.fresh = value);
  }

  /** This learning otherwise. */
  public Stage settings(FineTune value) {
    return with(next -> next.settings = value);
  }

  /** This with shares of the learning rate. */
  public Stage rates(ImmutableMap<String, Double> value) {
    return with(next -> next.rates = value);
  }

  /** This with other layers laid over the graph. */
  public Stage layers(List<Layer> value) {
    return with(next -> next.layers = ImmutableList.copyOf(value));
  }

  /** This with other words on its layers. */
  public Stage behaviour(String value) {
    return with(next -> next.behaviour = value);
  }

  /** This with the part that does not train ending there. */
  public Stage cut(ImmutableList<TensorRef> value) {
    return with(next -> next.cut = value);
  }

  /** This with its loss multiplied, whatever its layers compute in, or not. */
  public Stage scaled(boolean value) {
    return with(next -> next.scaled = value);
  }

  /** This with another seed. */
  public Stage seed(long value) {
    return with(next -> next.seed = value);
  }

  private static final class Fields {
    private final int number;
    private final String words;
    private FineTune settings;
    private final ImmutableList<Variable> training;
    private boolean ofHeads;
    private boolean fresh;
    private ImmutableMap<String, Double> rates = ImmutableMap.of();
    private ImmutableList<Layer> layers = ImmutableList.of();
    private String behaviour = "";
    private ImmutableList<TensorRef> cut = ImmutableList.of();
    private boolean scaled;
    private long seed;

    private Fields(int number, String words, FineTune settings, ImmutableList<Variable> training) {
      this.number = number;
      this.words = words;
      this.settings = settings;
      this.training = training;
    }
  }
}
