package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.data.Dataset;
import dev.graft.job.HeadForm;
import dev.graft.job.Job;
import dev.graft.job.Surgery;
import dev.graft.job.Training;
import dev.graft.model.Labels;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.trainer.EarlyStop;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.checkpoint.Checkpoints;
import dev.graft.trainer.loss.Objectives;
import dev.graft.trainer.optimizer.Clipping;
import dev.graft.trainer.optimizer.LayerRates;
import dev.graft.trainer.optimizer.Optimizer;
import dev.graft.trainer.optimizer.Schedule;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What changes a value of the front door: each setting is taken, kept and compared. */
class SettersTest {

  /** What depends on what was set before, or sets what another sets. */
  private static final Set<String> NOT_ALONE =
      Set.of(
          "each",
          "then",
          "along",
          "told",
          "stretch",
          "patience",
          "carryOver",
          "ungated",
          "batchUpTo");

  private static final Map<Object, Object> SAMPLES =
      Map.ofEntries(
          Map.entry(Duration.class, Duration.ofMinutes(9)),
          Map.entry(int.class, 9),
          Map.entry(int[].class, new int[] {4, 1}),
          Map.entry(long.class, 9L),
          Map.entry(double.class, 0.25),
          Map.entry(Path.class, Path.of("x")),
          Map.entry(Where.class, Where.head()),
          Map.entry(Labels.class, Labels.of("a", "b")),
          Map.entry(HeadForm.class, HeadForm.standard().dropout(0.5)),
          Map.entry(Optimizer.class, Optimizer.sgd()),
          Map.entry(Clipping.class, Clipping.byGlobalNorm(1)),
          Map.entry(Schedule.class, Schedule.constant()),
          Map.entry(LayerRates.class, LayerRates.falling(0.5)),
          Map.entry(EarlyStop.class, EarlyStop.never()),
          Map.entry(
              Recipe.HeadSettings.class, Recipe.HeadSettings.defaults().steps(FineTune.top())),
          Map.entry(Objectives.class, Objectives.usual().weigh("x", 2)),
          Map.entry("recipe", "full"),
          Map.entry("optimizer", "sgd"),
          Map.entry("schedule", "linear"),
          Map.entry("monitor", "f1"),
          Map.entry("cut", "x"),
          Map.entry("keepBy", "f1"),
          Map.entry("require", "f1"),
          Map.entry("notes", "for weeds"),
          Map.entry(
              Dataset.class,
              Dataset.of(
                  Map.of("x", TensorValue.of(Shape.of(1), new float[1])),
                  TensorValue.of(Shape.of(1), new float[1]))));

  static Stream<Object> grown() {
    return Stream.of(
        Settings.defaults(),
        Recipe.full(),
        FineTune.top(),
        Training.by("top"),
        Surgery.standard(),
        Publication.to(Path.of("x")));
  }

  static Stream<Object> all() {
    return Stream.concat(
        grown(),
        Stream.of(
            LoadOptions.defaults(),
            ServeOptions.defaults(),
            TrainOptions.by(Recipe.full()),
            HeadForm.standard(),
            HeadSpec.regression(1),
            EarlyStop.usual(3),
            Checkpoints.in(Path.of("x")),
            Objectives.usual(),
            Job.of(Path.of("a"), Path.of("b"), Path.of("c"))));
  }

  private static List<Method> setters(Object value) {
    return Arrays.stream(value.getClass().getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()))
        .filter(method -> !Modifier.isStatic(method.getModifiers()) && !method.isSynthetic())
        .filter(method -> method.getReturnType() == value.getClass())
        .toList();
  }

  @ParameterizedTest
  @MethodSource("all")
  void nullIsRefusedByName(Object value) {
    for (Method setter : setters(value)) {
      Class<?>[] types = setter.getParameterTypes();
      if (types.length == 1 && !types[0].isPrimitive()) {
        assertThatThrownBy(() -> setter.invoke(value, new Object[] {null}))
            .as(setter.toString())
            .isInstanceOf(InvocationTargetException.class)
            .cause()
            .isInstanceOf(NullPointerException.class)
            .message()
            .matches("[a-zA-Z]+");
      }
    }
  }

  /** A field that is forgotten where others are copied, or compared, is found here. */
  @ParameterizedTest
  @MethodSource("grown")
  void eachSettingIsKeptByTheNext(Object value) throws ReflectiveOperationException {
    List<Method> setters =
        setters(value).stream().filter(one -> !NOT_ALONE.contains(one.getName())).toList();
    assertThat(setters).hasSizeGreaterThan(3);
    for (Method first : setters) {
      Object once = set(value, first);
      assertThat(once).as(first.toString()).isNotEqualTo(value);
      assertThat(once.toString()).as(first.toString()).isNotEqualTo(value.toString());
      for (Method next : setters) {
        if (!next.equals(first)) {
          Object both = set(once, next);
          assertThat(both).as(first + " and " + next).isEqualTo(set(set(value, next), first));
          assertThat(both).as(first + " and " + next).isNotEqualTo(once);
        }
      }
    }
  }

  private static Object set(Object value, Method setter) throws ReflectiveOperationException {
    Class<?>[] types = setter.getParameterTypes();
    Object[] given = new Object[types.length];
    for (int i = 0; i < types.length; i++) {
      given[i] = sample(value, setter, types[i]);
    }
    return setter.invoke(value, given);
  }

  /** Another value than the one that is set if nobody says anything. */
  private static Object sample(Object value, Method setter, Class<?> type)
      throws ReflectiveOperationException {
    if (type == boolean.class) {
      return !(boolean) value.getClass().getMethod(setter.getName()).invoke(value);
    }
    if (type.isEnum()) {
      Object[] all = type.getEnumConstants();
      return all[all.length - 1];
    }
    Object found = SAMPLES.get(type == String.class ? setter.getName() : type);
    assertThat(found).as("a sample for " + setter).isNotNull();
    return found;
  }
}
