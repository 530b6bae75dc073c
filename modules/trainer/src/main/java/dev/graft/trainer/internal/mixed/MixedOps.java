package dev.graft.trainer.internal.mixed;

import dev.graft.graph.Attrs;
import dev.graft.graph.op.OpRegistry;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.OpDef;

/**
 * What ops do in a step that multiplies in fewer digits. Those that gain by it compute so; those
 * that follow have as many digits as what they read; all others stay in float32: exponentials and
 * logarithms, powers, softmax, sums and means of many, the statistics of norms, losses, draws.
 *
 * <p>What gains is TensorFlow's AllowList for float16 (auto_mixed_precision_lists.h of 2.18), as
 * far as it stands in graphs before they are optimised. What follows is of its ClearList and
 * InferList, without what PyTorch's autocast computes in float32 (torch.amp, "CUDA Ops that can
 * autocast to float32": exp, log, pow, softmax, softplus, rsqrt, sum, prod, norms, losses). An op
 * that reads both is computed in float32, as by autocast; TensorFlow takes either by what lies
 * around it. Keras' policies have each layer cast all that it reads, softmax and means too; its
 * norms compute in float32, whose outputs are cast again. Ops of what follows have kernels for GPUs
 * in both dtypes, and so have their gradients (ZooMixedTest).
 */
final class MixedOps {

  private static final OpRegistry OPS = OpRegistry.standard();

  private static final Set<String> GAIN =
      Set.of(
          "MatMul",
          "BatchMatMul",
          "BatchMatMulV2",
          "Einsum",
          "Conv2D",
          "Conv2DBackpropInput", // a transposed convolution
          "Conv3D",
          "Conv3DBackpropInputV2",
          "CudnnRNN", // in float16 alone
          "CudnnRNNV2",
          "CudnnRNNV3",
          "DepthwiseConv2dNative");

  private static final Set<String> FOLLOW =
      Set.of(
          "Abs",
          "Add",
          "AddN",
          "AddV2",
          "AvgPool",
          "AvgPool3D",
          "BatchToSpaceND",
          "BiasAdd",
          "BroadcastTo",
          "ClipByValue",
          "ConcatV2",
          "DepthToSpace",
          "Elu",
          "EnsureShape",
          "Erf",
          "ExpandDims",
          "FusedBatchNormV2", // with parameters and statistics in float32
          "FusedBatchNormV3",
          "GatherNd",
          "GatherV2",
          "Identity",
          "LeakyRelu",
          "MaxPool",
          "MaxPool3D",
          "Maximum",
          "Minimum",
          "MirrorPad",
          "Mul",
          "Neg",
          "Pack",
          "Pad",
          "PadV2",
          "PreventGradient",
          "RealDiv",
          "Relu",
          "Relu6",
          "Reshape",
          "ResizeNearestNeighbor",
          "ReverseV2",
          "Select",
          "SelectV2",
          "Selu",
          "Sigmoid",
          "Slice",
          "SpaceToBatchND",
          "SpaceToDepth",
          "Split",
          "SplitV",
          "Squeeze",
          "StopGradient",
          "StridedSlice",
          "Sub",
          "Tanh",
          "Tile",
          "Transpose",
          "Unpack");

  /**
   * Whose kernels are there for bfloat16, but would end the process: what TensorFlow asks cuDNN for
   * them with knows float16, float32 and float64 (GetRnnComputeType in its cuda_dnn.cc).
   */
  private static final Set<String> NOT_IN_BFLOAT16 = Set.of("CudnnRNN", "CudnnRNNV2", "CudnnRNNV3");

  /** Which attribute is the dtype of what an op computes, where it is not T. */
  private static final Map<String, String> ATTRS =
      Map.of("GatherV2", "Tparams", "GatherNd", "Tparams");

  private MixedOps() {}

  /** Whether it pays to compute {@code node} in fewer digits, whatever it reads. */
  static boolean gains(NodeDef node) {
    return GAIN.contains(node.getOp());
  }

  /** Whether {@code node} may have as many digits as what it reads. */
  static boolean follows(NodeDef node) {
    return FOLLOW.contains(node.getOp());
  }

  /**
   * {@code node} as it is in {@code low}; nothing if it is of other ops, does not compute in
   * float32, or TensorFlow does not have it in that dtype.
   */
  static Optional<NodeDef> in(NodeDef node, DataType low) {
    String attr = ATTRS.getOrDefault(node.getOp(), "T");
    boolean isFatal = low == DataType.DT_BFLOAT16 && NOT_IN_BFLOAT16.contains(node.getOp());
    if (isFatal || (!gains(node) && !follows(node))) {
      return Optional.empty();
    }
    AttrValue own = OPS.attr(node, attr);
    return own != null && own.getType() == DataType.DT_FLOAT && allows(node, attr, low)
        ? Optional.of(node.toBuilder().putAttr(attr, Attrs.of(low)).build())
        : Optional.empty();
  }

  private static boolean allows(NodeDef node, String name, DataType low) {
    for (OpDef.AttrDef attr : OPS.of(node).getAttrList()) {
      if (attr.getName().equals(name)) {
        return !attr.hasAllowedValues()
            || attr.getAllowedValues().getList().getTypeList().contains(low);
      }
    }
    return false;
  }
}
