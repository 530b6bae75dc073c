package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.model.TrainingPlan;
import dev.graft.model.Variable;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Epoch;
import dev.graft.trainer.listener.TrainingListener;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.LayerRates;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.score.Evaluator;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** What the settings of fine-tuning do to a small network. */
class FineTuneTest extends FineTuneFixture {
  @Test
  void microBatchesAddUpToTheWholeBatch() {
    for (UnaryOperator<FineTune> more :
        List.<UnaryOperator<FineTune>>of(
            plain -> plain,
            plain -> plain.optimizer(Optimizer.sgd(0.9)).clipping(Clipping.byGlobalNorm(0.1)),
            plain -> plain.optimizer(Optimizer.adamW()).rate(1e-3))) {
      FineTune settings = more.apply(PLAIN);
      Map<String, TensorValue> whole = after(5, settings);
      Map<String, TensorValue> parts = after(5, settings.microBatch(5)); // 5, 5 and 2
      assertThat(parts.keySet()).isEqualTo(whole.keySet());
      int compared = 0;
      for (String name : whole.keySet()) {
        if (MODEL.variable(name).isPresent()) {
          double moved = moved(name, whole.get(name));
          assertThat(largest(whole.get(name).asDoubles(), parts.get(name).asDoubles()))
              .as(name)
              .isLessThanOrEqualTo(
                  1e-6 + moved * (settings.optimizer() instanceof Optimizer.Sgd ? 1e-3 : 5e-2));
          compared += moved > 0 ? 1 : 0;
        }
      }
      assertThat(compared).isGreaterThan(12);
    }
  }

  @Test
  void eachBlockHasTheRateOfTheOneAfterItTimesTheDecay() {
    assertThat(BLOCKS.stretches()).hasSize(2);
    Map<String, TensorValue> even = after(1, PLAIN);
    Map<String, TensorValue> falling = after(1, PLAIN.rates(LayerRates.falling(0.5)));
    String head = MODEL.heads().get(0).name() + "/kernel";
    LayerRates named = LayerRates.falling(0.5).with("/kernel$", 0.25).with("stem", 0);
    assertThat(stage(PLAIN.rates(named)).rates())
        .containsEntry(head, 0.25)
        .containsEntry("stem/kernel", 0.25)
        .containsEntry("stem_bn/beta", 0.0)
        .containsEntry("block_1_project_bn/beta", 0.5);
    assertThat(falling.get(head).asDoubles()).isEqualTo(even.get(head).asDoubles());
    ImmutableMap<String, Double> rates = stage(PLAIN.rates(LayerRates.falling(0.5))).rates();
    for (int block = 1; block <= 2; block++) {
      List<String> own = new ArrayList<>(BLOCKS.stretches().get(block - 1).variables());
      if (block > 1) {
        own.removeAll(BLOCKS.stretches().get(block - 2).variables());
      }
      for (String name : own) {
        assertThat(rates.get(name)).isEqualTo(Math.pow(0.5, block));
        double whole = moved(name, even.get(name));
        assertThat(moved(name, falling.get(name)))
            .as(name)
            .isCloseTo(whole * Math.pow(0.5, block), within(1e-7 + whole * 1e-2));
      }
    }
  }

  @Test
  void theTopIsCountedInBlocks() {
    TrainingPlan.Stretch last = BLOCKS.stretches().get(0);
    assertThat(stage(PLAIN.share(0.01)).training())
        .extracting(Variable::name)
        .containsAll(last.variables())
        .hasSize(last.variables().size() + 2); // and the head's kernel and bias
    TrainingPlan.Stretch biases = Plans.of(MODEL, Where.parse("role beta")).stretches().get(0);
    assertThat(stage(PLAIN.stretch(biases)).training())
        .extracting(Variable::name)
        .containsAll(biases.variables())
        .hasSize(biases.variables().size() + 2);
  }

  /** Those that have no kernel among them. */
  @Test
  void whatTrainsIsToldInLayers() {
    TrainingPlan.Stretch norms = Plans.of(MODEL, Where.parse("stem_bn")).stretches().get(0);
    assertThat(stage(PLAIN.stretch(norms)).words())
        .startsWith("fine-tuning 2 layers from stem_bn/gamma on, ");
  }

