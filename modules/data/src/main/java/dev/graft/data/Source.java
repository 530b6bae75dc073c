package dev.graft.data;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.tensor.TensorValue;

/** Where examples come from; they have numbers from 0. */
interface Source {

  /** How many examples there are. */
  int size();

  /** The keys of what {@link #read} gives. */
  ImmutableSet<String> inputNames();

  /** What a user calls example {@code i}: its file, its row. */
  String name(int i);

  /**
   * A key that two examples share if, and only if, their content is the same, as far as that is
   * worth finding out.
   */
  String content(int i);

  /**
   * These examples as {@link Batch#inputs}.
   *
   * @param spent what was read before and nobody needs any more: its memory may be used again
   */
  ImmutableMap<String, TensorValue> read(int[] examples, ImmutableMap<String, TensorValue> spent);
}
