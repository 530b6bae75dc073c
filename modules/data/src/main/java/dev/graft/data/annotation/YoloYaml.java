package dev.graft.data.annotation;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import com.google.common.collect.ImmutableMap;
import dev.graft.data.Part;
import dev.graft.error.BadDataException;
import java.io.IOException;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

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
  private static final List<String> PARTS = List.of("train", "val", "valid", "validation", "test");
  private static final Set<String> KEYS =
      Set.of("path", "names", "kpt_shape", "train", "val", "valid", "validation", "test");
  private static final int MOST_POINTS = 10_000;

  YoloYaml {
    parts = ImmutableMap.copyOf(parts);
    labels = ImmutableMap.copyOf(labels);
  }

  /** Empty if it is another YAML file. */
  static Optional<YoloYaml> read(TextFile file) {
    try (YAMLParser parser = yaml().createParser(file.text(MOST_BYTES))) {
      Map<String, Said> said = new Pass(parser).read();
      Said names = said.get("names");
      return names != null && PARTS.stream().anyMatch(said::containsKey)
          ? Optional.of(of(file, said, names))
          : Optional.empty();
    } catch (JacksonException e) {
      throw new BadDataException(
          file
              + " is no sound YAML ("
              + file.quote(e.getOriginalMessage().lines().findFirst().orElse(""))
              + "); correct it.",
          e);
    } catch (IOException e) {
      throw new BadDataException(file + " cannot be read; check that it is there.", e);
    }
  }

  private static YoloYaml of(TextFile file, Map<String, Said> said, Said names) {
    said.forEach(
        (key, each) -> {
          if (!each.isPlain()) {
            throw new BadDataException(
                file
                    + " has more than texts under '"
                    + key
                    + "', or refers to other places; write each out there.");
          }
        });
    return new YoloYaml(
        String.join("", said.getOrDefault("path", Said.NOTHING).texts().values()),
        parts(said),
        labels(file, names),
        keypoints(file, said.get("kpt_shape")));
  }

  /** A key that stands twice is an error, not one that is forgotten. */
  private static YAMLFactory yaml() {
    return YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();
  }

  /**
   * What stands behind a key: one text, a list or a map, as it is written. {@code 1.10} is a name
   * other than {@code 1.1}, and {@code no} is one, too.
   *
   * @param texts a list's by their number, a single one by none
   * @param isPlain whether there is nothing but these
   */
  private record Said(Map<String, String> texts, boolean isPlain) {
    static final Said NOTHING = new Said(Map.of(), true);
  }

  /** One pass over a file, in which nothing but texts is made of texts. */
  private record Pass(YAMLParser yaml) {

    Map<String, Said> read() throws IOException {
      Map<String, Said> all = new HashMap<>();
      if (yaml.nextToken() == JsonToken.START_OBJECT) {
        while (yaml.nextToken() == JsonToken.FIELD_NAME) {
          String key = yaml.currentName();
          yaml.nextToken();
          if (KEYS.contains(key)) {
            all.put(key, said());
          } else {
            yaml.skipChildren();
          }
        }
      }
      return all;
    }

    private Said said() throws IOException {
      Map<String, String> texts = new LinkedHashMap<>();
      boolean isMap = yaml.currentToken() == JsonToken.START_OBJECT;
      if (yaml.currentToken().isScalarValue()) {
        texts.put("", yaml.getText());
        return new Said(texts, !yaml.isCurrentAlias());
      }
      boolean isPlain = true;
      while (!yaml.nextToken().isStructEnd()) {
        String at = isMap ? yaml.currentName() : "" + texts.size();
        if (isMap) {
          yaml.nextToken();
        }
        isPlain &= yaml.currentToken().isScalarValue() && !yaml.isCurrentAlias();
        texts.put(at, yaml.getText());
        yaml.skipChildren();
      }
      return new Said(texts, isPlain);
    }
  }

  private static Map<Part, List<String>> parts(Map<String, Said> said) {
    Map<Part, List<String>> parts = new EnumMap<>(Part.class);
    for (String key : PARTS) {
      List<String> written =
          said.getOrDefault(key, Said.NOTHING).texts().values().stream()
              .filter(text -> !text.isBlank() && !text.equals("null") && !text.equals("~"))
              .toList();
      Part part = Part.called(key);
      if (part != null && !written.isEmpty()) {
        parts.putIfAbsent(part, written);
      }
    }
    return parts;
  }

  /** Poses have, behind each box, so many points of so many numbers. */
  private static int keypoints(TextFile file, @Nullable Said shape) {
    if (shape == null) {
      return 0;
    }
    double points = Findings.number(shape.texts().getOrDefault("0", "")).orElse(0);
    double numbers = Findings.number(shape.texts().getOrDefault("1", "")).orElse(0);
    if (points < 1 || points > MOST_POINTS || numbers < 2 || numbers > 3) {
      throw new BadDataException(
          file + " has a 'kpt_shape' other than [points, 2 or 3]; correct it, or take it out.");
    }
    return (int) points * (int) numbers;
  }

  private static Map<Integer, String> labels(TextFile file, Said names) {
    Map<Integer, String> labels = new TreeMap<>();
    names.texts().remove(""); // that is neither
    names
        .texts()
        .forEach(
            (number, name) -> {
              if (!number.matches("\\d{1,6}")
                  || labels.putIfAbsent(Integer.valueOf(number), label(file, name)) != null) {
                throw new BadDataException(
                    file
                        + " gives the name number "
                        + file.quote(number)
                        + "; numbers begin at 0, and each stands once.");
              }
            });
    if (labels.isEmpty()) {
      throw new BadDataException(
          file + " has no list or map under 'names'; write the name of each label there.");
    }
    return labels;
  }

  private static String label(TextFile file, String name) {
    return Findings.label(name, file.toString());
  }
}
