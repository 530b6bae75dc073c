package dev.graft.trainer.internal.cut;

import dev.graft.graph.TensorRef;
import dev.graft.runtime.ShapeInference;
import dev.graft.tensor.Shape;
import org.tensorflow.proto.DataType;

/** What is known of the tensors of a graph before it runs. */
public interface KnownShapes {

  /** The shape of {@code tensor} as far as it is known. */
  Shape shape(TensorRef tensor);

  /** Its dtype. */
  DataType dtype(TensorRef tensor);

  /** As TensorFlow infers them. */
  static KnownShapes of(ShapeInference inference) {
    return new KnownShapes() {
      @Override
      public Shape shape(TensorRef tensor) {
        return inference.shape(tensor);
      }

      @Override
      public DataType dtype(TensorRef tensor) {
        return inference.dtype(tensor);
      }
    };
  }
}
