package dev.graft.exporter;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.toSet;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import com.google.protobuf.ByteString;
import dev.graft.error.ExhaustedException;
import dev.graft.error.FailedCheckException;
import dev.graft.exporter.internal.sample.Attempts;
import dev.graft.exporter.internal.sample.BatchRows;
import dev.graft.exporter.internal.sample.MadeUpInputs;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Figure;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Holds an export, opened by TensorFlow's own loader, against the model that it was made from: each
 * signature, in batches of 1, of 3 and of 32, on the examples that are given, else on some that are
 * made up; pictures from their bytes on.
 */
final class Trial {

  private static final System.Logger LOG = System.getLogger(Trial.class.getName());

  private final Model model;
  private final SavedModelFiles files;
  private final List<Proof> proofs;
  private final Rehearsal warmUp;
  private final Reference reference;
  private final Signature serving; // as it is served
  private final Comparison comparison = new Comparison();
  private final Set<Integer> batches = new TreeSet<>();
  private final Set<String> uncompared = new LinkedHashSet<>();
  private final Proof.Batches sizes;
  private final Attempts attempts = new Attempts();
  private final Set<String> requested;
  private boolean isCompared;

  private Trial(
      Model model,
      SavedModelFiles files,
      List<Proof> proofs,
      Rehearsal warmUp,
      Reference reference) {
    this.model = model;
    this.files = files;
    this.proofs = proofs;
    this.warmUp = warmUp;
    this.reference = reference;
    this.serving = files.model().servingSignature();
    this.sizes = warmUp.sizes();
    this.requested = files.requested(proofs);
  }

  /**
   * Tries an export, which gets its warm-up requests.
   *
   * @param model what it was made from
   * @throws FailedCheckException if it gives other answers than the model, a gate refuses it, or
   *     what was asked for could not be run
   */
  static ExportReport of(
      TensorFlowRuntime runtime, Model model, SavedModelFiles.Written written, List<Proof> proofs)
      throws IOException {
    SavedModelFiles files = written.files();
    Proof.Batches sizes = Proof.Batches.of(proofs).fitting(files.model().servingSignature());
    try (Rehearsal warmUp = Rehearsal.begin(runtime, written, sizes)) {
      Trial trial;
      try (Reference reference =
          Reference.open(runtime, model, BytesSignature.picture(files.model()))) {
        trial = new Trial(model, files, proofs, warmUp, reference);
        trial.compare();
      }
      warmUp.beginWriting(written.dir().resolve("assets.extra"));
      ImmutableList.Builder<Figure> gates = ImmutableList.builder();
      for (Proof proof : proofs) {
        if (proof instanceof Proof.Gate gate) {
          gates.addAll(gate.check().on(warmUp::tried, written.dir()));
        }
      }
      return trial.report(gates.build(), written.remarks());
    }
  }

  private ExportReport report(ImmutableList<Figure> gates, ImmutableList<String> remarks) {
    return new ExportReport(
        ImmutableSortedSet.copyOf(warmUp.tried().signatures().keySet()),
        ImmutableSortedSet.copyOf(batches),
        comparison.largest(),
        ImmutableList.copyOf(uncompared),
        warmUp.size(),
        gates,
        files.needs(),
        files.needsInPython(),
        ImmutableList.<String>builder().addAll(remarks).addAll(warmUp.remarks()).build());
  }

  private void compare() {
    boolean isTriedOnGiven = false;
    for (Map<String, TensorValue> rows : given()) {
      requireAnswered(rows);
      isTriedOnGiven = true;
    }
    Optional<InputSpec> picture = BytesSignature.picture(files.model());
    if (picture.isPresent() && !made().stream().allMatch(attempts::hasAnswered)) {
      first(BytesSignature.madeUp(files.model()), this::answers);
    }
    if (!attempts.hasAnswered(Signature.SERVING_DEFAULT)) {
      first(MadeUpInputs.all(files.model(), serving, sizes.compared()), this::answers);
    }
    for (Signature own : files.model().signatures().values()) {
      if (!attempts.hasAnswered(own.name())) {
        first(
            MadeUpInputs.all(files.model(), own, sizes.compared()), inputs -> answers(own, inputs));
      }
      listFixed(own);
    }
    if (sizes.compared() < BatchRows.LARGEST) {
      uncompared.add(
          "batches of more than "
              + sizes.compared()
              + ": no more are computed at once, as the training's batches or large inputs ask for");
    }
    files.signatures().keySet().forEach(this::listFailed);
    if (!isCompared && !isTriedOnGiven) {
      throw new FailedCheckException(
          "nothing of the export could be compared with the model ("
              + String.join("; ", uncompared)
              + "), so it is not published. Give examples to compare on.",
          Remedy.EXAMPLES);
    }
  }

