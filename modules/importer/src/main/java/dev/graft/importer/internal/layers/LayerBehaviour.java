package dev.graft.importer.internal.layers;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import dev.graft.error.BadModelException;
import dev.graft.importer.internal.layers.KerasMetadata.Info;
import dev.graft.model.Layer.Behaviour;
import dev.graft.model.Variable;
import dev.graft.model.Variable.Role;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Recognises layers of which the training behaviour has to be controlled from outside. */
final class LayerBehaviour {

  /** Python writes infinities and NaN as JSON does not have them. */
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();

  /** Keras' own defaults, for models that do not tell. */
  private static final double MOMENTUM = 0.99;

  private static final double EPSILON = 1e-3;

  private LayerBehaviour() {}

  /**
   * The behaviour of a layer of class {@code type} that Keras 2 describes. What holds a moving mean
   * and a moving variance normalises by the batch, whatever its author called the class.
   *
   * @param variables its own, without those of layers inside it
   */
  static Behaviour of(String type, Info info, Collection<Variable> variables) {
    return switch (type) {
      case "Dropout",
          "SpatialDropout1D",
          "SpatialDropout2D",
          "SpatialDropout3D",
          "AlphaDropout",
          "GaussianDropout" ->
          new Behaviour.Noise(type, numbers(info.config()).getOrDefault("rate", 0.0));
      case "GaussianNoise" ->
          new Behaviour.Noise(type, numbers(info.config()).getOrDefault("stddev", 0.0));
      default -> batchNorm(variables, info);
    };
  }

  /** A BatchNorm with these weights, or nothing special if it lacks moving statistics. */
  private static Behaviour batchNorm(Collection<Variable> variables, Info info) {
    String mean = "";
    String variance = "";
    for (Variable variable : variables) {
      mean = variable.role() == Role.MOVING_MEAN ? variable.name() : mean;
      variance = variable.role() == Role.MOVING_VARIANCE ? variable.name() : variance;
    }
    if (mean.isEmpty() || variance.isEmpty()) {
      return new Behaviour.Plain();
    }
    Map<String, Double> numbers = numbers(info.config());
    return new Behaviour.BatchNorm(
        numbers.getOrDefault("momentum", MOMENTUM),
        numbers.getOrDefault("epsilon", EPSILON),
        mean,
        variance);
  }

  /** The numbers at the top of a layer's configuration. */
  private static Map<String, Double> numbers(String config) {
    Map<String, Double> numbers = new HashMap<>();
    if (config.isEmpty()) {
      return numbers;
    }
    try (JsonParser in = JSON.createParser(config)) {
      in.nextToken();
      for (String field = in.nextFieldName(); field != null; field = in.nextFieldName()) {
        if (in.nextToken().isNumeric()) {
          numbers.put(field, in.getDoubleValue());
        } else {
          in.skipChildren();
        }
      }
    } catch (IOException e) {
      throw new BadModelException("the configuration of a layer is damaged.", e);
    }
    return numbers;
  }
}
