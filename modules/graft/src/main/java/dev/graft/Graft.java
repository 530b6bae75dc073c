package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.autodiff.PreflightCheck;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.FailedCheckException;
import dev.graft.error.Internal;
import dev.graft.exporter.Exporter;
import dev.graft.graph.TensorRef;
import dev.graft.importer.SavedModelImporter;
import dev.graft.internal.card.Publisher;
import dev.graft.internal.card.TrainingStep;
import dev.graft.internal.place.Leases;
import dev.graft.internal.place.ModelFolder;
import dev.graft.model.Model;
import dev.graft.model.Preflight;
import dev.graft.model.TrainingPlan;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.VersionLease;
import dev.graft.surgeon.Plans;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.fit.Computing;
import dev.graft.trainer.fit.Trainer;
import dev.graft.trainer.metric.Evaluation;
import dev.graft.trainer.score.Evaluator;
import dev.graft.trainer.score.FeatureReader;
import dev.graft.trainer.score.Predictor;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The front door. Loading and editing models needs no native code and no instance; an instance owns
 * all that is native, and closing it closes everything that was opened through it.
 *
 * <pre>{@code
 * Model backbone = Graft.load(Path.of("models/efficientnet-lite0"));
 * Parts photos = Dataset.imageFolder(Path.of("photos")).split(Split.of(60, 20, 20));
 * Model model =
 *     backbone.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(photos.labels())));
 * try (Graft graft = Graft.open()) {
 *   Run run = graft.train(model, photos, Recipe.headThenTop());
 *   Version version = graft.publish(run.model(), Path.of("serving/photos"));
 * }
 * }</pre>
 */
public final class Graft implements AutoCloseable {

  /** So that each block is one stretch more. */
  private static final int MOST_BLOCKS = 10_000;

  private final TensorFlowRuntime runtime;
  private final Settings settings;

  private Graft(Settings settings) {
    this.runtime = TensorFlowRuntime.open(settings.toOptions());
    this.settings = settings;
  }

  /**
   * Reads a SavedModel. No native code runs, and the weights stay on disk.
   *
   * @param path the folder that holds {@code saved_model.pb}, or one that holds numbered versions,
   *     of which the newest is taken
   * @throws dev.graft.error.BadModelException if it is damaged or not supported; the message names
   *     the file or node
   * @throws dev.graft.model.UntrustedModelException if it would reach into files, the network or
   *     other code when it runs
   */
  public static Model load(Path path) {
    return load(path, Trust.REFUSE);
  }

  /**
   * As {@link #load(Path)}, with a say in what the model may reach for.
   *
   * @param trust {@link Trust#ALLOW} only if you know who made it: a SavedModel is a program
   */
  public static Model load(Path path, Trust trust) {
    requireNonNull(trust, "trust");
    return load(path, LoadOptions.defaults().trust(trust));
  }

  /**
   * As {@link #load(Path)}, with a choice of MetaGraph and signature.
   *
   * @throws dev.graft.error.BadRequestException if the model has no such tags or signature, the
   *     message lists those that it has; or if its picture input cannot have such a range
   */
  public static Model load(Path path, LoadOptions options) {
    requireNonNull(path, "path");
    requireNonNull(options, "options");
    Path folder = ModelFolder.of(path, options.cache());
    Model imported =
        Leases.onWeights(folder, () -> SavedModelImporter.load(folder, options.forImport()));
    return options
        .inputRange()
        .map(range -> range.of(imported))
        .orElse(imported)
        .with(Edits.fitInputs());
  }

  /**
   * Looks at a SavedModel without running it. Nothing in it is refused for what it would do when it
   * runs: that is listed.
   */
  public static Inspection inspect(Path path, LoadOptions options) {
    requireNonNull(path, "path");
    requireNonNull(options, "options");
    return Inspection.of(
        SavedModelImporter.read(
            ModelFolder.of(path, options.cache()), options.trust(Trust.ALLOW).forImport()));
  }

  /** Looks at a model without running it. */
  public static Inspection inspect(Model model) {
    requireNonNull(model, "model");
    return Inspection.of(model, Optional.empty());
  }

  /**
   * Finds out from the graph alone which trainable variables gradients get to: from the heads where
   * the model has any, else from the outputs of its serving signature that are real numbers. No
   * native code runs. {@link #train} makes sure of the same before it begins.
   */
  public static Preflight preflight(Model model) {
    requireNonNull(model, "model");
    Map<String, TensorRef> outputs = new LinkedHashMap<>();
    model.heads().forEach(head -> outputs.put(head.name(), head.logits()));
    if (outputs.isEmpty()) {
      Inspection.toRun(model)
          .outputs()
          .forEach((name, output) -> outputs.put(name, output.tensor()));
    }
    return PreflightCheck.of(model, outputs, model.trainableVariables());
  }

