package dev.graft.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The map at the door of each room, its {@code package-info}. */
class MapsTest {

  private static final Path MODULES = Path.of(System.getProperty("graft.root"), "modules");

  private static final List<String> PARTS =
      List.of("What enters", "What leaves", "Who calls whom", "The invariant");

  private static final int LEAST = 15;
  private static final int MOST = 41; // the end of the comment is one

  private static final Pattern NAMING = Pattern.compile("\\{@(?:code|link)\\s([^}]*)}");
  private static final Pattern WORD = Pattern.compile("\\w+");

  private static List<Path> maps() throws IOException {
    try (Stream<Path> files = Files.walk(MODULES)) {
      return files
          .filter(file -> file.endsWith("package-info.java"))
          .filter(file -> slashed(file).contains("/src/main/"))
          .toList();
    }
  }

  private static String slashed(Path file) {
    return file.toString().replace('\\', '/');
  }

  /** One that says what enters, what leaves, who calls whom, and the one invariant. */
  @Test
  void eachRoomHasOne() throws IOException {
    List<String> without = new ArrayList<>();
    for (Path map : maps()) {
      List<String> lines = Files.readAllLines(map);
      long words = lines.stream().filter(line -> line.startsWith(" *")).count();
      if (words < LEAST || words > MOST) {
        without.add(map + " has " + words + " lines");
      }
      String all = String.join("\n", lines);
      PARTS.stream()
          .filter(part -> !all.contains("<b>" + part + ".</b>"))
          .forEach(part -> without.add(map + " does not say: " + part));
    }
    assertThat(without).isEmpty();
  }

  /** A class that no map names is found by nobody who does not know of it. */
  @Test
  void eachNamesTheClassesOfItsRoom() throws IOException {
    List<String> missing = new ArrayList<>();
    for (Path map : maps()) {
      Set<String> named = named(Files.readString(map));
      String room =
          slashed(map.getParent()).replaceFirst(".*/src/main/java/", "").replace('/', '.');
      String listed = House.LISTS.getOrDefault(room, "");
      classes(map.resolveSibling("")).stream()
          .filter(name -> !named.contains(name) && (listed.isEmpty() || !name.endsWith(listed)))
          .forEach(name -> missing.add(map + " does not name " + name));
    }
    assertThat(missing).isEmpty();
  }

  /** What stands in its code and its links. */
  private static Set<String> named(String map) {
    return NAMING
        .matcher(map)
        .results()
        .flatMap(found -> WORD.matcher(found.group(1)).results())
        .map(MatchResult::group)
        .collect(Collectors.toSet());
  }

  private static Set<String> classes(Path room) throws IOException {
    try (Stream<Path> files = Files.list(room)) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".java") && !name.equals("package-info.java"))
          .map(name -> name.substring(0, name.length() - ".java".length()))
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }
}
