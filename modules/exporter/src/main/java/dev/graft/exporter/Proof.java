package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedSet;
import com.google.protobuf.ByteString;
import dev.graft.error.FailedCheckException;
import dev.graft.error.Internal;
import dev.graft.exporter.internal.sample.BatchRows;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.runtime.SavedModelSession;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Figure;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** What an export has to stand before it is published. */
@Internal
public sealed interface Proof {

  /**
   * The exported {@code serving_default} has to give on these inputs what the model gives.
   *
   * @param inputs a value for each input of the signature, all with the same number of rows
   */
  record Examples(ImmutableMap<String, TensorValue> inputs) implements Proof {}

  /**
   * The exported {@code serving_bytes} has to give on these pictures what decoding them and calling
   * the model gives.
   *
   * @param files encoded pictures
   */
  record Pictures(ImmutableList<ByteString> files) implements Proof {}

  /**
   * A check of the caller's on the exported model, its accuracy for example.
   *
   * @param check the check
   */
  record Gate(Check check) implements Proof {}

  /**
   * What is told of the export beside it, once it stood all else.
   *
   * @param writer writes it
   */
  record Papers(Writer writer) implements Proof {}

  /**
   * Signatures for what the model's heads read are part of the export, and compared like others.
   */
  record Features() implements Proof {

    /** Whether {@code proofs} ask for them. */
    static boolean areAmong(List<Proof> proofs) {
      return proofs.stream().anyMatch(Features.class::isInstance);
    }
  }

  /** Writes papers. */
  @FunctionalInterface
  interface Writer {
    /**
     * Writes them into {@code folder}, where the export is before it is published.
     *
     * @param report what it stood
     */
    void write(Path folder, ExportReport report) throws IOException;
  }

  /** A check of the caller's. */
  @FunctionalInterface
  interface Check {
    /**
     * Looks at the exported model. What it finds out from the files alone goes on beside the
     * export's warm-up.
     *
     * @param exported opened by TensorFlow's own loader; waits until nothing else is asked of it
     *     and all of its files are there
     * @param folder where it is before it is published
     * @return what was asked for and found
     * @throws FailedCheckException if it must not be published; the message says why
     */
    List<Figure> on(Supplier<SavedModelSession> exported, Path folder);
  }

  /**
   * How large batches are.
   *
   * @param most how many examples are computed at once at most; it is compared on {@link
   *     BatchRows#LARGEST} if that is more
   * @param warmUps how many rows the warm-up requests have besides a single one: as many as a
   *     server puts together
   * @param isAskedFor whether somebody said so
   */
  record Batches(int most, ImmutableSortedSet<Integer> warmUps, boolean isAskedFor)
      implements Proof {

    private static final long ROOM = 256L << 20; // bytes of one batch of inputs
    private static final long NUMBER = 8; // bytes at most
    private static final long OPEN = 256; // what an open dimension may be

    private static final Batches USUAL =
        new Batches(Integer.MAX_VALUE, ImmutableSortedSet.of(8, BatchRows.LARGEST), false);

    /** Those among {@code proofs}, or else the usual ones. */
    static Batches of(List<Proof> proofs) {
      return proofs.stream()
          .filter(Batches.class::isInstance)
          .map(Batches.class::cast)
          .findFirst()
          .orElse(USUAL);
    }

    /** How many examples it is asked about at once, to be compared. */
    int compared() {
      return Math.min(most, BatchRows.LARGEST);
    }

    /** These, with no more rows than some memory holds of what {@code signature} takes. */
    Batches fitting(Signature signature) {
      long row = 1;
      for (TensorSpec input : signature.inputs().values()) {
        long bytes = NUMBER;
        for (int i = 1; i < input.shape().rank(); i++) {
          long dim = input.shape().dim(i);
          bytes = Math.min(ROOM, bytes * Math.max(1, Math.min(dim < 0 ? OPEN : dim, ROOM)));
        }
        row += bytes;
      }
      return new Batches((int) Math.max(1, Math.min(most, ROOM / row)), warmUps, isAskedFor);
    }
  }

  /** {@link Batches} of up to {@code most}, warmed up in these sizes. */
  static Proof batches(int most, Set<Integer> warmUps) {
    return new Batches(most, ImmutableSortedSet.copyOf(warmUps), true);
  }

  /** {@link Batches} of up to {@code most}, warmed up in the usual sizes. */
  static Proof batches(int most) {
    return new Batches(most, Batches.USUAL.warmUps(), false);
  }

  /** {@link Examples} with these inputs. */
  static Proof examples(Map<String, TensorValue> inputs) {
    return new Examples(ImmutableMap.copyOf(inputs));
  }

  /** {@link Pictures} with these files. */
  static Proof pictures(List<ByteString> files) {
    return new Pictures(ImmutableList.copyOf(files));
  }

  /** {@link Papers}. */
  static Proof papers(Writer writer) {
    return new Papers(writer);
  }

  /** {@link Features}. */
  static Proof features() {
    return new Features();
  }

  /** A {@link Gate}. */
  static Proof gate(Check check) {
    return new Gate(check);
  }
}
