package dev.graft.runtime.internal.natives;

import static org.tensorflow.internal.c_api.global.tensorflow.TF_SetTfXlaCpuGlobalJit;

import com.google.common.base.Splitter;
import com.sun.jna.NativeLibrary;
import dev.graft.error.InputOutputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * TensorFlow's switches for XLA that are of a whole process, and no session's. TensorFlow looks at
 * them once: what came first holds.
 */
public final class XlaSwitches {

  private static final String FLAGS = "TF_XLA_FLAGS"; // read when TensorFlow first looks at one
  private static final String OF_ALL = "tf_xla_auto_jit"; // by which sessions are not asked
  private static final String COMPILED = "xla_compile_cache__"; // how TensorFlow calls its files
  private static final String KEPT = "--tf_xla_persistent_cache_directory=";

  private static final String QUOTE = "'"; // within these TensorFlow takes all as it stands

  private static final String OF_COMPILER = "XLA_FLAGS"; // likewise

  /**
   * Has the driver do what ptxas does where there is none, as on a machine with nothing but a
   * driver: without this XLA would end the process.
   */
  private static final String BY_DRIVER =
      "--xla_gpu_unsafe_fallback_to_driver_on_ptxas_not_found=true";

  private static final String USUAL = "/usr/local/cuda/bin";

  private static final long MOST = 2L << 30; // bytes of it

  private static final System.Logger LOG = System.getLogger("dev.graft.xla"); // a name that stays

  private static boolean isReady;
  private static boolean isOfCuda; // a runtime without it may have come first
  private static boolean isFolderSettled; // there is one, or it was said that there is none

  private XlaSwitches() {}

  /**
   * Lets sessions that ask for XLA have it on the CPU, too (others are as before), and keeps what
   * it compiles for other runs and processes. The second time it only adds or warns of what has
   * come since. Where the environment has all sessions compiled, whatever they ask for, those on
   * the CPU stay as they are.
   *
   * @param folder finds out where that is kept, which nobody else can write to; what the user's
   *     environment says of it goes before
   * @param onGpu whether CUDA is loaded
   */
  public static synchronized void ready(Optional<Supplier<Path>> folder, boolean onGpu) {
    boolean isFirst = !isReady;
    String flags = System.getenv(FLAGS);
    if (!isFirst && folder.isPresent() && !isFolderSettled && flags == null) {
      isFolderSettled = true;
      LOG.log(
          Level.WARNING,
          "what XLA compiles in this process is not kept for other ones: TensorFlow is told where"
              + " to as it starts, and the first Graft here had no use for XLA; open one that has"
              + " first.");
    }
    if (!isFirst && (isOfCuda || !onGpu)) {
      return;
    }
    isReady = true;
    isOfCuda |= onGpu;
    if ((onGpu || folder.isPresent()) && System.getenv(OF_COMPILER) == null && !hasPtxas()) {
      set(OF_COMPILER, BY_DRIVER);
    }
    if (!isFirst) {
      return; // TensorFlow reads what follows once
    }
    isFolderSettled = folder.isPresent();
    if (flags == null) {
      folder.map(Supplier::get).flatMap(XlaSwitches::own).ifPresent(XlaSwitches::keepIn);
    }
    if (folder.isPresent() || flags == null || !flags.contains(OF_ALL)) {
      TF_SetTfXlaCpuGlobalJit((byte) 1);
    }
  }

  /**
   * A folder of its own for what another TensorFlow, another processor, another card or driver
   * could not run.
   *
   * @param root CUDA's folder
   * @param version TensorFlow's
   * @param processor what the processor can do
   * @param cuda which is asked for cards, if it was loaded
   */
  public static Path folder(Path root, String version, Object processor, Cuda cuda) {
    String kind = version + " " + processor;
    return folder(root, version, cuda.files().isEmpty() ? kind : kind + " " + Driver.words());
  }

  static Path folder(Path root, String version, String kind) {
    return root.resolve("xla").resolve(version + "-" + Integer.toHexString(kind.hashCode()));
  }

  private static void keepIn(Path folder) {
    set(FLAGS, KEPT + QUOTE + folder + QUOTE); // without, it would end at a blank
  }

  private static void set(String variable, String value) {
    NativeLibrary.getProcess().getFunction("setenv").invokeInt(new Object[] {variable, value, 1});
  }

  private static boolean hasPtxas() {
    String path = System.getenv().getOrDefault("PATH", "");
    return Stream.concat(Splitter.on(':').splitToStream(path), Stream.of(USUAL))
        .anyMatch(each -> Files.isExecutable(Path.of(each, "ptxas")));
  }

  /** Deletes what is oldest where all is too much; TensorFlow itself never does. */
  private static void shrink(Path folder) throws IOException {
    Map<Path, Long> times = new HashMap<>(); // read once: other processes write there, too
    try (Stream<Path> files = Files.list(folder)) {
      files
          .filter(file -> String.valueOf(file.getFileName()).startsWith(COMPILED))
          .forEach(file -> times.put(file, file.toFile().lastModified()));
    }
    List<Path> newestFirst =
        times.entrySet().stream()
            .sorted(Map.Entry.<Path, Long>comparingByValue().reversed())
            .map(Map.Entry::getKey)
            .toList();
    long bytes = 0;
    for (Path file : newestFirst) {
      bytes += file.toFile().length();
      if (bytes > MOST) {
        Files.deleteIfExists(file);
      }
    }
  }

  /** What lies there is run: only this user or root may have put it there. None if not so. */
  private static Optional<Path> own(Path folder) {
    if (folder.toAbsolutePath().toString().contains(QUOTE)) {
      return Optional.empty(); // TensorFlow has no way to say it
    }
    try {
      Owned.makeFolder(folder);
      shrink(folder);
      return Optional.of(folder.toAbsolutePath());
    } catch (IOException | UncheckedIOException | InputOutputException e) {
      return Optional.empty(); // it is compiled anew each time
    }
  }
}
