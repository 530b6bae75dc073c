package dev.graft.runtime.internal.natives;

import com.google.common.collect.ImmutableList;
import dev.graft.runtime.internal.natives.CudaJar.Packed;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLClassLoader;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.jar.JarFile;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Libraries with the names of CUDA's that do nothing, installed or in a jar. */
final class StubCuda {

  private static final String NATIVES =
      "org/tensorflow/internal/c_api/linux-x86_64-gpu/libtensorflow_cc.so.2";
  private static final String FOLDER = "org/bytedeco/cuda/linux-x86_64/";

  private StubCuda() {}

  /** By its file's name each library of a CUDA, which needs the one that is loaded before it. */
  static Map<String, byte[]> libraries(int cuda) {
    Map<String, byte[]> all = new LinkedHashMap<>();
    String before = "";
    for (CudaLibrary each : CudaLibrary.IN_ORDER) {
      String file =
          each.names(cuda).skip(each.is("nvrtc-builtins") ? 6 : 0).findFirst().orElseThrow();
      List<String> needed = before.isEmpty() ? List.of() : List.of(before);
      all.put(file, new Forwarder(file, needed).bytes());
      before = file;
    }
    return all;
  }

  /** The same names with {@code size} bytes each that mean nothing. */
  static Map<String, byte[]> large(int size) {
    Map<String, byte[]> all = libraries(12);
    Random random = new Random(1);
    all.replaceAll(
        (name, stub) -> {
          byte[] bytes = new byte[size];
          random.nextBytes(bytes);
          return bytes;
        });
    return all;
  }

  /** A jar that holds them, and TensorFlow's natives for GPUs, by name only. */
  static Path jar(Path file, Map<String, byte[]> libraries) throws IOException {
    try (OutputStream bytes = Files.newOutputStream(file);
        ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setLevel(Deflater.NO_COMPRESSION); // so that a test finds a library's bytes in it
      zip.putNextEntry(new ZipEntry(NATIVES));
      zip.write("natives".getBytes(StandardCharsets.UTF_8));
      for (Map.Entry<String, byte[]> each : libraries.entrySet()) {
        zip.putNextEntry(new ZipEntry(FOLDER + each.getKey()));
        zip.write(each.getValue());
      }
    }
    return file;
  }

  /** What finds only what these jars hold. */
  static ClassLoader classes(Path... jars) throws IOException {
    URL[] urls = new URL[jars.length];
    for (int i = 0; i < jars.length; i++) {
      urls[i] = jars[i].toUri().toURL();
    }
    return new URLClassLoader(urls, null);
  }

  static CudaJar found(Path jar) throws IOException {
    return CudaJar.find(classes(jar)).orElseThrow();
  }

  /** A jar whose library behind the first {@code whole} ones gives a few bytes and no end. */
  static CudaJar heldAt(int whole, CudaJar jar) throws IOException {
    List<Packed> all = new ArrayList<>(jar.libraries());
    Packed each = all.get(whole);
    URL url = new URL(null, each.url().toString(), new Held());
    all.set(whole, new Packed(each.name(), url, each.size(), each.crc()));
    return new CudaJar(jar.jar(), ImmutableList.copyOf(all), jar.missing());
  }

  private static final class Held extends URLStreamHandler {
    @Override
    protected URLConnection openConnection(URL url) throws IOException {
      return new JarURLConnection(url) {
        @Override
        public void connect() {}

        @Override
        public JarFile getJarFile() {
          throw new UnsupportedOperationException();
        }

        @Override
        public InputStream getInputStream() {
          return new SequenceInputStream(new ByteArrayInputStream(new byte[100]), endless());
        }
      };
    }

    private static InputStream endless() {
      return new InputStream() {
        @Override
        public int read() throws IOException {
          try {
            Thread.sleep(Duration.ofMinutes(5).toMillis());
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          throw new IOException("nobody has ended this process");
        }
      };
    }
  }

  /**
   * Installs them in {@code folder}, {@code without} one, cuDNN behind links that tell its version.
   */
  static Path installed(Path folder, int cuda, int cudnn, String without) throws IOException {
    Files.createDirectories(folder);
    for (Map.Entry<String, byte[]> each : libraries(cuda).entrySet()) {
      String name = each.getKey();
      if (!name.startsWith("lib" + without + ".so")) {
        boolean dnn = name.startsWith("libcudnn");
        boolean runtime = name.equals("libcudart.so.12");
        String real = name + (dnn ? "." + cudnn + ".1" : runtime ? ".6.77" : ".1");
        Files.write(folder.resolve(real), each.getValue());
        Files.createSymbolicLink(folder.resolve(name), Path.of(real));
      }
    }
    return folder;
  }
}