  /**
   * Makes sure that versions can be published under {@code base}, before long work begins.
   *
   * @throws dev.graft.error.BadRequestException if {@code base} holds anything that is no version
   * @throws dev.graft.error.InputOutputException if it cannot be written to
   */
  public static void requirePublishable(Path base) {
    requireNonNull(base, "base");
    Exporter.requirePublishable(base);
  }

  /** Starts TensorFlow on a GPU if there is one, else on the CPU. */
  public static Graft open() {
    return open(Settings.defaults());
  }

  /** Starts TensorFlow. */
  public static Graft open(Device device) {
    return open(Settings.defaults().device(device));
  }

  /**
   * Starts TensorFlow.
   *
   * @throws dev.graft.error.MissingNativeException if there is no native library for this machine
   * @throws dev.graft.error.BadRequestException if a GPU is asked for and there is none
   */
  public static Graft open(Settings settings) {
    requireNonNull(settings, "settings");
    return new Graft(settings);
  }

  /** What it has to work with. */
  public Machine machine() {
    return Machine.of(runtime, settings);
  }

  /** What there is of NVIDIA's cards, used or not: asks their driver, which no training does. */
  public Gpus gpus() {
    return Gpus.of(runtime);
  }

  /** Trains {@code model} by {@code recipe}, with nobody listening and no checkpoints. */
  public Run train(Model model, Parts data, Recipe recipe) {
    return train(model, data, TrainOptions.by(recipe));
  }

  /**
   * Trains {@code model} on the training part of {@code data}; every choice is made on the
   * validation part, and the test part is not looked at. {@code model} stays as it is; the one that
   * comes out says in its provenance that it was trained, by which recipe, on data of which digest.
   *
   * @param options the recipe, who listens, what may cancel, and {@link
   *     dev.graft.trainer.checkpoint.Checkpoints} with which the same call goes on where a killed
   *     one stopped
   * @throws dev.graft.error.BadRequestException if the recipe does not fit the model, or the model
   *     the data
   * @throws dev.graft.error.BadDataException if an example cannot be read
   * @throws java.util.concurrent.CancellationException if it was cancelled, if the thread was
   *     interrupted, or if this was closed meanwhile; with checkpoints the same call goes on from
   *     where it was, but for what closing cut off
   */
  public Run train(Model model, Parts data, TrainOptions options) {
    return train(model, data, options, Precision.FLOAT32);
  }

  /** As {@link #train(Model, Parts, TrainOptions)}, in another precision than float32. */
  public Run train(Model model, Parts data, TrainOptions options, Precision precision) {
    require(model, data, options);
    return TrainingStep.added(
        Trainer.fit(computing(precision), model, blocks(model), data, options), data);
  }

  /**
   * Tries rates from 1e-7 to 1 on the first stretch that the recipe trains step by step, and
   * suggests the one at which the loss falls fastest, if it falls. {@code model} stays as it is,
   * and so do the checkpoints of {@code options}.
   *
   * @throws dev.graft.error.BadRequestException if the recipe trains nothing step by step
   */
  public RateCurve findRate(Model model, Parts data, TrainOptions options) {
    return findRate(model, data, options, Precision.FLOAT32);
  }

  /** As {@link #findRate(Model, Parts, TrainOptions)}, in the precision that is to train. */
  public RateCurve findRate(Model model, Parts data, TrainOptions options, Precision precision) {
    require(model, data, options);
    return Trainer.findRate(computing(precision), model, blocks(model), data, options);
  }

  private static void require(Model model, Object examples, TrainOptions options) {
    requireNonNull(model, "model");
    requireNonNull(examples, "examples");
    requireNonNull(options, "options");
  }

  private Computing computing(Precision precision) {
    requireNonNull(precision, "precision");
    return new Computing(runtime, precision.inSteps(runtime.computesOnGpu()));
  }

  private static TrainingPlan blocks(Model model) {
    return Plans.gradual(model, MOST_BLOCKS);
  }

  /** Scores a model on examples whose answers are known, its loss by the usual objectives. */
  public Evaluation evaluate(Model model, Dataset examples) {
    return evaluate(model, examples, TrainOptions.by(Recipe.headOnly()));
  }

  /**
   * Scores a model as a training with {@code options} does: by the objectives of its recipe, such
   * as {@link Run#recipe}, and with no more examples at once in memory than its batches have.
   */
  public Evaluation evaluate(Model model, Dataset examples, TrainOptions options) {
    require(model, examples, options);
    return Evaluator.evaluate(runtime, model, examples, options);
  }

  /**
   * What the model's head reads of examples, a row each: the features that a head is trained from,
   * to search, cluster or train something else by.
   *
   * @throws dev.graft.error.BadRequestException if the model has no head
   */
  public TensorValue features(Model model, Dataset examples, TrainOptions options) {
    require(model, examples, options);
    FeatureReader reader = new FeatureReader(runtime, computing(Precision.FLOAT32).precision());
    return reader.read(model, examples, options);
  }

