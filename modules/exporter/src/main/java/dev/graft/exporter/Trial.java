package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import com.google.protobuf.ByteString;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.Shape;
import dev.graft.graph.TensorRef;
import dev.graft.model.BadRequestException;
import dev.graft.model.FailedCheckException;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.model.TensorValue;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.tensorflow.proto.DataType;

/**
 * Holds an export, opened by TensorFlow's own loader, against the model that it was made from: in
 * batches of 1, of 3 and of all examples, and pictures from their bytes on.
 */
final class Trial {

  /** Batches larger than this tell nothing new. */
  private static final int LARGEST_BATCH = 32;

  private final TensorFlowRuntime runtime;
  private final Model model;
  private final List<Proof> proofs;
  private final WarmUp warmUp;
  private final Comparison comparison = new Comparison();
  private final Set<Integer> batches = new TreeSet<>();
  private final Set<String> uncompared = new LinkedHashSet<>();
  private boolean isCompared;

  /**
   * A trial.
   *
   * @param warmUp gets a request for each signature that was tried and answered
   */
  Trial(TensorFlowRuntime runtime, Model model, List<Proof> proofs, WarmUp warmUp) {
    this.runtime = runtime;
    this.model = model;
    this.proofs = proofs;
    this.warmUp = warmUp;
  }

  /** The pictures on which {@code serving_bytes} is tried: those given, or a made-up one. */
  private List<ByteString> pictures() {
    List<ByteString> pictures = new ArrayList<>();
    for (Proof proof : proofs) {
      if (proof instanceof Proof.Pictures given) {
        pictures.addAll(given.files());
      }
    }
    return pictures.isEmpty() ? List.of(MadeUpInputs.picture()) : pictures;
  }

  /**
   * Tries the export in {@code dir}.
   *
   * @throws FailedCheckException if it gives other answers than the model, or a gate refuses it
   */
  ExportReport of(SavedModelFiles files, Path dir) {
    try (SavedModelSession exported = runtime.loadSavedModel(dir, Set.of("serve"))) {
      compare(files, exported);
      listOthers(files);
      if (!isCompared) {
        throw new FailedCheckException(
            "nothing of the export could be compared with the model ("
                + String.join("; ", uncompared)
                + "), so it is not published. Give examples to compare on:"
                + " Gate.accuracy(0).on(examples).");
      }
      ImmutableList.Builder<String> gates = ImmutableList.builder();
      for (Proof proof : proofs) {
        if (proof instanceof Proof.Gate gate) {
          gates.add(gate.name() + ": " + gate.check().on(exported));
        }
      }
      return new ExportReport(
          ImmutableSortedSet.copyOf(exported.signatures().keySet()),
          ImmutableSortedSet.copyOf(batches),
          comparison.largest(),
          ImmutableList.copyOf(uncompared),
          warmUp.size(),
          gates.build(),
          ImmutableList.of());
    }
  }

