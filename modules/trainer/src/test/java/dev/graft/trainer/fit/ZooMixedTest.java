package dev.graft.trainer.fit;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.device.Placement;
import dev.graft.importer.ImportOptions;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.tensor.DType;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import dev.graft.trainer.internal.mixed.MixedForm;
import dev.graft.trainer.optimizer.Optimizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Which ops of a training step have fewer digits where it multiplies in bfloat16 or float16, of
 * each model of the zoo: a list that is kept beside this test, and written anew with {@code
 * -Dgraft.write=true}.
 */
@Tag("slow")
class ZooMixedTest {

  private static final Path LIST =
      Checkout.path("modules/trainer/src/test/resources/dev/graft/trainer/fit/mixed.txt");

  @Test
  void theyAreThoseOfTheListAndNoneLeavesTheGpuForIt() throws IOException {
    List<String> lines = new ArrayList<>();
    for (ZooModel zoo : Zoo.models()) {
      ImportOptions options =
          ImportOptions.defaults().tags(zoo.facts().tags().toArray(String[]::new));
      Model model = SavedModelImporter.load(zoo.savedModel(), options);
      Signature own = model.signatures().get(zoo.facts().cases().get(0).signature());
      Signature signature = own == null ? model.servingSignature() : own;
      Set<String> onCpu = onCpu(of(Optional.empty(), model, signature));
      List<String> each = new ArrayList<>();
      for (DType low : List.of(DType.BFLOAT16, DType.FLOAT16)) {
        PlacedStep step = of(Optional.of(low), model, signature);
        each.add(
            step.mixed().map(MixedForm::counts).map(Object::toString).orElse("trains nothing"));
        assertThat(onCpu).as("%s in %s", zoo, low).containsAll(onCpu(step));
      }
      lines.add(zoo + " " + each.get(0));
      if (!each.get(1).equals(each.get(0))) {
        lines.add("  in float16 " + each.get(1));
      }
    }
    if (Boolean.getBoolean("graft.write")) {
      Files.writeString(LIST, String.join("\n", lines) + "\n");
    }
    assertThat(lines).isEqualTo(Files.readAllLines(LIST));
  }

  private static PlacedStep of(Optional<DType> low, Model model, Signature signature) {
    return PlacedStep.in(low, model, signature, Optimizer.sgd());
  }

  /** The ops, and the variables, that a GPU leaves to the CPU. */
  private static Set<String> onCpu(PlacedStep step) {
    Placement placement = step.placement();
    Set<String> all =
        placement.onCpu().stream().map(Placement.OnCpu::op).collect(Collectors.toSet());
    placement.variables().forEach(variable -> all.add(variable.name()));
    return all;
  }
}
