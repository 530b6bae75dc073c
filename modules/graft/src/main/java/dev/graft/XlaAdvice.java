package dev.graft;

import com.google.common.collect.ImmutableList;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * What is in the way of having steps compiled by XLA, and what to do: a table whose rows are asked
 * in turn, each for itself, by what came of compiling a small step.
 */
enum XlaAdvice {
  /** The part of CUDA that has functions such as an exponential, which no redistributable holds. */
  WITHOUT_LIBDEVICE(
      found ->
          when(
              found.says("libdevice"),
              "XLA finds no libdevice.10.bc, which comes with NVIDIA's compiler (the package"
                  + " cuda-nvcc of CUDA's toolkit, in nvvm/libdevice): install it, and"
                  + " have XLA_FLAGS name CUDA's folder, /usr/local/cuda or where it lies",
              Remedy.XLA_CUDA_FOLDER,
              Remedy.WITHOUT_XLA)),

  /** The assembler of CUDA. */
  WITHOUT_PTXAS(
      found ->
          when(
              found.says("ptxas") && !found.isOldPtxas(),
              "XLA finds no ptxas, which comes with NVIDIA's compiler (the package cuda-nvcc of"
                  + " CUDA's toolkit): install it and have its bin on the PATH; the driver does its"
                  + " work where XLA_FLAGS allows that",
              Remedy.XLA_PTXAS_OF_DRIVER,
              Remedy.WITHOUT_XLA)),

  /** One that does not know the card. */
  OLD_PTXAS(
      found ->
          when(
              found.isOldPtxas(),
              "the ptxas that XLA finds is older than the card: install that of CUDA 12.6 or newer,"
                  + " and have its bin first on the PATH",
              Remedy.WITHOUT_XLA)),

  /** Others compute there. */
  WITHOUT_ROOM(
      found ->
          when(
              found.says("has no room"),
              "there is no memory on "
                  + found.device()
                  + " to compile even a small step: 'nvidia-smi' shows who has it",
              Remedy.WITHOUT_XLA)),

  /** Whatever else it says. */
  OTHER_FAILURE(
      found ->
          when(
              found.failure().isPresent()
                  && !found.says("libdevice")
                  && !found.says("ptxas")
                  && !found.says("has no room"),
              "XLA fails, and TensorFlow's own log may say more; trainings do without it",
              Remedy.WITHOUT_XLA)),

  /** Flags that may be meant for something else. */
  BY_ITS_FLAGS(
      found ->
          when(
              found.isWrong() && found.environment().containsKey("XLA_FLAGS"),
              "XLA_FLAGS is '" + found.environment().get("XLA_FLAGS") + "': try without")),

  /** Nothing compiled, and flags about just that. */
  SWITCHED_OFF(
      found ->
          when(
              found.failure().isEmpty() && found.pieces() == 0 && found.hasSwitches(),
              "nothing of a step is compiled, and TF_XLA_FLAGS is '"
                  + found.environment().get("TF_XLA_FLAGS")
                  + "': unset it")),

  /** Nothing compiled for no reason that is seen. */
  NOTHING(
      found ->
          when(
              found.failure().isEmpty() && found.pieces() == 0 && !found.hasSwitches(),
              "nothing of a step is compiled on "
                  + found.device()
                  + ": these natives have no XLA for it, or it gave up, which TensorFlow's own log"
                  + " says",
              Remedy.WITHOUT_XLA)),

  /** Some of it compiled. */
  GIVEN_UP(
      found ->
          when(
              found.pieces() > 0 && found.pieces() < found.wanted(),
              "XLA gave up "
                  + (found.wanted() - found.pieces())
                  + " of the "
                  + found.wanted()
                  + " pieces of a step; TensorFlow's own log says why")),

  /** It computes something else. */
  OTHER_LOSS(
      found ->
          when(
              found.failure().isEmpty() && !found.agrees(),
              String.format(
                  Locale.ROOT,
                  "the loss is %.6g as XLA computes it, and %.6g by TensorFlow's kernels: train"
                      + " without XLA here, and tell its makers",
                  found.compiled(),
                  found.plain()),
              Remedy.WITHOUT_XLA));

  /** So far apart two ways to compute one loss may be, as a part of it. */
  private static final double AGREES = 1e-3;

  private final Function<Findings, Optional<Note>> row;

  XlaAdvice(Function<Findings, Optional<Note>> row) {
    this.row = row;
  }

  /**
   * What came of compiling a step.
   *
   * @param device where
   * @param failure what TensorFlow says if it failed
   * @param wanted how many pieces were to be compiled
   * @param pieces how many were
   * @param plain the loss by TensorFlow's kernels
   * @param compiled the loss as XLA computes it
   * @param environment the environment's variables
   */
  record Findings(
      String device,
      Optional<String> failure,
      int wanted,
      int pieces,
      double plain,
      double compiled,
      Map<String, String> environment) {

    private boolean says(String words) {
      return failure.filter(text -> text.contains(words)).isPresent();
    }

    private boolean isOldPtxas() {
      return says("ptxas")
          && (says("too old") || says("is not defined for option") || says("Unsupported .version"));
    }

    private boolean hasSwitches() {
      return environment.containsKey("TF_XLA_FLAGS");
    }

    private boolean agrees() {
      return Math.abs(compiled - plain) <= AGREES * Math.abs(plain); // not so for what is no number
    }

    private boolean isWrong() {
      return failure.isPresent() || pieces < Math.max(1, wanted) || !agrees();
    }
  }

  /** What there is to do; nothing where it compiles, and computes the same. */
  static ImmutableList<Note> of(Findings found) {
    return Arrays.stream(values())
        .map(each -> each.row.apply(found))
        .flatMap(Optional::stream)
        .collect(ImmutableList.toImmutableList());
  }

  private static Optional<Note> when(boolean holds, String sentence, Remedy... remedies) {
    return holds ? Optional.of(Note.of(sentence, remedies)) : Optional.empty();
  }
}
