package dev.graft.savedmodel.metadata;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.graft.error.BadModelException;
import dev.graft.graph.Graph;
import dev.graft.model.Model;
import dev.graft.model.Provenance;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What cannot be read; that what is written is read again is tested with the exporter. */
class ModelMetadataTest {

  private final Model model =
      Model.builder("m", Graph.empty(), new Provenance.Origin("", "", "", "", 0)).build();

  @Test
  void damagedOrForeignFilesAreToldByName() {
    for (String json : new String[] {"{", "[]", "{\"format\": 2}"}) {
      assertThatExceptionOfType(BadModelException.class)
          .isThrownBy(() -> ModelMetadata.parse(json))
          .withMessageContaining("graft.json");
    }
  }

  @Test
  void aFileOfAnotherModelIsRefused() {
    String json =
        "{\"format\": 1, \"name\": \"m\", \"variables\": [{\"name\": \"w\", \"node\": \"gone\","
            + " \"trainable\": true, \"role\": \"KERNEL\"}]}";
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> ModelMetadata.parse(json).applyTo(model, Map.of()))
        .withMessageContaining("gone");
    assertThatExceptionOfType(BadModelException.class)
        .isThrownBy(() -> ModelMetadata.parse("{\"format\": 1}").applyTo(model, Map.of()))
        .withMessageContaining("name");
  }
}
