package dev.graft.internal.boxes;

import dev.graft.model.BoxFormat;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.words.Note;
import java.util.Optional;

/**
 * What pictures with very many boxes take in memory, and what there is less of where that is much.
 *
 * @param boxes how many the picture with the most of them has
 */
record DenseBoxes(int boxes) {

  /** Bytes of the boxes of all views, since those of each are padded to the most. */
  private static final long HELD = 1L << 29;

  /** Bytes of what a step is to answer: a map of its own for each box. */
  private static final long IN_STEP = 1L << 28;

  /**
   * As many views as there is memory for.
   *
   * @param usual how many there are otherwise
   * @param bytes what the boxes of one view of each picture take
   */
  static int views(int usual, long bytes) {
    int views = usual;
    while (views > 1 && views * bytes > HELD) {
      views /= 2;
    }
    return views;
  }

  /**
   * {@code recipe}, with fewer pictures of a batch computed at once where all would take too much;
   * what is learned is the same but that BatchNorm normalises by fewer pictures.
   *
   * @param size of the pictures
   * @param examples how many are learned from
   */
  Recipe held(Recipe recipe, BoxSize size, int examples) {
    Recipe.HeadSettings head = recipe.head();
    return recipe
        .head(head.steps(held(head.steps(), size, examples)))
        .each(stretch -> held(stretch, size, examples));
  }

  private FineTune held(FineTune steps, BoxSize size, int examples) {
    int most = atOnce(steps.batch(), size, examples);
    return most < Math.min(steps.batch(), steps.microBatch()) ? steps.microBatch(most) : steps;
  }

  /** A part of the batch into which it is divided evenly, and that is never a single example. */
  private int atOnce(int batch, BoxSize size, int examples) {
    double each = 4 * boxes * size.pixels() / (BoxFormat.CELL * BoxFormat.CELL);
    int best = batch;
    for (int runs = 1; runs <= batch / 2 && best * each > IN_STEP; runs++) {
      int most = (batch + runs - 1) / runs;
      if (batch % most != 1 && examples % batch % most != 1) {
        best = most;
      }
    }
    return best;
  }

  /** What there is less of at once, and why; empty if {@code held} is what was asked for. */
  Optional<Note> note(Recipe asked, Recipe held) {
    FineTune steps = held.head().steps();
    return held.equals(asked)
        ? Optional.empty()
        : Optional.of(
            Note.of(
                Math.min(steps.microBatch(), steps.batch())
                    + " pictures of a batch of "
                    + steps.batch()
                    + " are computed at once, and their gradients added up (BatchNorm normalises by"
                    + " these alone), since one has "
                    + boxes
                    + " boxes, each of which takes a map of its own while it is learned"));
  }
}
