package dev.graft.model;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.List;
import java.util.Map;

/**
 * Where a model came from and what was done to it since, step by step.
 *
 * @param origin the SavedModel it started from
 * @param steps what was done, in order
 */
public record Provenance(Origin origin, List<Step> steps) {
  public Provenance {
    steps = ImmutableList.copyOf(steps);
  }

  /**
   * The SavedModel that a model started from.
   *
   * @param path its folder, as it was named; of a model that was published since, its name alone
   * @param digest SHA-256 of {@code saved_model.pb} and the checkpoint's index, in hex
   * @param writer who wrote it, in words: {@code Keras 2.15 functional model}
   * @param tensorflow the TensorFlow version that wrote it; empty if unknown
   * @param bytes its size on disk
   */
  public record Origin(String path, String digest, String writer, String tensorflow, long bytes) {}

  /**
   * One thing that was done.
   *
   * @param operation its name: {@code freeze}, {@code replaceHead}, {@code train}
   * @param arguments what it was given, in words that allow it to be replayed
   */
  public record Step(String operation, Map<String, String> arguments) {
    public Step {
      arguments = ImmutableMap.copyOf(arguments);
    }
  }

  /** This provenance with one more step. */
  public Provenance plus(String operation, Map<String, String> arguments) {
    return new Provenance(
        origin,
        ImmutableList.<Step>builder().addAll(steps).add(new Step(operation, arguments)).build());
  }
}
