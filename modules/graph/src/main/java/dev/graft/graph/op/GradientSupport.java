package dev.graft.graph.op;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.error.Internal;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * What is known of the gradient of each op, read from a resource so that nothing has to be built to
 * find out. The resource {@code gradients.txt} is written from the rules themselves, together with
 * {@code docs/gradients.md}; a test holds them against each other.
 */
@Internal
public final class GradientSupport {

  /** What happens to a gradient that arrives at an op. */
  public enum Kind {
    /** It passes by a rule of Graft's own. */
    OWN,
    /** It passes by TensorFlow's C++ rule, which was checked. */
    TENSORFLOW,
    /** It ends there, as it does in TensorFlow: nothing to differentiate. */
    ENDS,
    /** TensorFlow itself defines no gradient: its tape fails, and so does Graft. */
    UNDEFINED,
    /** TensorFlow can, Graft cannot yet. */
    MISSING
  }

  private record Entry(Kind kind, ImmutableSet<Integer> inputs) {}

  private final ImmutableMap<String, Entry> ops;

  private GradientSupport(String text) {
    ImmutableMap.Builder<String, Entry> read = ImmutableMap.builder();
    for (String line : Splitter.on('\n').omitEmptyStrings().split(text)) {
      List<String> parts = Splitter.on(' ').splitToList(line);
      ImmutableSet<Integer> inputs =
          parts.subList(2, parts.size()).stream()
              .map(Integer::valueOf)
              .collect(ImmutableSet.toImmutableSet());
      read.put(
          parts.get(0), new Entry(Kind.valueOf(parts.get(1).toUpperCase(Locale.ROOT)), inputs));
    }
    this.ops = read.buildOrThrow();
  }

  /** The list that Graft ships. */
  public static GradientSupport standard() {
    return Standard.INSTANCE;
  }

  /** What happens at ops of type {@code op}; an op that TensorFlow lacks has no gradient. */
  public Kind of(String op) {
    Entry entry = ops.get(op);
    return entry == null ? Kind.UNDEFINED : entry.kind();
  }

  /**
   * Whether an op through which gradients pass hands one to its input {@code input}, counted from
   * 0: some inputs are parameters that TensorFlow gives none.
   */
  public boolean passesTo(String op, int input) {
    Entry entry = ops.get(op);
    return entry == null || entry.inputs().isEmpty() || entry.inputs().contains(input);
  }

  private static final class Standard {
    static final GradientSupport INSTANCE = new GradientSupport(read());

    private static String read() {
      try (InputStream in = GradientSupport.class.getResourceAsStream("gradients.txt")) {
        if (in == null) {
          throw new IllegalStateException("gradients.txt is missing from graft-model's jar");
        }
        return new String(in.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException e) {
        throw new UncheckedIOException("gradients.txt cannot be read from graft-model's jar", e);
      }
    }
  }
}
