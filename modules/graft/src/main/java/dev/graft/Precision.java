package dev.graft;

import dev.graft.error.BadRequestException;
import dev.graft.runtime.Compute;
import dev.graft.words.Remedy;

/**
 * The dtype in which training multiplies. Weights, and models that are published, stay float32
 * whichever it is. In bfloat16 the features of what does not train are computed, too; in each other
 * one they are exact float32, as all else is that is not training: what is scored for somebody in
 * the end, proofs, answers.
 */
public enum Precision {
  /**
   * float32: runs can be repeated to the bit on a CPU, and agree with Keras'. On a GPU, too, it is
   * float32 and not TF32, which is faster there.
   */
  FLOAT32(Compute.Precision.FLOAT32, Compute.Precision.FLOAT32),
  /**
   * float32 of which a GPU since Ampere multiplies the first 11 bits (TensorFloat-32, or TF32), as
   * TensorFlow does by itself: the range of float32 with three digits in each product. An older GPU
   * multiplies in float32. It is a switch of the process: while such steps are taken, all else that
   * the process computes on a GPU may be in TF32. Refused on a CPU.
   */
  TF32(Compute.Precision.TF32, Compute.Precision.TF32),
  /**
   * bfloat16, with float32's range and two to three digits in each product. On a CPU that
   * multiplies in it (AVX512_BF16 or AMX) up to twice as fast, by TensorFlow's optimiser; float32
   * on CPUs that do not. On a GPU products, convolutions and what follows them are in bfloat16;
   * softmax, means, statistics, losses and all from the answers of heads on stay float32.
   */
  BFLOAT16(Compute.Precision.MIXED_BFLOAT16, Compute.Precision.BFLOAT16),
  /**
   * float16 on a GPU, in what bfloat16 is there: a digit more in each product, and a range that
   * ends at 65,504. The loss is scaled as Keras scales it; steps whose gradients overflow change
   * nothing. Refused on a CPU, which multiplies in float16 more slowly than in float32.
   */
  FLOAT16(Compute.Precision.FLOAT16, Compute.Precision.FLOAT16),
  /**
   * On a CPU the faster of float32 and bfloat16 for each model, and of the ways to compute
   * gradients of 1x1 convolutions, by a few steps of each at the start: another measurement may
   * find another, so a run that is to be repeated to the bit names its precision. A run that is
   * resumed goes on with what it had. The decisions of the run say which it was. On a GPU TF32,
   * unmeasured.
   */
  AUTO(Compute.Precision.AUTO, Compute.Precision.AUTO);

  private final Compute.Precision onCpu;
  private final Compute.Precision onGpu;

  Precision(Compute.Precision onCpu, Compute.Precision onGpu) {
    this.onCpu = onCpu;
    this.onGpu = onGpu;
  }

  /**
   * What the steps of a training multiply in.
   *
   * @param isOnGpu whether they are taken on a GPU
   * @throws BadRequestException if it is only for GPUs
   */
  Compute.Precision inSteps(boolean isOnGpu) {
    if (!isOnGpu && this == FLOAT16) {
      throw refused("a CPU multiplies in float16 more slowly than in float32");
    }
    if (!isOnGpu && this == TF32) {
      throw refused("a CPU has no TF32");
    }
    return isOnGpu ? onGpu : onCpu;
  }

  private BadRequestException refused(String why) {
    return new BadRequestException(
        onGpu.words()
            + " is for training on a GPU, and TensorFlow has none here; "
            + why
            + ". Train in float32, or in bfloat16 where the processor multiplies in it.",
        Remedy.PRECISION);
  }
}
