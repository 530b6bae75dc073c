package dev.graft.autodiff.internal.engine;

import java.util.List;
import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.OpDef;

/**
 * The ops at which a path ends: their result does not depend on their input in a way that has a
 * derivative, or TensorFlow defines that nothing passes. Ops that give integers, strings or truth
 * values need not be named, since those carry no derivative.
 */
public final class NotDifferentiable {

  private static final Set<String> OPS =
      Set.of(
          // by definition
          "StopGradient",
          "ZerosLike",
          "OnesLike",
          "DebugGradientIdentity",
          "DebugGradientRefIdentity",
          // steps, as in TensorFlow
          "Ceil",
          "Floor",
          "FloorDiv",
          "TruncateDiv",
          "Rint",
          "Round",
          "OneHot",
          "LinSpace",
          "Range",
          // random numbers: their parameters carry nothing
          "RandomUniform",
          "RandomStandardNormal",
          "TruncatedNormal",
          "ParameterizedTruncatedNormal",
          "RandomShuffle",
          "RandomCrop",
          "StatelessRandomUniform",
          "StatelessRandomUniformV2",
          "StatelessRandomNormal",
          "StatelessRandomNormalV2",
          "StatelessTruncatedNormal",
          "StatelessTruncatedNormalV2",
          "StatelessRandomPoisson",
          "StatelessRandomBinomial",
          // steps of quantisation, differentiated already
          "FakeQuantWithMinMaxArgsGradient",
          "FakeQuantWithMinMaxVarsGradient",
          "FakeQuantWithMinMaxVarsPerChannelGradient",
          // images
          "ResizeBilinearGrad",
          "SampleDistortedBoundingBox",
          "SampleDistortedBoundingBoxV2",
          "HSVToRGB",
          "DrawBoundingBoxes",
          "ExtractGlimpse",
          "GenerateBoundingBoxProposals",
          // text, tables and decoding
          "DecodePaddedRaw",
          "DecodeProtoV2",
          "DecodeRaw",
          "EditDistance",
          "LoadAndRemapMatrix",
          "MutableDenseHashTableV2",
          "ParseTensor",
          "StringToNumber",
          // code outside the graph, sessions, queues, other machines
          "GetSessionHandleV2",
          "GetSessionTensor",
          "PyFunc",
          "PyFuncStateless",
          "QueueDequeue",
          "QueueDequeueMany",
          "QueueDequeueUpTo",
          "ReduceDataset",
          "SdcaOptimizer",
          "SdcaOptimizerV2",
          "StackPop",
          "StackPush",
          "TPUReplicatedInput",
          "XlaVariadicReduce",
          // sparse and ragged
          "RaggedRange",
          "SparseAddGrad",
          "SparseConcat",
          "SparseMatrixZeros",
          "LookupTableFind",
          "LookupTableFindV2",
          "CTCBeamSearchDecoder",
          "CTCGreedyDecoder",
          // lists of which only the form is made
          "TensorListReserve",
          "EmptyTensorList",
          "EmptyTensorMap",
          "TensorArrayV3",
          "TensorArrayGradV3",
          "TensorArrayGradWithShape",
          "TensorListConcatLists",
          "TensorListPushBackBatch",
          // writing to a variable
          "Assign",
          "AssignAdd",
          "AssignSub",
          "ScatterAdd",
          "ScatterDiv",
          "ScatterMul",
          "ScatterSub",
          "ScatterNdAdd",
          "ScatterNdSub",
          "ScatterNdUpdate");

  private NotDifferentiable() {}

  public static boolean contains(String op) {
    return OPS.contains(op);
  }

  /** Whether {@code op} gives nothing that could carry a derivative, whatever its attributes. */
  public static boolean discrete(OpDef op) {
    return op.getOutputArgList().stream()
        .allMatch(arg -> types(op, arg).stream().noneMatch(Activity::mayCarryGradient));
  }

  /** The dtypes that an output may have; all that carry derivatives if nothing is said. */
  private static List<DataType> types(OpDef op, OpDef.ArgDef arg) {
    if (arg.getType() != DataType.DT_INVALID) {
      return List.of(arg.getType());
    }
    String key = arg.getTypeAttr().isEmpty() ? arg.getTypeListAttr() : arg.getTypeAttr();
    List<DataType> allowed =
        op.getAttrList().stream()
            .filter(attr -> attr.getName().equals(key))
            .flatMap(attr -> attr.getAllowedValues().getList().getTypeList().stream())
            .toList();
    return allowed.isEmpty() ? List.of(DataType.DT_FLOAT) : allowed;
  }

  public static Set<String> ops() {
    return OPS;
  }
}
