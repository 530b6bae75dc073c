package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.model.Model;
import dev.graft.trainer.listener.Progress;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.trainer.metric.Evaluation;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * What training gives.
 *
 * @param model the trained model
 * @param recipe how it was trained
 * @param validation how it does on the validation part, which decisions were made on
 * @param decisions what was decided on the way and why, in sentences
 * @param times how long each phase took
 * @param features of how many examples features were computed
 */
public record Run(
    Model model,
    Recipe recipe,
    Evaluation validation,
    List<String> decisions,
    Map<Progress.Phase, Duration> times,
    TrainingEvent.Features features) {

  public Run {
    decisions = ImmutableList.copyOf(decisions);
    times = ImmutableMap.copyOf(times);
  }
}
