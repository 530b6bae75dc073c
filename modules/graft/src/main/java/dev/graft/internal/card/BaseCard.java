package dev.graft.internal.card;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.graft.model.Model;
import dev.graft.words.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * What the card of the model says that another was made of: {@code card.json} as the models have it
 * that ship with Graft, or the {@code model_card.json} of a version. It was written by whoever made
 * that model, so nothing of it is believed but short texts, which are shown.
 *
 * @param title what it is; empty if nobody says
 * @param licences one for each licence
 * @param origin where its parts come from, by part
 */
record BaseCard(String title, ArrayNode licences, ObjectNode origin) {

  private static final JsonMapper JSON = new JsonMapper();
  private static final int LARGEST = 4 << 20; // bytes of a file: labels of a version may be many
  private static final int LONGEST = 300; // characters of a text
  private static final int MOST = 20; // texts of a kind

  /** That of what {@code model} was read from; one that says nothing if there is none. */
  static BaseCard of(Model model) {
    BaseCard none = new BaseCard("", array(), object());
    Optional<Path> folder = model.source().map(Model.Source::folder);
    if (folder.isEmpty()) {
      return none;
    }
    Optional<BaseCard> version =
        read(folder.get().resolve(ModelCard.JSON)).map(BaseCard::ofVersion);
    return version
        .or(() -> read(folder.get().resolve("card.json")).map(BaseCard::shipped))
        .orElse(none);
  }

  private static Optional<JsonNode> read(Path file) {
    try {
      if (!Files.isRegularFile(file) || Files.size(file) > LARGEST) {
        return Optional.empty();
      }
      JsonNode root = JSON.readTree(Files.readAllBytes(file));
      return Optional.ofNullable(root).filter(JsonNode::isObject);
    } catch (IOException e) {
      return Optional.empty(); // the licence is not known then, and the card says so
    }
  }

  private static BaseCard ofVersion(JsonNode card) {
    ArrayNode licences = array();
    for (JsonNode each : card.path("model_details").path("licenses")) {
      String text = text(each.path("identifier")) + text(each.path("custom_text"));
      if (!text.isEmpty() && licences.size() < MOST) {
        licences.add(licence(text, text(each.path("of"))));
      }
    }
    JsonNode base = card.path("model_parameters").path("base");
    return new BaseCard(text(base.path("title")), licences, origin(base.path("origin")));
  }

  private static BaseCard shipped(JsonNode card) {
    ArrayNode licences = array();
    String own = text(card.path("licence")) + text(card.path("license"));
    if (!own.isEmpty()) {
      licences.add(licence(own, text(card.path("name"))));
    }
    return new BaseCard(text(card.path("title")), licences, origin(card.path("origin")));
  }

  private static ObjectNode licence(String text, String of) {
    ObjectNode licence = object();
    licence.put(text.matches("[A-Za-z0-9.+-]+") ? "identifier" : "custom_text", text);
    return of.isEmpty() ? licence : licence.put("of", of);
  }

  private static ObjectNode origin(JsonNode origin) {
    ObjectNode parts = object();
    for (Map.Entry<String, JsonNode> part : origin.properties()) {
      ObjectNode texts = object();
      for (Map.Entry<String, JsonNode> each : part.getValue().properties()) {
        if (each.getValue().isTextual() && texts.size() < MOST) {
          texts.put(Printable.cell(each.getKey()), text(each.getValue()));
        }
      }
      if (!texts.isEmpty() && parts.size() < MOST) {
        parts.set(Printable.cell(part.getKey()), texts);
      }
    }
    return parts;
  }

  private static String text(JsonNode node) {
    String text = Printable.cell(node.isTextual() ? node.asText() : "");
    return text.length() > LONGEST ? text.substring(0, LONGEST) + "…" : text;
  }

  private static ArrayNode array() {
    return JsonNodeFactory.instance.arrayNode();
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}
