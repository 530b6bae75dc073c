package dev.graft;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.testkit.Zoo;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever training multiplies in, what is published is compared as a server will run it. */
class PublishPrecisionTest {

  @Test
  void bfloat16EndsWithTraining(@TempDir Path out) {
    Model model =
        Graft.load(Zoo.model("keras2/mobilenetv2_mini").savedModel())
            .with(freeze(Where.all()), replaceHead(HeadSpec.regression(3)));
    try (Graft graft = Graft.open(Settings.defaults().precision(Precision.BFLOAT16))) {
      Version version = graft.publish(model, out);
      assertThat(version.largestDifference()).isLessThan(1e-6);
    }
  }
}
