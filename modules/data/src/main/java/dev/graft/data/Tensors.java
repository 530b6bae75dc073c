package dev.graft.data;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Maps;
import dev.graft.model.Rows;
import dev.graft.model.TensorValue;
import java.util.Collection;
import java.util.Map;

/** Examples that are in memory: row i of each tensor is example i. */
final class Tensors implements Source {

  private final ImmutableMap<String, TensorValue> inputs;
  private final int size;

  Tensors(Map<String, TensorValue> inputs, int size) {
    this.inputs = ImmutableMap.copyOf(inputs);
    this.size = size;
  }

  /** The same without some of the inputs. */
  Tensors only(Collection<String> names) {
    return new Tensors(Maps.filterKeys(inputs, names::contains), size);
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
    return "row " + i;
  }

  @Override
  public String content(int i) {
    return name(i);
  }

  @Override
  public ImmutableMap<String, TensorValue> read(int[] examples) {
    ImmutableMap.Builder<String, TensorValue> rows = ImmutableMap.builder();
    inputs.forEach((name, tensor) -> rows.put(name, Rows.of(tensor, examples)));
    return rows.buildOrThrow();
  }
}
