package dev.graft.data;

import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.protobuf.ByteString;
import dev.graft.error.BadDataException;
import dev.graft.error.Internal;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Note;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.IntStream;

/** Pictures in files, read when they are needed. */
@Internal
public final class ImageFiles implements Source {

  private final ImmutableList<Path> files;
  private final KnownFiles known;
  private final Supplier<ImmutableList<String>> contents; // whoever only scores needs none

  ImageFiles(List<Path> files) {
    this(ImmutableList.copyOf(files), KnownFiles.none());
  }

  private ImageFiles(ImmutableList<Path> files, KnownFiles known) {
    this.files = files;
    this.known = known;
    this.contents = Suppliers.memoize(this::contents);
  }

  /**
   * The pictures in {@code files} as a dataset.
   *
   * @param parts the part that each was put in; empty if nobody has said so
   */
  public static Dataset dataset(
      List<Path> files, Answers answers, List<Note> notes, List<Part> parts) {
    return new Dataset(
        new ImageFiles(files),
        Map.of(Batch.ONLY, answers),
        new AsRead(ImmutableList.copyOf(notes), ImmutableList.copyOf(parts)));
  }

  @Override
  public Source knownBy(KnownFiles others) {
    return new ImageFiles(files, others);
  }

  /** Only files of equal size can be equal, so only those are read. */
  private ImmutableList<String> contents() {
    long[] each = files.parallelStream().mapToLong(ImageFiles::size).toArray();
    Map<Long, Integer> sizes = new HashMap<>();
    for (long size : each) {
      sizes.merge(size, 1, Integer::sum);
    }
    return IntStream.range(0, files.size())
        .parallel()
        .mapToObj(i -> sizes.getOrDefault(each[i], 0) > 1 ? digest(files.get(i)) : "file " + i)
        .collect(ImmutableList.toImmutableList());
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private String digest(Path file) {
    try {
      return known.digest(file).toString();
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private static BadDataException unreadable(Path file, IOException cause) {
    return new BadDataException(
        file + " cannot be read (" + cause.getMessage() + "); check that it is there and readable.",
        cause);
  }

  @Override
  public int size() {
    return files.size();
  }

  @Override
  public boolean isPictures() {
    return true;
  }

  @Override
  public ImmutableSet<String> inputNames() {
    return ImmutableSet.of();
  }

  @Override
  public String name(int i) {
    return files.get(i).toString();
  }

  @Override
  public String content(int i) {
    return contents.get().get(i);
  }

  @Override
  public Optional<ContentDigest> digest(int i) {
    return known.of(files.get(i));
  }

  @Override
  public Inputs read(int[] examples, Inputs spent) {
    List<ByteString> bytes = new ArrayList<>(examples.length);
    for (int i : examples) {
      try {
        bytes.add(ByteString.copyFrom(known.read(files.get(i))));
      } catch (IOException e) {
        throw unreadable(files.get(i), e);
      }
    }
    return new Inputs.Pictures(TensorValue.strings(Shape.of(bytes.size()), bytes));
  }
}
