package dev.graft;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.error.GraftException;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.model.Variable;
import dev.graft.savedmodel.checkpoint.VariableValues;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Damaged and hostile SavedModels: each is read and looked at, or refused with a {@link
 * GraftException}; nothing else is thrown, and none takes long.
 */
@Tag("slow")
class FuzzTest {

  private static final Duration LONGEST = Duration.ofSeconds(20); // on a busy machine
  private static final int SHOWN = 12;

  @TempDir private Path folder = Path.of("");

  @Test
  void fiveHundred() throws Exception {
    fuzz(0, 500);
  }

  @Tag("nightly")
  @Test
  void twentyThousand() throws Exception {
    fuzz(
        Long.getLong("graft.fuzz.seed", 1_000_000), Integer.getInteger("graft.fuzz.count", 20_000));
  }

  /**
   * Slices that reach beyond their tensor, or that a checkpoint's index lists and does not hold; a
   * dtype that there is not, which the graph can be read with all the same, but no function; a
   * constant of keys that holds no texts.
   */
  @ParameterizedTest
  @CsvSource({
    "1000386, tf1/tf1_partitioned, variables.index: bytes, false",
    "1015536, tf1/tf1_partitioned, variables.index: bytes, false",
    "1002538, tfsave/reductions, saved_model.pb: bytes, true",
    "1004845, tfsave/while_tensor_array, saved_model.pb: bytes, false",
    "2005315, keras3/image_preprocessing, tensors: 4, false"
  })
  void foundBefore(long seed, String name, String damage, boolean read) throws IOException {
    ZooModel model = Zoo.model(name);
    assertThat(
            damage.contains(".")
                ? new Mutator(seed, folder).damage(model)
                : new CraftedDamage(seed, folder).damage(model))
        .isEqualTo(damage);
    assertThat(isRead(folder)).isEqualTo(read);
  }

  private void fuzz(long firstSeed, int count) throws Exception {
    List<ZooModel> zoo = Zoo.models();
    Map<String, String> failures = new TreeMap<>(); // by what was thrown, and where
    int[] outcomes = new int[2];
    ExecutorService reader = Executors.newSingleThreadExecutor();
    try {
      for (int i = 0; i < count && failures.size() < SHOWN; i++) {
        long seed = firstSeed + i;
        ZooModel model = zoo.get((int) (seed * 31 % zoo.size()));
        String damage = damage(seed, model);
        Future<Boolean> outcome = reader.submit(() -> isRead(folder));
        String what = "seed " + seed + ", " + model + ", " + damage;
        try {
          outcomes[outcome.get(LONGEST.toSeconds(), TimeUnit.SECONDS) ? 0 : 1]++;
        } catch (TimeoutException e) {
          failures.put("takes too long", what);
          break;
        } catch (ExecutionException e) {
          failures.putIfAbsent(place(e.getCause()), what + ": " + e.getCause().getMessage());
        }
        clear();
      }
    } finally {
      reader.shutdownNow();
    }
    assertThat(failures).isEmpty();
    assertThat(outcomes[0]).as("still read").isGreaterThan(count / 20);
    assertThat(outcomes[1]).as("refused").isGreaterThan(count / 20);
  }

  /** By chance, or on purpose where what is followed is at stake. */
  private String damage(long seed, ZooModel model) throws IOException {
    return seed % 2 == 0
        ? new Mutator(seed, folder).damage(model)
        : new CraftedDamage(seed, folder).damage(model);
  }

  /** All that can be asked of a model without running it. */
  private static boolean isRead(Path path) throws IOException {
    try {
      var unused = Graft.inspect(path, LoadOptions.defaults());
    } catch (GraftException refused) {
      assertThat(refused.getMessage()).isNotBlank();
    }
    try {
      Model model = Graft.load(path, Trust.ALLOW);
      Graft.inspect(model);
      model
          .allLayers()
          .map(Layer::training)
          .flatMap(t -> t.stream())
          .forEach(SavedFunction::isUsable);
      model.penalties().forEach(SavedFunction::isUsable);
      VariableValues values = new VariableValues();
      for (Variable variable : model.variables()) {
        values.of(variable);
      }
      return true;
    } catch (GraftException refused) {
      assertThat(refused.getMessage()).isNotBlank();
      return false;
    }
  }

  private static String place(Throwable thrown) {
    return thrown.getClass().getName()
        + Arrays.stream(thrown.getStackTrace())
            .limit(14)
            .map(frame -> "\n" + frame)
            .collect(Collectors.joining());
  }

  private void clear() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        if (!file.equals(folder)) {
          Files.delete(file);
        }
      }
    }
  }
}
