package dev.graft.trainer.checkpoint;

import com.google.common.base.Splitter;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import dev.graft.words.Remedy;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * What a run is: a checkpoint of another is not continued.
 *
 * @param model the SavedModel that was read (a version, not what that had begun with), what was
 *     done to it, and a digest of the values that its variables were given
 * @param data a digest of the examples' names and targets, and of their inputs where these are in
 *     memory: pictures are not read for it
 * @param recipe every setting, the seed among them
 * @param machine what the last digits of the result depend on, and the precision, on which more of
 *     them do: it may change, with a warning
 * @param pictures a digest of what is in the pictures, which is read when it is first asked for;
 *     empty where there are none, and in checkpoints of before
 */
@Internal
public record RunIdentity(
    String model, String data, String recipe, String machine, Supplier<String> pictures) {

  /** One that knows nothing of pictures. */
  public RunIdentity(String model, String data, String recipe, String machine) {
    this(model, data, recipe, machine, () -> "");
  }

  /** This with a digest of what is in the pictures. */
  public RunIdentity pictures(Supplier<String> value) {
    return new RunIdentity(model, data, recipe, machine, value);
  }

  /**
   * Makes sure that a checkpoint of {@code saved} may be continued by this run.
   *
   * @return a warning if the outcome may differ
   * @throws BadRequestException if it is another run
   */
  public Optional<String> check(RunIdentity saved, String where) {
    require(saved.model.equals(model), where, "model");
    require(saved.data.equals(data), where, "training or validation examples");
    require(saved.recipe.equals(recipe), where, "recipe or seed");
    requireSamePictures(saved.pictures.get(), where);
    return saved.machine.equals(machine)
        ? Optional.empty()
        : Optional.of(
            "so far the run had "
                + saved.machineWithout(this)
                + " and goes on with "
                + machineWithout(saved)
                + (isRoundedOtherwise(machineWithout(saved))
                    ? ": what it learned stays, but from here on products are rounded otherwise, so"
                        + " its outcome differs from one without interruption, and not in the last"
                        + " digits alone"
                    : ": its outcome may differ in the last digits from one without interruption"));
  }

  /** A precision that is left open is another one on another device. */
  private boolean isRoundedOtherwise(String changed) {
    return changed.contains("precision")
        || (changed.contains("device") && machine.contains("precision AUTO"));
  }

  /** What {@link #machine} says and that of {@code other} does not. */
  private String machineWithout(RunIdentity other) {
    List<String> own = new ArrayList<>(Splitter.on(", ").splitToList(machine));
    own.removeAll(Splitter.on(", ").splitToList(other.machine));
    return String.join(", ", own);
  }

  /** Else one part of the run would be of the old ones and the rest of the new ones. */
  private void requireSamePictures(String before, String where) {
    if (!before.isEmpty() && !before.equals(pictures.get())) {
      throw new BadRequestException(
          where
              + " belongs to a run whose training or validation pictures had other content: files"
              + " were changed since, under the same names. Begin a new run, which takes them as"
              + " they are now, or put back what there was.",
          Remedy.NEW_RUN);
    }
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

  /** Without what would have to be read for it. */
  @Override
  public String toString() {
    return "RunIdentity[" + String.join(", ", model, data, recipe, machine) + "]";
  }
}
