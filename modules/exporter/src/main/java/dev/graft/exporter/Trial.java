package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.error.ExhaustedException;
import dev.graft.error.FailedCheckException;
import dev.graft.graph.GraphEditor;
import dev.graft.graph.TensorRef;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Figure;
import dev.graft.words.Remedy;
import java.lang.System.Logger.Level;
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

  private static final System.Logger LOG = System.getLogger(Trial.class.getName());

  private final TensorFlowRuntime runtime;
  private final Model model;
  private final List<Proof> proofs;
  private final WarmUp warmUp;
  private final Comparison comparison = new Comparison();
  private final Set<Integer> batches = new TreeSet<>();
  private final Set<String> uncompared = new LinkedHashSet<>();
  private boolean isCompared;
  private boolean isTriedOnGiven;

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

  /** The pictures that were given. */
  private List<ByteString> pictures() {
    List<ByteString> pictures = new ArrayList<>();
    for (Proof proof : proofs) {
      if (proof instanceof Proof.Pictures given) {
        pictures.addAll(given.files());
      }
    }
    return pictures;
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
      if (!isCompared && !isTriedOnGiven) {
        throw new FailedCheckException(
            "nothing of the export could be compared with the model ("
                + String.join("; ", uncompared)
                + "), so it is not published. Give examples to compare on.",
            Remedy.EXAMPLES);
      }
      ImmutableList.Builder<Figure> gates = ImmutableList.builder();
      for (Proof proof : proofs) {
        if (proof instanceof Proof.Gate gate) {
          gates.addAll(gate.check().on(exported, dir));
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
        files.makesBytesSignature() ? BytesSignature.picture(files.model()) : Optional.empty();
    GraphEditor editor = model.graph().edit();
    Optional<Decoding> decoding =
        picture.map(
            input -> {
              TensorRef bytes =
                  editor.placeholder("graft/trial/bytes", DataType.DT_STRING, Shape.of(-1));
              TensorRef read = BytesSignature.read(editor, "graft/trial/decode", bytes, input);
              return new Decoding(bytes, read);
            });
    try (ModelSession session = runtime.open(model, editor.build())) {
      Signature served = files.model().servingSignature();
      List<Map<String, TensorValue>> examples = examples();
      for (Map<String, TensorValue> example : examples) {
        tryOut(session, original, exported, BatchRows.sizes(served, example));
        Supplier<Map<String, TensorValue>> asked = () -> expected(session, original, example);
        compare(exported, example, asked.get(), asked);
        isTriedOnGiven = true;
      }
      if (examples.isEmpty() && !compareMadeUp(session, files, exported)) {
        uncompared.add(
            "signature '"
                + Signature.SERVING_DEFAULT
                + "' on inputs of its own: none was given, and it answers none that was made up");
      }
      warmUp(exported, Signature.SERVING_DEFAULT, MadeUpInputs.all(files.model(), served, 1));
      if (decoding.isPresent()) {
        comparePictures(session, exported, served, decoding.get());
        int size = BatchRows.isOpen(served) ? 1 : BatchRows.fixed(served);
        warmUp(
            exported,
            ServingForm.SERVING_BYTES,
            MadeUpPictures.all().stream().map(one -> bytes(List.of(one), size)).toList());
      }
    }
  }

  /**
   * Where pictures enter the model.
   *
   * @param bytes the encoded ones
   * @param read what the model reads: their pixels, or these themselves
   */
  private record Decoding(TensorRef bytes, TensorRef read) {}

  /** Compares on the pictures given, else on the first made-up ones that the model itself takes. */
  private void comparePictures(
      ModelSession session, SavedModelSession exported, Signature served, Decoding decoding) {
    List<ByteString> given = pictures();
    Set<Integer> sizes =
        BatchRows.isOpen(served)
            ? BatchRows.sizes(Math.max(1, given.size()))
            : Set.of(BatchRows.fixed(served));
    List<List<ByteString>> all =
        given.isEmpty() ? MadeUpPictures.all().stream().map(List::of).toList() : List.of(given);
    for (List<ByteString> pictures : all) {
      boolean isTaken = false;
      for (int size : sizes) {
        isTaken |= isCompared(session, exported, decoding, bytes(pictures, size));
      }
      if (isTaken) {
        return;
      }
    }
    uncompared.add(
        "signature '"
            + ServingForm.SERVING_BYTES
            + "': no picture was given, and the model takes none that was made up");
  }

  /**
   * Whether the answers to {@code pictures} could be compared: those that are made up the model
   * itself need not take.
   */
  private boolean isCompared(
      ModelSession session,
      SavedModelSession exported,
      Decoding decoding,
      Map<String, TensorValue> pictures) {
    Signature original = model.servingSignature();
    TensorValue bytes = pictures.values().iterator().next();
    Supplier<Map<String, TensorValue>> answer =
        () -> {
          TensorValue read =
              session
                  .graph()
                  .run(Map.of(decoding.bytes(), bytes), List.of(decoding.read()), List.of())
                  .get(0);
          String input = original.inputs().keySet().iterator().next();
          return expected(session, original, Map.of(input, read));
        };
    Map<String, TensorValue> expected;
    try {
      expected = answer.get();
    } catch (TensorFlowException e) {
      if (pictures().isEmpty()) {
        return false;
      }
      throw new FailedCheckException(
          "the model itself, before any export, fails on the pictures given: " + e.detail(), e);
    }
    Map<String, TensorValue> actual;
    try {
      actual = exported.call(ServingForm.SERVING_BYTES, pictures);
    } catch (TensorFlowException e) {
      throw new FailedCheckException(
          "the exported model fails on pictures that the model takes: " + e.detail(), e);
    }
    hold(ServingForm.SERVING_BYTES, BatchRows.count(pictures), expected, actual, answer);
    isTriedOnGiven |= !pictures().isEmpty();
    return true;
  }

  /** Compares on the first made-up inputs that the model takes; whether there are any. */
  private boolean compareMadeUp(
      ModelSession session, SavedModelFiles files, SavedModelSession exported) {
    Signature served = files.model().servingSignature();
    for (Map<String, TensorValue> inputs : MadeUpInputs.all(files.model(), served, 5)) {
      boolean before = isCompared;
      isCompared = false;
      tryOut(session, model.servingSignature(), exported, BatchRows.sizes(served, inputs));
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
      } catch (TensorFlowException | ExhaustedException | BadRequestException e) {
        LOG.log(Level.DEBUG, "made-up inputs do not fit signature '" + signature + "'", e);
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
      int fixed = BatchRows.fixed(signature);
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
      Map<String, TensorValue> expected;
      try {
        expected = expected(session, original, batch);
      } catch (TensorFlowException | ExhaustedException e) {
        continue;
      }
      compare(exported, batch, expected, () -> expected(session, original, batch));
    }
  }

  private void compare(
      SavedModelSession exported,
      Map<String, TensorValue> batch,
      Map<String, TensorValue> expected,
      Supplier<Map<String, TensorValue>> again) {
    int rows = BatchRows.count(batch);
    Map<String, TensorValue> actual;
    try {
      actual = exported.call(Signature.SERVING_DEFAULT, batch);
    } catch (TensorFlowException e) {
      throw new FailedCheckException(
          "the exported model fails on a batch of " + rows + ": " + e.detail(), e);
    }
    hold(Signature.SERVING_DEFAULT, rows, expected, actual, again);
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
      for (String output : moving) {
        Comparison.requireForm(signature, rows, output, expected, actual);
      }
      for (String output : moving) {
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

  /** What the model gives; if it takes only batches of one size, in several calls. */
  private static Map<String, TensorValue> expected(
      ModelSession session, Signature original, Map<String, TensorValue> batch) {
    int rows = BatchRows.count(batch);
    int fixed = BatchRows.fixed(original);
    if (fixed < 1 || rows < 1 || rows == fixed) {
      return session.call(original, batch);
    }
    List<Map<String, TensorValue>> parts = new ArrayList<>();
    for (int start = 0; start < rows; start += fixed) {
      parts.add(session.call(original, BatchRows.take(batch, start, fixed)));
    }
    Map<String, TensorValue> joined = new LinkedHashMap<>();
    for (String name : parts.get(0).keySet()) {
      joined.put(name, BatchRows.join(parts.stream().map(part -> part.get(name)).toList(), rows));
    }
    return joined;
  }

  /** {@code size} of the pictures {@code given}, as {@code serving_bytes} takes them. */
  private static Map<String, TensorValue> bytes(List<ByteString> given, int size) {
    List<ByteString> strings = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      strings.add(given.get(i % given.size()));
    }
    return Map.of(BytesSignature.INPUT, TensorValue.strings(Shape.of(size), strings));
  }
}
