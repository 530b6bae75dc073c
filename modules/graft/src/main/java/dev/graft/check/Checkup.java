package dev.graft.check;

import dev.graft.Graft;
import dev.graft.Inspection;
import dev.graft.Trust;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.exporter.Exporter;
import dev.graft.exporter.Proof;
import dev.graft.graph.op.OpRegistry;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.internal.place.ModelFolder;
import dev.graft.model.Model;
import dev.graft.model.Preflight;
import dev.graft.model.Signature;
import dev.graft.model.Variable;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.surgeon.FoundHead;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.edit.Edits;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.fit.HalfPrecision;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.tensorflow.proto.NodeDef;

/**
 * Takes one model the whole road: import, comparison with TensorFlow's own loader, gradients, a new
 * head, a training step, export. What fails is noted, and the steps that can go on without it do.
 */
final class Checkup {

  /** How far answers may differ where two ways of running one graph round differently. */
  private static final double ROUNDING = 1e-5;

  private static final String[] LABELS = {"a", "b", "c"};

  private final Path path;
  private final Path cache;
  private final ImportOptions options;
  private final Path scratch;
  private final Consumer<CheckProcess.Note> notes;
  private final Findings findings = new Findings();

  /**
   * A checkup.
   *
   * @param cache the folder below which an archive is unpacked
   * @param scratch an empty folder that the caller deletes
   * @param notes gets the report so far as each step begins, and when all are done
   */
  Checkup(Path path, Trust trust, Path cache, Path scratch, Consumer<CheckProcess.Note> notes) {
    this.path = path;
    this.cache = cache;
    this.options =
        trust == Trust.ALLOW ? ImportOptions.defaults().trusting() : ImportOptions.defaults();
    this.scratch = scratch;
    this.notes = notes;
  }

