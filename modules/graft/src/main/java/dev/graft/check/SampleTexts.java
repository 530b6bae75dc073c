package dev.graft.check;

import com.google.protobuf.ByteString;
import dev.graft.graph.op.OpRegistry;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tensorflow.proto.NodeDef;

/** Texts for a string input: what the ops that read it can make something of. */
final class SampleTexts {

  private static final List<String> SENTENCES =
      List.of(
          "the quick brown fox jumps over the lazy dog",
          "a good day for a long walk in the park",
          "this film was great and i loved it");

  /** Which encoding an op decodes; those that take any get a PNG. */
  private static final Map<String, String> PICTURES =
      Map.of(
          "DecodeJpeg", "jpg",
          "DecodeAndCropJpeg", "jpg",
          "ExtractJpegShape", "jpg",
          "DecodePng", "png",
          "DecodeImage", "png",
          "DecodeBmp", "bmp",
          "DecodeGif", "gif");

  private static final Set<String> EXAMPLES =
      Set.of("ParseExample", "ParseExampleV2", "ParseSingleExample");

  private final Set<String> ops;
  private final SampleExample example;
  private final int columns;

  SampleTexts(InputUses uses) {
    this.ops = uses.ops();
    List<NodeDef> parsers = uses.readers(EXAMPLES);
    this.example =
        parsers.isEmpty()
            ? SampleExample.NONE
            : SampleExample.of(uses, parsers.get(0), this::plain);
    this.columns =
        uses.readers(Set.of("DecodeCSV")).stream()
            .findFirst()
            .map(csv -> OpRegistry.standard().outputTypes(csv).size())
            .orElse(0);
  }

  /** The text at place {@code i}. */
  ByteString text(int i) {
    if (example != SampleExample.NONE) {
      return example.row(i);
    }
    ByteString plain = plain(i);
    return ops.contains("DecodeBase64")
        ? ByteString.copyFrom(Base64.getUrlEncoder().withoutPadding().encode(plain.toByteArray()))
        : plain;
  }

  private ByteString plain(int i) {
    for (Map.Entry<String, String> picture : PICTURES.entrySet()) {
      if (ops.contains(picture.getKey())) {
        return SampleFiles.picture(picture.getValue(), i);
      }
    }
    if (ops.contains("DecodeWav")) {
      return SampleFiles.sound(i);
    }
    if (columns > 0) {
      return ByteString.copyFromUtf8(String.join(",", Collections.nCopies(columns, "1")));
    }
    if (ops.contains("StringToNumber")) {
      return ByteString.copyFromUtf8(Integer.toString(1 + i % 3));
    }
    return ByteString.copyFromUtf8(SENTENCES.get(i % SENTENCES.size()));
  }
}
