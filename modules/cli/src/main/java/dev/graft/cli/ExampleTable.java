package dev.graft.cli;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.RuntimeJsonMappingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.graft.answer.Example;
import dev.graft.error.BadDataException;
import dev.graft.model.Signature;
import dev.graft.tensor.DType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Reads examples for a model that takes values: JSON objects by the names of its inputs, one after
 * the other or in an array, or a table with a column for each input (CSV).
 *
 * @param name what the file is called
 * @param signature what the model takes
 */
record ExampleTable(String name, Signature signature) {

  private static final int BOM = 0xFEFF;

  /**
   * Gives each example to {@code examples}, named by the file and its place there, from 1.
   *
   * @param remarks gets what was left out
   * @throws BadDataException if it is neither
   */
  void read(InputStream file, Consumer<Example> examples, Consumer<String> remarks)
      throws IOException {
    BufferedInputStream in = new BufferedInputStream(file);
    int first = first(in);
    try {
      if (first == '{' || first == '[') {
        json(in, examples);
      } else {
        csv(in, examples, remarks);
      }
    } catch (JsonProcessingException e) {
      throw unreadable(e);
    } catch (RuntimeJsonMappingException e) {
      throw unreadable(e);
    }
  }

  private BadDataException unreadable(Exception e) {
    String reason =
        e instanceof JsonProcessingException json ? json.getOriginalMessage() : "" + e.getMessage();
    return new BadDataException(
        "'" + name + "' cannot be read as a table or JSON: " + reason + ".", e);
  }

  /** The first byte that says something; nothing is taken away. */
  private static int first(BufferedInputStream in) throws IOException {
    in.mark(1024);
    int first = in.read();
    while (first == ' '
        || first == '\n'
        || first == '\r'
        || first == '\t'
        || first == 0xEF
        || first == 0xBB
        || first == 0xBF) {
      first = in.read();
    }
    in.reset();
    return first;
  }

  private void json(InputStream in, Consumer<Example> examples) throws IOException {
    ObjectMapper mapper = JsonMapper.builder().build();
    int count = 0;
    try (MappingIterator<JsonNode> all = mapper.readerFor(JsonNode.class).readValues(in)) {
      while (all.hasNextValue()) {
        JsonNode next = all.nextValue();
        for (JsonNode each : next.isArray() ? next : List.of(next)) {
          count++;
          if (!each.isObject()) {
            throw new BadDataException(
                "'" + name + ":" + count + "' is no JSON object; give one of the model's inputs.");
          }
          Map<String, Object> values = new LinkedHashMap<>();
          each.fields()
              .forEachRemaining(
                  field ->
                      values.put(
                          field.getKey(), mapper.convertValue(field.getValue(), Object.class)));
          examples.accept(example(values, count));
        }
      }
    }
  }

  private void csv(InputStream in, Consumer<Example> examples, Consumer<String> remarks)
      throws IOException {
    CsvMapper mapper = CsvMapper.builder().enable(CsvParser.Feature.SKIP_EMPTY_LINES).build();
    CsvSchema schema = CsvSchema.emptySchema().withHeader();
    int count = 0;
    try (MappingIterator<Map<String, String>> all =
        mapper.readerForMapOf(String.class).with(schema).readValues(in)) {
      Set<String> others = new TreeSet<>();
      while (all.hasNextValue()) {
        Map<String, String> row = all.nextValue();
        count++;
        Map<String, Object> values = new LinkedHashMap<>();
        for (Map.Entry<String, String> cell : row.entrySet()) {
          String column = clean(cell.getKey());
          if (signature.inputs().containsKey(column)) {
            values.put(column, value(column, cell.getValue(), count));
          } else {
            others.add(column);
          }
        }
        if (count == 1 && !others.isEmpty()) {
          remarks.accept("columns of '" + name + "' that are no inputs are left out: " + others);
        }
        examples.accept(example(values, count));
      }
    }
  }

  private static String clean(String column) {
    return column.isEmpty() || column.charAt(0) != BOM ? column : column.substring(1);
  }

  private Object value(String column, String cell, int row) {
    DType type = requireNonNull(signature.inputs().get(column)).dtype();
    if (type == DType.STRING) {
      return cell;
    }
    String word = cell.strip();
    if (type == DType.BOOL && (word.equalsIgnoreCase("true") || word.equalsIgnoreCase("false"))) {
      return Boolean.valueOf(word);
    }
    try {
      return type.isFloating() ? (Object) Double.valueOf(word) : (Object) Long.valueOf(word);
    } catch (NumberFormatException e) {
      throw new BadDataException(
          "'"
              + name
              + ":"
              + row
              + "' has '"
              + cell
              + "' for '"
              + column
              + "', which takes "
              + type
              + "; lists of numbers are given as JSON.",
          e);
    }
  }

  private Example example(Map<String, Object> values, int place) {
    return Example.of(values).named(name + ":" + place);
  }
}
