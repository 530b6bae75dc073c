package dev.graft.surgeon;

import dev.graft.model.BadRequestException;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which layers and variables of a model an edit means. A Where is made without a model and resolved
 * against one with {@link #in}. Selecting a layer selects all inside it.
 *
 * <p>Each has a text form, which {@link #toString} gives and {@link #parse} and the command line
 * take:
 *
 * <table>
 * <caption>Selections</caption>
 * <tr><td>{@code all}, {@code head}, {@code backbone}</td><td>everything, the head, all but the
 * head</td></tr>
 * <tr><td>{@code conv1}, {@code backbone/conv1}, {@code block_13*}, {@code 'odd name'}</td>
 * <td>layers by name or path</td></tr>
 * <tr><td>{@code class BatchNormalization}</td><td>layers by class</td></tr>
 * <tr><td>{@code [3]}, {@code [0..9]}, {@code [-2..-1]}</td><td>outermost layers by position</td>
 * </tr>
 * <tr><td>{@code last 2 blocks}, {@code block block_13}</td><td>blocks</td></tr>
 * <tr><td>{@code until block_13}, {@code from block_13}</td><td>all before, and from there on</td>
 * </tr>
 * <tr><td>{@code role bias}, {@code variables /.*gamma/}</td><td>variables</td></tr>
 * <tr><td>{@code a or b}, {@code a and b}, {@code a except b}, {@code not a}</td><td>combined;
 * {@code and} and {@code except} bind tighter than {@code or}, parentheses group</td></tr>
 * </table>
 */
public final class Where {

  /** What a layer's name must be quoted to be. */
  private static final Set<String> WORDS =
      Set.of(
          "all",
          "head",
          "backbone",
          "not",
          "and",
          "or",
          "except",
          "last",
          "block",
          "blocks",
          "until",
          "from",
          "class",
          "role",
          "variables");

  private final String text;
  private final boolean compound;
  private final Function<LayerIndex, Selection> resolver;

  private Where(String text, boolean compound, Function<LayerIndex, Selection> resolver) {
    this.text = text;
    this.compound = compound;
    this.resolver = resolver;
  }

  /**
   * Reads the text form.
   *
   * @throws BadRequestException if it cannot be read; the message says where and shows the forms
   */
  public static Where parse(String text) {
    return WhereParser.parse(text);
  }

  /** Everything. */
  public static Where all() {
    return new Where(
        "all",
        false,
        index ->
            index
                .select((String variable) -> true)
                .or(index.select(positions(0, index.entries().size())), index));
  }

  /**
   * The layers of these names. A name may be a path ({@code backbone/conv1}) and may hold {@code *}
   * for any characters and {@code ?} for one.
   *
   * @param names at least one
   */
  public static Where layer(String... names) {
    List<Where> each =
        Arrays.stream(names)
            .map(name -> new Where(quote(name), false, index -> named(index, name)))
            .toList();
    return union(each);
  }

  /** The layers of this class: {@code BatchNormalization}. */
  public static Where ofClass(String className) {
    return new Where(
        "class " + className,
        false,
        index -> {
          Set<Integer> hit = index.within(e -> e.layer().className().equals(className));
          if (hit.isEmpty()) {
            Set<String> known = new TreeSet<>();
            index.entries().forEach(e -> known.add(e.layer().className()));
            known.remove("");
            throw new BadRequestException(
                "the model has no layer of class '"
                    + className
                    + "'. "
                    + Nearest.sentence(className, known));
          }
          return index.select(hit);
        });
  }

  /**
   * The outermost layers from position {@code first} to {@code last}, both included, counted from 0
   * as in Keras' {@code model.layers}; negative positions count from the end.
   */
  public static Where range(int first, int last) {
    return new Where(
        first == last ? "[" + first + "]" : "[" + first + ".." + last + "]",
        false,
        index -> {
          int count = index.model().layers().size();
          int from = first < 0 ? count + first : first;
          int to = last < 0 ? count + last : last;
          if (from < 0 || to >= count || from > to) {
            throw new BadRequestException(
                "there are no layers "
                    + first
                    + " to "
                    + last
                    + "; the model has "
                    + count
                    + " outermost layers, 0 to "
                    + (count - 1)
                    + ".");
          }
          Set<String> names =
              index.model().layers().subList(from, to + 1).stream()
                  .map(layer -> layer.name())
                  .collect(Collectors.toSet());
          return index.select(index.within(e -> names.contains(e.path())));
        });
  }

  /**
   * Everything before the layer called {@code name}, or before the first layer of the block of that
   * name; the layer itself is not in it.
   */
  public static Where until(String name) {
    return new Where(
        "until " + quote(name),
        false,
        index -> {
          int end = position(index, name);
          Set<Integer> before =
              IntStream.range(0, end)
                  .filter(i -> index.entries().get(i).end() <= end)
                  .boxed()
                  .collect(Collectors.toSet());
          return index.select(before);
        });
  }

  /** The layer called {@code name}, or the first of the block of that name, and all after it. */
  public static Where from(String name) {
    return new Where(
        "from " + quote(name),
        false,
        index -> index.select(positions(position(index, name), index.entries().size())));
  }

  /**
   * The last {@code count} blocks before the head; see {@link Blocks}. The head itself is not in
   * it.
   *
   * @param count at least 1
   */
  public static Where lastBlocks(int count) {
    return new Where(
        count == 1 ? "last block" : "last " + count + " blocks",
        false,
        index -> {
          List<Block> blocks = Blocks.of(index.model());
          if (count < 1 || count > blocks.size()) {
            throw new BadRequestException(
                index.model().name()
                    + " has "
                    + blocks.size()
                    + " blocks ("
                    + blocks.stream().map(Block::name).collect(Collectors.joining(", "))
                    + "); the last "
                    + count
                    + " cannot be chosen.");
          }
          return in(index, blocks.subList(blocks.size() - count, blocks.size()));
        });
  }

  /** The block called {@code name}; see {@link Blocks}. */
  public static Where block(String name) {
    return new Where(
        "block " + quote(name),
        false,
        index -> {
          List<Block> blocks = Blocks.of(index.model());
          List<Block> hit = blocks.stream().filter(block -> block.name().equals(name)).toList();
          if (hit.isEmpty()) {
            throw new BadRequestException(
                index.model().name()
                    + " has no block '"
                    + name
                    + "'. "
                    + Nearest.sentence(name, blocks.stream().map(Block::name).toList()));
          }
          return in(index, hit);
        });
  }

  private static Selection in(LayerIndex index, List<Block> blocks) {
    Set<String> variables =
        blocks.stream().flatMap(block -> block.variables().stream()).collect(Collectors.toSet());
    return index.select(variables::contains);
  }

  /**
   * The model's heads: what comes after the features. Found by {@link HeadFinder} where no edit
   * made one.
   */
  public static Where head() {
    return new Where(
        "head",
        false,
        index -> {
          Set<String> backbone = Blocks.backbone(index.model());
          Set<String> variables =
              index.model().variables().stream()
                  .filter(v -> !backbone.contains(v.node()))
                  .map(Variable::name)
                  .collect(Collectors.toSet());
          return index.select(variables::contains);
        });
  }

  /** All but the head. */
  public static Where backbone() {
    Where head = head();
    return new Where("backbone", false, index -> head.resolver.apply(index).not(index));
  }

  /** The variables whose whole name the regular expression matches. */
  public static Where variables(String regex) {
    Pattern pattern;
    try {
      pattern = Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw new BadRequestException(
          "'" + regex + "' is no regular expression: " + e.getDescription() + ".", e);
    }
    return new Where(
        "variables /" + regex.replaceAll("(?<!\\\\)/", "\\\\/") + "/",
        false,
        index -> {
          Selection hit = index.select((String name) -> pattern.matcher(name).matches());
          if (hit.isEmpty()) {
            throw new BadRequestException(
                "no variable's name matches /"
                    + regex
                    + "/. "
                    + Nearest.sentence(
                        regex, index.model().variables().stream().map(Variable::name).toList()));
          }
          return hit;
        });
  }

  /** The variables that do this in their layer. */
  public static Where role(Variable.Role role) {
    String name = role.name().toLowerCase(Locale.ROOT);
    return new Where(
        "role " + name,
        false,
        index -> {
          Set<String> names =
              index.model().variables().stream()
                  .filter(v -> v.role() == role)
                  .map(Variable::name)
                  .collect(Collectors.toSet());
          if (names.isEmpty()) {
            throw new BadRequestException(
                "the model has no variable with the role "
                    + name
                    + "; it has "
                    + index.model().variables().stream()
                        .map(v -> v.role().name().toLowerCase(Locale.ROOT))
                        .distinct()
                        .sorted()
                        .collect(Collectors.joining(", "))
                    + ".");
          }
          return index.select(names::contains);
        });
  }

  /** What this or {@code other} hits. */
  public Where or(Where other) {
    return new Where(
        text + " or " + other.text,
        true,
        index -> resolver.apply(index).or(other.resolver.apply(index), index));
  }

  /** What both this and {@code other} hit. */
  public Where and(Where other) {
    return new Where(
        grouped() + " and " + other.grouped(),
        true,
        index -> resolver.apply(index).and(other.resolver.apply(index), index));
  }

  /** All that this does not hit. */
  public Where not() {
    return new Where("not " + grouped(), true, index -> resolver.apply(index).not(index));
  }

  /** What this hits and {@code other} does not. */
  public Where except(Where other) {
    return and(other.not());
  }

  /**
   * What this hits in {@code model}.
   *
   * @throws BadRequestException if that is nothing, or if a part of it hits nothing; the message
   *     names the nearest layers or variables
   */
  public Selection in(Model model) {
    Selection hit = resolver.apply(new LayerIndex(model));
    if (hit.isEmpty()) {
      throw new BadRequestException(
          "'" + text + "' selects nothing in " + model.name() + "; its parts exclude each other.");
    }
    return hit;
  }

  /** The form in which the command line takes it. */
  @Override
  public String toString() {
    return text;
  }

  /** Two are equal if their text form is. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Where where && where.text.equals(text);
  }

  @Override
  public int hashCode() {
    return text.hashCode();
  }

  private String grouped() {
    return compound ? "(" + text + ")" : text;
  }

  private static Where union(List<Where> parts) {
    if (parts.isEmpty()) {
      throw new BadRequestException("name at least one layer.");
    }
    return parts.stream().reduce(Where::or).get();
  }

  private static Selection named(LayerIndex index, String name) {
    Pattern pattern = glob(name);
    Set<Integer> hit =
        index.within(
            e ->
                pattern.matcher(e.layer().name()).matches() || pattern.matcher(e.path()).matches());
    if (hit.isEmpty()) {
      throw unknown(index, name);
    }
    return index.select(hit);
  }

  private static int position(LayerIndex index, String name) {
    int position = index.position(name);
    if (position < 0) {
      throw unknown(index, name);
    }
    return position;
  }

  private static BadRequestException unknown(LayerIndex index, String name) {
    return new BadRequestException(
        index.model().name()
            + " has no layer '"
            + name
            + "'. "
            + Nearest.sentence(name, index.names()));
  }

  private static Set<Integer> positions(int from, int to) {
    return IntStream.range(from, to).boxed().collect(Collectors.toSet());
  }

  private static Pattern glob(String glob) {
    StringBuilder regex = new StringBuilder();
    for (char c : glob.toCharArray()) {
      regex.append(c == '*' ? ".*" : c == '?' ? "." : Pattern.quote(String.valueOf(c)));
    }
    return Pattern.compile(regex.toString());
  }

  private static String quote(String name) {
    boolean plain = name.matches("[\\w*?.:-][\\w*?/.:-]*") && !WORDS.contains(name);
    return plain ? name : "'" + name.replace("'", "''") + "'";
  }
}
