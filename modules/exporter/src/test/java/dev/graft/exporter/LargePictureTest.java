package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.model.Signature;
import dev.graft.picture.PixelLimit;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is published guards itself, whoever serves it. */
class LargePictureTest {

  private static final String PNG = // a header that says 60,000 x 60,000
      "89504E470D0A1A0A 0000000D 49484452 0000EA60 0000EA60 08 02 00 00 00 00000000";
  private static final String JPEG = // the same in a frame header
      "FFD8 FFE0 0010 4A46494600010101004800480000 FFC0 0011 08 EA60 EA60 03 012200 021101 031101";

  @Test
  void isRefusedBeforeItIsDecoded(@TempDir Path base) {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Version version = Exporter.publish(runtime, PictureModel.of(-1), base);
      try (SavedModelSession session = runtime.loadSavedModel(version.path(), Set.of("serve"))) {
        for (String file : List.of(PNG, JPEG)) {
          ByteString bytes = ByteString.copyFrom(HexFormat.of().parseHex(file.replace(" ", "")));
          Map<String, TensorValue> sent =
              Map.of("image_bytes", TensorValue.strings(Shape.of(1), List.of(bytes)));
          assertThatThrownBy(() -> session.call(Signature.SERVING_BYTES, sent))
              .isInstanceOfSatisfying(
                  TensorFlowException.class,
                  e -> {
                    assertThat(e.code()).isEqualTo(TensorFlowException.Code.INVALID_ARGUMENT);
                    assertThat(PixelLimit.in(e.detail()))
                        .contains(
                            "a picture of 60000 x 60000 pixels; more than 100,000,000 are not"
                                + " decoded");
                  });
        }
      }
    }
  }
}
