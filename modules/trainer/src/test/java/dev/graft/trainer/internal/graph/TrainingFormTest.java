package dev.graft.trainer.internal.graph;

import dev.graft.testkit.ZooModel;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Models in training do what Keras does with them in training. */
class TrainingFormTest extends TrainingFormFixture {
  @ParameterizedTest
  @MethodSource("exported")
  void batchNormOfAnExportTrainsAsInKeras(ZooModel zoo) {
    oneStepInTrainingIsKeras(zoo, "sgd");
  }

  @ParameterizedTest
  @MethodSource("models")
  void oneStepOfSgdInTrainingIsKeras(ZooModel zoo) {
    oneStepInTrainingIsKeras(zoo, "sgd");
  }

  @Tag("nightly")
  @ParameterizedTest
  @MethodSource("models")
  void oneStepOfAdamInTrainingIsKeras(ZooModel zoo) {
    oneStepInTrainingIsKeras(zoo, "adam");
  }
}
