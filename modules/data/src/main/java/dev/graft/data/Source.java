package dev.graft.data;

import com.google.common.collect.ImmutableSet;
import java.util.Optional;

/** Where examples come from; they have numbers from 0. */
interface Source {

  /** How many examples there are. */
  int size();

  /** Whether the examples are encoded pictures. */
  boolean isPictures();

  /** Whether each picture is seen in a view of its own. */
  default boolean hasViews() {
    return false;
  }

  /** The names of the tensors that {@link #read} gives; none of pictures. */
  ImmutableSet<String> inputNames();

  /** What a user calls example {@code i}: its file, its row. */
  String name(int i);

  /**
   * A key that two examples share if, and only if, their content is the same, as far as that is
   * worth finding out.
   */
  String content(int i);

  /** What stands for the content of example {@code i}, if that is known without reading it. */
  default Optional<ContentDigest> digest(int i) {
    return Optional.empty();
  }

  /** What stands for the content of example {@code i}, read if that is not known. */
  ContentDigest read(int i);

  /** The same, with what {@code files} remember. */
  default Source knownBy(KnownFiles files) {
    return this;
  }

  /**
   * These examples, read.
   *
   * @param spent what was read before and nobody needs any more: its memory may be used again
   */
  Inputs read(int[] examples, Inputs spent);
}
