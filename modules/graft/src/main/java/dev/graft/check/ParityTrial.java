package dev.graft.check;

import dev.graft.Inspection;
import dev.graft.error.BadModelException;
import dev.graft.error.FailedCheckException;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.LoadableBundle;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.TensorValue;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * A SavedModel as TensorFlow loads it and the flat graph that was made of it, side by side on
 * made-up inputs.
 */
final class ParityTrial {

  private final TensorFlowRuntime runtime;
  private final Original original;
  private final Model model;
  private final Signature signature;
  private final Consumer<CheckReport.Line> story;
  private OptionalDouble difference = OptionalDouble.empty();

  /**
   * A trial.
   *
   * @param runtime one in which two forms of a model do the same arithmetic: without fused kernels
   * @param original what it was read from
   * @param model the flat graph
   * @param story gets what happens, in words
   */
  ParityTrial(
      TensorFlowRuntime runtime,
      Original original,
      Model model,
      Signature signature,
      Consumer<CheckReport.Line> story) {
    this.runtime = runtime;
    this.original = original;
    this.model = model;
    this.signature = signature;
    this.story = story;
  }

  /**
   * A SavedModel.
   *
   * @param path its folder
   * @param options how it is read
   */
  record Original(Path path, ImportOptions options) {}

  /** What was fed, and what came out of a session that ran once or more. */
  private record Answer(
      Map<String, TensorValue> inputs, Map<String, TensorValue> outputs, boolean firstRun) {}

  /**
   * Runs both.
   *
   * @param folder where the original can be put in a form that TensorFlow loads
   * @return the inputs that the model took
   */
  Map<String, TensorValue> run(Path folder) {
    LoadableBundle bundle = LoadableBundle.of(original.path(), original.options(), folder);
    Supplier<Runner> original = () -> bundle(bundle);
    String what = "the original";
    Answer first;
    try {
      first = answer(original);
    } catch (BadModelException | FailedCheckException refused) {
      original = this::functions;
      what = "its functions as TensorFlow calls them";
      try {
        first = answer(original);
      } catch (BadModelException | FailedCheckException e) {
        throw refused;
      }
      tell("parity", String.valueOf(refused.getMessage()));
      tell("", "so it is compared with its own functions, given the values of the checkpoint");
    }
    Map<String, TensorValue> flat;
    try (ModelSession session = runtime.open(model)) {
      flat = session.call(signature, first.inputs());
    }
    Map<String, TensorValue> expected = first.outputs();
    if (!first.firstRun() || Answers.differ(expected, flat)) {
      expected = again(original, first.inputs());
    }
    if (Answers.differ(expected, flat)
        && Answers.differ(expected, again(original, first.inputs()))) {
      tell("parity", "answers otherwise at each run (random ops): not compared");
    } else {
      double largest = Answers.largestDifference(expected, flat);
      tell("parity", "largest difference to " + what + " " + largest);
      difference = OptionalDouble.of(largest);
    }
    return first.inputs();
  }

  /** The largest difference between two answers; none where they differ at each run. */
  OptionalDouble difference() {
    return difference;
  }

  private void tell(String step, String text) {
    story.accept(new CheckReport.Line(step, text));
  }

  /** One way to run the model, open. */
  private record Runner(UnaryOperator<Map<String, TensorValue>> call, Runnable end)
      implements AutoCloseable {
    @Override
    public void close() {
      end.run();
    }
  }

  private Runner bundle(LoadableBundle bundle) {
    SavedModelSession session = runtime.loadSavedModel(bundle.path(), bundle.tags());
    return new Runner(inputs -> session.call(signature.name(), inputs), session::close);
  }

  private Runner functions() {
    Model unflattened = SavedModelImporter.unflattened(original.path(), original.options(), model);
    ModelSession session = runtime.open(unflattened);
    Signature called = Inspection.toRun(unflattened);
    return new Runner(inputs -> session.call(called, inputs), session::close);
  }

  private static Map<String, TensorValue> again(
      Supplier<Runner> opener, Map<String, TensorValue> inputs) {
    try (Runner runner = opener.get()) {
      return runner.call().apply(inputs);
    }
  }

  /** The first made-up inputs that the model takes, and what it makes of them. */
  private Answer answer(Supplier<Runner> opener) {
    try (Runner runner = opener.get()) {
      return answer(runner);
    }
  }

  private Answer answer(Runner runner) {
    TensorFlowException first = null;
    ProbeInputs probe = new ProbeInputs(model, signature);
    Iterator<Map<String, TensorValue>> guesses = probe.inputs().iterator();
    while (guesses.hasNext()) {
      Map<String, TensorValue> inputs = guesses.next();
      try {
        Answer taken = new Answer(inputs, runner.call().apply(inputs), first == null);
        return Answers.areFinite(taken.outputs()) ? taken : finite(runner, probe, taken);
      } catch (TensorFlowException e) {
        first = first == null ? e : first;
      }
    }
    throw new FailedCheckException(
        "no made-up input for signature '"
            + signature.name()
            + "' was taken; TensorFlow says of the first: "
            + (first == null ? "too large" : first.detail() + unfed(first.detail())),
        first == null ? new IllegalStateException("no guess") : first);
  }

  /**
   * The answer to inputs of another range that is made of numbers only; {@code taken} if there is
   * none.
   */
  private Answer finite(Runner runner, ProbeInputs probe, Answer taken) {
    Iterator<ProbeInputs.Redrawn> others = probe.redrawn(taken.inputs()).iterator();
    while (others.hasNext()) {
      ProbeInputs.Redrawn other = others.next();
      try {
        Map<String, TensorValue> outputs = runner.call().apply(other.inputs());
        if (Answers.areFinite(outputs)) {
          tell("parity", "answers are not finite at first: inputs drawn from " + other.range());
          return new Answer(other.inputs(), outputs, false);
        }
      } catch (TensorFlowException e) {
        continue; // it takes no such numbers
      }
    }
    return new Answer(taken.inputs(), taken.outputs(), false);
  }

  /** What to do about a placeholder that the signature does not name. */
  private static String unfed(String detail) {
    return detail.contains("You must feed a value for placeholder")
        ? ". The signature has no input for it, so nobody can call it as it is: save the model"
            + " with that among the inputs, or with a value of its own"
            + " (tf.compat.v1.placeholder_with_default)."
        : "";
  }
}
