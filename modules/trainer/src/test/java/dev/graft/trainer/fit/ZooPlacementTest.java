package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.collect.Sets;
import dev.graft.graph.device.Placement;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import dev.graft.trainer.optimizer.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Which ops of a training step a GPU would leave to the CPU, and which variables with them, of each
 * model of the zoo and by each optimizer: a list that is kept beside this test, and written anew
 * with {@code -Dgraft.write=true}.
 */
@Tag("slow")
class ZooPlacementTest {

  private static final Path LIST =
      Checkout.path("modules/trainer/src/test/resources/dev/graft/trainer/fit/placement.txt");

  private static final List<String> OPTIMIZERS =
      List.of("sgd", "momentum", "nesterov", "adam", "amsgrad", "adamw", "rmsprop", "adagrad");

  /** One of each kind of weight: of each dtype, float32 in float16, tables, in a loop. */
  private static final List<String> OF_EACH_KIND =
      List.of(
          "keras2/mobilenetv2_mini",
          "keras2/bn_dense_f64",
          "tfsave/bfloat16_module",
          "tfsave/float16_module",
          "keras2/mixed_float16_cnn",
          "keras2/embedding_mean",
          "keras2/lstm");

  @Test
  void theyAreThoseOfTheList() throws IOException {
    List<String> lines = new ArrayList<>();
    for (ZooModel zoo : Zoo.models()) {
      add(lines, zoo, "adam");
    }
    for (String name : OF_EACH_KIND) {
      for (String optimizer : OPTIMIZERS) {
        add(lines, Zoo.model(name), optimizer);
      }
    }
    if (Boolean.getBoolean("graft.write")) {
      Files.writeString(LIST, String.join("\n", lines) + "\n");
    }
    assertThat(lines).isEqualTo(Files.readAllLines(LIST));
  }

  /** So that the list need not have each model by each optimizer. */
  @Tag("nightly")
  @Test
  void whichVariablesStayOnTheCpuIsTheSameByAllOptimizers() {
    for (ZooModel zoo : Zoo.models()) {
      Set<String> wanted = weights(of(zoo, Optimizer.adam()));
      for (String optimizer : OPTIMIZERS) {
        assertThat(weights(of(zoo, Optimizer.named(optimizer))))
            .as("%s by %s", zoo, optimizer)
            .isEqualTo(wanted);
      }
    }
  }

  /**
   * The same of ops: what an optimizer has there of any model and Adam has not, or the other way
   * round, is an update that one of the list has, too.
   */
  @Tag("nightly")
  @Test
  void whichOpsStayOnTheCpuIsTheSameByAllOptimizersButForUpdatesOfTheList() {
    for (String optimizer : OPTIMIZERS) {
      Set<String> more = new HashSet<>();
      Set<String> fewer = new HashSet<>();
      for (String name : OF_EACH_KIND) {
        Set<String> byAdam = ops(Zoo.model(name), "adam");
        Set<String> own = ops(Zoo.model(name), optimizer);
        more.addAll(Sets.difference(own, byAdam));
        fewer.addAll(Sets.difference(byAdam, own));
      }
      for (ZooModel zoo : Zoo.models()) {
        Set<String> byAdam = ops(zoo, "adam");
        Set<String> own = ops(zoo, optimizer);
        assertThat(more).as("%s by %s", zoo, optimizer).containsAll(Sets.difference(own, byAdam));
        assertThat(fewer)
            .as("%s by %s and not by Adam", zoo, optimizer)
            .containsAll(Sets.difference(byAdam, own));
      }
    }
  }

  private static Set<String> ops(ZooModel zoo, String optimizer) {
    return of(zoo, Optimizer.named(optimizer)).onCpu().stream()
        .map(op -> op.op() + " (" + op.dtypes() + ") " + op.reason().words())
        .collect(Collectors.toSet());
  }

  private static Set<String> weights(Placement placement) {
    return placement.variables().stream()
        .map(Placement.Held::name)
        .filter(name -> !name.startsWith("graft/update/"))
        .collect(Collectors.toSet());
  }

  /** A line, and one for each op and each variable on the CPU. */
  private static void add(List<String> lines, ZooModel zoo, String optimizer) {
    Placement placement = of(zoo, Optimizer.named(optimizer));
    assertThat(placement.onGpu()).as("%s", zoo).isPositive();
    boolean isClean = placement.onCpu().isEmpty() && placement.variables().isEmpty();
    lines.add(zoo + " " + optimizer + (isClean ? ": all on the GPU" : ":"));
    for (Placement.OnCpu op : placement.onCpu()) {
      lines.add(
          "  " + op.op() + " (" + op.dtypes() + ") " + op.reason().words() + ", x" + op.nodes());
    }
    for (Placement.Held variable : placement.variables()) {
      lines.add("  variable " + variable.name() + ", for " + variable.op());
    }
  }

  private static Placement of(ZooModel zoo, Optimizer optimizer) {
    ImportOptions options =
        ImportOptions.defaults().tags(zoo.facts().tags().toArray(String[]::new));
    Model model = SavedModelImporter.load(zoo.savedModel(), options);
    Signature signature =
        model.signatures().get(zoo.facts().cases().get(0).signature()) == null
            ? model.servingSignature()
            : model.signatures().get(zoo.facts().cases().get(0).signature());
    return PlacedStep.of(model, signature, optimizer);
  }
}
