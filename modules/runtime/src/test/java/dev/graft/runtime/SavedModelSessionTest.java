package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.tensor.TensorValue;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;

class SavedModelSessionTest {

  private static final Path ZOO =
      Path.of(System.getProperty("graft.root", "../..")).resolve("testdata/zoo");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "keras2/dense_mlp",
        "keras3/cnn_bn",
        "keras2/string_lookup_classifier",
        "keras2/lstm"
      })
  void givesWhatTensorFlowGave(String name) throws Exception {
    Path dir = ZOO.resolve(name);
    Map<String, TensorValue> golden = new HashMap<>();
    for (NodeDef node :
        GraphDef.parseFrom(Files.readAllBytes(dir.resolve("golden.pb"))).getNodeList()) {
      golden.put(node.getName(), TensorValue.from(node.getAttrOrThrow("value").getTensor()));
    }
    String first =
        golden.keySet().stream()
            .filter(key -> key.contains("/input/"))
            .sorted()
            .findFirst()
            .orElseThrow();
    String caseName = first.substring(0, first.indexOf('/'));
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open();
        SavedModelSession session = runtime.loadSavedModel(dir.resolve("model"), Set.of("serve"))) {
      Map<String, TensorValue> outputs =
          session.call("serving_default", under(golden, caseName + "/input/"));
      Map<String, TensorValue> expected = under(golden, caseName + "/output/");
      assertThat(outputs.keySet()).isEqualTo(expected.keySet());
      expected.forEach(
          (key, value) -> {
            double[] wanted = value.asDoubles();
            double[] got = outputs.get(key).asDoubles();
            assertThat(got).hasSameSizeAs(wanted);
            for (int i = 0; i < wanted.length; i++) {
              assertThat(got[i]).isCloseTo(wanted[i], org.assertj.core.api.Assertions.within(1e-5));
            }
          });
    }
  }

  private static Map<String, TensorValue> under(Map<String, TensorValue> all, String prefix) {
    Map<String, TensorValue> some = new HashMap<>();
    all.forEach(
        (key, value) -> {
          if (key.startsWith(prefix)) {
            some.put(key.substring(prefix.length()), value);
          }
        });
    assertThat(some).isNotEmpty();
    return some;
  }

  @Test
  void aFolderThatHoldsNoModelIsTold(@TempDir Path empty) {
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      assertThatThrownBy(() -> runtime.loadSavedModel(empty, Set.of("serve")))
          .isInstanceOf(TensorFlowException.class)
          .hasMessageContaining(empty.toString());
      assertThat(runtime.openHandles()).isEmpty();
    }
  }
}
