package dev.graft.runtime.internal.natives;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.jspecify.annotations.Nullable;

/**
 * CUDA's libraries in a jar of the class path: {@code org.bytedeco:cuda} with the classifier {@code
 * linux-x86_64-redist}.
 *
 * @param jar where it is
 * @param libraries those that it holds, in the order in which they are loaded
 * @param missing the names of those that it does not hold
 */
record CudaJar(String jar, ImmutableList<Packed> libraries, ImmutableList<String> missing) {

  private static final String FOLDER = "org/bytedeco/cuda/linux-x86_64/";
  private static final int CUDA = 12;

  /**
   * A library in the jar, and what the jar's directory says of it.
   *
   * @param name its file's name
   * @param url where it is
   * @param size how many bytes it has
   * @param crc its CRC-32
   */
  record Packed(String name, URL url, long size, long crc) {

    InputStream open() throws IOException {
      JarURLConnection connection = (JarURLConnection) url.openConnection();
      connection.setUseCaches(false); // closing the stream closes the jar
      return connection.getInputStream();
    }
  }

  /** The one that {@code classes} finds, if there is any of it. */
  static Optional<CudaJar> find(ClassLoader classes) throws IOException {
    List<Packed> found = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    String jar = "";
    for (CudaLibrary library : CudaLibrary.IN_ORDER) {
      URL url = url(library, classes);
      if (url == null || !(url.openConnection() instanceof JarURLConnection connection)) {
        missing.add(library.name(CUDA));
        continue;
      }
      connection.setUseCaches(false);
      try (JarFile file = connection.getJarFile()) {
        JarEntry entry = connection.getJarEntry();
        String name = entry.getName().substring(FOLDER.length());
        found.add(new Packed(name, url, entry.getSize(), entry.getCrc()));
        jar = file.getName();
      }
    }
    return found.isEmpty()
        ? Optional.empty()
        : Optional.of(new CudaJar(jar, ImmutableList.copyOf(found), ImmutableList.copyOf(missing)));
  }

  private static @Nullable URL url(CudaLibrary library, ClassLoader classes) {
    return library
        .names(CUDA)
        .map(name -> Optional.ofNullable(classes.getResource(FOLDER + name)))
        .flatMap(Optional::stream)
        .findFirst()
        .orElse(null);
  }

  /** A name for this content: to read 2 GB for one would take longer than to begin. */
  String digest() {
    Hasher hasher = Hashing.sha256().newHasher();
    for (Packed each : libraries) {
      hasher.putString(each.name() + "\n", StandardCharsets.UTF_8);
      hasher.putLong(each.size()).putLong(each.crc());
    }
    return hasher.hash().toString();
  }

  /** This jar with CUDA's runtime only, which a CUDA 13 needs beside its own. */
  Optional<CudaJar> runtime() {
    return libraries.stream()
        .filter(each -> each.name().startsWith("libcudart.so"))
        .findFirst()
        .map(each -> new CudaJar(jar, ImmutableList.of(each), ImmutableList.of()));
  }
}