  @Test
  void trainingEndsAndKeepsTheBestByAnyMetric() {
    for (String metric : List.of("loss", "f1", "accuracy")) {
      FineTune settings = PLAIN.rate(0.3).epochs(8).stop(EarlyStop.on(metric, 2));
      List<Epoch> epochs = new ArrayList<>();
      TrainingListener watcher = TrainingListener.to(Epoch.class, epoch -> epochs.add(epoch));
      TrainingLoop.Result result;
      try (TrainingLoop loop = loop(settings, PARTS.train())) {
        result = loop.run(Watch.of(watcher, () -> {}), Checkpoints.none().open(), state -> {});
      }
      int best = 0;
      int since = 0;
      double score = Evaluator.evaluate(runtime, MODEL, PARTS.validation()).metric(metric);
      for (Epoch epoch : epochs) {
        since++;
        double now = epoch.validation().metric(metric);
        assertThat(epoch.isBest()).isEqualTo(epoch.validation().isBetter(metric, now, score));
        if (epoch.isBest()) {
          score = now;
          best = epoch.number();
          since = 0;
        }
        assertThat(since < 2 || epoch == epochs.get(epochs.size() - 1)).isTrue();
      }
      assertThat(epochs.size() == 8 || since == 2).as("%s: %d epochs", metric, best).isTrue();
      assertThat(result.learned()).isEqualTo(best > 0);
      Evaluation restored =
          Evaluator.evaluate(runtime, MODEL.withValues(result.values()), PARTS.validation());
      assertThat(restored.metric(metric)).isCloseTo(score, within(1e-6));
    }
    assertThatThrownBy(() -> fit(MODEL, PARTS, PLAIN.stop(EarlyStop.on("rmse", 2))))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContainingAll("no metric 'rmse'", "accuracy");
  }

  /** Not the start's again, to which the weights went back. */
  @Test
  void aStretchThatIsNotKeptTellsWhatItsBestEpochReached() {
    List<Epoch> epochs = new ArrayList<>();
    TrainingListener watcher = TrainingListener.to(Epoch.class, epoch -> epochs.add(epoch));
    for (String metric : List.of("loss", "accuracy")) {
      epochs.clear();
      FineTune far = PLAIN.rate(1).epochs(3).stop(EarlyStop.on(metric, 3));
      List<String> decisions = fit(MODEL, PARTS, far, watcher).decisions();
      double best = epochs.get(0).validation().metric(metric);
      for (Epoch epoch : epochs) {
        double now = epoch.validation().metric(metric);
        best = epoch.validation().isBetter(metric, now, best) ? now : best;
      }
      assertThat(epochs).hasSize(3).noneMatch(Epoch::isBest);
      assertThat(decisions.get(decisions.size() - 1))
          .contains(
              String.format(
                  Locale.ROOT,
                  ": not kept, its epochs' best %s %.3f is no better than ",
                  metric,
                  best));
    }
  }

  @Test
  void autoChoosesBySizeAndSaysWhy() {
    Recipe small = SmallTraining.recipe(1);
    Recipe auto = Recipe.auto().head(small.head()).each(each -> each.epochs(1).batch(12));
    Run few = Trainer.fit(runtime, MODEL, BLOCKS, PARTS, TrainOptions.by(auto));
    assertThat(few.recipe().name()).isEqualTo("head");
    assertThat(few.decisions().get(0))
        .isEqualTo(
            "recipe 'head', since 36 examples to learn from, about 12 a label, would be learned by"
                + " heart by more than a head");
    assertThat(few.decisions().get(1))
        .isEqualTo(
            "epochs, rate and the like are for fine-tuning, which does not happen here; take 'top',"
                + " 'gradual' or 'full' for it");
    assertThat(few.decisions()).anyMatch(sentence -> sentence.startsWith("head alone: "));
    Task task = Task.of(MODEL, PARTS.train(), auto.objectives());
    Recipe plain = Recipe.auto().head(small.head());
    assertThat(AutoRecipe.resolve(plain, task, BLOCKS, PARTS.train()).reasons()).hasSize(1);
    Parts more = new Parts(SmallTraining.examples(), PARTS.validation(), PARTS.test()); // 60
    Run some = Trainer.fit(runtime, MODEL, BLOCKS, more, TrainOptions.by(auto));
    assertThat(some.recipe().name()).isEqualTo("head then top");
    assertThat(some.decisions()).anyMatch(sentence -> sentence.matches("fine-tuning .*kept, .*"));
    assertThat(Recipe.named("gradual").fineTunes()).hasSize(3);
    assertThatThrownBy(() -> Recipe.named("best"))
        .isInstanceOf(BadRequestException.class)
        .hasMessageContaining("'gradual'");
  }

