package dev.graft.data.annotation;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.google.common.io.ByteStreams;
import dev.graft.error.BadDataException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a JSON file of COCO says, read in one pass and without what is of no use here, such as
 * segmentations. Numbers may have gaps, and may be texts.
 *
 * @param pictures in the order of the file
 * @param boxes in the order of the file
 * @param labels names by the number of the category, in the order of these
 * @param bare how many things have no box
 */
record CocoJson(List<Picture> pictures, List<Drawn> boxes, Map<String, String> labels, int bare) {

  private static final int DEEPEST = 100;
  private static final int MOST_BYTES = 64 << 20; // that are looked at for the first list
  private static final int HEAD = 1 << 16;
  private static final Set<String> LISTS = Set.of("images", "annotations");

  /** A picture; sizes are 0 where they are not told. */
  record Picture(String id, String file, double width, double height) {}

  /** A box on the picture of this number, with the area within its outline where that is told. */
  record Drawn(
      String picture,
      String category,
      double x,
      double y,
      double width,
      double height,
      boolean crowd,
      OptionalDouble area) {}

  private static JsonFactory json() {
    return JsonFactory.builder()
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(DEEPEST).build())
        .build();
  }

  /**
   * Whether it has a list of pictures or boxes, however much stands before that: categories alone
   * have other files, too.
   */
  static boolean isOne(TextFile file) {
    try (InputStream in = ByteStreams.limit(file.open(Long.MAX_VALUE), MOST_BYTES)) {
      in.mark(HEAD);
      String head = new String(in.readNBytes(HEAD), StandardCharsets.UTF_8);
      in.reset();
      if (head.matches("(?s)\uFEFF?\\s*\\{.*\"(images|annotations)\"\\s*:.*")) {
        return true; // even if it is unsound: that is told when it is read
      }
      return head.matches("(?s)\uFEFF?\\s*\\{.*") && hasList(in);
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean hasList(InputStream in) throws IOException {
    try (JsonParser parser = json().createParser(in)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        if (LISTS.contains(parser.currentName())) {
          return true;
        }
        parser.nextToken();
        parser.skipChildren();
      }
      return false;
    }
  }

  static CocoJson read(TextFile file) {
    try (InputStream in = file.open(Long.MAX_VALUE);
        JsonParser parser = json().createParser(in)) {
      return new Pass(file, parser).read();
    } catch (StreamConstraintsException e) {
      throw new BadDataException(
          file + " asks for too much (" + e.getOriginalMessage() + "); check what it is.", e);
    } catch (JacksonException e) {
      throw new BadDataException(
          file
              + " is no sound JSON (line "
              + e.getLocation().getLineNr()
              + ": "
              + file.quote(e.getOriginalMessage())
              + "); correct it.",
          e);
    } catch (IOException e) {
      throw new BadDataException(file + " cannot be read; check that it is there.", e);
    }
  }

  /** One pass over a file. */
  private static final class Pass {
    private final TextFile file;
    private final JsonParser json;
    private final List<Picture> pictures = new ArrayList<>();
    private final List<Drawn> boxes = new ArrayList<>();
    private final Map<String, String> labels =
        new TreeMap<>(Comparator.comparingDouble(Pass::value).thenComparing(id -> id));
    private int bare;
    private final Map<String, String> texts = new HashMap<>(); // fields of the object at hand
    private final List<Double> bbox = new ArrayList<>();
    private final Map<String, Integer> counts = new HashMap<>(); // of boxes, by picture
    private final Map<String, String> once = new HashMap<>();

    Pass(TextFile file, JsonParser json) {
      this.file = file;
      this.json = json;
    }

    CocoJson read() throws IOException {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw new BadDataException(file + " is no JSON of COCO; that begins with '{'.");
      }
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        json.nextToken();
        switch (name) {
          case "images" -> each(name, this::picture);
          case "annotations" -> each(name, this::box);
          case "categories" -> each(name, this::category);
          default -> json.skipChildren();
        }
      }
      return new CocoJson(pictures, boxes, labels, bare);
    }

    private void each(String list, Runnable take) throws IOException {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw new BadDataException(file + " has no list in '" + list + "'; write one there.");
      }
      while (json.nextToken() == JsonToken.START_OBJECT) {
        fields();
        take.run();
        Findings.requireFewInAll(Math.max(pictures.size(), boxes.size() + bare), file);
      }
      if (json.currentToken() != JsonToken.END_ARRAY) {
        throw new BadDataException(file + " has more than objects in '" + list + "'; correct it.");
      }
    }

    private void fields() throws IOException {
      texts.clear();
      bbox.clear();
      while (json.nextToken() == JsonToken.FIELD_NAME) {
        String name = json.currentName();
        JsonToken token = json.nextToken();
        if (name.equals("bbox") && token == JsonToken.START_ARRAY) {
          numbers();
        } else if (token.isScalarValue()) {
          texts.put(name, json.getText());
        } else {
          json.skipChildren();
        }
      }
    }

    private void numbers() throws IOException {
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (bbox.size() < 4 + 1) {
          bbox.add(number(json.currentToken().isNumeric() ? json.getText() : ""));
        }
        json.skipChildren();
      }
    }

    private static double number(String text) {
      return Findings.number(text).orElse(Double.NaN);
    }

    private double size(String field) {
      return Findings.number(texts.getOrDefault(field, "0")).orElse(0);
    }

    private void picture() {
      pictures.add(
          new Picture(
              number("images", "id"),
              required("images", "file_name"),
              size("width"),
              size("height")));
    }

    private void category() {
      String id = number("categories", "id");
      String name = Findings.label(required("categories", "name"), "" + file);
      String before = labels.putIfAbsent(id, name);
      if (before != null && !before.equals(name)) {
        throw new BadDataException(
            file
                + " has two categories of the number "
                + file.quote(id)
                + ", "
                + file.quote(before)
                + " and "
                + file.quote(name)
                + "; number each differently.");
      }
    }

    private static double value(String id) {
      return Findings.number(id).orElse(0);
    }

    private void box() {
      if (bbox.isEmpty()) {
        bare++;
        return;
      }
      String picture = kept(number("annotations", "image_id"));
      Findings.requireFew(counts.merge(picture, 1, Integer::sum), file);
      if (bbox.size() != 4 || bbox.stream().anyMatch(each -> each.isNaN())) {
        throw new BadDataException(
            file
                + " has a 'bbox' other than four numbers for a thing on picture "
                + file.quote(picture)
                + "; write [x, y, width, height] there.");
      }
      String crowd = texts.getOrDefault("iscrowd", "0");
      boxes.add(
          new Drawn(
              picture,
              kept(number("annotations", "category_id")),
              bbox.get(0),
              bbox.get(1),
              bbox.get(2),
              bbox.get(3),
              crowd.equals("1") || crowd.equals("true"),
              Findings.number(texts.getOrDefault("area", "")).stream()
                  .filter(area -> area > 0) // 0 where nobody knew it
                  .findFirst()));
    }

    /** One text for all that are equal, since there are millions. */
    private String kept(String text) {
      return once.computeIfAbsent(text, same -> same);
    }

    /** What tables that know no whole numbers have written as {@code 3.0} is 3. */
    private String number(String list, String field) {
      String text = required(list, field);
      int end = text.length() - 1;
      while (end > 0 && text.charAt(end) == '0') {
        end--;
      }
      return end > 0 && end < text.length() - 1 && text.charAt(end) == '.'
          ? text.substring(0, end)
          : text;
    }

    private String required(String list, String field) {
      String text = texts.get(field);
      if (text == null) {
        throw new BadDataException(
            file + " has an entry in '" + list + "' without '" + field + "'; add it.");
      }
      return text;
    }
  }
}
