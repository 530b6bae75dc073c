package dev.graft.trainer.checkpoint;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.InputOutputException;
import dev.graft.error.Internal;
import dev.graft.savedmodel.file.Durable;
import dev.graft.savedmodel.file.Interrupts;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints of one training: reads the newest, counts steps until one is due, writes it.
 *
 * <p>A checkpoint appears by one rename after its bytes are on the disk, so that at no moment a
 * half one can be taken for whole. Each holds the current weights and the best ones so far, and
 * nothing outside the folder refers to it: older ones can go.
 */
@Internal
public final class CheckpointFolder {

  private static final System.Logger LOG = System.getLogger(CheckpointFolder.class.getName());

  private static final Pattern NUMBER = Pattern.compile("\\d{1,9}");
  private static final String TEMPORARY = ".writing";
  private static final String NAME = "training"; // of the TensorFlow checkpoint inside

  private final Checkpoints settings;
  private final @Nullable Path folder; // none if there are no checkpoints
  private long savedAt = System.nanoTime();
  private int stepsSince;
  private final Set<Path> damaged = new HashSet<>(); // those that newest() passed over

  CheckpointFolder(Checkpoints settings) {
    this.settings = settings;
    this.folder = settings.folder().orElse(null);
  }

  /** Whether checkpoints are written. */
  public boolean isThere() {
    return folder != null;
  }

  /** Counts a step of training; says whether a checkpoint should be written now. */
  public boolean isDueAfterStep() {
    stepsSince++;
    return folder != null
        && (stepsSince >= settings.steps()
            || Duration.ofNanos(System.nanoTime() - savedAt).compareTo(settings.interval()) >= 0);
  }

  /**
   * The newest checkpoint that is whole.
   *
   * @param announce told of those that are damaged and passed over
   * @throws BadRequestException if one cannot be read though it may be whole
   */
  public Optional<Checkpoint> newest(Consumer<String> announce) {
    savedAt = System.nanoTime();
    if (folder == null) {
      return Optional.empty();
    }
    try {
      Durable.makeFolders(folder);
      List<Path> all = all(folder);
      for (Path checkpoint : all) {
        try {
          return Optional.of(Checkpoint.read(checkpoint.resolve(NAME)));
        } catch (BadModelException e) {
          requireReadable(checkpoint, e);
          damaged.add(checkpoint);
          String passedOver =
              "checkpoint "
                  + checkpoint
                  + " is damaged and passed over ("
                  + e.getMessage()
                  + "); "
                  + (checkpoint.equals(all.get(all.size() - 1))
                      ? "there is none before it, so training begins anew"
                      : "the one before it is taken");
          LOG.log(System.Logger.Level.WARNING, passedOver);
          announce.accept(passedOver);
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw failed(folder, e);
    }
  }

  /** Every setting of the recipe that is trained by, if there is a checkpoint that tells it. */
  public Optional<String> recipe() {
    if (folder == null || !Files.isDirectory(folder)) {
      return Optional.empty();
    }
    try {
      for (Path checkpoint : all(folder)) {
        try {
          return Optional.of(Checkpoint.recipe(checkpoint.resolve(NAME)));
        } catch (BadModelException e) {
          LOG.log(System.Logger.Level.DEBUG, "the one before " + checkpoint + " is asked", e);
        }
      }
      return Optional.empty();
    } catch (IOException e) {
      throw failed(folder, e);
    }
  }

  /** A disk that fails for now is no damage, for which a whole checkpoint would be deleted. */
  private static void requireReadable(Path checkpoint, BadModelException e) {
    boolean failed =
        Files.isDirectory(checkpoint)
            && e.getCause() instanceof IOException
            && !(e.getCause() instanceof NoSuchFileException
                || e.getCause() instanceof EOFException
                || e.getCause() instanceof InvalidProtocolBufferException);
    if (failed) {
      throw new InputOutputException(
          "checkpoint "
              + checkpoint
              + " cannot be read ("
              + e.getMessage()
              + "); see to that and resume, or delete it to go on from the one before.",
          e);
    }
  }

  /**
   * Writes {@code checkpoint} and then deletes those that are too many: first those that {@link
   * #newest} found damaged, then the oldest.
   *
   * @return whether one was written: not if there are {@link Checkpoints#none}
   * @throws InputOutputException if the disk is full or fails; the checkpoints that are there stay
   */
  public boolean save(Checkpoint checkpoint) {
    if (folder == null) {
      return false;
    }
    Path base = folder;
    try {
      Interrupts.shielded(() -> write(base, checkpoint));
    } catch (IOException | UncheckedIOException e) {
      throw failed(folder, e);
    }
    savedAt = System.nanoTime();
    stepsSince = 0;
    return true;
  }

  private Path write(Path base, Checkpoint checkpoint) throws IOException {
    Path temporary = base.resolve(TEMPORARY);
    if (Files.exists(temporary)) {
      Durable.delete(temporary); // left by a run that was killed
    }
    Files.createDirectory(temporary);
    checkpoint.write(temporary.resolve(NAME));
    Durable.syncFolder(temporary);
    List<Path> before = all(base);
    int number = before.isEmpty() ? 1 : number(before.get(0)) + 1;
    Path whole = base.resolve(Integer.toString(number));
    Files.move(temporary, whole, StandardCopyOption.ATOMIC_MOVE);
    Durable.syncFolder(base);
    List<Path> worst = new ArrayList<>(before);
    worst.sort(Comparator.comparing(damaged::contains)); // behind all that are whole
    for (Path old : worst.subList(Math.min(worst.size(), settings.keep() - 1), worst.size())) {
      Files.move(old, temporary, StandardCopyOption.ATOMIC_MOVE); // half a one must not be seen
      Durable.delete(temporary);
    }
    return whole;
  }

  @Override
  public String toString() {
    return folder == null ? "no checkpoints" : "'" + folder + "'";
  }

  /** The newest first. */
  private static List<Path> all(Path base) throws IOException {
    try (Stream<Path> entries = Files.list(base)) {
      return entries
          .filter(entry -> NUMBER.matcher(entry.getFileName().toString()).matches())
          .sorted(Comparator.comparingInt(CheckpointFolder::number).reversed())
          .toList();
    }
  }

  private static int number(Path checkpoint) {
    return Integer.parseInt(checkpoint.getFileName().toString());
  }

  private static InputOutputException failed(Path folder, Exception e) {
    return new InputOutputException(
        "training was stopped since its checkpoints could not be kept in '"
            + folder
            + "' ("
            + e.getMessage()
            + "); those that are there are untouched. Make room or repair the disk, and resume.",
        e);
  }
}