  @Test
  void gradualUnfreezingKeepsTheBest() {
    Recipe recipe =
        Recipe.gradual()
            .head(SmallTraining.recipe(1).head())
            .each(each -> each.epochs(1).batch(12).rate(0.5).optimizer(Optimizer.sgd()));
    Run run = Trainer.fit(runtime, MODEL, BLOCKS, PARTS, TrainOptions.by(recipe));
    Run head =
        Trainer.fit(
            runtime, MODEL, BLOCKS, PARTS, TrainOptions.by(Recipe.headOnly().head(recipe.head())));
    assertThat(run.validation().accuracy()).isGreaterThanOrEqualTo(head.validation().accuracy());
    assertThat(run.decisions())
        .filteredOn(sentence -> sentence.startsWith("fine-tuning ") && sentence.contains("kept, "))
        .hasSize(2) // as many as there are blocks
        .allMatch(sentence -> sentence.contains("times 0.90 a block"));
  }

  @Test
  void autoKeepsTheRatesThatItsSettingsName() {
    int count = 6_000;
    Dataset train =
        Dataset.of(
            Map.of("x", TensorValue.of(Shape.of(count, 8, 8, 3), new float[count * 192])),
            TensorValue.of(Shape.of(count), new int[count]),
            SmallTraining.LABELS);
    Parts many = new Parts(train, PARTS.validation(), PARTS.test());
    Task task = Task.of(MODEL, train, Objectives.usual());
    TrainingPlan.Stretch all = BLOCKS.stretches().get(1);
    TrainingPlan blocks = new TrainingPlan(ImmutableList.of(all, all, all));
    LayerRates own = LayerRates.falling(0.5).with("stem", 0);
    for (LayerRates rates : List.of(own, LayerRates.falling(1), LayerRates.even())) {
      Recipe asked = Recipe.auto().each(each -> each.rates(rates));
      Recipe chosen = AutoRecipe.resolve(asked, task, blocks, many.train()).recipe();
      assertThat(chosen.name()).isEqualTo("gradual");
      assertThat(chosen.fineTunes()).hasSize(3).allMatch(each -> each.rates().equals(rates));
    }
    Recipe stem = Recipe.auto().each(each -> each.rates(LayerRates.usual().with("stem", 0)));
    Recipe usual = AutoRecipe.resolve(stem, task, blocks, many.train()).recipe();
    assertThat(usual.fineTunes())
        .hasSize(3)
        .allMatch(each -> each.rates().equals(LayerRates.falling(0.9).with("stem", 0)));
  }

  @Test
  void aShareOfBlocksIsNoBlockMoreForTheWayItIsStored() {
    TrainingPlan.Stretch one = BLOCKS.stretches().get(0);
    TrainingPlan.Stretch all = BLOCKS.stretches().get(1);
    List<TrainingPlan.Stretch> stretches = new ArrayList<>(Collections.nCopies(7, one));
    stretches.addAll(Collections.nCopies(18, all));
    TrainingPlan blocks = new TrainingPlan(ImmutableList.copyOf(stretches));
    assertThat(0.28 * 25).isGreaterThan(7); // in binary
    assertThat(trained(blocks, 0.28)).containsAll(one.variables()).doesNotContain("stem/kernel");
    assertThat(trained(blocks, 0.281)).contains("stem/kernel"); // an eighth one
    assertThat(trained(blocks, 1e-12)).containsAll(one.variables());
  }
}