  /** What the model itself failed on; of what was asked for by a setting something has to run. */
  private void listFailed(String name) {
    String cause = cause(name);
    if (attempts.hasAnswered(name)) {
      for (int size : attempts.failed(name)) {
        uncompared.add(
            "signature '" + name + "' in batches of " + size + ": the model itself fails on them");
      }
    } else if (requested.contains(name)) {
      throw new FailedCheckException(
          "signature '"
              + name
              + "' was asked for and could not be run ("
              + cause
              + "), so nothing is published. Give examples to try it on, or publish without it.",
          Remedy.EXAMPLES);
    } else {
      uncompared.add("signature '" + name + "': " + cause);
    }
  }

  private String cause(String name) {
    boolean isUntried = attempts.cause(name).isEmpty() && made().contains(name);
    String failure = attempts.cause(isUntried ? serving.name() : name);
    if (failure.isEmpty()) {
      return "no example was given, and none could be made up";
    }
    return given().isEmpty()
        ? "no example was given, and the model fails on what was made up: " + failure
        : failure;
  }

  private void listFixed(Signature own) {
    int fixed = own.fixedBatch();
    if (fixed > 0) {
      uncompared.add(
          "signature '"
              + own.name()
              + "' in batches of other sizes than "
              + fixed
              + ": its graph fixes that, so a server cannot put requests together");
    }
  }

  /** The examples given, by the names of inputs, pictures by that of {@code serving_bytes}. */
  private List<Map<String, TensorValue>> given() {
    List<Map<String, TensorValue>> given = new ArrayList<>();
    boolean takesPictures = made().contains(Signature.SERVING_BYTES);
    for (Proof proof : proofs) {
      if (proof instanceof Proof.Examples examples) {
        given.add(examples.inputs());
      } else if (proof instanceof Proof.Pictures pictures && takesPictures) {
        given.add(pictures(pictures.files()));
      }
    }
    return given;
  }

  private Set<String> made() {
    return files.made().stream().map(MadeSignature::name).collect(toSet());
  }

  private static Map<String, TensorValue> pictures(List<ByteString> files) {
    return Map.of(BytesSignature.FILES, TensorValue.strings(Shape.of(files.size()), files));
  }

  private static void first(
      List<Map<String, TensorValue>> candidates, Predicate<Map<String, TensorValue>> answered) {
    var unused = candidates.stream().anyMatch(answered);
  }

  private void requireAnswered(Map<String, TensorValue> rows) {
    if (!answers(rows)) {
      throw new FailedCheckException(
          "the model itself, before any export, fails on the "
              + (rows.containsKey(BytesSignature.FILES) ? "pictures" : "examples")
              + " given: "
              + attempts.cause(serving.name()));
    }
  }

  /** Compares what takes {@code rows}; whether the model itself answers them in any batch. */
  private boolean answers(Map<String, TensorValue> rows) {
    return inBatches(serving, rows, this::compare);
  }

  /** As {@link #answers(Map)}, for a signature whose inputs are its own. */
  private boolean answers(Signature own, Map<String, TensorValue> rows) {
    return inBatches(own, rows, some -> compare(own, some));
  }

  private boolean inBatches(
      Signature signature,
      Map<String, TensorValue> rows,
      Consumer<Map<String, TensorValue>> compare) {
    boolean isAnswered = false;
    for (Map<String, TensorValue> some : BatchRows.sizes(signature, rows, sizes.compared())) {
      try {
        compare.accept(some);
        isAnswered = true;
      } catch (TensorFlowException | ExhaustedException e) {
        attempts.failed(signature.name(), some, e);
      }
    }
    return isAnswered;
  }

