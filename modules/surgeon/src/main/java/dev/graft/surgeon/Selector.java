package dev.graft.surgeon;

import dev.graft.error.BadRequestException;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.surgeon.internal.analysis.Nearest;
import dev.graft.words.Words;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Finds what the parts of a {@link Where} hit in one model. What hits nothing is a {@link
 * BadRequestException} that names the nearest.
 */
final class Selector {

  private final Model model;
  private final LayerIndex index;

  Selector(Model model) {
    this.model = model;
    this.index = new LayerIndex(model);
  }

  Selection all() {
    return or(index.select((String variable) -> true), index.select(positions(0, size())));
  }

  Selection named(String name) {
    Pattern pattern = glob(name);
    Set<Integer> hit =
        index.within(
            e ->
                pattern.matcher(e.layer().name()).matches() || pattern.matcher(e.path()).matches());
    if (hit.isEmpty()) {
      throw unknown(name);
    }
    return index.select(hit);
  }

  Selection ofClass(String className) {
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
  }

  Selection range(int first, int last) {
    int count = model.layers().size();
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
        model.layers().subList(from, to + 1).stream()
            .map(layer -> layer.name())
            .collect(Collectors.toSet());
    return index.select(index.within(e -> names.contains(e.path())));
  }

  Selection until(String name) {
    int end = position(name);
    return index.select(
        IntStream.range(0, end)
            .filter(i -> index.entries().get(i).end() <= end)
            .boxed()
            .collect(Collectors.toSet()));
  }

  Selection from(String name) {
    return index.select(positions(position(name), size()));
  }

  Selection lastBlocks(int count) {
    List<Block> blocks = Blocks.of(model);
    if (count < 1 || count > blocks.size()) {
      throw new BadRequestException(
          model.name()
              + " has "
              + blocks.size()
              + " blocks ("
              + blocks.stream().map(Block::name).collect(Collectors.joining(", "))
              + "); the last "
              + count
              + " cannot be chosen.");
    }
    return in(blocks.subList(blocks.size() - count, blocks.size()));
  }

  Selection block(String name) {
    List<Block> blocks = Blocks.of(model);
    List<Block> hit = blocks.stream().filter(block -> block.name().equals(name)).toList();
    if (hit.isEmpty()) {
      throw new BadRequestException(
          model.name()
              + " has no block '"
              + name
              + "'. "
              + Nearest.sentence(name, blocks.stream().map(Block::name).toList()));
    }
    return in(hit);
  }

  private Selection in(List<Block> blocks) {
    Set<String> variables =
        blocks.stream().flatMap(block -> block.variables().stream()).collect(Collectors.toSet());
    return index.select(variables::contains);
  }

  Selection head() {
    Set<String> backbone = Blocks.backbone(model);
    Set<String> variables =
        model.variables().stream()
            .filter(v -> !backbone.contains(v.node()))
            .map(Variable::name)
            .collect(Collectors.toSet());
    return index.select(variables::contains);
  }

  Selection variables(Pattern pattern) {
    Selection hit = index.select((String name) -> pattern.matcher(name).matches());
    if (hit.isEmpty()) {
      throw new BadRequestException(
          "no variable's name matches /"
              + pattern
              + "/. "
              + Nearest.sentence(
                  pattern.pattern(), model.variables().stream().map(Variable::name).toList()));
    }
    return hit.byName();
  }

  Selection role(Variable.Role role) {
    Set<String> names =
        model.variables().stream()
            .filter(v -> v.role() == role)
            .map(Variable::name)
            .collect(Collectors.toSet());
    if (names.isEmpty()) {
      throw new BadRequestException(
          "the model has no variable with the role "
              + Words.identifier(role)
              + "; it has "
              + model.variables().stream()
                  .map(v -> Words.identifier(v.role()))
                  .distinct()
                  .sorted()
                  .collect(Collectors.joining(", "))
              + ".");
    }
    return index.select(names::contains);
  }

  Selection or(Selection a, Selection b) {
    return a.or(b, index);
  }

  Selection and(Selection a, Selection b) {
    return a.and(b, index);
  }

  Selection not(Selection a) {
    return a.not(index);
  }

  private int size() {
    return index.entries().size();
  }

  private int position(String name) {
    int position = index.position(name);
    if (position < 0) {
      throw unknown(name);
    }
    return position;
  }

  private BadRequestException unknown(String name) {
    return new BadRequestException(
        model.name() + " has no layer '" + name + "'. " + Nearest.sentence(name, index.names()));
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
}
