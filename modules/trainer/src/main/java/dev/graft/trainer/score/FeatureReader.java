package dev.graft.trainer.score;

import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.error.Internal;
import dev.graft.graph.TensorRef;
import dev.graft.model.Model;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Rows;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.internal.cut.Frontier;
import dev.graft.trainer.internal.features.FeatureSpace;
import dev.graft.trainer.internal.features.Features;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.watch.Interruption;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Computes what a model's head reads of examples. */
@Internal
public final class FeatureReader {

  private final TensorFlowRuntime runtime;
  private final Precision precision;
  private int slice = 1 << 26; // bytes

  /**
   * Computes nothing yet.
   *
   * @param precision in bfloat16 where steps in it multiply in bfloat16, else exactly
   */
  public FeatureReader(TensorFlowRuntime runtime, Precision precision) {
    this.runtime = runtime;
    this.precision = precision;
  }

  /** This with smaller slices. */
  FeatureReader slicesOf(int bytes) {
    slice = bytes;
    return this;
  }

  /**
   * The features of the model's first head; row i belongs to example i of {@code data}.
   *
   * @throws BadRequestException if the model has no head, or the data do not fit it
   */
  public TensorValue read(Model model, Dataset data, TrainOptions options) {
    List<TensorValue> whole = new ArrayList<>(1);
    read(model, data, options, Optional.empty(), whole::add);
    return whole.get(0);
  }

  /**
   * As the other form, in slices of some megabytes, in order. Where memory has no room for all rows
   * they go through a file.
   */
  public void read(Model model, Dataset data, TrainOptions options, Consumer<TensorValue> slices) {
    read(model, data, options, Optional.of(slice), slices);
  }

  private void read(
      Model model,
      Dataset data,
      TrainOptions options,
      Optional<Integer> most,
      Consumer<TensorValue> slices) {
    if (model.heads().isEmpty()) {
      throw new BadRequestException(
          model.name() + " has no head whose features could be read; say where it ends.");
    }
    TensorRef tensor = model.heads().get(0).features();
    InputBinding entry = InputBinding.of(model, data);
    Frontier frontier = Frontier.of(entry);
    Watch watch = Watch.of(options);
    Pace pace = new Pace(watch, Progress.Phase.FEATURES, "examples", data.size(), 1);
    Interruption interruption = Interruption.of(runtime);
    try (FeatureSpace space =
            most.isPresent() ? space(frontier, tensor, data.size()) : FeatureSpace.memory();
        Features features =
            new Features(runtime, model, entry, List.of(tensor), options.recipe().atOnce())) {
      boolean unused = features.into(space).in(precision, watch);
      features.keptIn(frontier, watch);
      RowTable rows = features.of(data, pace).input(entry.nameOf(tensor));
      long row = Math.max(1, frontier.bytes(tensor));
      int each = most.map(bytes -> (int) Math.max(1, bytes / row)).orElse(data.size());
      for (int from = 0; from < data.size(); from += each) {
        slices.accept(rows.range(from, Math.min(from + each, data.size()), Rows.NOTHING));
      }
    } catch (RuntimeException e) {
      throw interruption.endedBy(e);
    }
  }

  private FeatureSpace space(Frontier frontier, TensorRef tensor, int examples) {
    return FeatureSpace.of(frontier, List.of(tensor), examples, runtime)
        .orElseThrow(
            () ->
                new ExhaustedException(
                    "there is no room for the features of "
                        + examples
                        + " examples, neither in Java's memory nor in a file; make room on the disk,"
                        + " give Java more memory, or take fewer examples at a time.",
                    Remedy.MORE_HEAP));
  }
}
