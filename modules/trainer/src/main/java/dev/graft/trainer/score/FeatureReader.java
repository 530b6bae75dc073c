package dev.graft.trainer.score;

import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
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
import dev.graft.trainer.internal.features.Features;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.watch.Interruption;
import dev.graft.trainer.internal.watch.Pace;
import dev.graft.trainer.internal.watch.Watch;
import dev.graft.trainer.listener.Progress;
import java.util.List;

/** What a model's head reads of examples. */
@Internal
public final class FeatureReader {

  private FeatureReader() {}

  /**
   * The features of the model's first head; row i belongs to example i of {@code data}.
   *
   * @param precision in bfloat16 where steps in it multiply in bfloat16, else exactly
   * @throws BadRequestException if the model has no head, or the data do not fit it
   */
  public static TensorValue read(
      TensorFlowRuntime runtime,
      Precision precision,
      Model model,
      Dataset data,
      TrainOptions options) {
    if (model.heads().isEmpty()) {
      throw new BadRequestException(
          model.name() + " has no head whose features could be read; say where it ends.");
    }
    TensorRef tensor = model.heads().get(0).features();
    InputBinding entry = InputBinding.of(model, data);
    Watch watch = Watch.of(options);
    Pace pace = new Pace(watch, Progress.Phase.FEATURES, "examples", data.size(), 1);
    Interruption interruption = Interruption.of(runtime);
    try (Features features =
        new Features(runtime, model, entry, List.of(tensor), options.recipe().atOnce())) {
      features.in(precision, watch).keptIn(Frontier.of(entry), watch);
      RowTable rows = features.of(data, pace).input(entry.nameOf(tensor));
      return rows.range(0, data.size(), Rows.NOTHING);
    } catch (RuntimeException e) {
      throw interruption.endedBy(e);
    }
  }
}
