package dev.graft.data;

import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.protobuf.ByteString;
import dev.graft.data.file.Reading;
import dev.graft.error.BadDataException;
import dev.graft.error.Internal;
import dev.graft.picture.View;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.words.Note;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Pictures in files, read when they are needed. */
@Internal
public final class ImageFiles implements Source {

  private final ImmutableList<Path> files;
  private final ImmutableList<View> views; // of each; empty where all are as they are
  private final KnownFiles known;
  private final Supplier<ImmutableList<String>> contents; // whoever only scores needs none
  private final @Nullable ContentDigest[] seen; // of the files that were read

  ImageFiles(List<Path> files) {
    this(ImmutableList.copyOf(files), ImmutableList.of(), KnownFiles.none());
  }

  private ImageFiles(ImmutableList<Path> files, ImmutableList<View> views, KnownFiles known) {
    this.files = files;
    this.views = views;
    this.known = known;
    this.contents = Suppliers.memoize(this::contents);
    this.seen = new ContentDigest[files.size()];
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

  /**
   * Views of the pictures in {@code files} as a dataset.
   *
   * @param views one for each; a file may be there several times
   */
  public static Dataset dataset(List<Path> files, List<View> views, Answers answers) {
    ImageFiles source =
        new ImageFiles(ImmutableList.copyOf(files), ImmutableList.copyOf(views), KnownFiles.none());
    return new Dataset(source, Map.of(Batch.ONLY, answers));
  }

  @Override
  public Source knownBy(KnownFiles others) {
    return new ImageFiles(files, views, others);
  }

  @Override
  public boolean hasViews() {
    return !views.isEmpty();
  }

  /** Only files of equal size can be equal, so only those are read. */
  private ImmutableList<String> contents() {
    List<Long> each = Reading.each(files, ImageFiles::size);
    Map<Long, List<Integer>> alike = new HashMap<>();
    for (int i = 0; i < each.size(); i++) {
      alike.computeIfAbsent(each.get(i), size -> new ArrayList<>()).add(i);
    }
    String[] contents = new String[files.size()];
    Arrays.setAll(contents, i -> "file " + i);
    List<Integer> read =
        alike.values().stream().filter(l -> l.size() > 1).flatMap(List::stream).toList();
    List<String> digests = Reading.each(read, i -> digest(files.get(i)).toString());
    for (int i = 0; i < digests.size(); i++) {
      contents[read.get(i)] = digests.get(i);
    }
    return ImmutableList.copyOf(contents);
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  private ContentDigest digest(Path file) {
    try {
      return known.digest(file);
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
    return contents.get().get(i) + (views.isEmpty() ? "" : " " + views.get(i));
  }

  @Override
  public Optional<ContentDigest> digest(int i) {
    return views.isEmpty() ? known.of(files.get(i)) : Optional.empty();
  }

  @Override
  public ContentDigest read(int i) {
    ContentDigest found = seen[i];
    if (found == null) {
      found = digest(files.get(i));
      seen[i] = found;
    }
    return found;
  }

  @Override
  public Inputs read(int[] examples, Inputs spent) {
    List<ByteString> bytes = new ArrayList<>(examples.length);
    for (int i : examples) {
      try {
        byte[] file = known.read(files.get(i));
        if (seen[i] == null) { // once, so that nobody reads it again for that
          seen[i] = ContentDigest.of(ByteBuffer.wrap(file));
        }
        bytes.add(ByteString.copyFrom(file));
      } catch (IOException e) {
        throw unreadable(files.get(i), e);
      }
    }
    TensorValue encoded = TensorValue.strings(Shape.of(bytes.size()), bytes);
    return views.isEmpty()
        ? new Inputs.Pictures(encoded)
        : new Inputs.Pictures(encoded, Optional.of(views(examples)));
  }

  private TensorValue views(int[] examples) {
    float[] numbers = new float[examples.length * View.NUMBERS];
    for (int i = 0; i < examples.length; i++) {
      float[] own = views.get(examples[i]).numbers();
      System.arraycopy(own, 0, numbers, i * View.NUMBERS, View.NUMBERS);
    }
    return TensorValue.of(Shape.of(examples.length, View.NUMBERS), numbers);
  }
}