  private void compare(Map<String, TensorValue> rows) {
    Map<String, TensorValue> inputs = reference.inputs(rows);
    Signature original = model.servingSignature();
    Map<String, TensorValue> expected = reference.answer(original, inputs);
    Supplier<Map<String, TensorValue>> again = () -> reference.answer(original, inputs);
    Map<String, Map<String, TensorValue>> known = new HashMap<>(); // by the names of signatures
    known.put(serving.name(), expected);
    for (Signature own : files.model().signatures().values()) {
      if (own.name().equals(Signature.SERVING_DEFAULT)) {
        hold(own.name(), inputs, expected, again);
      } else if (own.inputs().equals(serving.inputs())) {
        compareBeside(own, inputs, known);
      }
    }
    for (MadeSignature made : files.made()) {
      made.front()
          .sent(rows)
          .ifPresent(sent -> compare(made, Map.of(made.front().input(), sent), inputs, known));
    }
  }

  /**
   * Compares what is made around a signature.
   *
   * @param known what the model answers to {@code inputs}
   */
  private void compare(
      MadeSignature made,
      Map<String, TensorValue> sent,
      Map<String, TensorValue> inputs,
      Map<String, Map<String, TensorValue>> known) {
    Map<String, TensorValue> expected = known.get(made.base());
    if (expected == null) {
      attempts.hindered(made.name(), attempts.cause(made.base()));
      return;
    }
    Signature base = original(requireNonNull(files.model().signatures().get(made.base())));
    hold(
        made.name(),
        sent,
        made.back().answer(expected),
        () -> made.back().answer(reference.answer(base, inputs)));
  }

  /** A signature that takes what the serving one takes, and need not answer what that answers. */
  private void compareBeside(
      Signature own, Map<String, TensorValue> inputs, Map<String, Map<String, TensorValue>> known) {
    if (own.outputs().equals(serving.outputs())) {
      attempts.answeredAs(own.name(), serving.name());
      return;
    }
    Supplier<Map<String, TensorValue>> answer = () -> reference.answer(original(own), inputs);
    Map<String, TensorValue> expected;
    try {
      expected = answer.get();
    } catch (TensorFlowException | ExhaustedException e) {
      attempts.failed(own.name(), inputs, e);
      return;
    }
    known.put(own.name(), expected);
    hold(own.name(), inputs, expected, answer);
  }

  private void compare(Signature own, Map<String, TensorValue> inputs) {
    Supplier<Map<String, TensorValue>> answer = () -> reference.answer(original(own), inputs);
    hold(own.name(), inputs, answer.get(), answer);
  }

  /** A signature as the model itself has it. */
  private Signature original(Signature own) {
    return model.signatures().getOrDefault(own.name(), model.servingSignature());
  }

  /**
   * Holds the export's answer against the model's. An output that the model itself gives otherwise
   * each time, at random or by a state, proves nothing and is listed; the others have to agree.
   *
   * @param again the model's answer to the same question once more
   */
  private void hold(
      String signature,
      Map<String, TensorValue> sent,
      Map<String, TensorValue> expected,
      Supplier<Map<String, TensorValue>> again) {
    int rows = BatchRows.count(sent);
    SavedModelSession exported = warmUp.ready(signature);
    Map<String, TensorValue> actual;
    try {
      actual = exported.call(signature, sent);
    } catch (TensorFlowException e) {
      throw new FailedCheckException(
          "signature '"
              + signature
              + "' of the export fails on a batch of "
              + rows
              + " that the model takes: "
              + e.detail(),
          e);
    } catch (ExhaustedException e) {
      uncompared.add(
          "signature '" + signature + "' in batches of " + rows + ": there is no memory for them");
      attempts.hindered(signature, "there is no memory for it");
      LOG.log(Level.INFO, "not compared: " + signature, e);
      return;
    }
    if (requested.contains(signature) && rows > 0) {
      actual.values().forEach(features -> OpenBatch.requireRows(features.shape(), rows));
    }
    attempts.answered(signature, rows);
    try {
      comparison.add(signature, rows, expected, actual);
    } catch (FailedCheckException e) {
      Set<String> moving = Comparison.differing(expected, again.get());
      if (moving.isEmpty()) {
        throw e;
      }
      Map<String, TensorValue> rest = new LinkedHashMap<>(expected);
      rest.keySet().removeAll(moving);
      comparison.add(signature, rows, rest, actual);
      for (String output : moving) {
        Comparison.requireForm(signature, rows, output, expected, actual);
        String text =
            "output '%s' of signature '%s': the model gives another one each time (random ops, or a"
                + " state)";
        uncompared.add(text.formatted(output, signature));
        LOG.log(Level.INFO, "not compared: " + text.formatted(output, signature));
      }
      if (rest.isEmpty()) {
        return;
      }
    }
    isCompared = true;
    if (rows > 0) {
      batches.add(rows);
    }
  }
}
