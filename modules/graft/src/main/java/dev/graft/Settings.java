package dev.graft;

import static java.util.Objects.requireNonNull;

import dev.graft.error.BadRequestException;
import dev.graft.runtime.RuntimeOptions;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How TensorFlow runs in this process, and how much memory trainings may keep. TensorFlow makes its
 * threads once: the first instance of {@link Graft} in a process decides about them. A later one
 * that asks for others gets those that there are, with a warning ({@link System.Logger}, {@code
 * dev.graft}); {@link Graft#machine} tells them.
 */
public final class Settings {

  private final Fields set;

  private Settings(Fields set) {
    this.set = set;
  }

  /**
   * A GPU if there is one, TensorFlow's own choice of threads, standard error left alone, half of
   * Java's memory for features, which are not kept on disk, CUDA in {@code ~/.cache/graft/cuda} or
   * where the system property {@code graft.cuda.folder} says.
   */
  public static Settings defaults() {
    return new Settings(new Fields());
  }

  private Settings with(Consumer<Fields> change) {
    Fields next = set.copy();
    change.accept(next);
    return new Settings(next);
  }

  /** Where to compute. */
  public Device device() {
    return set.device;
  }

  /** These on another device. */
  public Settings device(Device value) {
    requireNonNull(value, "device");
    return with(next -> next.device = value);
  }

  /** How many threads one operation has, 0 for one per core. */
  public int threads() {
    return set.threads;
  }

  /** How many operations run side by side, 0 for as many as cores. */
  public int operations() {
    return set.operations;
  }

  /** These with other numbers of threads, 0 for TensorFlow's choice. */
  public Settings threads(int inside, int sideBySide) {
    return with(
        next -> {
          next.threads = inside;
          next.operations = sideBySide;
        });
  }

  /** Whether GPU memory is taken as it is needed, or all of it at once. */
  public boolean memoryGrowth() {
    return set.memoryGrowth;
  }

  /** These with GPU memory taken as needed, or all at once. */
  public Settings memoryGrowth(boolean value) {
    return with(next -> next.memoryGrowth = value);
  }

  /**
   * The file that gets what TensorFlow's own code writes to standard error; empty to leave standard
   * error alone.
   */
  public Optional<Path> nativeLog() {
    return set.nativeLog;
  }

  /** These with TensorFlow's own lines in a file. */
  public Settings nativeLog(Path file) {
    requireNonNull(file, "nativeLog");
    return with(next -> next.nativeLog = Optional.of(file));
  }

  /**
   * Which share of Java's memory (its {@code -Xmx}) the features of a training may take, 0 to 1;
   * what there is no room for is computed anew in each step.
   */
  public double featureMemory() {
    return set.featureMemory;
  }

  /**
   * These with another share of Java's memory for features.
   *
   * @throws BadRequestException if it is not from 0 to 1
   */
  public Settings featureMemory(double share) {
    if (!(share >= 0 && share <= 1)) {
      throw new BadRequestException(
          "features can have a share of Java's memory from 0 to 1, not " + share + ".");
    }
    return with(next -> next.featureMemory = share);
  }

  /**
   * Where features are kept, so that what was computed of a picture is not computed again in
   * another run; empty to keep none. Several processes may share it; it takes at most 20 GiB, and
   * what was not used for the longest time goes first.
   */
  public Optional<Path> featureFolder() {
    return set.featureFolder;
  }

  /** These with features kept in a folder, for other runs. */
  public Settings featureFolder(Path value) {
    requireNonNull(value, "featureFolder");
    return with(next -> next.featureFolder = Optional.of(value));
  }

  /**
   * Below which folder CUDA's libraries are unpacked, if TensorFlow's natives for GPUs and the jar
   * with CUDA are on the class path and none that fits is installed: 2.3 GB, once for all processes
   * that share it. Its disk may not be mounted {@code noexec}. What XLA compiled is kept in a
   * folder {@code xla} there.
   */
  public Path cudaFolder() {
    return set.cudaFolder;
  }

  /** These with CUDA unpacked below another folder. */
  public Settings cudaFolder(Path value) {
    requireNonNull(value, "cudaFolder");
    return with(next -> next.cudaFolder = value);
  }

  /** Whether XLA compiles the steps of a training. */
  public Xla xla() {
    return set.xla;
  }

  /** These with steps compiled by XLA, or not. */
  public Settings xla(Xla value) {
    requireNonNull(value, "xla");
    return with(next -> next.xla = value);
  }

  RuntimeOptions toOptions() {
    RuntimeOptions options =
        RuntimeOptions.defaults()
            .threads(set.threads, set.operations)
            .memoryGrowth(set.memoryGrowth)
            .cuda(set.cudaFolder)
            .xla(RuntimeOptions.Xla.valueOf(set.xla.name()))
            .features(new RuntimeOptions.Features(set.featureMemory, set.featureFolder))
            .device(
                switch (set.device) {
                  case AUTO -> RuntimeOptions.Device.AUTO;
                  case CPU -> RuntimeOptions.Device.CPU;
                  case GPU -> RuntimeOptions.Device.GPU;
                });
    return set.nativeLog.map(options::nativeLog).orElse(options);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Settings settings && settings.set.all().equals(set.all());
  }

  @Override
  public int hashCode() {
    return set.all().hashCode();
  }

  @Override
  public String toString() {
    return "Settings" + set.all();
  }

  private static final class Fields {
    private Device device = Device.AUTO;
    private int threads;
    private int operations;
    private boolean memoryGrowth = true;
    private Optional<Path> nativeLog = Optional.empty();
    private double featureMemory = 0.5;
    private Optional<Path> featureFolder = Optional.empty();
    private Path cudaFolder = RuntimeOptions.defaults().processor().cuda();
    private Xla xla = Xla.AUTO;

    private Fields copy() {
      Fields copy = new Fields();
      copy.device = device;
      copy.threads = threads;
      copy.operations = operations;
      copy.memoryGrowth = memoryGrowth;
      copy.nativeLog = nativeLog;
      copy.featureMemory = featureMemory;
      copy.featureFolder = featureFolder;
      copy.cudaFolder = cudaFolder;
      copy.xla = xla;
      return copy;
    }

    private List<Object> all() {
      return List.of(
          device,
          threads,
          operations,
          memoryGrowth,
          nativeLog,
          featureMemory,
          featureFolder,
          cudaFolder,
          xla);
    }
  }
}
