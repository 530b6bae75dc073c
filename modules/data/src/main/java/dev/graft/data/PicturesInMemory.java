package dev.graft.data;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableSet;
import com.google.common.hash.Hashing;
import com.google.protobuf.ByteString;
import dev.graft.error.BadRequestException;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.List;

/** Encoded pictures that are in memory, as from a database. */
final class PicturesInMemory implements Source {

  private final List<ByteString> pictures;

  /** The pictures to which these are the answers; fails if they are not as many. */
  static PicturesInMemory of(List<byte[]> pictures, Answers answers) {
    requireNonNull(pictures, "pictures");
    requireNonNull(answers, "answers");
    if (answers.size() != pictures.size()) {
      throw new BadRequestException(
          "given " + pictures.size() + " pictures and " + answers.size() + " answers.");
    }
    return new PicturesInMemory(pictures.stream().map(ByteString::copyFrom).toList());
  }

  /**
   * Takes pictures.
   *
   * @throws dev.graft.error.BadDataException if some are of a kind that TensorFlow does not decode
   */
  PicturesInMemory(List<ByteString> pictures) {
    this.pictures = List.copyOf(pictures);
    UnfitFiles unfit = new UnfitFiles();
    for (int i = 0; i < pictures.size(); i++) {
      String name = name(i);
      ImageFormat.unfit(pictures.get(i))
          .ifPresent(what -> unfit.add(name + " is " + what, "Convert it, or take it out."));
    }
    unfit.throwIfAny();
  }

  @Override
  public int size() {
    return pictures.size();
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
    return "row " + i;
  }

  @Override
  public String content(int i) {
    return Hashing.murmur3_128().hashBytes(pictures.get(i).toByteArray()).toString();
  }

  @Override
  public ContentDigest read(int i) {
    return ContentDigest.of(pictures.get(i).asReadOnlyByteBuffer());
  }

  @Override
  public Inputs read(int[] examples, Inputs spent) {
    List<ByteString> some = new ArrayList<>(examples.length);
    for (int i : examples) {
      some.add(pictures.get(i));
    }
    return new Inputs.Pictures(TensorValue.strings(Shape.of(some.size()), some));
  }
}
