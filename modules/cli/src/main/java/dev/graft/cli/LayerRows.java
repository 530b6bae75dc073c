package dev.graft.cli;

import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.tensor.Shape;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** The layers of a model as rows of a table, as {@code model.summary()} has them in Keras. */
final class LayerRows {

  /**
   * One row: an indented name, the class, the output shape, parameters, and whether training
   * changes them.
   */
  record Row(int depth, String name, String type, String output, long parameters, String trains) {}

  private final Map<String, Variable> variables;

  LayerRows(Model model) {
    this.variables = model.variables().stream().collect(Collectors.toMap(Variable::name, v -> v));
  }

  /** The rows of {@code layers}, those inside others down to {@code depth} levels. */
  List<Row> of(List<Layer> layers, int depth) {
    List<Row> rows = new ArrayList<>();
    for (Layer layer : layers) {
      add(layer, 0, depth, rows);
    }
    return rows;
  }

  private void add(Layer layer, int level, int depth, List<Row> rows) {
    boolean opened = level + 1 < depth && !layer.children().isEmpty();
    rows.add(row(level, layer.name(), layer.className(), layer.outputShape(), List.of(layer)));
    if (opened) {
      layer.children().forEach(child -> add(child, level + 1, depth, rows));
    }
  }

  /** One row for several layers. */
  Row row(int level, String name, String type, Shape output, List<Layer> layers) {
    Set<String> names =
        layers.stream()
            .flatMap(Layer::walk)
            .flatMap(l -> l.variables().stream())
            .collect(Collectors.toCollection(LinkedHashSet::new));
    List<Variable> own =
        names.stream()
            .map(n -> Optional.ofNullable(variables.get(n)))
            .flatMap(Optional::stream)
            .toList();
    long parameters = own.stream().mapToLong(LayerRows::count).sum();
    long weights = own.stream().filter(Variable::canTrain).count();
    long trained = own.stream().filter(v -> v.canTrain() && v.trainable()).count();
    String none = own.stream().anyMatch(Variable::fixed) ? "never" : "";
    String trains =
        weights == 0 ? none : trained == 0 ? "no" : trained == weights ? "yes" : "partly";
    return new Row(level, name, type, shape(output), parameters, trains);
  }

  /** How many numbers a variable holds; one of unknown shape counts as none. */
  static long count(Variable variable) {
    return variable.shape().isFullyKnown() ? variable.shape().elements() : 0;
  }

  /** {@code ?x112x112x32}, {@code scalar}, or nothing where the rank is unknown. */
  static String shape(Shape shape) {
    if (!shape.hasRank()) {
      return "";
    }
    if (shape.rank() == 0) {
      return "scalar";
    }
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < shape.rank(); i++) {
      text.append(i == 0 ? "" : "x").append(shape.dim(i) < 0 ? "?" : Long.toString(shape.dim(i)));
    }
    return text.toString();
  }

  /** {@code 4,694,024}. */
  static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }
}
