package dev.graft.trainer;

import com.google.common.collect.ImmutableList;
import java.util.List;

/** Several callbacks as one, called in their order. */
record Callbacks(ImmutableList<Callback> all) implements Callback {

  static Callbacks of(Callback... callbacks) {
    return new Callbacks(ImmutableList.copyOf(List.of(callbacks)));
  }

  /** Where checkpoints go. */
  Checkpoints checkpoints() {
    return all.stream()
        .filter(Checkpoints.class::isInstance)
        .map(Checkpoints.class::cast)
        .findFirst()
        .orElseGet(Checkpoints::none);
  }

  /** What may pause or cancel, and hears of nothing. */
  Callback quiet() {
    return new Callback() {
      @Override
      public void beforeStep() {
        Callbacks.this.beforeStep();
      }
    };
  }

  @Override
  public void onProgress(Progress progress) {
    all.forEach(callback -> callback.onProgress(progress));
  }

  @Override
  public void beforeStep() {
    all.forEach(Callback::beforeStep);
  }

  @Override
  public void onStep(Step step) {
    all.forEach(callback -> callback.onStep(step));
  }

  @Override
  public void onEpoch(Epoch epoch) {
    all.forEach(callback -> callback.onEpoch(epoch));
  }

  @Override
  public void flush() {
    all.forEach(Callback::flush);
  }

  @Override
  public void onDecision(String sentence) {
    all.forEach(callback -> callback.onDecision(sentence));
  }
}
