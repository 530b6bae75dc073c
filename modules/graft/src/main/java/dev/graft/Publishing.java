package dev.graft;

import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.exporter.Exporter;
import dev.graft.exporter.Proof;
import dev.graft.internal.gate.Figures;
import dev.graft.internal.gate.GateCheck;
import dev.graft.model.Model;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A publication that is being done.
 *
 * @param runtime what it is done with
 * @param terms where, and on what terms
 * @param options as which examples are scored
 */
record Publishing(TensorFlowRuntime runtime, Publication terms, TrainOptions options) {

  private static final int COMPARED = 32; // examples on which an export answers as the model

  /**
   * Publishes {@code model}.
   *
   * @param scorer scores a version, whether anything is asked of it or not; none to have the
   *     examples scored if there is
   */
  Version of(Model model, Optional<Figures.Scorer> scorer, Exporter.Announcement announcement) {
    List<Proof> proofs = new ArrayList<>();
    terms.examples().filter(all -> all.size() > 0).map(this::some).ifPresent(proofs::add);
    int atOnce = options.recipe().atOnce();
    if (atOnce < Batch.SCORED) { // memory has room for no more
      proofs.add(Proof.batches(atOnce));
    }
    if (terms.isGated() || scorer.isPresent()) {
      GateCheck check =
          new GateCheck(
              terms.required(),
              terms.notWorse(),
              terms.base(),
              terms.examples(),
              scorer.orElseGet(this::usual));
      proofs.add(Proof.gate(check::on));
    }
    Version version =
        Version.of(Exporter.publish(runtime, model, terms.base(), proofs, announcement));
    return terms.removes() ? version.remarked(Exporter.keep(terms.base(), terms.keep())) : version;
  }

  /** Some of the examples: on these an export has to answer as the model does. */
  private Proof some(Dataset examples) {
    int most = Math.min(COMPARED, examples.size());
    Batch batch = examples.batch(IntStream.range(0, most).toArray());
    return examples.isPictures()
        ? Proof.pictures(batch.encoded().strings())
        : Proof.examples(batch.named());
  }

  private Figures.Scorer usual() {
    Dataset examples =
        terms
            .examples()
            .orElseThrow(
                () ->
                    new BadRequestException(
                        "something is asked of the version, and no examples are given to score it"
                            + " on; give some."));
    return version -> Figures.of(score(version, examples));
  }

  private Evaluation score(Path version, Dataset examples) {
    Model model = Graft.load(version, Trust.ALLOW);
    return Evaluator.evaluate(runtime, model, Figures.inOrderOf(model, examples), options);
  }
}
