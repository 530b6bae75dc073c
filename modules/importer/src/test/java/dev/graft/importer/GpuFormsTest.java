package dev.graft.importer;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.Attrs;
import dev.graft.model.Layer;
import dev.graft.model.Model;
import dev.graft.model.SavedFunction;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.Zoo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.FunctionDefLibrary;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.SavedModel;

/** What Keras 2 saves of an LSTM for GPUs is known as the layer's, after judgement. */
class GpuFormsTest {

  private static final String DEVICE = "api_preferred_device";

  @TempDir private Path folder = Path.of("");

  private static List<Layer> withForm(Model model) {
    return model.allLayers().filter(layer -> layer.onGpu().isPresent()).toList();
  }

  @Test
  void anLstmHasOneByCudnnsKernel() {
    Model model = SavedModelImporter.load(Zoo.model("keras2/lstm").savedModel());
    List<Layer> layers = withForm(model);
    assertThat(layers).extracting(Layer::className).containsExactly("LSTM");
    SavedFunction form = layers.get(0).onGpu().orElseThrow();
    assertThat(form.isUsable()).isTrue();
    assertThat(form.body().graph().nodes())
        .extracting(NodeDef::getOp)
        .contains("CudnnRNN")
        .doesNotContain("While", "StatelessWhile", "PartitionedCall", "StatefulPartitionedCall");
    assertThat(form.body().resultNames()).contains("output_0");
    assertThat(layers.get(0).training()).as("the same as the graph's").isEmpty();
    assertThat(model.graph().nodes()).extracting(NodeDef::getOp).doesNotContain("CudnnRNN");
  }

  /** cuDNN has no kernel for a plain recurrent layer, and Keras no second form. */
  @Test
  void othersHaveNone() {
    for (String name : List.of("keras2/simple_rnn", "keras2/dense_mlp", "keras3/lstm")) {
      Model model = SavedModelImporter.load(Zoo.model(name).savedModel());
      assertThat(withForm(model)).as(name).isEmpty();
    }
  }

  /** It is judged although nothing calls it, and the model does without it. */
  @Test
  void oneThatReachesFilesIsLeftOut() throws IOException {
    Path changed =
        changed(
            twin -> {
              constant(twin, "name", TensorValue.scalar("/etc/passwd"));
              twin.addNodeDefBuilder().setName("read").setOp("ReadFile").addInput("name:output:0");
            });
    assertThat(withForm(SavedModelImporter.load(changed))).isEmpty();
    assertThat(withForm(SavedModelImporter.load(changed, ImportOptions.defaults().trusting())))
        .as("whose maker is trusted")
        .hasSize(1);
  }

  /** A twin that is called otherwise cannot stand where the function is called. */
  @Test
  void oneOfOtherArgumentsIsNone() throws IOException {
    Path changed =
        changed(
            twin ->
                twin.getSignatureBuilder()
                    .addInputArgBuilder()
                    .setName("more")
                    .setType(DataType.DT_FLOAT));
    assertThat(withForm(SavedModelImporter.load(changed))).isEmpty();
  }

  /** What is put together wrongly is no reason to refuse the model. */
  @Test
  void oneThatIsDamagedIsNotUsedAndTheRestIs() throws IOException {
    Path changed =
        edited(
            library -> {
              twins(library).forEach(twin -> readThroughBranch(twin, "branch"));
              library.addFunction(branch("branch").addNodeDef(call("other", "inner").clearInput()));
              library.addFunction(branch("inner"));
            });
    List<Layer> layers = withForm(SavedModelImporter.load(changed));
    assertThat(layers).hasSize(1);
    assertThat(layers.get(0).onGpu().orElseThrow().isUsable()).isFalse();
  }

  /** A function that it holds as a value, such as a branch, is part of it. */
  @Test
  void oneWithBranchesOfItsOwnIsUsable() throws IOException {
    Path changed =
        edited(
            library -> {
              twins(library).forEach(twin -> readThroughBranch(twin, "branch"));
              library.addFunction(branch("branch"));
            });
    SavedFunction form = onlyForm(SavedModelImporter.load(changed));
    assertThat(form.isUsable()).isTrue();
    assertThat(form.body().graph().nodes())
        .extracting(NodeDef::getOp)
        .as("what leads to its results")
        .contains("CudnnRNN", "StatelessIf");
    assertThat(form.body().graph().functions()).containsOnlyKeys("branch");
  }

