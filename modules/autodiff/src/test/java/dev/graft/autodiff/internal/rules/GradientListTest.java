package dev.graft.autodiff.internal.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.autodiff.internal.engine.NotDifferentiable;
import dev.graft.graph.op.GradientSupport.Kind;
import dev.graft.graph.op.OpRegistry;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.tensorflow.proto.OpDef;

/**
 * The committed lists of what has a gradient are those of the code. Run with {@code
 * -Dgraft.write=true} to write them.
 */
class GradientListTest {

  private static final Path RESOURCE =
      Checkout.path("modules/graph/src/main/resources/dev/graft/graph/op").resolve("gradients.txt");
  private static final Path DOCUMENT = Checkout.path("docs").resolve("gradients.md");

  private static final Map<Kind, String> HEADINGS = new EnumMap<>(Kind.class);

  static {
    HEADINGS.put(
        Kind.OWN,
        "Own rule\\n\\nChecked against central differences in float64 over the attributes that"
            + " alter the result.");
    HEADINGS.put(
        Kind.TENSORFLOW,
        "TensorFlow's rule, checked\\n\\nTensorFlow's C++ rule, taken for the op and its"
            + " attributes, held against central differences in the same way.");
    HEADINGS.put(
        Kind.MISSING,
        "Missing\\n\\nTensorFlow's tape has a gradient, Graft has none yet: what lies below such an"
            + " op is blocked, and `graft check` says so. None of them occurs in the zoo but for"
            + " TF1's own control flow (Enter, Exit, Switch, Merge, TensorArray*), which comes in a"
            + " later version.");
    HEADINGS.put(
        Kind.ENDS,
        "Not differentiable\\n\\nA path ends here, as in TensorFlow: the result is made of"
            + " integers, strings or truth values, or is flat, or TensorFlow defines it so.");
    HEADINGS.put(
        Kind.UNDEFINED,
        "Not differentiable in TensorFlow either\\n\\nThe tape raises LookupError; Graft names the"
            + " op.");
  }

  private static Map<String, Boolean> tape() throws IOException {
    try (InputStream in = GradientListTest.class.getResourceAsStream("tensorflow-gradients.txt")) {
      String text = new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
      return text.lines()
          .map(line -> line.split("\\t"))
          .collect(Collectors.toMap(parts -> parts[0], parts -> parts[1].equals("gradient")));
    }
  }

  /** What the code does with each op. */
  private static Map<String, Kind> kinds() throws IOException {
    Map<String, Boolean> tape = tape();
    Map<String, Kind> kinds = new TreeMap<>();
    for (OpDef op : OpRegistry.standard().all()) {
      String name = op.getName();
      boolean ends =
          NotDifferentiable.contains(name)
              || NotDifferentiable.discrete(op)
              || op.getInputArgCount() == 0;
      kinds.put(
          name,
          AllRules.standard().ops().contains(name)
              ? AllRules.standard().isHarvested(name) ? Kind.TENSORFLOW : Kind.OWN
              : ends ? Kind.ENDS : hasGradient(name, tape) ? Kind.MISSING : Kind.UNDEFINED);
    }
    return kinds;
  }

  private static boolean hasGradient(String op, Map<String, Boolean> tape) {
    return tape.getOrDefault(op, false) && !op.equals("PreventGradient"); // whose gradient fails
  }

  private static String resource() throws IOException {
    StringBuilder text = new StringBuilder();
    kinds()
        .forEach(
            (op, kind) -> {
              text.append(op).append(' ').append(kind.name().toLowerCase(Locale.ROOT));
              new TreeSet<>(AllRules.standard().inputs(op))
                  .forEach(i -> text.append(' ').append(i));
              text.append('\n');
            });
    return text.toString();
  }

  private static String document() throws IOException {
    Map<String, Kind> kinds = kinds();
    StringBuilder text =
        new StringBuilder(
            "# Gradients\n\nWhat happens to a gradient that arrives at an op of TensorFlow 2.18, for"
                + " each of the registry's "
                + kinds.size()
                + " ops. Written by `GradientListTest` from the rules themselves"
                + " (`-Dgraft.write=true`), together with the list that the preflight reads.\n\n|"
                + " | ops |\n|---|---|\n");
    HEADINGS.forEach(
        (kind, words) ->
            text.append("| ")
                .append(words.substring(0, words.indexOf("\\n")))
                .append(" | ")
                .append(of(kinds, kind).size())
                .append(" |\n"));
    HEADINGS.forEach(
        (kind, words) ->
            text.append("\n## ")
                .append(words.replace("\\n", "\n"))
                .append("\n\n")
                .append(
                    of(kinds, kind).isEmpty()
                        ? "None."
                        : of(kinds, kind).stream()
                            .map(op -> "`" + op + "`")
                            .collect(Collectors.joining(", ")))
                .append('\n'));
    return text.toString();
  }

  private static List<String> of(Map<String, Kind> kinds, Kind kind) {
    return kinds.keySet().stream().filter(op -> kinds.get(op) == kind).toList();
  }

  private static void isCurrent(Path file, String text) throws IOException {
    if (Boolean.getBoolean("graft.write")) {
      Files.writeString(file, text);
    }
    assertThat(Files.readString(file))
        .as("%s is not what the rules say; run this test with -Dgraft.write=true", file)
        .isEqualTo(text);
  }

  @Test
  void theListOfDifferentiableOpsIsCurrent() throws IOException {
    isCurrent(RESOURCE, resource());
  }

  @Test
  void theDocumentIsCurrent() throws IOException {
    isCurrent(DOCUMENT, document());
  }

  /** What TensorFlow registers as not differentiable ends a path, and has no rule. */
  @Test
  void pathsEndWhereTheTapeEndsThem() throws IOException {
    Map<String, Kind> kinds = kinds();
    Map<String, Boolean> tape = tape();
    Set<String> others = new TreeSet<>();
    tape.forEach(
        (op, gradient) -> {
          if (!gradient && kinds.containsKey(op) && kinds.get(op) != Kind.ENDS) {
            others.add(op);
          }
        });
    assertThat(others).isEmpty();
    Set<String> makeLists = Set.of("EmptyTensorList", "EmptyTensorMap", "TensorListReserve");
    for (String op : NotDifferentiable.ops()) {
      assertThat(tape.containsKey(op) || makeLists.contains(op)).as(op).isTrue();
    }
  }
}
