package dev.graft.internal.card;

import com.google.common.primitives.Ints;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.trainer.Run;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The step of a training in a model's provenance: that it was trained, by which recipe, on data of
 * which digest, and how it then did on the part that decided; in what a job publishes also how it
 * did on the part that was held out. The figures are those of the card.
 */
public final class TrainingStep {

  /** What the step is called. */
  static final String NAME = "train";

  private static final String LEARNED = "training ";
  private static final String DECIDED = "validation";
  private static final String EXAMPLES = "examples";
  private static final String DIGEST = "digest";

  private TrainingStep() {}

  /** {@code run}, whose model says that it was trained on {@code data}. */
  public static Run added(Run run, Parts data) {
    return with(run, run.model().provenance().plus(NAME, arguments(run, data)));
  }

  /** As {@link #added}, instead of what its model says of that training so far. */
  public static Run instead(Run run, Parts data) {
    Provenance now = run.model().provenance();
    List<Provenance.Step> steps = new ArrayList<>(now.steps());
    if (!steps.isEmpty() && steps.get(steps.size() - 1).operation().equals(NAME)) {
      steps.remove(steps.size() - 1);
    }
    return with(run, new Provenance(now.origin(), steps).plus(NAME, arguments(run, data)));
  }

  /**
   * What {@code provenance} says of the last training, with what the job found out since; as it is
   * where no job trained it.
   */
  public static Provenance scored(Provenance provenance, CardFacts facts) {
    List<Provenance.Step> steps = new ArrayList<>(provenance.steps());
    for (int i = steps.size() - 1; i >= 0 && facts.training().isPresent(); i--) {
      if (steps.get(i).operation().equals(NAME)) {
        Map<String, String> all = new LinkedHashMap<>(steps.get(i).arguments());
        for (ScoreFacts score : facts.scores()) {
          facts.parts().stream()
              .filter(part -> part.name().equals(score.part()) && !part.name().equals(DECIDED))
              .forEach(part -> put(all, part.name() + " ", part.examples(), part.digest()));
          put(all, score);
        }
        steps.set(i, new Provenance.Step(NAME, all));
        break;
      }
    }
    return new Provenance(provenance.origin(), steps);
  }

  /** From how many examples {@code model} learned last, if it says so. */
  public static Optional<Integer> examples(Model model) {
    return model.provenance().steps().stream()
        .filter(step -> step.operation().equals(NAME))
        .reduce((before, last) -> last)
        .flatMap(last -> Optional.ofNullable(last.arguments().get(LEARNED + EXAMPLES)))
        .map(Ints::tryParse);
  }

  private static Run with(Run run, Provenance provenance) {
    return with(run, run.model().toBuilder().provenance(provenance).build());
  }

  /** Returns {@code run} with another form of its model. */
  public static Run with(Run run, Model model) {
    return new Run(
        model, run.recipe(), run.validation(), run.decisions(), run.times(), run.features());
  }

  private static Map<String, String> arguments(Run run, Parts data) {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("recipe", run.recipe().name());
    all.put("seed", Long.toString(run.recipe().seed()));
    put(all, LEARNED, data.train());
    put(all, DECIDED + " ", data.validation());
    put(all, ScoreFacts.of(DECIDED, run.validation()));
    return all;
  }

  /** Views are no examples: whoever made them says what of. */
  private static void put(Map<String, String> all, String part, Dataset data) {
    if (!data.hasViews()) {
      put(all, part, data.size(), DatasetDigest.of(data));
    }
  }

  private static void put(Map<String, String> all, String part, int examples, String digest) {
    all.put(part + EXAMPLES, Integer.toString(examples));
    all.put(part + DIGEST, digest);
  }

  /** What is of all examples: that of each label is in the card. */
  private static void put(Map<String, String> all, ScoreFacts score) {
    for (ScoreFacts.Metric metric : score.metrics()) {
      if (metric.label().isEmpty()) {
        all.put(score.part() + " " + metric.name(), Double.toString(metric.value()));
      }
    }
  }
}
