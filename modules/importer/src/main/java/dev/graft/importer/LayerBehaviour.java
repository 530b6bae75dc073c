package dev.graft.importer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.graft.importer.KerasMetadata.Info;
import dev.graft.model.BadModelException;
import dev.graft.model.Layer.Behaviour;
import dev.graft.model.Variable;
import dev.graft.model.Variable.Role;
import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

/** Recognises layers of which the training behaviour has to be controlled from outside. */
final class LayerBehaviour {

  private static final JsonFactory JSON = new JsonFactory();

  /** Keras' own defaults, for models that do not tell. */
  private static final double MOMENTUM = 0.99;

  private static final double EPSILON = 1e-3;

  private LayerBehaviour() {}

  /** The behaviour of a layer of class {@code type} that Keras 2 describes. */
  static Behaviour of(String type, Info info, Collection<Variable> variables) {
    return switch (type) {
      case "BatchNormalization", "SyncBatchNormalization", "BatchNormalizationV1" -> {
        Map<String, Double> numbers = numbers(info.config());
        yield batchNorm(
            variables,
            numbers.getOrDefault("momentum", MOMENTUM),
            numbers.getOrDefault("epsilon", EPSILON));
      }
      case "Dropout",
          "SpatialDropout1D",
          "SpatialDropout2D",
          "SpatialDropout3D",
          "AlphaDropout",
          "GaussianDropout" ->
          new Behaviour.Noise(type, numbers(info.config()).getOrDefault("rate", 0.0));
      case "GaussianNoise" ->
          new Behaviour.Noise(type, numbers(info.config()).getOrDefault("stddev", 0.0));
      default -> new Behaviour.Plain();
    };
  }

  /** A BatchNorm with these weights, or nothing special if it lacks moving statistics. */
  static Behaviour batchNorm(Collection<Variable> variables, double momentum, double epsilon) {
    String mean = "";
    String variance = "";
    for (Variable variable : variables) {
      mean = variable.role() == Role.MOVING_MEAN ? variable.name() : mean;
      variance = variable.role() == Role.MOVING_VARIANCE ? variable.name() : variance;
    }
    return mean.isEmpty() || variance.isEmpty()
        ? new Behaviour.Plain()
        : new Behaviour.BatchNorm(momentum, epsilon, mean, variance);
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
