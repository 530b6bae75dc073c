package dev.graft.trainer.internal.features;

import dev.graft.data.Dataset;
import dev.graft.error.InputOutputException;
import dev.graft.graph.TensorRef;
import dev.graft.runtime.GraphSession;
import dev.graft.runtime.PreparedRun;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.FileRows;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.internal.task.InputBinding;
import dev.graft.trainer.internal.watch.Interruption;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Pictures as a network reads them: each is decoded when it is first asked for, in a session of its
 * own, so that this goes on beside a step, and read from a file from then on if there is room.
 */
final class DecodedRows implements RowTable, AutoCloseable {

  private final TensorFlowRuntime runtime;
  private final InputBinding entry;
  private final Dataset pictures;
  private final BitSet kept = new BitSet(); // which of them are in the file
  private final Consumer<String> said;
  private Optional<Path> folder;
  private @Nullable FileRows file; // once there is something to keep
  private @Nullable GraphSession session; // until there is something to decode
  private @Nullable PreparedRun run;

  /**
   * Decodes nothing yet.
   *
   * @param entry through which {@code pictures} get into a model that does not decode them itself
   * @param folder where to keep them; none where there is no room
   * @param said takes a sentence if they cannot be kept there
   */
  DecodedRows(
      TensorFlowRuntime runtime,
      InputBinding entry,
      Dataset pictures,
      Optional<Path> folder,
      Consumer<String> said) {
    this.runtime = runtime;
    this.entry = entry;
    this.pictures = pictures;
    this.folder = folder;
    this.said = said;
  }

  /** The pictures with their answers, fed as pixels in the place of {@code input}. */
  Dataset dataset(TensorRef input) {
    return pictures.withInputs(Map.of(input.toString(), this));
  }

  /**
   * The pixels of some pictures.
   *
   * @throws dev.graft.error.BadDataException if one of them cannot be decoded; the message names it
   */
  @Override
  public synchronized TensorValue rows(int[] numbers, TensorValue spent) {
    int[] missing = Arrays.stream(numbers).filter(i -> !kept.get(i)).distinct().toArray();
    FileRows place = file;
    if (missing.length == 0 && place != null) {
      return place.rows(numbers, spent);
    }
    TensorValue pixels = decode(missing);
    keep(pixels, missing);
    place = file;
    if (missing.length == numbers.length) { // none of them twice, so in their order
      return pixels;
    }
    return place == null ? decode(numbers) : place.rows(numbers, spent);
  }

  @Override
  public TensorValue range(int from, int to, TensorValue spent) {
    return rows(IntStream.range(from, to).toArray(), spent);
  }

  /** Keeps them if it can; a disk that is full costs that they are decoded again. */
  private void keep(TensorValue pixels, int[] numbers) {
    if (folder.isEmpty() || numbers.length == 0) {
      return;
    }
    try {
      FileRows place = file == null ? new FileRows(folder.get()) : file;
      file = place;
      place.put(pixels, numbers);
      Arrays.stream(numbers).forEach(kept::set);
    } catch (InputOutputException e) {
      if (Interruption.isCancelled(e)) {
        throw e;
      }
      said.accept("pictures are decoded in each epoch again: " + e.getMessage());
      folder = Optional.empty();
      kept.clear();
      closeFile();
    }
  }

  private TensorValue decode(int[] numbers) {
    List<TensorValue> bytes = entry.values(pictures.batch(numbers));
    return entry.run(runtime, prepared(), bytes, pictures, numbers).get(0);
  }

  private PreparedRun prepared() {
    PreparedRun ready = run;
    if (ready == null) {
      TensorRef pixels = entry.rows().get(0);
      GraphSession opened = runtime.session(entry.graph().keepUpstreamOf(List.of(pixels.node())));
      session = opened;
      ready = opened.prepare(entry.tensors(), List.of(pixels), List.of());
      run = ready;
    }
    return ready;
  }

  private void closeFile() {
    FileRows open = file;
    file = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  @Override
  public synchronized void close() {
    try {
      closeFile();
    } finally {
      if (session != null) {
        session.close(); // and what was prepared in it
      }
    }
  }
}
