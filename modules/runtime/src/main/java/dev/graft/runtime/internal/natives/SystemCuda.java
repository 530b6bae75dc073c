package dev.graft.runtime.internal.natives;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A CUDA that is installed on this machine, as far as it was found; its versions are read off the
 * names of its files, since to ask a library for its version it has to be loaded.
 *
 * @param version 12 or 13
 * @param files those that were found, by library
 * @param lacks what is missing, or too old
 */
record SystemCuda(int version, ImmutableMap<CudaLibrary, Path> files, ImmutableList<String> lacks) {

  /** What TensorFlow 2.18 was built with: a library of an older minor version lacks functions. */
  private static final int LEAST_CUDART = 5; // of CUDA 12

  private static final int LEAST_CUDNN = 3; // of cuDNN 9

  /** The first that was built with CUDA 13. */
  private static final int LEAST_CUDNN_OF_13 = 12;

  private static final Pattern MINOR = Pattern.compile("\\.so\\.\\d+\\.(\\d+)");

  /** Relative to the root of the file system, the likeliest first. */
  private static final ImmutableList<String> USUAL =
      ImmutableList.of(
          "usr/local/cuda/lib64",
          "usr/lib/x86_64-linux-gnu",
          "usr/lib64",
          "opt/cuda/lib64",
          "usr/lib");

  /**
   * The one among {@code folders} that fits, CUDA 12 rather than 13; else the one of which most is
   * there; empty if there is nothing of any.
   *
   * @param hasRuntime whether the runtime of CUDA 12, which one of 13 needs too, comes from
   *     elsewhere
   */
  static Optional<SystemCuda> find(List<Path> folders, boolean hasRuntime) {
    return Stream.of(of(12, folders, false), of(13, folders, hasRuntime))
        .filter(found -> !found.isNothing())
        .min(Comparator.comparingInt(found -> found.lacks().size()));
  }

  /** Where CUDA may be: where the environment says, and the usual places. */
  static ImmutableList<Path> folders(Map<String, String> environment, Path root) {
    List<Path> folders = new ArrayList<>();
    for (String name : List.of("CUDA_HOME", "CUDA_PATH")) {
      if (!environment.getOrDefault(name, "").isEmpty()) {
        folders.add(Path.of(environment.getOrDefault(name, "")).resolve("lib64"));
      }
    }
    Splitter.on(':')
        .omitEmptyStrings()
        .split(environment.getOrDefault("LD_LIBRARY_PATH", ""))
        .forEach(each -> folders.add(Path.of(each)));
    USUAL.forEach(each -> folders.add(root.resolve(each)));
    try (Stream<Path> all = Files.list(root.resolve("usr/local"))) {
      all.filter(each -> String.valueOf(each.getFileName()).startsWith("cuda-1"))
          .sorted(Comparator.reverseOrder())
          .forEach(each -> folders.add(each.resolve("lib64")));
    } catch (IOException e) {
      // there are none
    }
    return folders.stream()
        .filter(Files::isDirectory)
        .distinct()
        .collect(ImmutableList.toImmutableList());
  }

  private static SystemCuda of(int version, List<Path> folders, boolean hasRuntime) {
    ImmutableMap.Builder<CudaLibrary, Path> files = ImmutableMap.builder();
    ImmutableList.Builder<String> lacks = ImmutableList.builder();
    List<Path> inOrder = homeFirst(version, folders);
    for (CudaLibrary library : CudaLibrary.IN_ORDER) {
      Optional<Path> file = file(library, version, inOrder);
      file.ifPresent(found -> files.put(library, found));
      if (file.isEmpty()) {
        if (!(library.is("cudart") && hasRuntime)) {
          lacks.add(library.name(version));
        }
      } else if (library.is("cudart")) {
        tooOld(file.get(), "CUDA 12", LEAST_CUDART).ifPresent(lacks::add);
      } else if (library.is("cudnn")) {
        int least = version == 13 ? LEAST_CUDNN_OF_13 : LEAST_CUDNN;
        tooOld(file.get(), "cuDNN 9", least).ifPresent(lacks::add);
      }
    }
    return new SystemCuda(version, files.buildOrThrow(), lacks.build());
  }

  /**
   * The folder of this CUDA's own cuBLAS before all others: a library that is called the same in
   * CUDA 12 and 13 would else be taken from whichever comes first.
   */
  private static List<Path> homeFirst(int version, List<Path> folders) {
    return CudaLibrary.IN_ORDER.stream()
        .filter(each -> each.is("cublas"))
        .flatMap(cublas -> file(cublas, version, folders).stream())
        .map(Path::getParent)
        .findFirst()
        .map(home -> Stream.concat(Stream.of(home), folders.stream()).distinct().toList())
        .orElse(folders);
  }

  private static Optional<Path> file(CudaLibrary library, int version, List<Path> folders) {
    return folders.stream()
        .flatMap(folder -> library.names(version).map(folder::resolve))
        .filter(Files::isRegularFile)
        .findFirst();
  }

  /** Why {@code file} does not do, if it says of which minor version it is. */
  private static Optional<String> tooOld(Path file, String what, int least) {
    return minor(file)
        .filter(minor -> minor < least)
        .map(minor -> file + " (it is of " + what + "." + minor + ", not ." + least + " or newer)");
  }

  /** The minor version of what a link such as {@code libcudnn.so.9} leads to, if that says it. */
  private static Optional<Integer> minor(Path file) {
    try {
      Matcher name = MINOR.matcher(String.valueOf(file.toRealPath().getFileName()));
      return name.find() ? Optional.of(Integer.valueOf(name.group(1))) : Optional.empty();
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  boolean fits() {
    return lacks.isEmpty();
  }

  /** Whether the names of its files tell that they are new enough; else they may be or not. */
  boolean tellsVersions() {
    return files.entrySet().stream()
        .filter(each -> each.getKey().is("cudart") || each.getKey().is("cudnn"))
        .allMatch(each -> minor(each.getValue()).isPresent());
  }

  /** Whether none of its libraries is there by which a CUDA would be told. */
  private boolean isNothing() {
    return files.keySet().stream().noneMatch(each -> each.is("cublas") || each.is("cublasLt"));
  }

  /** The folders that its files are in. */
  Set<Path> places() {
    Set<Path> places = new TreeSet<>();
    files.values().forEach(each -> places.add(each.toAbsolutePath().getParent()));
    return places;
  }

  /** Its versions, as far as the names of files tell them, and where it is. */
  String words() {
    StringBuilder words = new StringBuilder("CUDA ").append(version);
    files.forEach(
        (library, file) -> {
          if (library.is("cudart") && version == 12) {
            minor(file).ifPresent(minor -> words.append('.').append(minor));
          } else if (library.is("cudnn")) {
            words.append(" with cuDNN 9");
            minor(file).ifPresent(minor -> words.append('.').append(minor));
          }
        });
    return words
        + " of this machine ("
        + String.join(", ", places().stream().map(Path::toString).toList())
        + ")";
  }
}
