package dev.graft.savedmodel.objects;

import dev.graft.error.Internal;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import org.tensorflow.proto.SignatureDef;
import org.tensorflow.proto.TensorInfo;

/** How a SavedModel declares signatures. */
@Internal
public final class SignatureDefs {

  private SignatureDefs() {}

  /** Returns {@code signature} as a SavedModel declares it, all tensors plain, without defaults. */
  public static SignatureDef plain(Signature signature) {
    SignatureDef.Builder def = SignatureDef.newBuilder().setMethodName(signature.method());
    signature.inputs().forEach((name, spec) -> def.putInputs(name, info(spec)));
    signature.outputs().forEach((name, spec) -> def.putOutputs(name, info(spec)));
    return def.build();
  }

  private static TensorInfo info(TensorSpec spec) {
    return TensorInfo.newBuilder()
        .setName(spec.tensor().toString())
        .setDtype(spec.dtype().proto())
        .setTensorShape(spec.shape().toProto())
        .build();
  }
}
