package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.error.BadRequestException;
import dev.graft.exporter.ExportReport;
import dev.graft.exporter.Exporter;
import dev.graft.exporter.Proof;
import dev.graft.graph.TensorRef;
import dev.graft.internal.card.CardFacts;
import dev.graft.internal.card.ModelCard;
import dev.graft.internal.card.Publisher;
import dev.graft.internal.card.ScoreFacts;
import dev.graft.internal.card.TrainingStep;
import dev.graft.internal.gate.Figures;
import dev.graft.internal.gate.GateCheck;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import dev.graft.runtime.ShapeInference;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.Durable;
import dev.graft.savedmodel.metadata.ModelMetadata;
import dev.graft.surgeon.edit.Edits;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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

  Publishing {
    requireNonNull(terms, "terms");
    requireNonNull(options, "options");
  }

  /**
   * Publishes a model.
   *
   * @param publisher scores it, knows more of it, and hears of it
   */
  Version of(Model given, Publisher publisher) {
    requireNonNull(given, "model");
    requireNonNull(publisher, "publisher");
    List<Proof> proofs = new ArrayList<>();
    List<String> remarks = new ArrayList<>();
    Model model = terms.features() && given.heads().isEmpty() ? headed(given, remarks) : given;
    if (terms.features()) {
      proofs.add(Proof.features());
    }
    Set<String> before = PublishedVersion.features(terms.base());
    terms.examples().filter(all -> all.size() > 0).map(this::some).ifPresent(proofs::add);
    int atOnce = options.recipe().atOnce();
    boolean isSmall = atOnce < Batch.SCORED; // memory has room for no more
    int most = isSmall ? atOnce : Integer.MAX_VALUE;
    proofs.add(
        terms
            .serverBatches()
            .map(sizes -> Proof.batches(most, sizes))
            .orElseGet(() -> Proof.batches(most)));
    publisher
        .scorer()
        .map(
            scorer ->
                new GateCheck(
                    terms.required(), terms.notWorse(), terms.base(), terms.examples(), scorer))
        .ifPresent(check -> proofs.add(Proof.gate(check::on)));
    proofs.add(
        Proof.papers((folder, report) -> papers(model, report, publisher.facts(folder), folder)));
    var exported = Exporter.publish(runtime, model, terms.base(), proofs, publisher);
    before.removeAll(exported.report().signatures());
    if (!before.isEmpty()) {
      remarks.add(
          "the version before had the signatures "
              + before
              + ", and this one has not: whoever asks for them gets errors as soon as a server goes"
              + " to it");
    }
    if (terms.removes()) {
      remarks.addAll(Exporter.keep(terms.base(), terms.keep()));
    }
    return Version.of(exported, remarks);
  }

  /**
   * A model with the head that it seems to have.
   *
   * @param remarks get a sentence on what is taken for features
   * @throws BadRequestException if there is none, or there are several
   */
  private static Model headed(Model given, List<String> remarks) {
    Model model;
    try {
      model = given.with(Edits.keepHead());
    } catch (BadRequestException e) { // without its remedies: what is published is finished
      throw new BadRequestException(
          "no features can be given: "
              + e.getMessage()
              + " Or publish without a signature for features.",
          e);
    }
    TensorRef features = model.heads().get(0).features();
    String place =
        model
            .allLayers()
            .filter(layer -> layer.outputs().contains(features))
            .reduce((outer, inner) -> inner)
            .map(layer -> "the layer '" + layer.name() + "'")
            .orElse("'" + features + "'");
    remarks.add(
        "the model does not say what its head is: 'features' gives what "
            + place
            + " gives, "
            + ShapeInference.of(model.graph()).shape(features));
    return model;
  }

  /** Writes down what is known of the version since it was scored, in its metadata and its card. */
  private void papers(Model model, ExportReport report, CardFacts facts, Path folder)
      throws IOException {
    Provenance provenance = TrainingStep.scored(model.provenance(), facts);
    if (!provenance.equals(model.provenance())) {
      Path file = folder.resolve(ModelMetadata.FILE);
      String said = Files.readString(file, StandardCharsets.UTF_8);
      String all = ModelMetadata.parse(said).with(provenance).toJson();
      Durable.replace(file, all.getBytes(StandardCharsets.UTF_8));
    }
    Model told = model.toBuilder().provenance(provenance).build();
    ModelCard.of(told, report, facts, terms.notes()).write(folder);
  }

  /** Some of the examples: on these an export has to answer as the model does. */
  private Proof some(Dataset examples) {
    int most = Math.min(COMPARED, examples.size());
    Batch batch = examples.batch(IntStream.range(0, most).toArray());
    return examples.isPictures()
        ? Proof.pictures(batch.encoded().strings())
        : Proof.examples(batch.named());
  }

  /** Who publishes by these terms alone: the examples are scored if anything is asked. */
  Publisher publisher() {
    if (!terms.isGated()) {
      return new Scoring(Optional.empty(), new HashMap<>());
    }
    Dataset examples =
        terms
            .examples()
            .orElseThrow(
                () ->
                    new BadRequestException(
                        "something is asked of the version, and no examples are given to score it"
                            + " on; give some."));
    Map<Path, Evaluation> scores = new HashMap<>();
    Figures.Scorer scorer =
        version -> Figures.of(scores.computeIfAbsent(version, v -> score(v, examples)));
    return new Scoring(Optional.of(scorer), scores);
  }

  /**
   * Knows how versions did, if they were scored.
   *
   * @param scores by the folder of the version
   */
  private record Scoring(Optional<Figures.Scorer> scorer, Map<Path, Evaluation> scores)
      implements Publisher {
    @Override
    public CardFacts facts(Path version) {
      return CardFacts.scored(
          Optional.ofNullable(scores.get(version)).stream()
              .map(score -> ScoreFacts.of("given examples", score))
              .toList());
    }
  }

  private Evaluation score(Path version, Dataset examples) {
    Model model = Graft.load(version, Trust.ALLOW);
    return Evaluator.evaluate(runtime, model, Figures.inOrderOf(model, examples), options);
  }
}
