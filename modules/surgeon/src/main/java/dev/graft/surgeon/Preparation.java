package dev.graft.surgeon;

import com.google.common.collect.ImmutableList;
import java.util.List;

/**
 * What is done to pixels in 0..255 before a network sees them. The three conventions are those of
 * Keras Applications' {@code preprocess_input} (modes {@code tf}, {@code torch} and {@code caffe}).
 */
public enum Preparation {
  /** To -1..1: {@code x / 127.5 - 1}. */
  SCALE(false, ImmutableList.of(127.5, 127.5, 127.5), ImmutableList.of(127.5, 127.5, 127.5)),
  /** To mean 0 and deviation 1 by the statistics of ImageNet, in RGB order. */
  STANDARDIZE(
      false,
      ImmutableList.of(0.485 * 255, 0.456 * 255, 0.406 * 255),
      ImmutableList.of(0.229 * 255, 0.224 * 255, 0.225 * 255)),
  /** To BGR order, then ImageNet's mean taken away, not scaled. */
  CAFFE(true, ImmutableList.of(103.939, 116.779, 123.68), ImmutableList.of(1.0, 1.0, 1.0));

  private final boolean reversed;
  private final ImmutableList<Double> mean;
  private final ImmutableList<Double> deviation;

  Preparation(boolean reversed, ImmutableList<Double> mean, ImmutableList<Double> deviation) {
    this.reversed = reversed;
    this.mean = mean;
    this.deviation = deviation;
  }

  /** Whether channels are turned from RGB to BGR first. */
  public boolean reversed() {
    return reversed;
  }

  /** What is subtracted from each channel, in the order that the network sees. */
  public List<Double> mean() {
    return mean;
  }

  /** By what each channel is then divided. */
  public List<Double> deviation() {
    return deviation;
  }
}
