package dev.graft.runtime.internal.natives;

import com.google.common.collect.ImmutableList;
import dev.graft.error.InputOutputException;
import dev.graft.error.MissingNativeException;
import dev.graft.runtime.internal.natives.Cuda.Origin;
import dev.graft.words.Remedy;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;

/**
 * Loads CUDA's libraries into this process, each by its path, before TensorFlow asks for them by
 * their names: the system's loader then gives it those that are there already. That happens once,
 * and only if TensorFlow's natives on the class path are those for GPUs.
 */
public final class NativeLibraries {

  /** By a name that others may set to a level: that of this class may change. */
  private static final System.Logger LOG = System.getLogger("dev.graft.cuda");

  /** What TensorFlow's natives for GPUs have and those for the CPU do not. */
  private static final String OF_GPUS =
      "org/tensorflow/internal/c_api/linux-x86_64-gpu/libtensorflow_cc.so.2";

  /** The system property by whose value {@code jar} what is installed is passed over. */
  private static final String CHOICE = "graft.cuda";

  /** The driver knows it from this version on. */
  private static final int CUDA_13 = 13_000;

  /** What TensorFlow consists of, of which this is loaded first. */
  private static final String TENSORFLOW = "libtensorflow_framework";

  private static @Nullable Cuda loaded;
  private static boolean isTold; // what is missed

  private final ClassLoader classes;
  private final List<Path> folders;
  private final IntSupplier driver;
  private final Consumer<Path> loader;
  private final Path root;

  /**
   * What a process has.
   *
   * @param classes finds what is on the class path
   * @param folders where an installed CUDA may be
   * @param driver the newest CUDA that it is for; {@link Driver#NONE} without one
   * @param loader loads a library
   * @param root the folder to unpack to
   */
  NativeLibraries(
      ClassLoader classes,
      List<Path> folders,
      IntSupplier driver,
      Consumer<Path> loader,
      Path root) {
    this.classes = classes;
    this.folders = folders;
    this.driver = driver;
    this.loader = loader;
    this.root = root;
  }

  /**
   * Loads them, or says why not; the first call decides for the process. What is missed is logged
   * as a warning.
   *
   * @param root the folder to unpack to
   * @throws MissingNativeException if one of the libraries cannot be loaded
   * @throws InputOutputException if they cannot be unpacked
   */
  public static synchronized Cuda load(Path root) {
    if (loaded == null) {
      loaded = first(root);
    }
    if (loaded.isMissed() && !isTold) {
      isTold = true;
      LOG.log(Level.WARNING, loaded.sentence() + ".");
    }
    return loaded;
  }

  /**
   * The same where TensorFlow is about to be loaded for something that takes no card: it looks for
   * CUDA as it is loaded, and whoever wants a card later on would have none. So nothing is said,
   * and what fails is no failure yet.
   */
  public static synchronized void ahead(Path root) {
    if (loaded == null) {
      try {
        loaded = first(root);
      } catch (RuntimeException e) {
        loaded = Cuda.tooLate("CUDA failed then: " + e.getMessage());
      }
    }
  }

  private static Cuda first(Path root) {
    return hasGpus(System.getProperty("os.name", ""), System.getProperty("os.arch", ""))
        ? ofProcess(root, Driver::newestCuda).load(isTensorFlowLoaded())
        : Cuda.NOT_ON_THIS_SYSTEM;
  }

  /** Whether somebody has done so who is not of Graft. */
  private static boolean isTensorFlowLoaded() {
    return Loader.getLoadedLibraries().values().stream().anyMatch(it -> it.contains(TENSORFLOW));
  }

  /** The driver, and the cards that this process may use, as far as they are told. */
  public static String cards() {
    return Driver.words();
  }

  /** Whether TensorFlow has natives for GPUs there, whatever lies on the class path. */
  static boolean hasGpus(String system, String processor) {
    return system.equals("Linux") && (processor.equals("amd64") || processor.equals("x86_64"));
  }

  static NativeLibraries ofProcess(Path root, IntSupplier driver) {
    ClassLoader classes =
        Objects.requireNonNullElseGet(
            NativeLibraries.class.getClassLoader(), ClassLoader::getSystemClassLoader);
    Map<String, String> environment = System.getenv();
    List<Path> folders =
        "jar".equals(System.getProperty(CHOICE))
            ? ImmutableList.of()
            : SystemCuda.folders(environment, Path.of("/"));
    return new NativeLibraries(
        classes, folders, driver, file -> System.load(file.toAbsolutePath().toString()), root);
  }

  /** Where TensorFlow is there before CUDA, that would do nothing any more. */
  Cuda load(boolean isLate) {
    if (classes.getResource(OF_GPUS) == null) {
      return Cuda.none(Origin.NOT_NEEDED, "TensorFlow's natives are those for the CPU");
    }
    if (driver.getAsInt() == Driver.NONE) {
      return Cuda.none(
          Origin.NO_DRIVER,
          "there is no NVIDIA driver here ("
              + Driver.LIBRARY
              + "), so that TensorFlow computes on the CPU, with its natives for GPUs");
    }
    return isLate
        ? Cuda.tooLate("not by Graft, which loads CUDA before it: open a Graft first")
        : cuda();
  }

