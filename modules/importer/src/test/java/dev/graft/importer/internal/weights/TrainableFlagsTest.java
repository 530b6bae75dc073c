package dev.graft.importer.internal.weights;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.importer.SavedModelImporter;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.runtime.ModelSession;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.TensorAssert;
import dev.graft.testkit.Zoo;
import dev.graft.testkit.ZooModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.MetaGraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.SavedModel;

/** What a file says of its variables, also where it says little. */
class TrainableFlagsTest {

  @TempDir private Path folder = Path.of("");

  /** A model of the zoo with its MetaGraph changed. */
  private Path changed(ZooModel zoo, Consumer<MetaGraphDef.Builder> change) throws IOException {
    Path from = zoo.savedModel();
    Checkout.copy(from, folder);
    Path file = folder.resolve("saved_model.pb");
    SavedModel.Builder saved = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
    change.accept(saved.getMetaGraphsBuilder(0));
    Files.write(file, saved.build().toByteArray());
    return folder;
  }

  private static Stream<String> names(Model model, boolean trainable) {
    return model.variables().stream()
        .filter(v -> v.trainable() == trainable)
        .map(Variable::name)
        .sorted();
  }

  /** Writers that are not Python give no collections and no objects. */
  @Test
  void withoutAnyFlagAllButStatisticsTrains() throws IOException {
    ZooModel zoo = Zoo.model("tf1/tf1_conv_bn");
    Model told = SavedModelImporter.load(zoo.savedModel());
    Model untold =
        SavedModelImporter.load(
            changed(
                zoo,
                meta ->
                    List.of("variables", "model_variables", "trainable_variables")
                        .forEach(meta::removeCollectionDef)));
    assertThat(names(untold, true))
        .isNotEmpty()
        .containsExactlyElementsOf(names(told, true).toList());
    assertThat(names(untold, false)).isNotEmpty().allMatch(name -> name.contains("moving"));
    assertThat(untold.variables()).noneMatch(Variable::fixed);
  }

  /** A layer that is called so in Keras is no statistic if it trains. */
  @Test
  void aCountThatTrainsIsAWeight() {
    Model model = SavedModelImporter.load(Zoo.model("keras2/declared_weights").savedModel());
    assertThat(model.variable("pieces/count").orElseThrow().role()).isEqualTo(Variable.Role.OTHER);
    Model counter = SavedModelImporter.load(Zoo.model("keras2/custom_layer").savedModel());
    assertThat(counter.variable("maxout/count").orElseThrow().role())
        .isEqualTo(Variable.Role.STATE);
  }

  @Test
  void aSubclassOfBatchNormIsOne() {
    Model model = SavedModelImporter.load(Zoo.model("keras2/bn_subclass").savedModel());
    Layer norm =
        model.layers().stream().filter(l -> l.name().equals("tpu_bn")).findFirst().orElseThrow();
    assertThat(norm.className()).contains("TpuBatchNormalization");
    assertThat(norm.behaviour())
        .isEqualTo(
            new Layer.Behaviour.BatchNorm(
                0.9, 0.01, "tpu_bn/moving_mean", "tpu_bn/moving_variance"));
  }

  /** Two handles with one name are one variable, as they are for TensorFlow. */
  @Test
  void handlesOfOneNameAreOneVariable() throws IOException {
    ZooModel zoo = Zoo.model("tf1/tf1_resource_variables");
    Model plain = SavedModelImporter.load(zoo.savedModel());
    Variable first = plain.variables().get(0);
    Model shared =
        SavedModelImporter.load(
            changed(
                zoo,
                meta -> {
                  var graph = meta.getGraphDefBuilder();
                  NodeDef handle =
                      graph.getNodeList().stream()
                          .filter(node -> node.getName().equals(first.node()))
                          .findFirst()
                          .orElseThrow();
                  graph.addNode(
                      handle.toBuilder()
                          .setName("again")
                          .putAttr("shared_name", Attrs.of(first.node())));
                  graph
                      .getNodeBuilderList()
                      .forEach(
                          node -> {
                            if (node.getOp().equals("ReadVariableOp")
                                && node.getInput(0).equals(first.node())) {
                              node.setInput(0, "again");
                            }
                          });
                }));
    assertThat(names(shared, true)).containsExactlyElementsOf(names(plain, true).toList());
    assertThat(shared.graph().contains("again")).isFalse();
    assertThat(shared.graph().consumers(first.node())).isNotEmpty();
    var inputs = zoo.inputs(plain.servingSignature());
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        ModelSession one = runtime.open(plain);
        ModelSession other = runtime.open(shared)) {
      var expected = one.call(plain.servingSignature(), inputs);
      other
          .call(shared.servingSignature(), inputs)
          .forEach(
              (name, value) -> TensorAssert.assertThat(value).isIdenticalTo(expected.get(name)));
    }
  }
}
