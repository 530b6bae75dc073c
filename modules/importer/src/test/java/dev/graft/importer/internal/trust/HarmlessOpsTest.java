package dev.graft.importer.internal.trust;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.op.OpRegistry;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.OpDef;

/** The list of harmless ops, held against TensorFlow's registry and against what the docs say. */
class HarmlessOpsTest {

  /** They are for machines and hardware of their own, whatever their arguments are. */
  private static final Pattern MACHINES =
      Pattern.compile("(Xla|TPU|Tpu|GetTpu|Nccl|Collective|DTensor|CopyToMesh|Relayout|_).*");

  /** It decodes tensors, variants too, before it looks whether any were asked for. */
  private static final Set<String> DECODERS = Set.of("DeserializeSparse");

  private final HarmlessOps harmless = HarmlessOps.standard();

  @Test
  void eachIsOneOfTensorFlowsAndInOneGroup() {
    assertThat(harmless.all())
        .hasSize(harmless.groups().size())
        .allSatisfy(op -> assertThat(OpRegistry.standard().find(op)).as(op).isPresent());
  }

  @Test
  void whatIsUncheckedIsNotListedAndIsTensorFlows() {
    assertThat(harmless.unchecked())
        .doesNotContainAnyElementsOf(harmless.all())
        .contains(
            "DisableCopyOnRead", "InplaceUpdate", "XlaSetDynamicDimensionSize", "_FusedMatMul")
        .allSatisfy(op -> assertThat(OpRegistry.standard().find(op)).as(op).isPresent());
  }

  @Test
  void noneIsOnTheListOfWhatReachesOut() {
    assertThat(harmless.all()).doesNotContainAnyElementsOf(MachineOps.all());
  }

  /** Numbers in, numbers out: what the group says of itself holds of each, and of no other. */
  @Test
  void theRuleIsTheRule() {
    Set<String> ruled = new TreeSet<>();
    for (OpDef op : OpRegistry.standard().all()) {
      if (computesOnly(op)
          && !DECODERS.contains(op.getName())
          && !harmless.unchecked().contains(op.getName())
          && !MACHINES.matcher(op.getName()).matches()) {
        ruled.add(op.getName());
      }
    }
    assertThat(new TreeSet<>(harmless.groups().get("rule"))).isEqualTo(ruled);
  }

  private static boolean computesOnly(OpDef op) {
    Set<DataType> memory = Set.of(DataType.DT_RESOURCE, DataType.DT_VARIANT);
    return !op.getIsStateful()
        && op.getAttrList().stream()
            .noneMatch(
                attr ->
                    attr.getType().contains("func")
                        || attr.getType().contains("string") && !attr.hasAllowedValues())
        && op.getInputArgList().stream().noneMatch(arg -> arg.getType() == DataType.DT_STRING)
        && Stream.concat(op.getInputArgList().stream(), op.getOutputArgList().stream())
            .noneMatch(arg -> memory.contains(arg.getType()));
  }

  /** Written anew with {@code -Dgraft.write=true}. */
  @Test
  void theDocumentShowsTheList() throws IOException {
    Path document = Checkout.root().resolve("docs/trust.md");
    String text = Files.readString(document);
    String start = "<!-- table -->\n";
    String table = text.substring(0, text.indexOf(start)) + start + table();
    if (Boolean.getBoolean("graft.write")) {
      Files.writeString(document, table);
    }
    assertThat(Files.readString(document)).isEqualTo(table);
  }

  private String table() {
    StringBuilder table = new StringBuilder("\n| why it is harmless | ops |\n|---|---|\n");
    harmless
        .groups()
        .keySet()
        .forEach(
            group ->
                table
                    .append("| ")
                    .append(harmless.reasons().get(group))
                    .append(" | ")
                    .append(words(harmless.groups().get(group).asList()))
                    .append(" |\n"));
    List<String> others =
        OpRegistry.standard().all().stream()
            .map(OpDef::getName)
            .filter(op -> !harmless.contains(op) && !harmless.unchecked().contains(op))
            .toList();
    return table
        .append("\n")
        .append(harmless.reasons().get("-unchecked"))
        .append(" These are ")
        .append(words(harmless.unchecked().asList()))
        .append(".\n")
        .append("\nThe ")
        .append(others.size())
        .append(" others need trust: ")
        .append(words(others))
        .append(".\n")
        .toString();
  }

  private static String words(List<String> ops) {
    return String.join(", ", ops.stream().sorted().map(op -> "`" + op + "`").toList());
  }
}
