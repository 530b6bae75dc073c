package dev.graft.importer.internal.weights;

import com.google.common.collect.ImmutableList;
import dev.graft.graph.Attrs;
import dev.graft.graph.Graph;
import dev.graft.graph.Names;
import dev.graft.savedmodel.checkpoint.TensorBundle;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.Optional;
import org.tensorflow.proto.NodeDef;

/**
 * Nodes that fill tables of which the content is in the checkpoint: the restore op's own, reading
 * constants.
 *
 * @param names the nodes that fill
 * @param nodes all that is to be added to the graph for them
 */
public record TableImports(ImmutableList<String> names, ImmutableList<NodeDef> nodes) {

  /** The imports of {@code restoration}, with what {@code checkpoint} holds for them. */
  public static TableImports of(Restoration restoration, TensorBundle checkpoint, Graph graph) {
    Names free = new Names(graph::contains);
    ImmutableList.Builder<String> names = ImmutableList.builder();
    ImmutableList.Builder<NodeDef> nodes = ImmutableList.builder();
    for (Restoration.Import each : restoration.imports()) {
      NodeDef.Builder copy =
          each.node().toBuilder()
              .setName(free.take("restore/" + each.node().getName()))
              .clearInput()
              .removeAttr("_class");
      for (int i = 0; i < each.inputs().size(); i++) {
        Optional<Restoration.Saved> saved = each.inputs().get(i);
        if (saved.isPresent()) {
          TensorValue value = checkpoint.read(saved.get().key(), saved.get().slice());
          ImmutableList<NodeDef> read = constant(copy.getName(), value, free);
          nodes.addAll(read);
          copy.addInput(read.get(read.size() - 1).getName());
        } else {
          copy.addInput(each.node().getInput(i));
        }
      }
      nodes.add(copy.build());
      names.add(copy.getName());
    }
    return new TableImports(names.build(), nodes.build());
  }

  /**
   * The nodes that give {@code value}, the last of them to be read. It hides the shape of a matrix,
   * as reading from the checkpoint does: a {@code DenseHashTable} saves its keys with one dimension
   * more than TensorFlow's shape inference lets them have.
   */
  private static ImmutableList<NodeDef> constant(String reader, TensorValue value, Names free) {
    NodeDef constant =
        NodeDef.newBuilder()
            .setName(free.take(reader + "/value"))
            .setOp("Const")
            .putAttr("dtype", Attrs.of(value.dtype().proto()))
            .putAttr("value", Attrs.of(value.toProto()))
            .build();
    if (value.shape().rank() <= 1) {
      return ImmutableList.of(constant);
    }
    return ImmutableList.of(
        constant,
        NodeDef.newBuilder()
            .setName(free.take(constant.getName() + "/read"))
            .setOp("PlaceholderWithDefault")
            .addInput(constant.getName())
            .putAttr("dtype", constant.getAttrOrThrow("dtype"))
            .putAttr("shape", Attrs.of(Shape.unknown()))
            .build());
  }
}
