package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tensorflow.internal.c_api.global.tensorflow.TF_GetAllRegisteredKernels;

import dev.graft.graph.op.OpRegistry;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.tensorflow.Graph;
import org.tensorflow.Output;
import org.tensorflow.Result;
import org.tensorflow.Session;
import org.tensorflow.TensorFlow;
import org.tensorflow.internal.c_api.TF_Buffer;
import org.tensorflow.internal.c_api.TF_Status;
import org.tensorflow.op.Ops;
import org.tensorflow.proto.ConfigProto;
import org.tensorflow.proto.KernelDef;
import org.tensorflow.proto.KernelList;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.OpList;
import org.tensorflow.proto.OptimizerOptions;

/**
 * The op registry that the model module ships is TensorFlow's own. After a change of the TensorFlow
 * version, {@code mvn test -pl modules/runtime -am -Dtest=OpsResourceTest -Dgraft.regenerate=true}
 * writes it anew.
 */
class OpsResourceTest {

  @Test
  void theShippedRegistryIsTensorFlowsOwn() throws Exception {
    OpList.Builder own = OpList.newBuilder();
    TensorFlow.registeredOpList().getOpList().stream() // in the order of a hash table
        .sorted(Comparator.comparing(OpDef::getName))
        .forEach(op -> own.addOp(withoutProse(op)));
    if (Boolean.getBoolean("graft.regenerate")) {
      Path resource = Path.of("../graph/src/main/resources/dev/graft/graph/op/ops.pb");
      Files.createDirectories(resource.getParent());
      Files.write(resource, own.build().toByteArray());
    }
    try (InputStream in = OpRegistry.class.getResourceAsStream("ops.pb")) {
      assertThat(in).isNotNull();
      assertThat(OpList.parseFrom(in)).isEqualTo(own.build());
    }
  }

  /**
   * Kernels of a CUDA build, in which these 37 ops are not without one (TensorFlow 2.18.0, Linux);
   * three that only Python's own process can run, which is for the trust check to say; and one that
   * is rewritten into others before it would run.
   */
  private static final Pattern HAS_ONE_ELSEWHERE =
      Pattern.compile(
          "CudnnRNN.*|_?Nccl.*|BatchI?FFT([23]D)?|I?R?FFTND|CTCLossV2|GenerateBoundingBoxProposals"
              + "|MaxPoolGradGradWithArgmax|SparseMatrix(Add|Mul|Softmax|SoftmaxGrad|Zeros)"
              + "|_FusedBatchNormGradEx|PyFunc|PyFuncStateless|EagerPyFunc|AccumulateNV2");

  private static final String HEADING =
      "# Ops that TensorFlow 2.18 has no kernel for, on CPUs, on GPUs, or by XLA; written by"
          + " OpsResourceTest.\n";

  @Test
  void theShippedListOfOpsWithoutKernelIsTensorFlowsOwn() throws Exception {
    Set<String> run = new HashSet<>();
    for (KernelDef kernel : kernels()) {
      run.add(kernel.getOp());
    }
    String idle =
        TensorFlow.registeredOpList().getOpList().stream()
            .map(OpDef::getName)
            .filter(op -> !run.contains(op) && !HAS_ONE_ELSEWHERE.matcher(op).matches())
            .sorted()
            .collect(Collectors.joining("\n", HEADING, "\n"));
    if (Boolean.getBoolean("graft.regenerate")) {
      Path resource = Path.of("../graph/src/main/resources/dev/graft/graph/op/no_kernel.txt");
      Files.writeString(resource, idle);
    }
    try (InputStream in = OpRegistry.class.getResourceAsStream("no_kernel.txt")) {
      assertThat(in).isNotNull();
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo(idle);
    }
    assertThat(OpRegistry.standard().isWithoutKernel("BoostedTreesBucketize")).isTrue();
    assertThat(idle.lines())
        .contains("TPUExecute", "SobolSample")
        .doesNotContain("MatMul", "Merge");
    // _Arg and _Retval are what calls become; of XLA alone there is a kernel for the third
    assertThat(List.of("_Arg", "_Retval", "SegmentSumV2", "While", "PartitionedCall", "MapDataset"))
        .noneMatch(OpRegistry.standard()::isWithoutKernel);
  }

  /** All kernels, those of XLA among them, which come when XLA is asked for the first time. */
  private static List<KernelDef> kernels() throws Exception {
    ConfigProto.Builder xla = ConfigProto.newBuilder();
    xla.getGraphOptionsBuilder()
        .getOptimizerOptionsBuilder()
        .setGlobalJitLevel(OptimizerOptions.GlobalJitLevel.ON_2);
    try (Graph graph = new Graph()) {
      Output<?> one = Ops.create(graph).constant(1f).asOutput();
      try (Session session = new Session(graph, xla.build());
          Result result = session.runner().fetch(one).run()) {
        assertThat(result.size()).isEqualTo(1);
      }
    }
    TF_Status status = TF_Status.newStatus();
    try (TF_Buffer buffer = TF_GetAllRegisteredKernels(status)) {
      return KernelList.parseFrom(buffer.dataAsByteBuffer()).getKernelList();
    }
  }

  private static OpDef withoutProse(OpDef op) {
    OpDef.Builder bare = op.toBuilder().clearSummary().clearDescription();
    bare.getInputArgBuilderList().forEach(OpDef.ArgDef.Builder::clearDescription);
    bare.getOutputArgBuilderList().forEach(OpDef.ArgDef.Builder::clearDescription);
    bare.getAttrBuilderList().forEach(OpDef.AttrDef.Builder::clearDescription);
    return bare.build();
  }
}
