package dev.graft.graph.op;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import com.google.protobuf.ByteString;
import dev.graft.error.Internal;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.DataType;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * Which TensorFlow knows a graph, by its ops, their attributes and the values of these. The
 * resource {@code since.txt} is written by {@code tools/ops/since.py} from the lists of ops of some
 * releases; what came with a release between two of them counts for the later one.
 */
@Internal
public final class OpHistory {

  /**
   * What a graph needs.
   *
   * @param release the oldest TensorFlow that knows all of it, as {@code 2.4}
   * @param reason what that came with: an op, or an attribute of one; empty if every release that
   *     was asked knows all of it
   */
  public record Need(String release, String reason) {}

  private final List<String> releases;
  private final ImmutableMap<String, String> since;

  /** As {@code since.txt} says it. */
  OpHistory(String text) {
    List<String> lines = Splitter.on('\n').omitEmptyStrings().splitToList(text);
    this.releases = Splitter.on(' ').splitToList(lines.get(0).substring("# ".length()));
    ImmutableMap.Builder<String, String> read = ImmutableMap.builder();
    for (String line : lines.subList(1, lines.size())) {
      int end = line.indexOf(' ');
      read.put(line.substring(end + 1), line.substring(0, end));
    }
    this.since = read.buildOrThrow();
  }

  /** The one that Graft ships. */
  public static OpHistory standard() {
    return Standard.INSTANCE;
  }

  /** The releases that were asked, the oldest first. */
  public List<String> releases() {
    return releases;
  }

  /** The ops that are newer than the oldest of these, or of which something is. */
  List<String> ops() {
    return since.keySet().stream().map(what -> what.split(" ", 2)[0]).distinct().toList();
  }

  /**
   * What {@code nodes} and {@code functions} need. Of ops that no TensorFlow of these has nothing
   * is known, and attributes that no op declares are nobody's.
   */
  public Need of(Collection<NodeDef> nodes, Collection<FunctionDef> functions) {
    return Stream.concat(
            nodes.stream(),
            functions.stream().flatMap(function -> function.getNodeDefList().stream()))
        .flatMap(node -> needs(node))
        .reduce(new Need(releases.get(0), ""), this::later);
  }

  /** The later one; of two the one that comes first by its name, so that it is always the same. */
  private Need later(Need one, Need other) {
    int order = releases.indexOf(one.release) - releases.indexOf(other.release);
    boolean isFirst = order == 0 && one.reason.compareTo(other.reason) <= 0;
    return order > 0 || isFirst || other.reason.isEmpty() ? one : other;
  }

  private Stream<Need> needs(NodeDef node) {
    String op = node.getOp();
    return Stream.concat(
        need(op, "op " + op).stream(),
        node.getAttrMap().entrySet().stream().flatMap(attr -> needs(op, attr)));
  }

  private Stream<Need> needs(String op, Map.Entry<String, AttrValue> attr) {
    String name = op + " " + attr.getKey();
    return Stream.concat(
        need(name, "attribute " + attr.getKey() + " of op " + op).stream(),
        needs(op, attr.getKey(), attr.getValue()));
  }

  private Stream<Need> needs(String op, String attr, AttrValue value) {
    return switch (value.getValueCase()) {
      case TYPE -> ofType(op, attr, value.getTypeValue());
      case S -> ofText(op, attr, value.getS());
      case LIST ->
          Stream.concat(
              value.getList().getTypeValueList().stream().flatMap(type -> ofType(op, attr, type)),
              value.getList().getSList().stream().flatMap(text -> ofText(op, attr, text)));
      default -> Stream.empty();
    };
  }

  /** By its number, which may be one that TensorFlow has given away since. */
  private Stream<Need> ofType(String op, String attr, int number) {
    DataType type = DataType.forNumber(number);
    String word =
        type == null ? "type " + number : type.name().replace("DT_", "").toLowerCase(Locale.ROOT);
    return need(op + " " + attr + " " + number, word + " in op " + op).stream();
  }

  private Stream<Need> ofText(String op, String attr, ByteString text) {
    return need(op + " " + attr + " " + text.toStringUtf8(), attr + " of op " + op).stream();
  }

  private Optional<Need> need(String what, String reason) {
    return Optional.ofNullable(since.get(what)).map(release -> new Need(release, reason));
  }

  private static final class Standard {
    static final OpHistory INSTANCE = new OpHistory(read());

    private static String read() {
      try (InputStream in = OpHistory.class.getResourceAsStream("since.txt")) {
        if (in == null) {
          throw new IllegalStateException("since.txt is missing from graft-graph's jar");
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