  private void compare(SavedModelFiles files, SavedModelSession exported) {
    Signature original = model.servingSignature();
    Optional<InputSpec> picture =
        exported.signatures().containsKey(ServingForm.SERVING_BYTES)
            ? BytesSignature.picture(files.model())
            : Optional.empty();
    GraphEditor editor = model.graph().edit();
    TensorRef bytes = null;
    TensorRef pixels = null;
    if (picture.isPresent()) {
      bytes = editor.placeholder("graft/trial/bytes", DataType.DT_STRING, Shape.of(-1));
      pixels = BytesSignature.read(editor, "graft/trial/decode", bytes, picture.get());
    }
    try (ModelSession session = runtime.open(model, editor.build())) {
      Signature served = files.model().servingSignature();
      List<Map<String, TensorValue>> examples = examples();
      for (Map<String, TensorValue> example : examples) {
        tryOut(session, original, exported, batches(served, example));
        compare(session, original, exported, example);
      }
      if (examples.isEmpty() && !compareMadeUp(session, files, exported)) {
        uncompared.add(
            "signature '"
                + Signature.SERVING_DEFAULT
                + "' on inputs of its own: none was given, and it answers none that was made up");
      }
      warmUp(exported, Signature.SERVING_DEFAULT, MadeUpInputs.all(files.model(), served, 1));
      if (bytes != null && pixels != null) {
        List<ByteString> given = pictures();
        for (int size : isOpen(served) ? sizes(given.size()) : Set.of(rows(served))) {
          Map<TensorRef, TensorValue> fed = Map.of(bytes, strings(given, size));
          TensorValue decoded = session.graph().run(fed, List.of(pixels), List.of()).get(0);
          String input = original.inputs().keySet().iterator().next();
          Map<String, TensorValue> expected = expected(session, original, Map.of(input, decoded));
          Map<String, TensorValue> actual =
              exported.call(ServingForm.SERVING_BYTES, Map.of("bytes", strings(given, size)));
          hold(
              ServingForm.SERVING_BYTES,
              size,
              expected,
              actual,
              () -> expected(session, original, Map.of(input, decoded)));
        }
        int size = isOpen(served) ? 1 : rows(served);
        TensorValue madeUp = strings(List.of(MadeUpInputs.picture()), size);
        warmUp(exported, ServingForm.SERVING_BYTES, List.of(Map.of("bytes", madeUp)));
      }
    }
  }

  /** Compares on the first made-up inputs that the model takes; whether there are any. */
  private boolean compareMadeUp(
      ModelSession session, SavedModelFiles files, SavedModelSession exported) {
    Signature served = files.model().servingSignature();
    for (Map<String, TensorValue> inputs : MadeUpInputs.all(files.model(), served, 5)) {
      boolean before = isCompared;
      isCompared = false;
      tryOut(session, model.servingSignature(), exported, batches(served, inputs));
      if (isCompared) {
        return true;
      }
      isCompared = before;
    }
    return false;
  }

  /**
   * Offers the first of {@code inputs} that is answered. They are made up: what a server sends
   * itself lies in the export for everybody to read, and nothing of the user's is to.
   */
  private void warmUp(
      SavedModelSession exported, String signature, List<Map<String, TensorValue>> inputs) {
    for (Map<String, TensorValue> some : inputs) {
      try {
        exported.call(signature, some);
        warmUp.offer(signature, some);
        return;
      } catch (TensorFlowException | BadRequestException e) {
        // the next may do
      }
    }
  }

  /** What the comparison never comes to. */
  private void listOthers(SavedModelFiles files) {
    Signature serving = files.model().servingSignature();
    for (Signature signature : files.model().signatures().values()) {
      boolean isServing =
          signature.inputs().equals(serving.inputs())
              && signature.outputs().equals(serving.outputs());
      if (!isServing) {
        uncompared.add(
            "signature '" + signature.name() + "': only the serving signature is called");
      }
      long fixed =
          signature.inputs().values().stream()
              .map(TensorSpec::shape)
              .filter(shape -> shape.rank() > 0)
              .mapToLong(shape -> shape.dim(0))
              .max()
              .orElse(Shape.UNKNOWN);
      if (fixed > 0) {
        uncompared.add(
            "signature '"
                + signature.name()
                + "' in batches of other sizes than "
                + fixed
                + ": its graph fixes that, so a server cannot put requests together");
      }
    }
  }

  private List<Map<String, TensorValue>> examples() {
    List<Map<String, TensorValue>> examples = new ArrayList<>();
    for (Proof proof : proofs) {
      if (proof instanceof Proof.Examples given) {
        examples.add(given.inputs());
      }
    }
    return examples;
  }

  /** Compares on those of {@code inputs} that the model itself can do anything with. */
  private void tryOut(
      ModelSession session,
      Signature original,
      SavedModelSession exported,
      List<Map<String, TensorValue>> inputs) {
    for (Map<String, TensorValue> batch : inputs) {
      try {
        expected(session, original, batch);
      } catch (TensorFlowException e) {
        continue;
      }
      compare(session, original, exported, batch);
    }
  }