  /** CUDA, whether or not there is a driver. */
  Cuda cuda() {
    Optional<CudaJar> jar;
    try {
      jar = CudaJar.find(classes);
    } catch (IOException e) {
      throw new InputOutputException(
          "the jar with CUDA's libraries on the class path cannot be read ("
              + e.getMessage()
              + "); have it fetched again.",
          e);
    }
    Optional<CudaJar> runtime = jar.flatMap(CudaJar::runtime);
    Optional<SystemCuda> system = SystemCuda.find(folders, runtime.isPresent());
    boolean jarFits = jar.isPresent() && jar.get().missing().isEmpty();
    if (system.isPresent() && system.get().fits() && (!jarFits || isBetter(system.get()))) {
      return installed(system.get(), runtime);
    }
    if (jarFits) {
      return unpacked(jar.get());
    }
    return Cuda.none(Origin.NOT_FOUND, notFound(system, jar));
  }

  /** Whether it is as sure to work as that of the jar, which every driver of CUDA 12 does with. */
  private boolean isBetter(SystemCuda system) {
    return system.tellsVersions() && (system.version() < 13 || driver.getAsInt() >= CUDA_13);
  }

  private Cuda installed(SystemCuda system, Optional<CudaJar> runtime) {
    List<Path> done = new ArrayList<>();
    for (CudaLibrary library : CudaLibrary.IN_ORDER) {
      Path file = system.files().get(library);
      if (file == null) { // the runtime of CUDA 12, beside a CUDA 13
        file = unpacking().files(runtime.orElseThrow()).get(0);
      }
      load(file, done);
      if (system.version() == 13 && library.isRenamed()) {
        load(forwarder(library), done);
      }
    }
    return new Cuda(Origin.SYSTEM, system.version(), system.words(), ImmutableList.copyOf(done));
  }

  /** The library of CUDA 13 by the name that it had in CUDA 12. */
  private Path forwarder(CudaLibrary library) {
    Path folder = root.resolve("names-of-12");
    try {
      return new Forwarder(library.name(12), List.of(library.name(13))).in(folder);
    } catch (IOException e) {
      throw Unpacking.failure(e, folder + " cannot be written (" + e.getMessage() + ")");
    }
  }

  private Cuda unpacked(CudaJar jar) {
    ImmutableList<Path> files = unpacking().files(jar);
    List<Path> done = new ArrayList<>();
    for (Path file : files) {
      try {
        load(file, done);
      } catch (MissingNativeException e) {
        if (!unpacking().isDamaged(jar, file)) {
          throw e;
        }
        LOG.log(Level.WARNING, file + " was damaged on the disk, and is unpacked again.");
        var unused = unpacking().files(jar);
        load(file, done);
      }
    }
    return new Cuda(
        Origin.JAR,
        12,
        "CUDA of " + jar.jar() + ", unpacked to " + files.get(0).getParent(),
        ImmutableList.copyOf(done));
  }

  private Unpacking unpacking() {
    return new Unpacking(root, sentence -> LOG.log(Level.INFO, sentence));
  }

  private void load(Path file, List<Path> done) {
    try {
      loader.accept(file);
    } catch (UnsatisfiedLinkError e) {
      String why = String.valueOf(e.getMessage());
      if (!why.contains("already loaded in another classloader")) { // there it is all the same
        throw new MissingNativeException(
            "CUDA's library "
                + file
                + " cannot be loaded ("
                + why
                + "). It has to lie on a disk from which programs may run (not mounted noexec), and"
                + " what it needs has to be of the same CUDA; the one of the class path can be taken"
                + " instead of what is installed.",
            e,
            Remedy.CUDA_FOLDER,
            Remedy.CUDA_OF_CLASS_PATH,
            Remedy.CPU);
      }
    }
    done.add(file);
  }

  private String notFound(Optional<SystemCuda> system, Optional<CudaJar> jar) {
    StringBuilder words = new StringBuilder("no CUDA that fits was found");
    system.ifPresent(
        found ->
            words
                .append(": CUDA ")
                .append(found.version())
                .append(" in ")
                .append(found.places())
                .append(" lacks ")
                .append(String.join(", ", found.lacks())));
    jar.ifPresent(
        found ->
            words
                .append(system.isPresent() ? "; " : ": ")
                .append(found.jar())
                .append(" lacks ")
                .append(String.join(", ", found.missing())));
    return words
        + ", so that TensorFlow computes on the CPU; put dev.graft:graft-platform-gpu on the class"
        + " path with all that it brings, or install CUDA 12.5 or newer with cuDNN 9.3 or newer";
  }
}
