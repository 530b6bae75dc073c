package dev.graft.data.annotation;

import com.google.common.collect.ImmutableList;
import dev.graft.data.boxes.MarkedPicture.Bounds;
import dev.graft.data.boxes.MarkedPicture.Mark;
import dev.graft.error.BadDataException;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * What an XML file of Pascal VOC says of a picture. Coordinates are taken as they stand: Pascal's
 * own count pixels from 1, tools since then from 0.
 *
 * @param filename the picture, as the file names it; maybe empty
 * @param width the picture's, 0 if it is not told
 * @param height the picture's, 0 if it is not told
 * @param difficult how many boxes are marked as hard to see
 */
record VocXml(String filename, double width, double height, List<Mark> marks, int difficult) {

  private static final long MOST_BYTES = 32L << 20;
  private static final int DEEPEST = 32;
  private static final int BEGINNING = 1 << 16; // of bytes, in which the first element stands
  private static final int HEAD = 200; // of bytes, in which the encoding stands
  private static final Pattern ENCODING =
      Pattern.compile("[^<]{0,4}<\\?xml[^>]*encoding=[\"']([\\w.-]+)[\"']");
  private static final String ROOT = "annotation";
  private static final String OBJECT = ROOT + "/object";
  private static final String BOX = OBJECT + "/bndbox/";

  VocXml {
    marks = ImmutableList.copyOf(marks);
  }

  /** Entities and document types are refused: nothing that draws boxes needs them. */
  private static XMLInputFactory factory() {
    XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
    factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
    factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
    factory.setProperty(XMLInputFactory.IS_COALESCING, true);
    return factory;
  }

  /** Whether it begins as such a file does; of XML there are many others. */
  static boolean isOne(TextFile file) {
    try (InputStream in = file.open(MOST_BYTES)) {
      String text = text(file, in.readNBytes(BEGINNING));
      XMLStreamReader xml = factory().createXMLStreamReader(new StringReader(text));
      while (xml.hasNext()) {
        if (xml.next() == XMLStreamConstants.START_ELEMENT) {
          return xml.getLocalName().equals(ROOT);
        }
      }
      return false;
    } catch (XMLStreamException | IOException | BadDataException e) {
      return false; // what is wrong is told when it is read, if nothing else is there
    }
  }

  static VocXml read(TextFile file) {
    try {
      String text = text(file, file.bytes(MOST_BYTES));
      return new Parser(file).parse(factory().createXMLStreamReader(new StringReader(text)));
    } catch (XMLStreamException e) {
      throw new BadDataException(
          file
              + " is no sound XML (line "
              + e.getLocation().getLineNumber()
              + "); correct it or take it out.",
          e);
    }
  }

  /**
   * Decodes here, not in the parser, which gives up at bytes that are no text: paths of another
   * machine often hold such, and nobody needs them.
   */
  private static String text(TextFile file, byte[] bytes) {
    String head = new String(bytes, 0, Math.min(HEAD, bytes.length), StandardCharsets.ISO_8859_1);
    boolean isWide = head.startsWith("\u00FE\u00FF") || head.startsWith("\u00FF\u00FE");
    Matcher declared = ENCODING.matcher(head);
    String encoding = isWide ? "UTF-16" : declared.lookingAt() ? declared.group(1) : "UTF-8";
    try {
      String text = new String(bytes, Charset.forName(encoding));
      return text.startsWith("\uFEFF") ? text.substring(1) : text;
    } catch (IllegalArgumentException e) {
      throw new BadDataException(
          file + " is written in " + encoding + ", which is not known; save it in UTF-8.", e);
    }
  }

  /** One pass over a file. */
  private static final class Parser {
    private final TextFile file;
    private final Deque<String> path = new ArrayDeque<>();
    private final Map<String, String> texts = new HashMap<>(); // by path, of the object at hand
    private final List<Mark> marks = new ArrayList<>();
    private int difficult;

    Parser(TextFile file) {
      this.file = file;
    }

    VocXml parse(XMLStreamReader xml) throws XMLStreamException {
      StringBuilder text = new StringBuilder();
      while (xml.hasNext()) {
        switch (xml.next()) {
          case XMLStreamConstants.START_ELEMENT -> {
            text.setLength(0);
            begin(xml.getLocalName());
          }
          case XMLStreamConstants.CHARACTERS -> text.append(xml.getText());
          case XMLStreamConstants.END_ELEMENT -> {
            end(text.toString().strip());
            text.setLength(0);
          }
          case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
              throw new BadDataException(
                  file + " has a document type or an entity of its own; take it out.");
          default -> {}
        }
      }
      return new VocXml(
          texts.getOrDefault(ROOT + "/filename", ""),
          size("width"),
          size("height"),
          marks,
          difficult);
    }

    private void begin(String element) {
      if (path.isEmpty() && !element.equals(ROOT)) {
        throw new BadDataException(
            file
                + " begins with "
                + file.quote("<" + element + ">")
                + ", where Pascal VOC has <annotation>; take it out, or write the boxes in that"
                + " form.");
      }
      if (path.size() >= DEEPEST) {
        throw new BadDataException(file + " is nested too deeply; check what it is.");
      }
      path.addLast(element);
      if (at().equals(OBJECT)) {
        texts.keySet().removeIf(key -> key.startsWith(OBJECT));
      }
    }

    private void end(String text) {
      String at = at();
      texts.put(at, text);
      if (at.equals(OBJECT)) {
        difficult += texts.getOrDefault(OBJECT + "/difficult", "0").equals("1") ? 1 : 0;
        marks.add(mark());
        Findings.requireFew(marks.size(), file);
      }
      path.removeLast();
    }

    private String at() {
      return String.join("/", path);
    }

    private Mark mark() {
      String name = texts.getOrDefault(OBJECT + "/name", "");
      double left = number("xmin");
      double top = number("ymin");
      return new Mark(
          Findings.label(name, file.toString()),
          new Bounds(left, top, number("xmax") - left, number("ymax") - top),
          false);
    }

    private double number(String element) {
      String text = texts.getOrDefault(BOX + element, "");
      return Findings.number(text)
          .orElseThrow(
              () ->
                  new BadDataException(
                      file
                          + " has an <object> whose <bndbox> says "
                          + (text.isEmpty() ? "nothing" : file.quote(text))
                          + " for <"
                          + element
                          + ">; write a number there."));
    }

    private double size(String element) {
      return Findings.number(texts.getOrDefault(ROOT + "/size/" + element, "")).orElse(0);
    }
  }
}
