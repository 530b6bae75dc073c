package dev.graft.surgeon;

import dev.graft.error.BadRequestException;
import dev.graft.model.Variable;
import dev.graft.surgeon.internal.analysis.Nearest;
import dev.graft.words.Words;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the text form of a {@link Where}.
 *
 * <pre>
 * any    := both (("or" | ",") both)*
 * both   := one (("and" | "except") one)*
 * one    := "not" one | "(" any ")" | "all" | "head" | "backbone"
 *         | "last" [number] ("block" | "blocks") | "block" name
 *         | "until" name | "from" name | "class" name
 *         | "[" number [".." number] "]"
 *         | "role" name | "variables" "/" regex "/"
 *         | name
 * name   := letters, digits, _ - . : / and the wildcards * and ?, or anything in single quotes
 * </pre>
 */
final class WhereParser {

  /** A single quote inside a quoted name is doubled; a slash inside a regex is escaped. */
  private static final Pattern TOKEN =
      Pattern.compile(
          "\\s*(?:(?<quoted>'(?:[^']|'')*')|(?<regex>/(?:[^/\\\\]|\\\\.)*/)|(?<sign>[(),]|\\[[^\\]]*\\])"
              + "|(?<word>[^\\s(),'\\[\\]]+))");

  private static final Pattern RANGE =
      Pattern.compile("\\[\\s*(-?\\d+)\\s*(?:\\.\\.\\s*(-?\\d+)\\s*)?\\]");

  private record Token(String text, boolean quoted) {}

  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  private WhereParser(String text) {
    this.text = text;
    Matcher matcher = TOKEN.matcher(text);
    int end = 0;
    while (matcher.lookingAt()) {
      String quoted = matcher.group("quoted");
      tokens.add(
          quoted != null
              ? new Token(quoted.substring(1, quoted.length() - 1).replace("''", "'"), true)
              : new Token(matcher.group().strip(), false));
      end = matcher.end();
      matcher.region(end, text.length());
    }
    if (!text.substring(end).isBlank()) {
      throw fail("'" + text.substring(end).strip() + "' is not closed");
    }
  }

  static Where parse(String text) {
    WhereParser parser = new WhereParser(text);
    Where where = parser.any();
    if (parser.at < parser.tokens.size()) {
      throw parser.fail("'" + parser.peek() + "' is one word too many");
    }
    return where;
  }

  private Where any() {
    Where where = both();
    while (accept("or") || accept(",")) {
      where = where.or(both());
    }
    return where;
  }

  private Where both() {
    Where where = one();
    while (true) {
      if (accept("and")) {
        where = where.and(one());
      } else if (accept("except")) {
        where = where.except(one());
      } else {
        return where;
      }
    }
  }

  private Where one() {
    if (at < tokens.size() && tokens.get(at).quoted()) {
      return Where.layer(next("a name").text());
    }
    String word = next("a selection").text();
    return switch (word) {
      case "not" -> one().not();
      case "(" -> {
        Where inner = any();
        if (!accept(")")) {
          throw fail("a ')' is missing");
        }
        yield inner;
      }
      case "all" -> Where.all();
      case "head" -> Where.head();
      case "backbone" -> Where.backbone();
      case "last" -> lastBlocks();
      case "block" -> Where.block(name("a block's name"));
      case "until" -> Where.until(name("a layer's name"));
      case "from" -> Where.from(name("a layer's name"));
      case "class" -> Where.ofClass(name("a layer class"));
      case "role" -> Where.role(role(name("a role")));
      case "variables" -> Where.variables(regex());
      case ")", ",", "or", "and", "except" ->
          throw fail("before '" + word + "' a selection is missing");
      default -> word.startsWith("[") ? range(word) : Where.layer(word);
    };
  }

  private Where lastBlocks() {
    if (accept("block")) {
      return Where.lastBlocks(1);
    }
    String number = next("a number").text();
    if (!number.matches("\\d{1,6}") || !(accept("blocks") || accept("block"))) {
      throw fail("after 'last' comes a number and 'blocks'");
    }
    return Where.lastBlocks(Integer.parseInt(number));
  }

  private Where range(String word) {
    Matcher matcher = RANGE.matcher(word);
    if (!matcher.matches()) {
      throw fail("'" + word + "' is no range like [3] or [0..9]");
    }
    try {
      int first = Integer.parseInt(matcher.group(1));
      return Where.range(
          first, matcher.group(2) == null ? first : Integer.parseInt(matcher.group(2)));
    } catch (NumberFormatException e) {
      throw fail("'" + word + "' has a number that is too large");
    }
  }

  private Variable.Role role(String name) {
    for (Variable.Role role : Variable.Role.values()) {
      if (role.name().equalsIgnoreCase(name)) {
        return role;
      }
    }
    List<String> known = Arrays.stream(Variable.Role.values()).map(Words::identifier).toList();
    throw fail("there is no role '" + name + "'. " + Nearest.sentence(name, known));
  }

  private String regex() {
    String word = next("a regular expression").text();
    if (word.length() < 2 || !word.startsWith("/") || !word.endsWith("/")) {
      throw fail(
          "after 'variables' comes a regular expression between slashes: variables /.*bias/");
    }
    return word.substring(1, word.length() - 1).replace("\\/", "/");
  }

  private String name(String what) {
    return next(what).text();
  }

  private boolean accept(String word) {
    boolean found =
        at < tokens.size() && !tokens.get(at).quoted() && tokens.get(at).text().equals(word);
    at += found ? 1 : 0;
    return found;
  }

  private String peek() {
    return tokens.get(at).text();
  }

  private Token next(String what) {
    if (at == tokens.size()) {
      throw fail(what + " is missing at the end");
    }
    return tokens.get(at++);
  }

  private BadRequestException fail(String why) {
    return new BadRequestException(
        "the selection '"
            + text
            + "' cannot be read: "
            + why
            + (why.endsWith(".") ? "" : ".")
            + " Write for example: block_13*, class BatchNormalization, last 2 blocks, until"
            + " block_13, [0..9], role bias, variables /.*gamma/, joined by or, and, except, not.");
  }
}
