package dev.graft.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import dev.graft.error.BadDataException;
import dev.graft.error.Internal;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the cells of a CSV file. */
@Internal
public final class CsvText {

  private CsvText() {}

  /**
   * The lines that are not empty, as cells.
   *
   * @throws BadDataException if it is no such file; the message says what it is instead, where that
   *     is known
   */
  public static List<List<String>> lines(Path csv) {
    CsvMapper mapper =
        CsvMapper.builder()
            .enable(
                CsvParser.Feature.WRAP_AS_ARRAY,
                CsvParser.Feature.SKIP_EMPTY_LINES,
                CsvParser.Feature.TRIM_SPACES)
            .build();
    try (MappingIterator<String[]> lines = mapper.readerFor(String[].class).readValues(text(csv))) {
      List<List<String>> all = new ArrayList<>();
      while (lines.hasNextValue()) {
        all.add(List.of(lines.nextValue()));
      }
      return all;
    } catch (JsonProcessingException e) {
      throw new BadDataException(
          csv + " is no CSV table (" + e.getOriginalMessage() + "); correct that line.", e);
    } catch (IOException e) {
      requireText(csv);
      throw new BadDataException(
          csv + " cannot be read as a table of UTF-8 text; check that it is there.", e);
    }
  }

  /** Says of files that are often given for a table what they are. */
  private static void requireText(Path csv) {
    byte[] head;
    try (InputStream in = Files.newInputStream(csv)) {
      head = in.readNBytes(ImageFormat.HEADER);
    } catch (IOException e) {
      return; // it is not there
    }
    String start = new String(head, StandardCharsets.ISO_8859_1);
    boolean packed = start.startsWith("PK") || start.startsWith("\u001f\u008b");
    if (packed || ImageFormat.of(head) != ImageFormat.OTHER) {
      throw new BadDataException(
          csv
              + (packed ? " is an archive" : " is " + ImageFormat.of(head).words())
              + ", not a folder of pictures or a table of them; "
              + (packed ? "unpack it, and give the folder." : "give the folder that holds it."));
    }
  }

  /** The text of a file without the byte order mark that Excel begins it with. */
  private static String text(Path csv) throws IOException {
    String text = Files.readString(csv);
    return text.startsWith("\uFEFF") ? text.substring(1) : text;
  }
}