  /**
   * Its branch is a function that has a twin itself, so what is judged is that twin; laid over a
   * graph that has the name, the form would run the other.
   */
  @Test
  void oneWhoseBranchIsAnotherInTheModelIsLeftOut() throws IOException {
    Path changed =
        edited(
            library -> {
              twins(library).forEach(twin -> readThroughBranch(twin, "branch"));
              addPair(library, "branch");
            });
    requireLeftOut(changed);
  }

  /** The same, but that the branch has the name of its own and calls what has a twin. */
  @Test
  void oneWhoseBranchCallsAnotherInTheModelIsLeftOut() throws IOException {
    Path changed =
        edited(
            library -> {
              twins(library).forEach(twin -> readThroughBranch(twin, "branch"));
              library.addFunction(
                  branch("branch")
                      .addNodeDef(call("called", "inner"))
                      .putRet("y", "called:output:0"));
              addPair(library, "inner");
            });
    requireLeftOut(changed);
  }

  /** {@code changed} has a form in which {@code branch} is another than in the file. */
  private static void requireLeftOut(Path changed) {
    assertThat(withForm(SavedModelImporter.load(changed))).isEmpty();
    SavedFunction trusted =
        onlyForm(SavedModelImporter.load(changed, ImportOptions.defaults().trusting()));
    assertThat(trusted.body().graph().functions().get("branch").getNodeDefList())
        .extracting(NodeDef::getOp)
        .as("what would have been judged")
        .contains("Neg");
  }

  private static SavedFunction onlyForm(Model model) {
    List<Layer> layers = withForm(model);
    assertThat(layers).hasSize(1);
    return layers.get(0).onGpu().orElseThrow();
  }

  /** Keras saves it without the mask that the graph has, so it would learn of padding. */
  @Test
  void oneThatDoesNotReadWhatTheLayerReadsIsNotUsed() throws IOException {
    Path changed =
        edited(
            library -> {
              for (FunctionDef.Builder function : library.getFunctionBuilderList()) {
                if (function.getSignature().getName().contains("wrapped_model")) {
                  beginWithMean(function);
                }
              }
            });
    Model model = SavedModelImporter.load(changed);
    List<Layer> layers = withForm(model);
    assertThat(layers).hasSize(1);
    assertThat(layers.get(0).inputs()).as("the series and its mean").hasSize(2);
    assertThat(layers.get(0).onGpu().orElseThrow().isUsable()).isFalse();
  }

