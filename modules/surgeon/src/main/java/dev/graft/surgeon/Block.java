package dev.graft.surgeon;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.TensorRef;
import java.util.List;

/**
 * A part of a backbone that trains or stays frozen as a whole: a residual block, an encoder layer,
 * a stage without shortcuts.
 *
 * @param name its name: {@code block_13}, {@code conv5_block3}, or that of its first layer
 * @param layers the paths of the layers whose variables it holds
 * @param variables the names of its variables
 * @param inputs the tensors from which this block and all after it can be computed: usually one
 */
public record Block(
    String name, List<String> layers, List<String> variables, List<TensorRef> inputs) {
  public Block {
    layers = ImmutableList.copyOf(layers);
    variables = ImmutableList.copyOf(variables);
    inputs = ImmutableList.copyOf(inputs);
  }
}
