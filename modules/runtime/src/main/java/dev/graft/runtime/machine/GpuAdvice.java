package dev.graft.runtime.machine;

import static dev.graft.runtime.internal.natives.Cuda.Origin.NOT_ASKED_FOR;
import static dev.graft.runtime.internal.natives.Cuda.Origin.NOT_FOUND;
import static dev.graft.runtime.internal.natives.Cuda.Origin.NOT_NEEDED;
import static dev.graft.runtime.internal.natives.Cuda.Origin.NO_DRIVER;
import static dev.graft.runtime.internal.natives.Cuda.Origin.SYSTEM;
import static dev.graft.runtime.internal.natives.Cuda.Origin.TOO_LATE;

import com.google.common.collect.ImmutableList;
import dev.graft.error.Internal;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.runtime.internal.natives.Cuda;
import dev.graft.runtime.machine.Nvidia.Card;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What is in the way of computing on a card, and what to do: a table whose rows are asked in turn,
 * each for itself.
 */
@Internal
public enum GpuAdvice {
  /** A card, and natives that know of none. */
  CPU_NATIVES(
      found ->
          when(
              found.is(NOT_NEEDED) && !found.nvidia().cards().isEmpty(),
              "there is a card, but TensorFlow's natives here are those for the CPU; put"
                  + " dev.graft:graft-platform-gpu in the place of graft-platform",
              Remedy.GPU_NATIVES)),

  /** No driver at all. */
  WITHOUT_DRIVER(
      found ->
          when(
              found.is(NO_DRIVER) && found.nvidia().error() == 0,
              "to compute on an NVIDIA card, install its driver, 525.60.13 or newer; a container is"
                  + " given cards and driver by the NVIDIA Container Toolkit")),

  /** The kernel's part of it is missing. */
  NOT_LOADED(
      found ->
          when(
              found.fails(Nvml.DRIVER_NOT_LOADED),
              "the driver is installed and its kernel module is not loaded: 'modprobe nvidia', or"
                  + " restart; with Secure Boot the module has to be signed")),

  /** After an update. */
  UPDATED(
      found ->
          when(
              found.fails(Nvml.OTHER_VERSION),
              "the driver was updated, and the kernel still runs the one of before: restart")),

  /** Of {@code /dev/nvidia*}. */
  NO_PERMISSION(
      found ->
          when(
              found.fails(Nvml.NO_PERMISSION),
              "this user may not use the cards: see who may open /dev/nvidia*")),

  /** Whatever else NVML says. */
  OTHER_ERROR(
      found ->
          when(
              found.isWanted()
                  && found.nvidia().error() != 0
                  && !found.fails(Nvml.DRIVER_NOT_LOADED)
                  && !found.fails(Nvml.OTHER_VERSION)
                  && !found.fails(Nvml.NO_PERMISSION)
                  && !found.fails(Nvml.NO_SUCH_FUNCTION),
              "NVIDIA's management library fails ("
                  + found.nvidia().problem()
                  + "); 'nvidia-smi' has to work first")),

  /** One that cannot even be asked. */
  OLDER_THAN_ITS_LIBRARY(
      found ->
          when(
              found.fails(Nvml.NO_SUCH_FUNCTION),
              "the driver is too old ("
                  + found.nvidia().problem()
                  + "); CUDA 12 needs 525.60.13 or newer")),

  /** One that knows no CUDA 12. */
  OLD_DRIVER(
      found ->
          when(
              found.isWanted() && found.nvidia().cuda() > 0 && found.nvidia().cuda() < 12_000,
              "the driver "
                  + found.nvidia().driver()
                  + " is for CUDA "
                  + found.nvidia().newestCuda()
                  + " at most; CUDA 12 needs 525.60.13 or newer")),

  /** One that knows no CUDA 13, which is installed. */
  OLD_DRIVER_FOR_13(
      found ->
          when(
              found.is(SYSTEM)
                  && found.cuda().version() == 13
                  && found.nvidia().cuda() >= 12_000
                  && found.nvidia().cuda() < 13_000,
              "CUDA 13 is installed, and the driver "
                  + found.nvidia().driver()
                  + " is for CUDA 12 at most: install 580 or newer, or have CUDA 12 taken from the"
                  + " class path",
              Remedy.CUDA_OF_CLASS_PATH)),

  /** A driver, and no CUDA. */
  WITHOUT_CUDA(found -> when(found.is(NOT_FOUND), found.cuda().sentence())),

  /** TensorFlow came before it. */
  LATE_CUDA(found -> when(found.is(TOO_LATE) && !found.seen(), found.cuda().sentence())),

  /** Cards of before Pascal. */
  OLD_CARD(
      found ->
          card(found, card -> card.major() < 6)
              .map(
                  card ->
                      Note.of(
                          card.name()
                              + " has the compute capability "
                              + card.capability()
                              + "; TensorFlow's build begins at 6.0"))),

