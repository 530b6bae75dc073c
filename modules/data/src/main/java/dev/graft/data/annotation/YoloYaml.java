package dev.graft.data.annotation;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Part;
import dev.graft.error.BadDataException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What a {@code data.yaml} of YOLO says.
 *
 * @param path where the pictures are, as it is written; maybe empty
 * @param parts folders or lists of pictures for each part, as they are written
 * @param labels names by their numbers
 * @param keypoints how many numbers of points follow each box; 0 if there are none
 */
record YoloYaml(
    String path, Map<Part, List<String>> parts, Map<Integer, String> labels, int keypoints) {

  private static final int MOST_BYTES = 4 << 20;
  private static final int MOST_POINTS = 10_000;

  YoloYaml {
    parts = ImmutableMap.copyOf(parts);
    labels = ImmutableMap.copyOf(labels);
  }

  /** Empty if it is another YAML file. */
  static Optional<YoloYaml> read(Path file) {
    JsonNode root;
    try {
      root = mapper().readTree(DataFolder.text(file, MOST_BYTES));
    } catch (JacksonException e) {
      throw new BadDataException(
          file
              + " is no sound YAML ("
              + e.getOriginalMessage().lines().findFirst().orElse("")
              + "); correct it.",
          e);
    }
    return root.has("names") && (root.has("train") || root.has("val") || root.has("test"))
        ? Optional.of(
            new YoloYaml(
                root.path("path").asText(""),
                parts(root),
                labels(file, root),
                keypoints(file, root.path("kpt_shape"))))
        : Optional.empty();
  }

  /** {@code no} and {@code on} are names as any other. Aliases are not followed. */
  private static YAMLMapper mapper() {
    return new YAMLMapper(
        YAMLFactory.builder()
            .enable(YAMLParser.Feature.PARSE_BOOLEAN_LIKE_WORDS_AS_STRINGS)
            .build());
  }

  private static Map<Part, List<String>> parts(JsonNode root) {
    Map<Part, List<String>> parts = new EnumMap<>(Part.class);
    for (String key : List.of("train", "val", "valid", "validation", "test")) {
      JsonNode said = root.path(key);
      List<String> written = new ArrayList<>();
      (said.isArray() ? said : List.of(said)).forEach(each -> written.add(each.asText("")));
      written.removeIf(String::isBlank);
      Part part = Part.called(key);
      if (part != null && !written.isEmpty()) {
        parts.putIfAbsent(part, ImmutableList.copyOf(written));
      }
    }
    return parts;
  }

  /** Poses have, behind each box, so many points of so many numbers. */
  private static int keypoints(Path file, JsonNode shape) {
    if (shape.isMissingNode()) {
      return 0;
    }
    int points = shape.path(0).asInt(0);
    int numbers = shape.path(1).asInt(0);
    if (points < 1 || points > MOST_POINTS || numbers < 2 || numbers > 3) {
      throw new BadDataException(
          file + " has a 'kpt_shape' other than [points, 2 or 3]; correct it, or take it out.");
    }
    return points * numbers;
  }

  private static Map<Integer, String> labels(Path file, JsonNode root) {
    JsonNode names = root.path("names");
    Map<Integer, String> labels = new TreeMap<>();
    if (names.isArray()) {
      names.forEach(name -> labels.put(labels.size(), name(file, name)));
    } else {
      names
          .properties()
          .forEach(
              entry -> {
                if (!entry.getKey().matches("\\d{1,6}")) {
                  throw new BadDataException(
                      file
                          + " gives the name number '"
                          + entry.getKey()
                          + "'; numbers begin at 0.");
                }
                labels.put(Integer.valueOf(entry.getKey()), name(file, entry.getValue()));
              });
    }
    if (labels.isEmpty()) {
      throw new BadDataException(
          file + " has no list or map under 'names'; write the name of each label there.");
    }
    return labels;
  }

  private static String name(Path file, JsonNode name) {
    if (!name.isValueNode()) {
      throw new BadDataException(file + " has more than texts under 'names'; correct it.");
    }
    return Findings.label(name.asText(), file.toString());
  }
}
