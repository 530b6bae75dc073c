package dev.graft.surgeon;

import static java.util.Objects.requireNonNull;

import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.model.SelectionNames;
import dev.graft.model.Variable;
import dev.graft.words.Words;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
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

  private final String text;
  private final boolean compound;
  private final Function<Selector, Selection> hits;

  private Where(String text, boolean compound, Function<Selector, Selection> hits) {
    this.text = text;
    this.compound = compound;
    this.hits = hits;
  }

  /**
   * Reads the text form.
   *
   * @throws BadRequestException if it cannot be read; the message says where and shows the forms
   */
  public static Where parse(String text) {
    requireNonNull(text, "text");
    return WhereParser.parse(text);
  }

  /** Everything. */
  public static Where all() {
    return new Where("all", false, parts -> parts.all());
  }

  /**
   * The layers of these names. A name may be a path ({@code backbone/conv1}) and may hold {@code *}
   * for any characters and {@code ?} for one.
   *
   * @param names at least one
   */
  public static Where layer(String... names) {
    requireNonNull(names, "names");
    List<Where> each =
        Arrays.stream(names)
            .map(name -> new Where(SelectionNames.quoted(name), false, parts -> parts.named(name)))
            .toList();
    return union(each);
  }

  /** The layers of this class: {@code BatchNormalization}. */
  public static Where ofClass(String className) {
    requireNonNull(className, "className");
    return new Where("class " + className, false, parts -> parts.ofClass(className));
  }

  /**
   * The outermost layers from position {@code first} to {@code last}, both included, counted from 0
   * as in Keras' {@code model.layers}; negative positions count from the end.
   */
  public static Where range(int first, int last) {
    return new Where(
        first == last ? "[" + first + "]" : "[" + first + ".." + last + "]",
        false,
        parts -> parts.range(first, last));
  }

  /**
   * Everything before the layer called {@code name}, or before the first layer of the block of that
   * name; the layer itself is not in it.
   */
  public static Where until(String name) {
    requireNonNull(name, "name");
    return new Where("until " + SelectionNames.quoted(name), false, parts -> parts.until(name));
  }

  /** The layer called {@code name}, or the first of the block of that name, and all after it. */
  public static Where from(String name) {
    requireNonNull(name, "name");
    return new Where("from " + SelectionNames.quoted(name), false, parts -> parts.from(name));
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
        parts -> parts.lastBlocks(count));
  }

  /** The block called {@code name}; see {@link Blocks}. */
  public static Where block(String name) {
    requireNonNull(name, "name");
    return new Where("block " + SelectionNames.quoted(name), false, parts -> parts.block(name));
  }

  /**
   * The model's heads: what comes after the features. Found by {@link HeadFinder} where no edit
   * made one.
   */
  public static Where head() {
    return new Where("head", false, parts -> parts.head());
  }

  /** All but the head. */
  public static Where backbone() {
    return new Where("backbone", false, parts -> parts.not(parts.head()));
  }

  /**
   * The variables whose whole name the regular expression matches. Weights that their author
   * declared as not trainable train only if they are named so.
   */
  public static Where variables(String regex) {
    requireNonNull(regex, "regex");
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
        parts -> parts.variables(pattern));
  }

  /** The variables that do this in their layer. */
  public static Where role(Variable.Role role) {
    requireNonNull(role, "role");
    return new Where("role " + Words.identifier(role), false, parts -> parts.role(role));
  }

  /** What this or {@code other} hits. */
  public Where or(Where other) {
    requireNonNull(other, "other");
    return new Where(
        text + " or " + other.text,
        true,
        parts -> parts.or(hits.apply(parts), other.hits.apply(parts)));
  }

  /** What both this and {@code other} hit. */
  public Where and(Where other) {
    requireNonNull(other, "other");
    return new Where(
        grouped() + " and " + other.grouped(),
        true,
        parts -> parts.and(hits.apply(parts), other.hits.apply(parts)));
  }

  /** All that this does not hit. */
  public Where not() {
    return new Where("not " + grouped(), true, parts -> parts.not(hits.apply(parts)));
  }

  /** What this hits and {@code other} does not. */
  public Where except(Where other) {
    requireNonNull(other, "other");
    return and(other.not());
  }

  /**
   * What this hits in {@code model}.
   *
   * @throws BadRequestException if that is nothing, or if a part of it hits nothing; the message
   *     names the nearest layers or variables
   */
  public Selection in(Model model) {
    requireNonNull(model, "model");
    Selection hit = hits.apply(new Selector(model));
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
}
