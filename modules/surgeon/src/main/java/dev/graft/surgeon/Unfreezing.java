package dev.graft.surgeon;

import com.google.common.collect.ImmutableList;
import dev.graft.model.BadRequestException;
import java.util.ArrayList;
import java.util.List;

/**
 * A plan of what trains when: one selection for each phase of the training, for {@link
 * Edits#train}.
 *
 * @param phases what trains, phase by phase; at least one
 */
public record Unfreezing(ImmutableList<Where> phases) {

  public Unfreezing {
    if (phases.isEmpty()) {
      throw new BadRequestException("a plan has at least one phase.");
    }
  }

  /** The head alone. */
  public static Unfreezing headOnly() {
    return new Unfreezing(ImmutableList.of(Where.head()));
  }

  /** The head first, then with it the last {@code count} blocks. */
  public static Unfreezing topBlocks(int count) {
    return new Unfreezing(ImmutableList.of(Where.head(), headAnd(count)));
  }

  /** Everything from the start. */
  public static Unfreezing everything() {
    return new Unfreezing(ImmutableList.of(Where.all()));
  }

  /** The head, then one block more with each phase, up to {@code count} blocks. */
  public static Unfreezing gradually(int count) {
    List<Where> phases = new ArrayList<>(List.of(Where.head()));
    for (int blocks = 1; blocks <= count; blocks++) {
      phases.add(headAnd(blocks));
    }
    return new Unfreezing(ImmutableList.copyOf(phases));
  }

  private static Where headAnd(int blocks) {
    return Where.head().or(Where.lastBlocks(blocks));
  }
}
