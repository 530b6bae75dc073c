package dev.graft.internal.card;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.exporter.ExportReport;
import dev.graft.model.Model;
import dev.graft.savedmodel.file.Durable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Optional;

/**
 * The card of a version.
 *
 * @param model what was published
 * @param export what its export stood
 * @param facts what whoever publishes knows of it
 * @param notes the user's own words
 * @param published when
 */
public record ModelCard(
    Model model,
    ExportReport export,
    CardFacts facts,
    Optional<String> notes,
    LocalDate published) {

  /** Where in a version it is for programs. */
  public static final String JSON = "model_card.json";

  /** Where in a version it is for people. */
  public static final String TEXT = "MODEL_CARD.md";

  /** A card of today. */
  public static ModelCard of(
      Model model, ExportReport export, CardFacts facts, Optional<String> notes) {
    return new ModelCard(model, export, facts, notes, LocalDate.now(ZoneOffset.UTC));
  }

  /** Writes both forms into {@code version}, a folder that nobody sees yet, and to the disk. */
  public void write(Path version) throws IOException {
    ObjectNode card = new CardJson(this).card();
    String json = new JsonMapper().writerWithDefaultPrettyPrinter().writeValueAsString(card);
    put(version.resolve(JSON), json + "\n");
    put(version.resolve(TEXT), new CardText(card).page());
  }

  private static void put(Path file, String text) throws IOException {
    Durable.write(file, text.getBytes(StandardCharsets.UTF_8));
  }
}
