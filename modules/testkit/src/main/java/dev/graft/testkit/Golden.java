package dev.graft.testkit;

import dev.graft.tensor.TensorValue;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.tensorflow.proto.GraphDef;
import org.tensorflow.proto.NodeDef;
import org.tensorflow.proto.TensorProto;

/**
 * Values that TensorFlow computed, by key: the content of a {@code golden.pb}, a GraphDef of Const
 * nodes whose names are the keys. The keys of the zoo are listed in {@code testdata/zoo/README.md}.
 */
public final class Golden {
  private final Path file;
  private final TreeMap<String, TensorProto> values = new TreeMap<>();

  private Golden(Path file) {
    this.file = file;
  }

  /** Reads a {@code golden.pb}. */
  public static Golden read(Path file) {
    Golden golden = new Golden(file);
    try (InputStream in = Files.newInputStream(file)) {
      for (NodeDef node : GraphDef.parseFrom(in).getNodeList()) {
        golden.values.put(node.getName(), node.getAttrOrThrow("value").getTensor());
      }
      return golden;
    } catch (IOException e) {
      throw new UncheckedIOException("the golden values cannot be read: " + file, e);
    }
  }

  /** All keys, sorted. */
  public Set<String> keys() {
    return values.keySet();
  }

  /** Whether there is a value for {@code key}. */
  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** The value for {@code key}; fails if there is none. */
  public TensorValue value(String key) {
    TensorProto value = values.get(key);
    if (value == null) {
      throw new IllegalArgumentException(file + " has no '" + key + "', it has " + keys());
    }
    return TensorValue.from(value);
  }

  /**
   * All values whose key begins with {@code prefix}, by the rest of their key: {@code
   * under("a/input/")} is what to feed by name. Empty if there are none.
   */
  public Map<String, TensorValue> under(String prefix) {
    Map<String, TensorValue> found = new TreeMap<>();
    values.tailMap(prefix).entrySet().stream()
        .takeWhile(entry -> entry.getKey().startsWith(prefix))
        .forEach(
            entry ->
                found.put(
                    entry.getKey().substring(prefix.length()), TensorValue.from(entry.getValue())));
    return found;
  }
}
