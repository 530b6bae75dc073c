package dev.graft.data;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import com.google.protobuf.ByteString;
import dev.graft.error.BadDataException;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Pictures in files, read when they are needed. */
final class ImageFiles implements Source {

  private final ImmutableList<Path> files;
  private final ImmutableList<String> contents;

  ImageFiles(List<Path> files) {
    this.files = ImmutableList.copyOf(files);
    this.contents = contents(this.files);
  }

  /** Only files of equal size can be equal, so only those are read. */
  private static ImmutableList<String> contents(List<Path> files) {
    Map<Long, Integer> sizes = new HashMap<>();
    List<Long> each = new ArrayList<>();
    for (Path file : files) {
      try {
        each.add(Files.size(file));
      } catch (IOException e) {
        throw unreadable(file, e);
      }
      sizes.merge(each.get(each.size() - 1), 1, Integer::sum);
    }
    ImmutableList.Builder<String> keys = ImmutableList.builder();
    for (int i = 0; i < files.size(); i++) {
      keys.add(sizes.getOrDefault(each.get(i), 0) > 1 ? digest(files.get(i)) : "file " + i);
    }
    return keys.build();
  }

  private static String digest(Path file) {
    try {
      return MoreFiles.asByteSource(file).hash(Hashing.sha256()).toString();
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
    return contents.get(i);
  }

  @Override
  public Inputs read(int[] examples, Inputs spent) {
    List<ByteString> bytes = new ArrayList<>(examples.length);
    for (int i : examples) {
      try {
        bytes.add(ByteString.copyFrom(Files.readAllBytes(files.get(i))));
      } catch (IOException e) {
        throw unreadable(files.get(i), e);
      }
    }
    return new Inputs.Pictures(TensorValue.strings(Shape.of(bytes.size()), bytes));
  }
}
