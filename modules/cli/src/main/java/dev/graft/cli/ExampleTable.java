package dev.graft.cli;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import dev.graft.answer.Example;
import dev.graft.error.BadDataException;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reads examples for a model that takes values: JSON objects by the names of its inputs, one after
 * the other or in arrays, or a table with a column for each input (CSV). A row that is no good is
 * told of, and the others are read.
 *
 * @param name what the file is called
 * @param signature what the model takes
 * @param examples gets each, named by the file and its row there, from 1
 * @param unfit gets what is wrong with a row
 * @param remarks gets what is left out
 */
record ExampleTable(
    String name,
    Signature signature,
    Consumer<Example> examples,
    Consumer<BadDataException> unfit,
    Consumer<String> remarks) {

  /**
   * Reads all of {@code file}.
   *
   * @throws BadDataException if it is neither a table nor JSON
   */
  void read(InputStream file) throws IOException {
    BufferedInputStream in = new BufferedInputStream(file);
    int first = first(in);
    try {
      if (first == '{' || first == '[') {
        json(in);
      } else {
        csv(in);
      }
    } catch (JsonProcessingException e) {
      throw new BadDataException(
          "'" + name + "' cannot be read as a table or JSON: " + e.getOriginalMessage() + ".", e);
    }
  }

  /** The first byte that says something; nothing is taken away. */
  private static int first(BufferedInputStream in) throws IOException {
    in.mark(1024);
    int first = in.read();
    for (int i = 0; i < 1000 && (first <= ' ' && first >= 0 || first >= 0x80); i++) {
      first = in.read(); // a space, or a mark of the order of bytes
    }
    in.reset();
    return first;
  }

  /** Makes an example of a row and hands it on. */
  private void add(int row, Map<String, Object> values) {
    try {
      examples.accept(Example.of(values).named(name + ":" + row));
    } catch (BadDataException e) {
      add(row, e);
    }
  }

  private void add(int row, BadDataException e) {
    unfit.accept(new BadDataException("'" + name + ":" + row + "': " + e.getMessage(), e));
  }

  private void json(InputStream in) throws IOException {
    JsonMapper mapper = JsonMapper.builder().build();
    int row = 0;
    try (JsonParser parser = mapper.createParser(in)) {
      int depth = 0;
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        if (token == JsonToken.START_ARRAY && depth == 0) {
          depth++;
        } else if (token == JsonToken.END_ARRAY) {
          depth--;
        } else if (token == JsonToken.START_OBJECT) {
          Map<String, Object> values = new LinkedHashMap<>();
          mapper
              .readerForMapOf(Object.class)
              .<Map<String, Object>>readValue(parser)
              .forEach(values::put);
          add(++row, values);
        } else {
          parser.skipChildren();
          add(++row, new BadDataException("is no JSON object; give one of the model's inputs."));
        }
      }
    }
  }

  private void csv(InputStream in) throws IOException {
    CsvMapper mapper = CsvMapper.builder().enable(CsvParser.Feature.WRAP_AS_ARRAY).build();
    try (MappingIterator<String[]> rows = mapper.readerFor(String[].class).readValues(in)) {
      List<String> columns = rows.hasNextValue() ? columns(rows.nextValue()) : List.of();
      for (int row = 1; rows.hasNextValue(); row++) {
        String[] cells = rows.nextValue();
        if (columns.size() > 1 && cells.length == 1 && cells[0].isBlank()) {
          continue;
        }
        try {
          add(row, values(columns, cells));
        } catch (BadDataException e) {
          add(row, e);
        }
      }
    }
  }

  /** The header, once it is known to name all that the model takes. */
  private List<String> columns(String[] header) {
    List<String> columns = new ArrayList<>();
    List<String> others = new ArrayList<>();
    for (String cell : header) {
      String column = cell.replace("\uFEFF", "").strip();
      if (signature.inputs().containsKey(column) && columns.contains(column)) {
        throw new BadDataException("'" + name + "' has two columns '" + column + "'.");
      }
      columns.add(column);
      if (!signature.inputs().containsKey(column)) {
        others.add(column);
      }
    }
    List<String> missing = new ArrayList<>(signature.inputs().keySet());
    missing.removeAll(columns);
    missing.removeAll(signature.defaults().keySet());
    if (!missing.isEmpty()) {
      throw new BadDataException(
          "'"
              + name
              + "' has the columns "
              + columns
              + ", and none for "
              + missing
              + "; give a table with a column for each input, divided by commas, or JSON.");
    }
    if (!others.isEmpty()) {
      remarks.accept("columns of '" + name + "' that are no inputs are left out: " + others);
    }
    return columns;
  }

  private Map<String, Object> values(List<String> columns, String[] cells) {
    if (cells.length > columns.size()) {
      throw new BadDataException(
          "it has " + cells.length + " cells, and there are " + columns.size() + " columns.");
    }
    Map<String, Object> values = new LinkedHashMap<>();
    for (int i = 0; i < cells.length; i++) {
      TensorSpec spec = signature.inputs().get(columns.get(i));
      if (spec != null) {
        values.put(columns.get(i), value(columns.get(i), cells[i], spec.dtype()));
      }
    }
    return values;
  }

  private static Object value(String column, String cell, DType type) {
    String word = cell.strip();
    if (type == DType.STRING) {
      return cell;
    }
    if (type == DType.BOOL && (word.equalsIgnoreCase("true") || word.equalsIgnoreCase("false"))) {
      return Boolean.valueOf(word);
    }
    try {
      BigDecimal number = new BigDecimal(word);
      return type.isFloating() ? (Object) number.doubleValue() : number.toBigIntegerExact();
    } catch (NumberFormatException e) {
      throw unfit(column, cell, type, e);
    } catch (ArithmeticException e) { // 2.5 for a whole number
      throw unfit(column, cell, type, e);
    }
  }

  private static BadDataException unfit(String column, String cell, DType type, Exception e) {
    return new BadDataException(
        "'"
            + cell
            + "' stands for '"
            + column
            + "', which takes "
            + type
            + "; lists of numbers are given as JSON.",
        e);
  }
}
