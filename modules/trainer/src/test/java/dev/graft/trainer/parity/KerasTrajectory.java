package dev.graft.trainer.parity;

import com.google.common.base.Splitter;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Keras at training, in a process of its own: what tools/parity/trajectories.py writes. */
public final class KerasTrajectory implements AutoCloseable {

  private final Process process;
  private final InputStream in;

  private KerasTrajectory(Process process) {
    this.process = process;
    this.in = new BufferedInputStream(process.getInputStream(), 1 << 20);
  }

  public static KerasTrajectory start(List<String> command, Path log) {
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      return new KerasTrajectory(process);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a value that stands alone. */
  TensorValue next(String name) {
    Map.Entry<String, TensorValue> read = read();
    if (!read.getKey().equals(name)) {
      throw new IllegalStateException("Keras gave " + read.getKey() + " instead of " + name);
    }
    return read.getValue();
  }

  /** Reads lines of text that stand alone. */
  public List<String> lines(String name) {
    ByteBuffer bytes = next(name).bytes().duplicate();
    String text = StandardCharsets.UTF_8.decode(bytes).toString();
    return new ArrayList<>(Splitter.on('\n').splitToList(text));
  }

  /** Reads all values up to the next end. */
  public Map<String, TensorValue> toEnd() {
    Map<String, TensorValue> values = new LinkedHashMap<>();
    while (true) {
      Map.Entry<String, TensorValue> read = read();
      if (read.getKey().equals("end")) {
        return values;
      }
      values.put(read.getKey(), read.getValue());
    }
  }

  private Map.Entry<String, TensorValue> read() {
    try {
      List<String> parts = Splitter.on(' ').splitToList(line());
      DType dtype =
          switch (parts.get(1)) {
            case "float32" -> DType.FLOAT32;
            case "float64" -> DType.FLOAT64;
            case "int32" -> DType.INT32;
            case "int64" -> DType.INT64;
            case "uint8" -> DType.UINT8;
            default -> throw new IllegalStateException("Keras gave a " + parts.get(1));
          };
      Shape shape =
          Shape.of(
              Splitter.on(',').omitEmptyStrings().splitToList(parts.get(2)).stream()
                  .mapToLong(Long::parseLong)
                  .toArray());
      int size = Math.toIntExact(shape.elements() * TensorValue.size(dtype));
      byte[] bytes = in.readNBytes(size);
      if (bytes.length < size) {
        throw new EOFException();
      }
      return Map.entry(parts.get(0), TensorValue.of(dtype, shape, ByteBuffer.wrap(bytes)));
    } catch (EOFException e) {
      throw new IllegalStateException("Keras ended in the middle; its log says why", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String line() throws IOException {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException();
      }
      line.write(c);
    }
    return line.toString(StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    process.destroy();
  }
}
