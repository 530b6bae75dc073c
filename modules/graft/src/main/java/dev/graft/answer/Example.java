package dev.graft.answer;

import static java.util.Objects.requireNonNull;

import com.google.common.io.ByteStreams;
import com.google.protobuf.ByteString;
import dev.graft.data.ImageFormat;
import dev.graft.error.BadDataException;
import dev.graft.error.InputOutputException;
import dev.graft.error.Internal;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * What a model is asked about: an encoded picture, or a value for each of its inputs. Immutable:
 * what it is made from may be changed or closed afterwards.
 */
public final class Example {

  private final Optional<String> name;
  private final Optional<ByteString> picture;
  private final Map<String, TensorValue> values;

  private Example(
      Optional<String> name, Optional<ByteString> picture, Map<String, TensorValue> values) {
    this.name = name;
    this.picture = picture;
    this.values = values;
  }

  private static Example encoded(ByteString picture) {
    return new Example(Optional.empty(), Optional.of(picture), Map.of());
  }

  /** An encoded picture: the bytes of a JPEG, PNG, GIF or BMP file. */
  public static Example picture(byte[] file) {
    requireNonNull(file, "file");
    return encoded(ByteString.copyFrom(file));
  }

  /** An encoded picture: what is left in {@code file}, whose position stays where it is. */
  public static Example picture(ByteBuffer file) {
    requireNonNull(file, "file");
    return encoded(ByteString.copyFrom(file.duplicate()));
  }

  /**
   * An encoded picture: all that {@code file} still gives; who opened it closes it.
   *
   * @throws BadDataException if that is more than a picture may have, 100 million bytes
   * @throws InputOutputException if it cannot be read
   */
  public static Example picture(InputStream file) {
    requireNonNull(file, "file");
    try {
      // one more, which is too much
      InputStream some = ByteStreams.limit(file, ImageFormat.MOST_BYTES + 1);
      ByteString read = ByteString.readFrom(some);
      if (read.size() > ImageFormat.MOST_BYTES) {
        throw new BadDataException("the picture is " + ImageFormat.tooLarge() + ".");
      }
      return encoded(read);
    } catch (IOException e) {
      throw new InputOutputException("the picture cannot be read (" + e.getMessage() + ").", e);
    }
  }

  /**
   * The picture in a file.
   *
   * @throws BadDataException if it cannot be read, or its header says already that it is no picture
   */
  public static Example picture(Path file) {
    requireNonNull(file, "file");
    try {
      Optional<String> unfit = Files.isDirectory(file) ? Optional.empty() : ImageFormat.unfit(file);
      if (unfit.isPresent()) {
        throw new BadDataException("'" + file + "' is " + unfit.get() + ".");
      }
      ByteString read = ByteString.copyFrom(Files.readAllBytes(file));
      return new Example(Optional.of(file.toString()), Optional.of(read), Map.of());
    } catch (NoSuchFileException e) {
      throw new BadDataException("there is no file '" + file + "'; give the path of a picture.", e);
    } catch (IOException e) {
      throw new BadDataException(
          "'"
              + file
              + "' cannot be read ("
              + (Files.isDirectory(file) ? "it is a folder" : e.getMessage())
              + "); give the path of a picture.",
          e);
    }
  }

  /**
   * A value for each input of the model, by its name in the signature: a number, a truth value, a
   * text, bytes, or arrays and lists of these, nested as the input has dimensions beside the batch;
   * or a {@link TensorValue} of such a shape. Numbers are brought to the input's dtype.
   *
   * @throws BadDataException if a value is anything else, or its lists differ in length
   */
  public static Example of(Map<String, ?> values) {
    requireNonNull(values, "values");
    Map<String, TensorValue> all = new LinkedHashMap<>();
    values.forEach((input, value) -> all.put(input, Values.of(input, value)));
    return new Example(Optional.empty(), Optional.empty(), Collections.unmodifiableMap(all));
  }

  /** This under a name, by which errors tell of it. */
  public Example named(String value) {
    return new Example(Optional.of(value), picture, values);
  }

  /** What it is called, if it is. */
  public Optional<String> name() {
    return name;
  }

  /** The picture, if it is one. */
  @Internal
  public Optional<ByteString> picture() {
    return picture;
  }

  /** The values, by the names of inputs; none of a picture. */
  @Internal
  public Map<String, TensorValue> values() {
    return values;
  }
}
