package dev.graft.data;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Maps;
import dev.graft.model.Rows;
import dev.graft.model.TensorValue;
import java.util.Collection;
import java.util.Map;
import java.util.function.IntFunction;

/** Examples that are in memory: row i of each tensor is example i. */
final class Tensors implements Source {

  private final ImmutableMap<String, TensorValue> inputs;
  private final int size;
  private final IntFunction<String> names;

  Tensors(Map<String, TensorValue> inputs, int size) {
    this(inputs, size, i -> "row " + i);
  }

  /**
   * Examples computed of others.
   *
   * @param names what a user calls these
   */
  Tensors(Map<String, TensorValue> inputs, int size, IntFunction<String> names) {
    this.inputs = ImmutableMap.copyOf(inputs);
    this.size = size;
    this.names = names;
  }

  /** The same without some of the inputs. */
  Tensors only(Collection<String> wanted) {
    return new Tensors(Maps.filterKeys(inputs, wanted::contains), size, names);
  }

  /** An input of all examples. */
  TensorValue input(String name) {
    TensorValue value = inputs.get(name);
    if (value == null) {
      throw new IllegalStateException("the examples have no input '" + name + "'");
    }
    return value;
  }

  @Override
  public int size() {
    return size;
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
    return name(i);
  }

  @Override
  public ImmutableMap<String, TensorValue> read(
      int[] examples, ImmutableMap<String, TensorValue> spent) {
    ImmutableMap.Builder<String, TensorValue> rows = ImmutableMap.builder();
    inputs.forEach(
        (name, tensor) -> {
          TensorValue old = spent.get(name);
          rows.put(name, old == null ? Rows.of(tensor, examples) : Rows.of(tensor, examples, old));
        });
    return rows.buildOrThrow();
  }
}
