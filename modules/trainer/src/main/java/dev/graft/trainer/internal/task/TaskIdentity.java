package dev.graft.trainer.internal.task;

import static java.util.stream.Collectors.joining;

import com.google.common.base.Suppliers;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.graft.data.Answers;
import dev.graft.data.Batch;
import dev.graft.data.ContentDigest;
import dev.graft.data.Dataset;
import dev.graft.data.KnownFiles;
import dev.graft.data.Parts;
import dev.graft.data.file.Reading;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.runtime.Compute.Precision;
import dev.graft.runtime.RuntimeOptions;
import dev.graft.runtime.RuntimeOptions.Xla;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.checkpoint.RunIdentity;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** By what a checkpoint of a task is known. */
public final class TaskIdentity {

  private TaskIdentity() {}

  /**
   * That of a run.
   *
   * @param data what it learns from and decides by
   * @param recipe every setting, and the identities of goals that are not a head's own
   * @param machine on which it runs
   * @param uncached the stretches that compute features again in each step
   */
  public static RunIdentity of(
      Task task, Parts data, String recipe, String machine, List<Integer> uncached) {
    Model model = task.model();
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
        machine
            + uncached.stream()
                .map(stage -> ", stretch " + stage + " without cached features")
                .collect(joining()));
  }

  /**
   * Of what is in the pictures, read when it is first asked for; those of which features are kept
   * are known unread.
   */
  public static Supplier<String> pictures(RuntimeOptions options, Parts data) {
    return Suppliers.memoize(() -> digest(options.features().folder().map(KnownFiles::in), data));
  }

  private static String digest(Optional<KnownFiles> files, Parts data) {
    if (!data.train().isPictures()) {
      return "";
    }
    Hasher digest = Hashing.sha256().newHasher();
    for (Dataset part : List.of(data.train(), data.validation())) {
      Dataset known = files.map(part::knownBy).orElse(part);
      Map<String, Integer> each = new LinkedHashMap<>(); // a file may be there in several views
      IntStream.range(0, part.size()).forEach(i -> each.putIfAbsent(part.name(i), i));
      for (ContentDigest content : Reading.each(List.copyOf(each.values()), known::read)) {
        digest.putLong(content.high()).putLong(content.low());
      }
    }
    files.ifPresent(KnownFiles::save);
    return digest.hash().toString();
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

  /** The machine that this computes on, as far as it decides what a training comes to. */
  public static String machine(TensorFlowRuntime runtime, Precision precision) {
    return machine(runtime.options(), runtime.computesOnGpu(), precision);
  }

  private static String machine(RuntimeOptions options, boolean onGpu, Precision precision) {
    int cores = Runtime.getRuntime().availableProcessors();
    return String.format(
        Locale.ROOT,
        "%d and %d threads, device %s, precision %s, XLA %s, TensorFlow %s",
        options.threads().inside() == 0 ? cores : options.threads().inside(),
        options.threads().sideBySide() == 0 ? cores : options.threads().sideBySide(),
        onGpu ? "GPU" : "CPU",
        precision,
        options.processor().xla() == Xla.ON ? "ON" : "OFF", // what was measured is kept elsewhere
        TensorFlowRuntime.version());
  }
}
