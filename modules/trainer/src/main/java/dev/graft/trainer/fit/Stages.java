package dev.graft.trainer.fit;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.autodiff.PreflightCheck;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.model.BlockedGradientException;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Preflight;
import dev.graft.model.TrainingPlan;
import dev.graft.model.Variable;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.graph.LayersInTraining;
import dev.graft.trainer.internal.head.SolvedHeads;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Stage;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Goal;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.optimizer.NamePatterns;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Works out what each stretch of a recipe trains of a model, and what need not be computed again.
 */
@Internal
public final class Stages {

  private final Model model;
  private final TrainingPlan blocks;
  private final Frontier frontier;
  private final long seed;
  private final Task task;
  private final Set<Variable> changed = new LinkedHashSet<>(); // so far: it cannot be cached
  private final List<Stage> stages = new ArrayList<>();
  private final Set<Variable> learned = new LinkedHashSet<>(); // in the stretches so far, or solved

  private Stages(Task task, TrainingPlan blocks, Frontier frontier, long seed) {
    this.task = task;
    this.model = task.model();
    this.blocks = blocks;
    this.frontier = frontier;
    this.seed = seed;
    changed.addAll(task.variables());
  }

  /**
   * The stretches of {@code recipe}, in order.
   *
   * @param blocks the backbone from the head down: each stretch has one block more; without any,
   *     the heads train alone
   * @param solved the goals whose heads need no steps
   * @throws BadRequestException if all is frozen, or if a stretch goes by a metric that the heads
   *     do not have
   * @throws BlockedGradientException if an op lets no gradient pass to what would train
   */
  public static ImmutableList<Stage> of(
      Task task,
      TrainingPlan blocks,
      Frontier frontier,
      Collection<? extends Goal> solved,
      Recipe recipe) {
    Stages all = new Stages(task, blocks, frontier, recipe.seed());
    all.checkSomethingTrains(recipe);
    all.learned.addAll(task.variables(List.copyOf(solved)));
    List<Goal> others =
        task.goals().stream()
            .filter(goal -> !solved.contains(goal) && !task.variables(List.of(goal)).isEmpty())
            .toList();
    if (!others.isEmpty()) {
      String words = "training " + Task.describe(others) + " step by step";
      all.add(words, true, recipe.head().steps(), task.variables(others));
    }
    recipe.fineTunes().forEach(all::add);
    all.checkMetrics();
    all.checkNames();
    all.checkGradients();
    return ImmutableList.copyOf(all.stages);
  }

  /**
   * What is said of a head's steps says nothing of one that is solved at once. Only the micro-batch
   * still holds: as many examples are computed at once.
   *
   * @param isChosen whether the recipe was chosen, and the settings given for whichever it is
   * @throws BadRequestException if something is said, and no head is trained step by step
   */
  static void checkHeadSteps(List<Stage> stages, Task task, Recipe asked, boolean isChosen) {
    FineTune usual = FineTune.head();
    FineTune said = asked.head().steps();
    EarlyStop stop = new EarlyStop(usual.stop().named(), said.stop().patience());
    boolean isForHead = said.epochs() != usual.epochs() || said.rate() != usual.rate();
    boolean isForAll = !said.microBatch(usual.microBatch()).stop(stop).equals(usual);
    boolean onlyHead = asked.fineTunes().isEmpty() && !isChosen; // else fine-tuning has these, too
    if (stages.stream().noneMatch(Stage::ofHeads) && (isForHead || (onlyHead && isForAll))) {
      throw new BadRequestException(
          "epochs, rate, optimizer and the like of a head are for one that is trained step by step,"
              + " and not for "
              + task.describe()
              + ", since one dense layer is solved at once; leave them out, or take a new head with"
              + " hidden layers or dropout.",
          Remedy.NO_HEAD_SETTINGS,
          Remedy.HIDDEN_LAYER);
    }
  }

  private void checkSomethingTrains(Recipe recipe) {
    Set<String> used = task.needed();
    boolean nothing =
        model.variables().stream()
            .noneMatch(v -> v.trainable() && !v.role().isStatistic() && used.contains(v.node()));
    boolean named = recipe.fineTunes().stream().anyMatch(each -> each.stretch().isPresent());
    if (nothing && !named && (blocks.stretches().isEmpty() || recipe.fineTunes().isEmpty())) {
      throw new BadRequestException(
          "all that "
              + task.describe()
              + " of "
              + model.name()
              + " depends on is frozen, so nothing is left to train; the head has to be unfrozen at"
              + " least, or replaced.",
          Remedy.UNFREEZE_HEAD);
    }
    if (task.variables().isEmpty() && recipe.fineTunes().isEmpty()) {
      throw new BadRequestException(
          "the recipe '"
              + recipe.name()
              + "' trains the head alone, and "
              + task.describe()
              + " is frozen; unfreeze it, or take a recipe that trains the last blocks, too.",
          Remedy.UNFREEZE_HEAD,
          Remedy.RECIPE_TOP);
    }
  }

  private void checkMetrics() {
    ImmutableSet<String> metrics = task.metrics();
    for (Stage stage : stages) {
      String metric = stage.settings().stop().metric();
      if (!metric.equals("loss") && !metrics.contains(metric)) {
        throw Evaluation.noMetric(metric, metrics);
      }
    }
  }

  /** A name that nothing has is a slip, as with a Where that hits nothing. */
  private void checkNames() {
    for (Stage stage : stages) {
      NamePatterns.requireHits(
          "layer rates have a share for", stage.settings().rates().named().keySet(), model);
      NamePatterns.requireHits(
          "weight decay leaves out", stage.settings().optimizer().decay().excluded(), model);
    }
  }