  private void compare(
      ModelSession session,
      Signature original,
      SavedModelSession exported,
      Map<String, TensorValue> batch) {
    int rows = BatchRows.count(batch);
    Map<String, TensorValue> expected = expected(session, original, batch);
    Map<String, TensorValue> actual;
    try {
      actual = exported.call(Signature.SERVING_DEFAULT, batch);
    } catch (TensorFlowException e) {
      throw new FailedCheckException(
          "the exported model fails on a batch of " + rows + ": " + e.detail(), e);
    }
    hold(
        Signature.SERVING_DEFAULT,
        rows,
        expected,
        actual,
        () -> expected(session, original, batch));
  }

  /**
   * Holds two answers against each other. An output that the model itself gives otherwise each
   * time, at random or by a state, proves nothing and is listed; the others have to agree.
   *
   * @param again the model's answer to the same question once more
   */
  private void hold(
      String signature,
      int rows,
      Map<String, TensorValue> expected,
      Map<String, TensorValue> actual,
      Supplier<Map<String, TensorValue>> again) {
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
      moving.forEach(
          output ->
              uncompared.add(
                  "output '"
                      + output
                      + "' of signature '"
                      + signature
                      + "': the model gives another one each time (random ops, or a state)"));
    }
    isCompared = true;
    if (rows > 0) {
      batches.add(rows);
    }
  }

  /** What the model gives; if it takes only batches of one size, in several calls. */
  private static Map<String, TensorValue> expected(
      ModelSession session, Signature original, Map<String, TensorValue> batch) {
    int rows = BatchRows.count(batch);
    long fixed =
        original.inputs().values().stream()
            .map(TensorSpec::shape)
            .filter(shape -> shape.rank() > 0)
            .mapToLong(shape -> shape.dim(0))
            .max()
            .orElse(Shape.UNKNOWN);
    if (fixed < 1 || rows < 1 || rows == fixed) {
      return session.call(original, batch);
    }
    List<Map<String, TensorValue>> parts = new ArrayList<>();
    for (int start = 0; start < rows; start += (int) fixed) {
      parts.add(session.call(original, BatchRows.take(batch, start, (int) fixed)));
    }
    Map<String, TensorValue> joined = new LinkedHashMap<>();
    for (String name : parts.get(0).keySet()) {
      joined.put(name, BatchRows.join(parts.stream().map(part -> part.get(name)).toList(), rows));
    }
    return joined;
  }

  /** Batches of several sizes where the signature takes them, else the example as it is. */
  private static List<Map<String, TensorValue>> batches(
      Signature served, Map<String, TensorValue> example) {
    int rows = BatchRows.count(example);
    if (rows < 1 || !isOpen(served)) {
      return List.of(example);
    }
    return sizes(rows).stream().map(size -> BatchRows.take(example, 0, size)).toList();
  }

  private static boolean isOpen(Signature signature) {
    return signature.inputs().values().stream()
        .map(TensorSpec::shape)
        .allMatch(shape -> shape.rank() != 0 && shape.dim(0) < 0);
  }

  /** The batch size that a signature with one input insists on. */
  private static int rows(Signature signature) {
    return (int) signature.inputs().values().iterator().next().shape().dim(0);
  }

  private static Set<Integer> sizes(int given) {
    Set<Integer> sizes = new TreeSet<>(Set.of(1, 3));
    if (!sizes.add(Math.min(given, LARGEST_BATCH))) {
      sizes.add(5);
    }
    return sizes;
  }

  private static TensorValue strings(List<ByteString> given, int size) {
    List<ByteString> strings = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      strings.add(given.get(i % given.size()));
    }
    return TensorValue.strings(Shape.of(size), strings);
  }
}