  /** Takes all steps. */
  void run() {
    Optional<Model> model = step("import", "imported it", this::importIt);
    if (model.isPresent()) {
      RuntimeOptions cpu = RuntimeOptions.defaults().device(RuntimeOptions.Device.CPU);
      try (TensorFlowRuntime runtime = TensorFlowRuntime.open(cpu);
          TensorFlowRuntime unfused = TensorFlowRuntime.open(cpu.fusion(false))) {
        new Running(runtime, unfused, model.get()).steps();
      } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
        findings.fail("runtime", e);
      }
    }
    notes.accept(new CheckProcess.Note("ended", true, findings.report()));
  }

  /** A piece of work that gives something. */
  @FunctionalInterface
  private interface Work<T> {
    T go();
  }

  private <T> Optional<T> step(String name, String doing, Work<T> work) {
    notes.accept(new CheckProcess.Note(doing, false, findings.report()));
    try {
      return Optional.of(work.go());
    } catch (RuntimeException | StackOverflowError | OutOfMemoryError e) {
      findings.fail(name, e);
      return Optional.empty();
    }
  }

  private Model importIt() {
    Path folder = ModelFolder.of(path, cache);
    Model model = SavedModelImporter.load(folder, options);
    Signature signature = Inspection.toRun(model);
    if (model.signatures().size() > 1 && !signature.name().equals(Signature.SERVING_DEFAULT)) {
      model = SavedModelImporter.load(folder, options.signature(signature.name()));
    }
    for (NodeDef node : model.graph().nodes()) {
      if (OpRegistry.standard().find(node.getOp()).isEmpty()) {
        OpRegistry.standard().of(node); // fails, and says why
      }
    }
    findings.imported();
    findings.tell(
        "import",
        "%,d ops flattened, %,d functions left%s",
        model.graph().size(),
        model.graph().functions().size(),
        signature.name().equals(Signature.SERVING_DEFAULT)
            ? ""
            : ", signature '" + signature.name() + "'");
    for (String name : model.leftOut()) {
      String words = "signature '" + name + "' is left out: it needs trust";
      findings.tell(new CheckReport.Line("", words, List.of(Remedy.TRUST)));
    }
    return model;
  }

  /** The steps that need TensorFlow. */
  private final class Running {
    private final TensorFlowRuntime runtime;
    private final TensorFlowRuntime unfused; // where two forms of a model do the same arithmetic
    private final Model model;
    private final Signature signature;

    Running(TensorFlowRuntime runtime, TensorFlowRuntime unfused, Model model) {
      this.runtime = runtime;
      this.unfused = unfused;
      this.model = model;
      this.signature = Inspection.toRun(model);
    }

    void steps() {
      Optional<Map<String, TensorValue>> inputs =
          step("parity", "ran it beside the original", this::compare);
      Model described =
          step("input", "looked at its inputs", () -> model.with(Edits.fitInputs())).orElse(model);
      step("gradients", "looked for gradients", () -> gradients(described));
      Model candidate = step("head", "swapped its head", () -> swap(described)).orElse(described);
      if (inputs.isPresent()) {
        Map<String, TensorValue> fitting = only(candidate, inputs.get());
        Model ready =
            step("train", "took a training step", () -> train(candidate, fitting))
                .orElse(candidate);
        step("export", "exported it", () -> export(ready, fitting));
      }
    }

    private static Map<String, TensorValue> only(Model model, Map<String, TensorValue> inputs) {
      Map<String, TensorValue> fitting = new LinkedHashMap<>(inputs);
      fitting.keySet().retainAll(Inspection.toRun(model).inputs().keySet());
      return fitting;
    }

    private Map<String, TensorValue> compare() {
      ParityTrial trial =
          new ParityTrial(
              unfused,
              new ParityTrial.Original(ModelFolder.of(path, cache), options),
              model,
              signature,
              findings::tell);
      Map<String, TensorValue> inputs = trial.run(scratch.resolve("original"));
      if (trial.difference().isPresent()) {
        double parity = trial.difference().getAsDouble();
        findings.parity(parity);
        if (!(parity <= ROUNDING)) {
          throw new FailedCheckException(
              "the flat graph answers otherwise than the original: largest difference " + parity);
        }
      }
      return inputs;
    }

    private boolean gradients(Model described) {
      Preflight found = Graft.preflight(described);
      int asked = described.trainableVariables().size();
      int reached = found.reached().size();
      findings.gradients(reached, found.obstacles().stream().map(CheckReport.Blocked::of).toList());
      findings.tell("gradients", "%d of %d trainable variables", reached, asked);
      tellUnreached(described, found);
      found.lines().forEach(line -> findings.tell("", "%s", line));
      return true;
    }

    private void tellUnreached(Model described, Preflight found) {
      Set<String> upstream =
          described
              .graph()
              .upstream(
                  Inspection.toRun(described).outputs().values().stream()
                      .map(output -> output.tensor().node())
                      .toList());
      Set<Variable> ended = found.ended();
      List<Variable> others =
          found.unreached().stream().filter(variable -> !ended.contains(variable)).toList();
      long inside = others.stream().filter(v -> upstream.contains(v.node())).count();
      if (!ended.isEmpty()) {
        findings.tell("", "%d only behind ops at which gradients end", ended.size());
      }
      if (inside > 0) {
        findings.tell(
            "", "%d only behind whole numbers or a StopGradient, where gradients end", inside);
      }
      if (others.size() > inside) {
        findings.tell("", "%d have no influence on the outputs", others.size() - inside);
      }
    }

    private Model swap(Model described) {
      Model candidate = described;
      FoundHead found;
      try {
        found = HeadFinder.only(described);
      } catch (BadRequestException e) {
        List<FoundHead> all = HeadFinder.all(described);
        if (all.isEmpty()) {
          Note why = Inspection.whyNoHead(described);
          findings.tell(
              new CheckReport.Line("head", "none found: " + why.sentence(), why.remedies()));
          return cutWhereItTrains(described);
        }
        found = all.get(0);
        candidate = described.with(Edits.keepOutputs(found.output()));
      }
      String head = words(found);
      findings.head(head);
      Model swapped = candidate.with(Edits.replaceHead(HeadSpec.singleLabel(LABELS)));
      findings.tell("head", "%s: swapped", head);
      return swapped;
    }

    /**
     * The model as it is. Where nothing trains on its outputs (they say which action, or which
     * boxes are left): with the first output on which something does, or else cut where the
     * preflight advises and given a new head.
     */
    private Model cutWhereItTrains(Model described) {
      Preflight found = Graft.preflight(described);
      List<String> outputs =
          found.remedy().map(way -> List.copyOf(way.outputs())).orElse(List.of());
      if (found.reached().isEmpty() && !outputs.isEmpty()) {
        findings.tell(
            "", "→ nothing trains on all outputs at once: trained on '%s'", outputs.get(0));
        return described.with(Edits.keepOutputs(outputs.get(0)));
      }
      Optional<String> at = found.remedy().flatMap(Preflight.Remedy::cut);
      if (found.reached().isEmpty() && at.isPresent()) {
        try {
          Model cut =
              described.with(Edits.cut(at.get()), Edits.addHead(HeadSpec.singleLabel(LABELS)));
          findings.tell(
              "", "→ nothing trains on these outputs: cut at '%s', with a new head", at.get());
          return cut;
        } catch (BadRequestException e) {
          findings.tell(
              "", "it cannot be cut at '%s' either: %s", at.get(), String.valueOf(e.getMessage()));
        }
      }
      String words = "→ trained as it is; it can be cut at a layer, to put a new head there";
      findings.tell(new CheckReport.Line("", words, List.of(Remedy.CUT)));
      return described;
    }

    private static String words(FoundHead found) {
      int slash = found.kernel().lastIndexOf('/');
      String layer = slash < 0 ? found.kernel() : found.kernel().substring(0, slash);
      return String.format(
          Locale.ROOT,
          "%s %d → %d (layer '%s')",
          found.operation().startsWith("Conv") ? "1x1 convolution" : "dense",
          found.inputs(),
          found.units(),
          layer);
    }

    private Model train(Model candidate, Map<String, TensorValue> inputs) {
      Signature serving = Inspection.toRun(candidate);
      Preflight found = Graft.preflight(candidate);
      if (candidate.variables().isEmpty()) {
        throw new FailedCheckException("the model has no variables: there is nothing to train");
      }
      if (found.reached().isEmpty()) {
        throw new FailedCheckException(
            "no trainable variable has a gradient: there is nothing to train on these outputs. Cut"
                + " the model at a layer before them and put a new head there.",
            Remedy.CUT);
      }
      TrainingTrial trial = TrainingTrial.of(runtime, candidate, serving, inputs, found.reached());
      findings.trained();
      findings.tell("train", "one step: loss %.4g → %.4g", trial.before(), trial.after());
      Optional<String> half = HalfPrecision.weightBelowHeads(candidate);
      HalfPrecision.belowHeads(candidate)
          .filter(node -> half.isEmpty())
          .ifPresent(
              node ->
                  findings.tell("", "→ '%s' computes in float16: training scales the loss", node));
      half.ifPresent(
          name ->
              findings.tell(
                  "",
                  "→ weight '%s' is float16 itself: training scales the loss, and keeps float32"
                      + " copies of such weights, since small steps are lost in float16",
                  name));
      return trial.model();
    }

    private boolean export(Model ready, Map<String, TensorValue> inputs) {
      Proof[] proofs = inputs.isEmpty() ? new Proof[0] : new Proof[] {Proof.examples(inputs)};
      double difference =
          Exporter.publish(unfused, ready, scratch.resolve("export"), proofs)
              .report()
              .largestDifference();
      findings.exported(difference);
      findings.tell("export", "reloaded by TensorFlow, largest difference %s", difference);
      return true;
    }
  }
}
