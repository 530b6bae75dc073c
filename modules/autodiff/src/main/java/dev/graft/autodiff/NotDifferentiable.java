package dev.graft.autodiff;

import java.util.Set;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.OpDef;

/**
 * The ops at which a path ends: their result does not depend on their input in a way that has a
 * derivative, or TensorFlow defines that nothing passes. Ops that give integers, strings or truth
 * values need not be named, since those carry no derivative.
 */
final class NotDifferentiable {

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
          "Unique",
          "UniqueV2",
          "UniqueWithCounts",
          // random numbers: their parameters carry nothing
          "RandomUniform",
          "RandomStandardNormal",
          "TruncatedNormal",
          "ParameterizedTruncatedNormal",
          "RandomShuffle",
          "RandomCrop",
          "RandomPoissonV2",
          "StatelessRandomUniform",
          "StatelessRandomUniformV2",
          "StatelessRandomNormal",
          "StatelessRandomNormalV2",
          "StatelessTruncatedNormal",
          "StatelessTruncatedNormalV2",
          "StatelessRandomPoisson",
          "StatelessRandomBinomial",
          "StatelessShuffle",
          // images
          "HSVToRGB",
          "DrawBoundingBoxes",
          "DrawBoundingBoxesV2",
          "ExtractGlimpse",
          "ExtractGlimpseV2",
          "NonMaxSuppressionV4",
          "NonMaxSuppressionV5",
          "CombinedNonMaxSuppression",
          "GenerateBoundingBoxProposals",
          // text, tables and decoding
          "LookupTableFind",
          "LookupTableFindV2",
          "CTCBeamSearchDecoder",
          "CTCGreedyDecoder",
          // lists of which only the form is made
          "TensorListReserve",
          "EmptyTensorList",
          "EmptyTensorMap",
          // writing to a variable
          "Assign",
          "AssignAdd",
          "AssignSub");

  private NotDifferentiable() {}

  static boolean contains(String op) {
    return OPS.contains(op);
  }

  /** Whether {@code op} gives nothing that could carry a derivative. */
  static boolean discrete(OpDef op) {
    return op.getOutputArgList().stream()
        .allMatch(
            arg ->
                arg.getTypeAttr().isEmpty()
                    && arg.getTypeListAttr().isEmpty()
                    && arg.getType() != DataType.DT_INVALID
                    && !DataTypes.mayCarryGradient(arg.getType()));
  }

  static Set<String> ops() {
    return OPS;
  }
}