  /** Cards of after Hopper. */
  NEW_CARD(
      found ->
          card(found, card -> card.major() > 9)
              .map(
                  card ->
                      Note.of(
                          card.name()
                              + " is newer than this TensorFlow, which has its kernels compiled"
                              + " when they are first used: that takes many minutes, once, if"
                              + " CUDA_CACHE_MAXSIZE is 4294967296"))),

  /** Somebody else computes there; not told where it may be this process itself. */
  FULL_CARD(
      found ->
          card(found, card -> !found.holdsMemory() && card.free() < card.memory() / 4)
              .map(
                  card ->
                      Note.of(
                          String.format(
                              Locale.ROOT,
                              "of the %.1f GB of %s only %.1f are free: 'nvidia-smi' shows who has"
                                  + " the rest",
                              card.memory() / Findings.GB,
                              card.name(),
                              card.free() / Findings.GB)))),

  /** By the environment. */
  HIDDEN(
      found ->
          when(
              found.isUnseen() && found.isHidden(),
              "TensorFlow sees no card, since CUDA_VISIBLE_DEVICES is '"
                  + found.visible().orElse("")
                  + "'; unset it")),

  /** By the environment, whatever trainings ask for. */
  WITHOUT_TF32(
      found ->
          when(
              found.hasCards() && found.tf32().filter("0"::equals).isPresent(),
              "NVIDIA_TF32_OVERRIDE is '0', by which NVIDIA's libraries never multiply in TF32: what"
                  + " is asked for in tf32 is computed in float32; unset it to have TF32")),

  /** By a value that NVIDIA does not say anything of. */
  OTHER_TF32(
      found ->
          when(
              found.hasCards() && found.tf32().filter(value -> !value.equals("0")).isPresent(),
              "NVIDIA_TF32_OVERRIDE is '"
                  + found.tf32().orElse("")
                  + "' and comes before what a training asks for: NVIDIA's libraries may multiply in"
                  + " TF32 what is asked for in float32; unset it, or set it to 0 to have none")),

  /** All is there, and TensorFlow does not take it. */
  UNSEEN(
      found ->
          when(
              found.isUnseen() && !found.isHidden() && found.nvidia().cuda() >= 12_000,
              "driver, card and CUDA are there, but TensorFlow sees no card; its own log says why"));

  private final Function<Findings, Optional<Note>> row;

  GpuAdvice(Function<Findings, Optional<Note>> row) {
    this.row = row;
  }

  /**
   * What the table is asked about.
   *
   * @param cuda where CUDA came from
   * @param nvidia driver and cards
   * @param seen whether TensorFlow sees a card
   * @param holdsMemory whether this process may hold memory of a card
   * @param environment the environment's variables
   */
  record Findings(
      Cuda cuda,
      Nvidia nvidia,
      boolean seen,
      boolean holdsMemory,
      Map<String, String> environment) {

    private static final double GB = 1 << 30; // as 'graft doctor' has it

    private boolean is(Cuda.Origin origin) {
      return cuda.origin() == origin;
    }

    /** Whether the natives are those for GPUs: with others no driver is missed. */
    private boolean isWanted() {
      return !is(NOT_NEEDED) && !is(NOT_ASKED_FOR);
    }

    /** What the environment says of which cards may be seen. */
    private Optional<String> visible() {
      return Optional.ofNullable(environment.get("CUDA_VISIBLE_DEVICES"));
    }

    private Optional<String> tf32() {
      return Optional.ofNullable(environment.get("NVIDIA_TF32_OVERRIDE"));
    }

    private boolean hasCards() {
      return isWanted() && !nvidia.cards().isEmpty();
    }

    private boolean fails(int error) {
      return isWanted() && nvidia.error() == error;
    }

    /** Whether the environment lets no card be seen; a batch system names those that may be. */
    private boolean isHidden() {
      return visible()
          .map(String::strip)
          .filter(all -> all.isEmpty() || all.equals("-1"))
          .isPresent();
    }

    private boolean isUnseen() {
      return !cuda.files().isEmpty() && !nvidia.cards().isEmpty() && !seen;
    }
  }

  /** What there is to do for {@code runtime} on this machine. */
  public static ImmutableList<Note> of(TensorFlowRuntime runtime, Nvidia nvidia) {
    boolean seen = runtime.seesGpu();
    boolean holds = TensorFlowRuntime.holdsCardMemory();
    return of(new Findings(runtime.cuda(), nvidia, seen, holds, System.getenv()));
  }

  static ImmutableList<Note> of(Findings found) {
    return Arrays.stream(values())
        .map(each -> each.row.apply(found))
        .flatMap(Optional::stream)
        .collect(ImmutableList.toImmutableList());
  }

  private static Optional<Note> when(boolean holds, String sentence, Remedy... remedies) {
    return holds ? Optional.of(Note.of(sentence, remedies)) : Optional.empty();
  }

  private static Optional<Card> card(Findings found, Predicate<Card> which) {
    return found.isWanted()
        ? found.nvidia().cards().stream().filter(which).findFirst()
        : Optional.empty();
  }
}
