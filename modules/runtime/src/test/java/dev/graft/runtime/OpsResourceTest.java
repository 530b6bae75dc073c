package dev.graft.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.graph.OpRegistry;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import org.junit.jupiter.api.Test;
import org.tensorflow.TensorFlow;
import org.tensorflow.proto.OpDef;
import org.tensorflow.proto.OpList;

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
      Path resource = Path.of("../model/src/main/resources/dev/graft/graph/ops.pb");
      Files.createDirectories(resource.getParent());
      Files.write(resource, own.build().toByteArray());
    }
    try (InputStream in = OpRegistry.class.getResourceAsStream("ops.pb")) {
      assertThat(in).isNotNull();
      assertThat(OpList.parseFrom(in)).isEqualTo(own.build());
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
