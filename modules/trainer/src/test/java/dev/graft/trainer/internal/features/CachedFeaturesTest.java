package dev.graft.trainer.internal.features;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.SmallTraining;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.task.Order;
import dev.graft.trainer.internal.task.Task;
import dev.graft.trainer.loss.Objectives;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What training is fed with, and which data it takes. */
class CachedFeaturesTest {

  private static final Model MODEL = SmallTraining.MODEL;
  private static final Parts PARTS = SmallTraining.parts();
  private static final InputBinding ENTRY = InputBinding.of(MODEL, PARTS.train());
  private static final Frontier FRONTIER = Frontier.of(ENTRY);

  /** Where the frozen part ends if these stretches train. */
  private static ImmutableList<TensorRef> cut(int stretch) {
    List<Variable> training =
        SmallTraining.BLOCKS.stretches().get(stretch).variables().stream()
            .map(name -> MODEL.variable(name).orElseThrow())
            .toList();
    return FRONTIER.cut(task().logits(), training);
  }

  private static Task task() {
    return Task.of(MODEL, PARTS.train(), Objectives.usual());
  }

  @Test
  void whatDoesNotFitInMemoryIsComputedFromTheExamples() {
    ImmutableList<TensorRef> head = cut(0);
    ImmutableList<TensorRef> deep = cut(SmallTraining.BLOCKS.stretches().size() / 2);
    ImmutableList<TensorRef> all = ImmutableList.copyOf(ENTRY.tensors());
    List<ImmutableList<TensorRef>> cuts = List.of(head, deep, all);
    Room enough = new Room(1 << 30, 0, Path.of(""));
    Room few = new Room(48 * 4 * 200, 0, Path.of(""));
    FeaturePlan large = FeaturePlan.of(FRONTIER, PARTS, cuts, enough);
    FeaturePlan small = FeaturePlan.of(FRONTIER, PARTS, cuts, few);
    assertThat(large.isTooLarge(deep)).isFalse();
    assertThat(small.isTooLarge(head)).isFalse();
    assertThat(small.isTooLarge(deep)).isTrue();
    assertThat(small.isTooLarge(all)).isFalse(); // they are the examples
    small.requireRoom(head);
    assertThatThrownBy(() -> small.requireRoom(deep))
        .isInstanceOf(ExhaustedException.class)
        .hasMessageContainingAll("features of 48 examples", "(1 MB)", "pool");
    CachedFeatures ample = new CachedFeatures(large, 16);
    CachedFeatures narrow = new CachedFeatures(small, 16);
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      ample.compute(runtime, MODEL, cuts, PARTS.test(), SmallTraining.NOBODY);
      narrow.compute(runtime, MODEL, cuts, PARTS.test(), SmallTraining.NOBODY);
    }
    assertThat(ample.at(deep).train()).isNotSameAs(PARTS.train());
    assertThat(narrow.at(deep).train()).isSameAs(PARTS.train());
    assertThat(ample.at(all).train()).isSameAs(PARTS.train());
    assertThat(narrow.at(head).train().inputNames()).containsExactly(ENTRY.nameOf(head.get(0)));
  }

  /** More memory for Java changes nothing about that; a file does. */
  @Test
  void aTensorInMemoryHoldsTwoGibibytesAtMost() {
    ImmutableList<TensorRef> head = cut(0);
    int count = (int) ((2L << 30) / FRONTIER.bytes(head.get(0))) + 1;
    Parts many = new Parts(PARTS.train().subset(new int[count]), PARTS.validation(), PARTS.test());
    Room memory = new Room(Long.MAX_VALUE, 2L << 30, Path.of(""));
    FeaturePlan ample = FeaturePlan.of(FRONTIER, many, List.of(head), memory);
    assertThat(ample.isTooLarge(head)).isTrue();
    assertThatThrownBy(() -> ample.requireRoom(head))
        .isInstanceOf(ExhaustedException.class)
        .hasMessageContainingAll("in one tensor, which holds at most 2 GiB", "room on the disk");
    Room disk = new Room(0, 3L << 30, Path.of(""));
    assertThat(FeaturePlan.of(FRONTIER, many, List.of(head), disk).isInFiles(head)).isTrue();
  }

  @Test
  void thereMustBeExamplesToDecideBy() {
    Parts noValidation = SmallTraining.examples().split(Split.of(80, 0, 20));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      assertThatThrownBy(
              () ->
                  Trainer.fit(
                      runtime,
                      MODEL,
                      SmallTraining.BLOCKS,
                      noValidation,
                      TrainOptions.by(SmallTraining.recipe(1))))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContainingAll("48 and 0", "Split");
    }
  }

  /** Its weights are another's, though the SavedModel and the surgery are the same. */
  @Test
  void aTrainedModelIsAnotherModel(@TempDir Path folder) {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      TrainOptions options = TrainOptions.by(Recipe.headOnly()).checkpoints(Checkpoints.in(folder));
      Model once = Trainer.fit(runtime, MODEL, SmallTraining.BLOCKS, PARTS, options).model();
      assertThatThrownBy(() -> Trainer.fit(runtime, once, SmallTraining.BLOCKS, PARTS, options))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("another model");
    }
  }

  @Test
  void aSmallerLastBatchCountsForLess() {
    Order order = new Order(36, 10, 0);
    assertThat(order.examples(1)).isEqualTo(10);
    assertThat(order.examples(order.batches())).isEqualTo(36);
  }
}