  private void checkGradients() {
    Set<Variable> training = new LinkedHashSet<>();
    stages.forEach(stage -> training.addAll(stage.training()));
    Map<String, TensorRef> answers = new LinkedHashMap<>();
    task.heads().forEach(head -> answers.put(head.name(), head.logits()));
    Preflight found = PreflightCheck.of(model, answers, training);
    if (!found.isClear()) {
      throw new BlockedGradientException(found);
    }
  }

  private void add(FineTune settings) {
    List<Variable> training = training(settings);
    if (isRepeated(settings, training)) {
      return; // as where there are fewer blocks than stretches
    }
    changed.addAll(training);
    long layers =
        training.stream().map(v -> v.name().replaceFirst("/[^/]*$", "")).distinct().count();
    String words =
        String.format(
            Locale.ROOT,
            "fine-tuning %d %s from %s on, rate %.0e%s",
            layers,
            layers == 1 ? "layer" : "layers",
            training.get(0).name(),
            settings.rate(),
            settings.rates().decay() == 1
                ? ""
                : String.format(Locale.ROOT, ", times %.2g a block", settings.rates().decay()));
    add(words, false, settings, training);
  }

  private boolean isRepeated(FineTune settings, List<Variable> training) {
    if (stages.isEmpty()) {
      return false;
    }
    Stage last = stages.get(stages.size() - 1);
    return last.training().equals(training)
        && last.settings().share() != settings.share() // else it is asked for twice
        && last.settings().share(1).equals(settings.share(1));
  }

  private void add(String words, boolean ofHeads, FineTune settings, List<Variable> training) {
    InputBinding entry = frontier.entry();
    LayersInTraining layers =
        LayersInTraining.of(
            model,
            entry.graph(),
            entry.tensors(),
            task.logits(),
            training,
            settings.batchNorm() == FineTune.BatchNorm.TRAINING);
    Optional<String> half = HalfPrecision.below(task, training);
    stages.add(
        Stage.of(stages.size() + 1, words, settings, training)
            .ofHeads(ofHeads)
            .fresh(isFresh(training))
            .rates(rates(settings, training))
            .layers(layers.layers())
            .behaviour(layers.words() + half.map(Stages::scaling).orElse(""))
            .cut(frontier.cutOfSteps(task.logits(), changed, layers.layers()))
            .scaled(half.isPresent())
            .seed(seed));
    learned.addAll(training);
    layers.layers().forEach(this::addMoved);
  }

  private static String scaling(String node) {
    return "; gradients pass through float16 ('" + node + "'), so the loss is scaled";
  }

  /** Only a head that was drawn at random answers nothing yet: layers before it may be so, too. */
  private boolean isFresh(List<Variable> training) {
    return task.variables().stream()
        .anyMatch(v -> training.contains(v) && SolvedHeads.isDrawn(v) && !learned.contains(v));
  }

  /** What {@code layer} moves by itself in training is another for the stretches after this one. */
  private void addMoved(Layer layer) {
    Set<String> captured =
        layer.training().stream()
            .flatMap(function -> function.captures().stream())
            .map(TensorRef::node)
            .collect(Collectors.toSet());
    model.variables().stream()
        .filter(v -> v.role().isStatistic() && captured.contains(v.node()))
        .forEach(changed::add);
  }

  /** What trains: what is asked for by name, what the model leaves unfrozen, or a share. */
  private List<Variable> training(FineTune settings) {
    List<Variable> heads = task.variables();
    List<Variable> unfrozen = unfrozen(task);
    if (settings.stretch().isEmpty() && !heads.containsAll(unfrozen)) {
      return unfrozen;
    }
    if (settings.stretch().isEmpty() && blocks.stretches().isEmpty()) {
      return heads;
    }
    int count = TrainingPlan.count(settings.share(), blocks.stretches().size());
    Set<String> names =
        settings.stretch().orElseGet(() -> blocks.stretches().get(count - 1)).variables();
    for (String name : names) {
      if (model.variable(name).isEmpty()) {
        throw new BadRequestException(
            "'" + name + "' is to be trained, but " + model.name() + " has no such variable.");
      }
    }
    return model.variables().stream()
        .filter(v -> names.contains(v.name()) || heads.contains(v))
        .toList();
  }

  /** What the model says trains, in its heads and before them. */
  static List<Variable> unfrozen(Task task) {
    Set<String> needed = task.needed();
    return task.model().variables().stream()
        .filter(v -> v.trainable() && v.canTrain() && needed.contains(v.node()))
        .toList();
  }

  /** The shares of those variables that do not have all of the rate. */
  private ImmutableMap<String, Double> rates(FineTune settings, List<Variable> training) {
    if (settings.rates().decay() < 1 && blocks.stretches().isEmpty()) {
      throw new BadRequestException(
          "rates that fall from block to block need the blocks of "
              + model.name()
              + ", and none were found; name its layers with LayerRates.with(...).");
    }
    Set<Variable> heads = Set.copyOf(task.variables());
    ImmutableMap.Builder<String, Double> rates = ImmutableMap.builder();
    for (Variable variable : training) {
      int below = heads.contains(variable) ? 0 : belowHead(variable.name());
      double share = settings.rates().of(variable.name(), below);
      if (share != 1) {
        rates.put(variable.name(), share);
      }
    }
    return rates.buildOrThrow();
  }

  /** 1 for the last block; what belongs to none counts with the first. */
  private int belowHead(String variable) {
    int number = 1;
    for (TrainingPlan.Stretch stretch : blocks.stretches()) {
      if (stretch.variables().contains(variable)) {
        return number;
      }
      number++;
    }
    return Math.max(1, number - 1);
  }
}
