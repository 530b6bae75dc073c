package dev.graft.data;

import static java.util.Objects.requireNonNull;

import com.google.common.base.Suppliers;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Maps;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import dev.graft.error.BadRequestException;
import dev.graft.tensor.DType;
import dev.graft.tensor.RowTable;
import dev.graft.tensor.Rows;
import dev.graft.tensor.TensorValue;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.IntFunction;
import java.util.function.Supplier;

/** Examples that are rows of tensors: row i of each is example i. */
final class Tensors implements Source {

  private final ImmutableMap<String, RowTable> inputs;
  private final int size;
  private final IntFunction<String> names;
  private final IntFunction<String> contents;

  Tensors(Map<String, TensorValue> inputs, int size) {
    this.inputs = ImmutableMap.copyOf(Maps.transformValues(inputs, RowTable::of));
    this.size = size;
    this.names = i -> "row " + i;
    Supplier<List<String>> digests = Suppliers.memoize(this::digests);
    this.contents = i -> digests.get().get(i);
  }

  /**
   * Examples computed of others.
   *
   * @param names what a user calls these
   * @param contents what stands for their content
   */
  Tensors(
      Map<String, RowTable> inputs,
      int size,
      IntFunction<String> names,
      IntFunction<String> contents) {
    this.inputs = ImmutableMap.copyOf(inputs);
    this.size = size;
    this.names = names;
    this.contents = contents;
  }

  /** The inputs of examples to which these are the answers; fails if they are not as many. */
  static Tensors of(Map<String, TensorValue> inputs, Map<String, Answers> answers) {
    requireNonNull(inputs, "inputs");
    requireNonNull(answers, "answers");
    if (answers.isEmpty()) {
      throw new BadRequestException("examples to learn from need an answer for a head at least.");
    }
    int size = answers.values().iterator().next().size();
    answers.forEach(
        (head, each) -> checkSize("the answers for head '" + head + "'", each.values(), size));
    inputs.forEach((name, tensor) -> checkSize("input '" + name + "'", tensor, size));
    return new Tensors(inputs, size);
  }

  private static void checkSize(String what, TensorValue tensor, int size) {
    if (tensor.shape().rank() < 1 || tensor.shape().dim(0) != size) {
      throw new BadRequestException(
          what + " is " + tensor + ", but there are answers to " + size + " examples.");
    }
  }

  /** Of each row, all inputs together. */
  private List<String> digests() {
    List<String> all = new ArrayList<>(size);
    for (int i = 0; i < size; i++) {
      Hasher digest = Hashing.murmur3_128().newHasher();
      for (RowTable input : inputs.values()) {
        TensorValue row = input.range(i, i + 1, Rows.NOTHING);
        if (row.dtype() == DType.STRING) {
          row.strings().forEach(each -> digest.putInt(each.size()).putBytes(each.toByteArray()));
        } else {
          digest.putBytes(row.bytes());
        }
      }
      all.add(digest.hash().toString());
    }
    return all;
  }

  /** The same without some of the inputs. */
  Tensors only(Collection<String> wanted) {
    return new Tensors(Maps.filterKeys(inputs, wanted::contains), size, names, contents);
  }

  /** An input of all examples. */
  RowTable input(String name) {
    RowTable rows = inputs.get(name);
    if (rows == null) {
      throw new IllegalStateException("the examples have no input '" + name + "'");
    }
    return rows;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public boolean isPictures() {
    return false;
  }

  @Override
  public ImmutableSet<String> inputNames() {
    return inputs.keySet();
  }

  @Override
  public String name(int i) {
    return names.apply(i);
  }

  @Override
  public String content(int i) {
    return contents.apply(i);
  }

  @Override
  public ContentDigest read(int i) {
    List<ByteBuffer> parts = new ArrayList<>();
    new TreeMap<>(inputs) // their order may be another in another process
        .forEach(
            (name, input) -> {
              TensorValue row = input.range(i, i + 1, Rows.NOTHING);
              parts.add(text(name + " " + row.dtype() + " " + row.shape()));
              if (row.dtype() == DType.STRING) {
                row.strings()
                    .forEach(
                        each -> {
                          parts.add(text(" " + each.size() + " "));
                          parts.add(each.asReadOnlyByteBuffer());
                        });
              } else {
                parts.add(row.bytes());
              }
            });
    return ContentDigest.of(parts.toArray(ByteBuffer[]::new));
  }

  private static ByteBuffer text(String words) {
    return ByteBuffer.wrap(words.getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public Inputs read(int[] examples, Inputs spent) {
    Map<String, TensorValue> memory =
        spent instanceof Inputs.Named named ? named.byName() : Map.of();
    ImmutableMap.Builder<String, TensorValue> rows = ImmutableMap.builder();
    inputs.forEach(
        (name, all) -> rows.put(name, all.rows(examples, memory.getOrDefault(name, Rows.NOTHING))));
    return new Inputs.Named(rows.buildOrThrow());
  }
}
