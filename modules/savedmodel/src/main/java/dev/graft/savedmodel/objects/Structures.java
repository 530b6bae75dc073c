package dev.graft.savedmodel.objects;

import dev.graft.error.Internal;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import org.tensorflow.proto.Struct.StructuredValue;

/** Nested Python values as saved functions describe their arguments and results. */
@Internal
public final class Structures {

  private Structures() {}

  /** The values at the leaves, in the order in which TensorFlow flattens them. */
  public static List<StructuredValue> leaves(StructuredValue value) {
    List<StructuredValue> leaves = new ArrayList<>();
    walk(value, "", (path, leaf) -> leaves.add(leaf));
    return leaves;
  }

  /**
   * Names for {@code count} results: the keys of a dictionary of tensors, {@code output_0} and so
   * on for anything else.
   */
  public static List<String> names(StructuredValue results, int count) {
    List<String> names = new ArrayList<>();
    walk(
        results,
        "",
        (path, leaf) -> {
          if (leaf.getKindCase() == StructuredValue.KindCase.TENSOR_SPEC_VALUE) {
            names.add(path.contains("/") ? "" : path); // nested: no name of its own
          }
        });
    boolean dictionary = results.getKindCase() == StructuredValue.KindCase.DICT_VALUE;
    boolean named = names.size() == count && names.stream().distinct().count() == count;
    if (dictionary && named && !names.contains("")) {
      return names;
    }
    names.clear();
    for (int i = 0; i < count; i++) {
      names.add("output_" + i);
    }
    return names;
  }

  /** The shapes of {@code count} results; of unknown rank if {@code results} does not tell. */
  public static List<Shape> shapes(StructuredValue results, int count) {
    List<Shape> shapes = new ArrayList<>();
    for (StructuredValue leaf : leaves(results)) {
      if (leaf.hasTensorSpecValue()) {
        shapes.add(Shape.from(leaf.getTensorSpecValue().getShape()));
      }
    }
    return shapes.size() == count ? shapes : Collections.nCopies(count, Shape.unknown());
  }

  private interface Visitor {
    void leaf(String path, StructuredValue value);
  }

  private static void walk(StructuredValue value, String path, Visitor visitor) {
    switch (value.getKindCase()) {
      case LIST_VALUE -> walk(value.getListValue().getValuesList(), path, visitor);
      case TUPLE_VALUE -> walk(value.getTupleValue().getValuesList(), path, visitor);
      case DICT_VALUE ->
          new TreeMap<>(value.getDictValue().getFieldsMap())
              .forEach((key, field) -> walk(field, join(path, key), visitor));
      case NAMED_TUPLE_VALUE ->
          value
              .getNamedTupleValue()
              .getValuesList()
              .forEach(pair -> walk(pair.getValue(), join(path, pair.getKey()), visitor));
      default -> visitor.leaf(path, value);
    }
  }

  private static void walk(List<StructuredValue> values, String path, Visitor visitor) {
    for (int i = 0; i < values.size(); i++) {
      walk(values.get(i), join(path, Integer.toString(i)), visitor);
    }
  }

  private static String join(String path, String key) {
    return path.isEmpty() ? key : path + "/" + key;
  }
}
