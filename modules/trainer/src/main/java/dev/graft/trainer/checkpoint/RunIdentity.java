package dev.graft.trainer.checkpoint;

import com.google.common.base.Splitter;
import dev.graft.error.BadRequestException;
import dev.graft.error.Internal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

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
 */
@Internal
public record RunIdentity(String model, String data, String recipe, String machine) {

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
    return saved.machine.equals(machine)
        ? Optional.empty()
        : Optional.of(
            "so far the run had "
                + saved.machineWithout(this)
                + " and goes on with "
                + machineWithout(saved)
                + (machineWithout(saved).contains("precision")
                    ? ": what it learned stays, but from here on products are rounded otherwise, so"
                        + " its outcome differs from one without interruption, and not in the last"
                        + " digits alone"
                    : ": its outcome may differ in the last digits from one without interruption"));
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
