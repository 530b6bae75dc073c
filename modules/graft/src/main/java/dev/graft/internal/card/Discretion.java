package dev.graft.internal.card;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Keeps sentences to themselves that name what is the user's: a training tells its user by which
 * picture the loss ran away, and where a checkpoint lies. A card goes to others.
 */
public final class Discretion {

  /** From a root on, a drive or a home; or in a folder and with an ending. */
  private static final Pattern PATH =
      Pattern.compile(
          "(^|[\\s'\"(=])(~|[A-Za-z]:)?[/\\\\]\\S|[^\\s'\"(]+[/\\\\][^\\s'\")]+\\.[A-Za-z]");

  private static final String INSTEAD = "an example";

  private final Set<String> names = new HashSet<>();
  private final Set<String> places = new HashSet<>();

  private Discretion() {}

  /** What keeps the names of these parts' pictures out, and what tells of one of the places. */
  public static Discretion of(Parts parts, Path... places) {
    Discretion discretion = new Discretion();
    for (Dataset part : List.of(parts.train(), parts.validation(), parts.test())) {
      for (int i = 0; part.isPictures() && i < part.size(); i++) {
        discretion.names.add(part.name(i));
      }
    }
    for (Path place : places) {
      discretion.places.add(place.toAbsolutePath().toString());
      if (place.getNameCount() > 1) { // one word may stand in any sentence
        discretion.places.add(place.toString());
      }
    }
    return discretion;
  }

  /** Those of {@code sentences} that may be told, without names of pictures. */
  public List<String> of(List<String> sentences) {
    return sentences.stream()
        .map(this::withoutNames)
        .filter(sentence -> places.stream().noneMatch(sentence::contains))
        .filter(sentence -> !PATH.matcher(sentence).find())
        .toList();
  }

  private String withoutNames(String sentence) {
    String told = sentence;
    for (String name : names) {
      if (name.contains(".") && told.contains(name)) { // a row has a number only
        told = told.replace(name, INSTEAD);
      }
    }
    return told;
  }
}