  /** The same in slices of rows, in order; in bfloat16 they are rounded to it. */
  public void features(
      Model model, Dataset examples, TrainOptions options, Precision in, Consumer<TensorValue> to) {
    require(model, examples, options);
    requireNonNull(to, "to");
    new FeatureReader(runtime, computing(in).precision()).read(model, examples, options, to);
  }

  /**
   * What {@code model} answers to examples, from features of these where such are kept.
   *
   * @return scores, numbers, or vectors to compare, by the names of the serving signature's
   *     outputs, in its order; row i belongs to example i
   */
  public Map<String, TensorValue> predict(Model model, Dataset examples) {
    return predict(model, examples, TrainOptions.by(Recipe.headOnly()));
  }

  /** The same with no more examples at once in memory than the batches of the recipe have. */
  public Map<String, TensorValue> predict(Model model, Dataset examples, TrainOptions options) {
    require(model, examples, options);
    return Predictor.predict(runtime, model, examples, options);
  }

  /** As {@link #publish(Model, Publication)}, with nothing asked for. */
  public Version publish(Model model, Path base) {
    return publish(model, Publication.to(base));
  }

  /** As {@link #publish(Model, Publication, TrainOptions)}, with the usual objectives. */
  public Version publish(Model model, Publication terms) {
    return publish(model, terms, TrainOptions.by(Recipe.headOnly()));
  }

  /**
   * Writes {@code model} as the next numbered version: whole, loaded back by TensorFlow's own
   * loader, its answers held against the model's, as good as is asked for, and with a card that
   * says what is known of it; or not at all, with the versions that are there as they were.
   *
   * @param options as which the examples are scored, see {@link #evaluate(Model, Dataset,
   *     TrainOptions)}
   * @throws dev.graft.error.RefusedException if it is not as good as is asked for; it has the
   *     figures
   * @throws dev.graft.error.BadRequestException if the base holds anything that is no version, or a
   *     metric is asked for that there is not
   * @throws dev.graft.error.InputOutputException if the base cannot be written to
   * @throws FailedCheckException if the export answers otherwise, or nothing could be compared
   */
  public Version publish(Model model, Publication terms, TrainOptions options) {
    Publishing publishing = new Publishing(runtime, terms, options);
    return publishing.of(model, publishing.publisher());
  }

  /** Tries, before long work begins, whether a version of a model can give what its head reads. */
  @Internal
  public void requireFeatures(Model model) {
    Exporter.requireFeatures(runtime, requireNonNull(model, "model"));
  }

  /** As the others, for who scores it, knows more of it, and hears of it before it appears. */
  @Internal
  public Version publish(
      Model model, Publication terms, TrainOptions options, Publisher publisher) {
    return new Publishing(runtime, terms, options).of(model, publisher);
  }

  /**
   * Publishes an older version once more, as the next one, which servers go to: byte for byte, and
   * loaded by TensorFlow before it is visible.
   *
   * @param number which; none for what was there before the newest, so that a second rollback goes
   *     back one further
   * @return the folder of the new version
   */
  public Path rollback(Path base, Optional<Long> number) {
    requireNonNull(base, "base");
    requireNonNull(number, "number");
    Path version = PublishedVersion.before(base, number);
    try (VersionLease lease = Leases.on(version)) {
      return Exporter.again(runtime, version);
    }
  }

  /** Opens a published version. */
  public LiveModel serve(Version version) {
    requireNonNull(version, "version");
    return serve(version.path(), Trust.ALLOW);
  }

  /**
   * Opens an exported classifier of pictures.
   *
   * @param path its folder, or one that holds numbered versions, of which the newest is taken
   * @throws dev.graft.model.UntrustedModelException if it would reach into files, the network or
   *     other code when it runs
   */
  public LiveModel serve(Path path) {
    return serve(path, Trust.REFUSE);
  }

  /**
   * As {@link #serve(Path)}, with a say in what the model may reach for.
   *
   * @param trust {@link Trust#ALLOW} only if you know who made it: a SavedModel is a program
   */
  public LiveModel serve(Path path, Trust trust) {
    requireNonNull(trust, "trust");
    return serve(path, ServeOptions.defaults().trust(trust));
  }

  /** As {@link #serve(Path)}, with a say in what the model may reach for and for how long. */
  public LiveModel serve(Path path, ServeOptions options) {
    requireNonNull(path, "path");
    requireNonNull(options, "options");
    return LiveModel.open(runtime, ModelFolder.existing(path, options.cache()), options);
  }

  /** Closes everything that was opened through this instance. */
  @Override
  public void close() {
    runtime.close();
  }
}