  /** Has the LSTM in {@code network} begin with what it is given beside its input, like a mask. */
  private static void beginWithMean(FunctionDef.Builder network) {
    Map<String, NodeDef.Builder> nodes =
        network.getNodeDefBuilderList().stream()
            .collect(Collectors.toMap(NodeDef.Builder::getName, node -> node));
    String read = requireNonNull(nodes.get("model/lstm/Shape")).getInput(0);
    NodeDef.Builder loop = requireNonNull(nodes.get("model/lstm/PartitionedCall"));
    String zeros = loop.getInput(1);
    loop.setInput(1, "model/lstm/begun:z:0");
    constant(network, "axes", TensorValue.of(Shape.of(3), new int[] {0, 1, 2}));
    network
        .addNodeDefBuilder()
        .setName("mean")
        .setOp("Mean")
        .addInput(read)
        .addInput("axes:output:0")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT))
        .putAttr("Tidx", Attrs.of(DataType.DT_INT32));
    network
        .addNodeDefBuilder()
        .setName("model/lstm/begun")
        .setOp("AddV2")
        .addInput(zeros)
        .addInput("mean:output:0")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
  }

  private static void constant(FunctionDef.Builder function, String name, TensorValue value) {
    function
        .addNodeDefBuilder()
        .setName(name)
        .setOp("Const")
        .putAttr("dtype", Attrs.of(value.dtype().proto()))
        .putAttr("value", Attrs.of(value.toProto()));
  }

  /** What the kernel in {@code twin}, if it has it, reads, goes through {@code function} first. */
  private static void readThroughBranch(FunctionDef.Builder twin, String function) {
    List<NodeDef.Builder> kernels =
        twin.getNodeDefBuilderList().stream()
            .filter(node -> node.getOp().equals("CudnnRNN"))
            .toList();
    for (NodeDef.Builder kernel : kernels) {
      String read = kernel.getInput(0);
      kernel.setInput(0, "chosen:output:0");
      constant(twin, "condition", TensorValue.scalar(1f));
      twin.addNodeDefBuilder()
          .setName("chosen")
          .setOp("StatelessIf")
          .addInput("condition:output:0")
          .addInput(read)
          .putAttr("Tcond", Attrs.of(DataType.DT_FLOAT))
          .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
          .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)))
          .putAttr("then_branch", Attrs.function(function))
          .putAttr("else_branch", Attrs.function(function));
    }
  }

  /** Adds the function {@code name} as a file has it for CPUs, and a twin that does otherwise. */
  private static void addPair(FunctionDefLibrary.Builder library, String name) {
    AttrValue same = Attrs.of("of_" + name);
    library.addFunction(
        branch(name).putAttr("api_implements", same).putAttr(DEVICE, Attrs.of("CPU")));
    FunctionDef.Builder twin =
        branch(name + "_twin").putAttr("api_implements", same).putAttr(DEVICE, Attrs.of("GPU"));
    twin.getNodeDefBuilder(0).setOp("Neg");
    library.addFunction(twin);
  }

  /** A function from a float to the same, which stands on a device as Keras' branches do. */
  private static FunctionDef.Builder branch(String name) {
    FunctionDef.Builder function = FunctionDef.newBuilder().putRet("y", "same:y:0");
    function.getSignatureBuilder().setName(name);
    function
        .getSignatureBuilder()
        .addInputArg(OpDef.ArgDef.newBuilder().setName("x").setType(DataType.DT_FLOAT))
        .addOutputArg(OpDef.ArgDef.newBuilder().setName("y").setType(DataType.DT_FLOAT));
    function
        .addNodeDefBuilder()
        .setName("same")
        .setOp("Abs")
        .addInput("x")
        .setDevice("/device:CPU:0")
        .putAttr("T", Attrs.of(DataType.DT_FLOAT));
    return function;
  }

  /** A call of {@code function} with what that {@link #branch} computes. */
  private static NodeDef.Builder call(String name, String function) {
    return NodeDef.newBuilder()
        .setName(name)
        .setOp("PartitionedCall")
        .addInput("same:y:0")
        .putAttr("Tin", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("Tout", Attrs.types(List.of(DataType.DT_FLOAT)))
        .putAttr("f", Attrs.function(function));
  }

  /** The LSTM of the zoo with its functions for GPUs changed. */
  private Path changed(Consumer<FunctionDef.Builder> change) throws IOException {
    return edited(library -> twins(library).forEach(change));
  }

  private static List<FunctionDef.Builder> twins(FunctionDefLibrary.Builder library) {
    List<FunctionDef.Builder> twins =
        library.getFunctionBuilderList().stream()
            .filter(function -> function.containsAttr(DEVICE))
            .filter(function -> function.getAttrOrThrow(DEVICE).getS().toStringUtf8().equals("GPU"))
            .toList();
    assertThat(twins).isNotEmpty();
    return twins;
  }

  /** The LSTM of the zoo with its functions changed. */
  private Path edited(Consumer<FunctionDefLibrary.Builder> change) throws IOException {
    Checkout.copy(Zoo.model("keras2/lstm").savedModel(), folder);
    Path file = folder.resolve("saved_model.pb");
    SavedModel.Builder model = SavedModel.parseFrom(Files.readAllBytes(file)).toBuilder();
    change.accept(model.getMetaGraphsBuilder(0).getGraphDefBuilder().getLibraryBuilder());
    Files.write(file, model.build().toByteArray());
    return folder;
  }
}
