package dev.graft.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.google.common.base.Splitter;
import dev.graft.error.BadDataException;
import dev.graft.error.Internal;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.Reader;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.Pattern;

/** Reads the cells of a CSV file. */
@Internal
public final class CsvText {

  private static final int HEAD = 1 << 16; // bytes of a first line
  private static final Pattern OTHERS = Pattern.compile("[;\t]"); // that separate, as in Excel

  private CsvText() {}

  /**
   * The lines that are not empty, as cells.
   *
   * @throws BadDataException if it is no such file; the message says what it is instead, where that
   *     is known
   */
  public static List<List<String>> lines(Path csv) {
    List<List<String>> all = new ArrayList<>();
    each(csv, all::add);
    return all;
  }

  /**
   * Hands the lines that are not empty over, one after the other, as cells.
   *
   * @throws BadDataException as {@link #lines} does
   */
  public static void each(Path csv, Consumer<List<String>> take) {
    try (Reader text = text(csv);
        MappingIterator<String[]> lines = cells().readValues(text)) {
      while (lines.hasNextValue()) {
        take.accept(List.of(lines.nextValue()));
      }
    } catch (JsonProcessingException e) {
      if (e.getCause() instanceof CharacterCodingException) {
        throw otherwise(csv, e);
      }
      throw new BadDataException(
          csv + " is no CSV table (" + e.getOriginalMessage() + "); correct that line.", e);
    } catch (CharacterCodingException e) {
      throw otherwise(csv, e);
    } catch (IOException e) {
      throw new BadDataException(csv + " cannot be read; check that it is there.", e);
    }
  }

  /** The first line, of which no more is read than it may have; empty if that is no text. */
  public static Optional<List<String>> header(Path csv) {
    try (InputStream in = Files.newInputStream(csv)) {
      String head = new String(in.readNBytes(HEAD), StandardCharsets.UTF_8);
      String line = head.lines().findFirst().orElse("").replaceFirst("^\uFEFF", "");
      if (line.indexOf('\uFFFD') >= 0 || line.indexOf(0) >= 0) {
        return Optional.empty();
      }
      try (MappingIterator<String[]> lines = cells().readValues(line)) {
        return Optional.of(lines.hasNextValue() ? List.of(lines.nextValue()) : List.of());
      }
    } catch (IOException e) {
      return Optional.empty();
    }
  }

  /** The columns of {@code header} as they are meant: others separate them by more than commas. */
  public static List<String> meant(List<String> header) {
    return header.size() == 1 ? Splitter.on(OTHERS).splitToList(header.get(0)) : header;
  }

  /** What to say of a header whose columns are separated by anything but commas; else nothing. */
  public static String hint(List<String> header) {
    return meant(header).size() > header.size() ? " Columns are separated by commas." : "";
  }

  private static ObjectReader cells() {
    return CsvMapper.builder()
        .enable(
            CsvParser.Feature.WRAP_AS_ARRAY,
            CsvParser.Feature.SKIP_EMPTY_LINES,
            CsvParser.Feature.TRIM_SPACES)
        .build()
        .readerFor(String[].class);
  }

  /** What is given for a table in place of UTF-8 text. */
  private static BadDataException otherwise(Path csv, IOException cause) {
    byte[] head;
    try (InputStream in = Files.newInputStream(csv)) {
      head = in.readNBytes(ImageFormat.HEADER);
    } catch (IOException e) {
      head = new byte[0];
    }
    String start = new String(head, StandardCharsets.ISO_8859_1);
    boolean packed = start.startsWith("PK") || start.startsWith("\u001f\u008b");
    if (packed || ImageFormat.of(head) != ImageFormat.OTHER) {
      return new BadDataException(
          csv
              + (packed ? " is an archive" : " is " + ImageFormat.of(head).words())
              + ", not a folder of pictures or a table of them; "
              + (packed ? "unpack it, and give the folder." : "give the folder that holds it."),
          cause);
    }
    boolean isWide = start.startsWith("\u00ff\u00fe") || start.startsWith("\u00fe\u00ff");
    return new BadDataException(
        csv
            + " cannot be read as a table of UTF-8 text, but seems to be in "
            + (isWide ? "UTF-16" : "Latin-1 (Windows-1252), as Excel's plain 'CSV' is")
            + "; save it in UTF-8 (in Excel 'CSV UTF-8').",
        cause);
  }

  /** The text of a file without the byte order mark that Excel begins it with. */
  private static Reader text(Path csv) throws IOException {
    BufferedReader text = Files.newBufferedReader(csv);
    text.mark(1);
    if (text.read() != '\uFEFF') {
      text.reset();
    }
    return text;
  }
}
