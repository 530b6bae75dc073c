package dev.graft.trainer.checkpoint;

import static java.util.stream.Collectors.joining;

import com.google.common.base.Splitter;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.graft.data.Answers;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * What a run is: a checkpoint of another is not continued.
 *
 * @param model the SavedModel that was read (a version, not what that had begun with), what was
 *     done to it, and a digest of the values that its variables were given
 * @param data a digest of the examples' names and targets, and of their inputs where these are in
 *     memory: pictures are not read for it
 * @param recipe every setting, the seed among them
 * @param machine what the last digits of the result depend on: it may change, with a warning
 */
@Internal
public record RunIdentity(String model, String data, String recipe, String machine) {

  /**
   * A run's.
   *
   * @param recipe every setting
   * @param uncached the stretches that compute features again in each step
   */
  public static RunIdentity of(
      TensorFlowRuntime runtime, Model model, Parts data, String recipe, List<Integer> uncached) {
    Hasher digest = Hashing.sha256().newHasher();
    put(digest, data.train());
    put(digest, data.validation());
    return new RunIdentity(
        model.source().map(Model.Source::digest).orElse(model.provenance().origin().digest())
            + " "
            + model.provenance().steps()
            + " "
            + given(model.variables()),
        digest.hash().toString(),
        recipe,
        machine(runtime.options())
            + uncached.stream()
                .map(stage -> ", stretch " + stage + " without cached features")
                .collect(joining()));
  }

  /** Of values that are in no checkpoint, as after a training. */
  private static String given(List<Variable> variables) {
    Hasher digest = Hashing.sha256().newHasher();
    for (Variable variable : variables) {
      if (variable.source() instanceof VariableSource.Given given) {
        put(digest, variable.name(), given.value());
      }
    }
    return digest.hash().toString();
  }

  /** By the last part of their names: pictures may be copied elsewhere together. */
  private static void put(Hasher digest, Dataset data) {
    for (int i = 0; i < data.size(); i++) {
      String name = data.name(i);
      int folders = Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\'));
      digest.putString(name.substring(folders + 1), StandardCharsets.UTF_8).putInt(0);
    }
    new TreeMap<>(data.answers()) // the order of a map may be another in another process
        .forEach(
            (head, answers) -> {
              put(digest, head, answers.values());
              answers.counts().ifPresent(counts -> put(digest, Answers.countOf(head), counts));
            });
    if (!data.isPictures()) {
      for (int from = 0; from < data.size(); from += Batch.SCORED) {
        int to = Math.min(from + Batch.SCORED, data.size());
        Batch some = data.batch(IntStream.range(from, to).toArray());
        new TreeMap<>(some.named()).forEach((name, values) -> put(digest, name, values));
      }
    }
    digest.putBytes(data.weights().bytes());
  }

  private static void put(Hasher digest, String name, TensorValue value) {
    digest.putString(name, StandardCharsets.UTF_8).putInt(0);
    if (value.dtype() == DType.STRING) {
      value.strings().forEach(each -> digest.putInt(each.size()).putBytes(each.toByteArray()));
    } else {
      digest.putBytes(value.bytes());
    }
  }

  private static String machine(RuntimeOptions options) {
    int cores = Runtime.getRuntime().availableProcessors();
    return String.format(
        Locale.ROOT,
        "%d and %d threads, device %s, precision %s, XLA %s, TensorFlow %s",
        options.threads().inside() == 0 ? cores : options.threads().inside(),
        options.threads().sideBySide() == 0 ? cores : options.threads().sideBySide(),
        options.device(),
        options.compute().precision(),
        options.compute().xla(),
        TensorFlowRuntime.version());
  }

  /**
   * Makes sure that a checkpoint of {@code saved} may be continued by this run.
   *
   * @return a warning if the outcome may differ in its last digits
   * @throws BadRequestException if it is another run
   */
  public Optional<String> check(RunIdentity saved, String where) {
    require(saved.model.equals(model), where, "model");
    require(saved.data.equals(data), where, "training or validation examples");
    require(saved.recipe.equals(recipe), where, "recipe or seed");
    return saved.machine.equals(machine)
        ? Optional.empty()
        : Optional.of(
            "so far the run had "
                + saved.machineWithout(this)
                + " and goes on with "
                + machineWithout(saved)
                + ": its outcome may differ in the last digits from one without interruption");
  }

  /** What {@link #machine} says and that of {@code other} does not. */
  private String machineWithout(RunIdentity other) {
    List<String> own = new ArrayList<>(Splitter.on(", ").splitToList(machine));
    own.removeAll(Splitter.on(", ").splitToList(other.machine));
    return String.join(", ", own);
  }

  private static void require(boolean same, String where, String what) {
    if (!same) {
      throw new BadRequestException(
          where
              + " belongs to a run with another "
              + what
              + "; continue it with what it began with, or begin a new run in another folder.");
    }
  }
}
