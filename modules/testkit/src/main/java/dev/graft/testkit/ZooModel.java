package dev.graft.testkit;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.primitives.Doubles;
import com.google.common.primitives.Floats;
import com.google.common.primitives.Ints;
import com.google.common.primitives.Longs;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.VariableSource;
import dev.graft.tensor.DType;
import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** One model of the {@link Zoo}: where it lies, and what its {@code golden.json} says of it. */
public final class ZooModel {
  private static final ObjectMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  private final Path dir;
  private final Facts facts;

  private ZooModel(Path dir, Facts facts) {
    this.dir = dir;
    this.facts = facts;
  }

  /** Reads what lies in {@code dir}: {@code model/}, {@code golden.json} and {@code golden.pb}. */
  public static ZooModel read(Path dir) {
    Path folder = dir.normalize();
    Path file = folder.resolve("golden.json");
    try {
      return new ZooModel(folder, JSON.readValue(file.toFile(), Facts.class));
    } catch (JacksonException e) {
      throw new IllegalStateException(file + ": " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new UncheckedIOException("the zoo's " + file + " cannot be read", e);
    }
  }

  /** The SavedModel's folder. */
  public Path savedModel() {
    return dir.resolve("model");
  }

  /** The values that TensorFlow computed; read from disk at each call. */
  public Golden golden() {
    return Golden.read(dir.resolve("golden.pb"));
  }

  /**
   * The golden inputs of the first case that feeds what {@code signature} takes, in its dtypes (the
   * float64 twins are fed doubles by Keras, which their signatures take as floats); empty if there
   * is no such case.
   */
  public Map<String, TensorValue> inputs(Signature signature) {
    for (Case each : facts.cases()) {
      Map<String, TensorValue> golden = golden().under(each.name() + "/input/");
      if (golden.keySet().equals(signature.inputs().keySet())) {
        Map<String, TensorValue> inputs = new TreeMap<>();
        signature
            .inputs()
            .forEach(
                (name, spec) ->
                    inputs.put(
                        name, fitting(Objects.requireNonNull(golden.get(name)), spec.dtype())));
        return inputs;
      }
    }
    return Map.of();
  }

  /**
   * A golden value in the dtype that a model wants: the zoo keeps int32 where that is int64, and
   * float64 where a float64 network's twin takes float32.
   */
  public static TensorValue fitting(TensorValue golden, DType dtype) {
    if (golden.dtype() == DType.FLOAT64 && dtype == DType.FLOAT32) {
      return TensorValue.of(golden.shape(), Floats.toArray(Doubles.asList(golden.doubles())));
    }
    if (golden.dtype() == DType.INT32 && dtype == DType.INT64) {
      return TensorValue.of(golden.shape(), Longs.toArray(Ints.asList(golden.ints())));
    }
    return golden;
  }

  /** The variables of {@code model}, which this is, by all keys that the golden values use. */
  public Map<String, dev.graft.model.Variable> byKey(Model model) {
    Map<String, dev.graft.model.Variable> byKey = new HashMap<>();
    for (dev.graft.model.Variable variable : model.variables()) {
      byKey.put(variable.name(), variable); // the key of a slice is its own name
      if (variable.source() instanceof VariableSource.InCheckpoint in) {
        byKey.put(in.key(), variable);
      }
    }
    for (Variable variable : facts.variables()) {
      for (String alias : variable.aliases()) {
        dev.graft.model.Variable found = byKey.get(alias);
        if (found != null) {
          byKey.put(variable.key(), found);
        }
      }
    }
    return byKey;
  }

  /** What golden.json says. */
  public Facts facts() {
    return facts;
  }

  /** What kind of network it is, for example {@code lstm} or {@code cnn}. */
  public String family() {
    return facts.family();
  }

  /** What wrote it, the name of the folder above: {@code keras2}, {@code keras3}, ... */
  public String vintage() {
    return facts.vintage();
  }

  /** The path in the zoo, for example {@code keras2/lstm}. */
  @Override
  public String toString() {
    return facts.vintage() + "/" + facts.name();
  }

  /**
   * The content of a golden.json.
   *
   * @param signature the signature that the first case calls, null for a model without signatures
   * @param deterministic false where outputs are random; such a model has no loss or gradients
   * @param bnTraining whether {@code train/} holds BatchNorm in training mode
   * @param head the classifier that a fine-tuner would swap
   * @param trainable the checkpoint keys of the trainable variables
   * @param gradientNone keys of trainable variables that the loss does not depend on
   * @param train what the {@code train/} values cover; null where there are none apart
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Facts(
      String name,
      String vintage,
      String family,
      String notes,
      List<String> tags,
      @Nullable String signature,
      boolean deterministic,
      boolean bnTraining,
      @Nullable Head head,
      List<String> trainable,
      List<Variable> variables,
      List<String> gradientNone,
      List<Case> cases,
      @Nullable Train train,
      @Nullable Summary modelSummary) {}

  /**
   * A saved variable.
   *
   * @param key its key in the checkpoint
   * @param aliases further keys under which the checkpoint holds it again
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Variable(
      String key,
      List<String> aliases,
      String name,
      String dtype,
      List<Integer> shape,
      boolean trainable) {}

  /**
   * One set of inputs and what TensorFlow makes of it.
   *
   * @param signature null where the model has none; then {@code function} is the root's function
   * @param loader {@code session} where TensorFlow's C++ loader ran it, {@code python} where only
   *     the object graph leads to the right variables; null where there is no signature
   * @param tags override the model's own where they are not null
   * @param gradientNone overrides the model's own list where it is not null
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Case(
      String name,
      @Nullable String signature,
      @Nullable String function,
      @Nullable String loader,
      @Nullable List<String> tags,
      @Nullable List<Port> feeds,
      @Nullable List<Port> fetches,
      @Nullable List<String> gradientNone) {}

  /**
   * A named input or output of a signature.
   *
   * @param shape with null for a dimension that is unknown; null if the rank is unknown
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Port(String name, String dtype, @Nullable List<@Nullable Integer> shape) {}

  /** The layer that gives the model's answer. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Head(String layer, String kind, @Nullable String activation, int units) {}

  /**
   * The training=True values.
   *
   * @param caseName the case whose inputs they belong to
   * @param moved keys of the variables that the forward pass itself changes
   * @param penalty whether the model has losses of its own
   * @param gradientNone keys of trainable variables that this loss does not depend on
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Train(
      @JsonProperty("case") String caseName,
      List<String> moved,
      boolean penalty,
      List<String> gradientNone) {}

  /** The layers as {@code model.summary()} has them. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Summary(List<SummaryLayer> layers) {}

  /** A line of {@code model.summary()}. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record SummaryLayer(
      String name, @JsonProperty("class") String type, long params, long trainableParams) {}
}
