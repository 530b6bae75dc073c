package dev.graft.data.boxes;

import dev.graft.data.UnfitFiles;
import dev.graft.data.boxes.MarkedPicture.Bounds;
import dev.graft.data.boxes.MarkedPicture.Mark;
import dev.graft.data.boxes.Placing.Place;
import dev.graft.data.file.Reading;
import dev.graft.error.BadDataException;
import dev.graft.error.Internal;
import dev.graft.model.Labels;
import dev.graft.words.Note;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/** Makes sets of boxes of what annotations say. */
@Internal
public final class BoxSets {

  private static final double NEARLY = 0.1; // by what shares may lie beside their picture
  private static final int NAMED = 5; // of the labels that a note is about

  private final UnfitFiles unfit;
  private final List<Note> notes;
  private final Flaws flaws = new Flaws();

  private BoxSets(UnfitFiles unfit, List<Note> notes) {
    this.unfit = unfit;
    this.notes = new ArrayList<>(notes);
  }

  /**
   * Makes a set. Labels that no box has are left out.
   *
   * @param marked the pictures, none twice
   * @param order all labels in their order; those of an empty list are in alphabetical order
   * @param notes what the reader has to tell
   * @param unfit what the reader found wrong
   * @throws BadDataException if anything cannot be used, pictures among it that are none
   */
  public static BoxSet of(
      List<MarkedPicture> marked, List<String> order, List<Note> notes, UnfitFiles unfit) {
    return new BoxSets(unfit, notes).made(marked, order);
  }

  private BoxSet made(List<MarkedPicture> all, List<String> order) {
    List<MarkedPicture> marked = ofParts(all);
    unfit.check(marked.stream().map(MarkedPicture::file).toList());
    refuseShares(marked);
    unfit.throwIfAny();
    List<PictureHeader> headers = Reading.each(marked, picture -> header(picture.file()));
    List<List<Mark>> marks = placed(marked, headers);
    unfit.throwIfAny();
    Labels labels = labels(marks, order);
    Map<String, Integer> indices = new HashMap<>();
    labels.names().forEach(name -> indices.put(name, indices.size()));
    List<BoxedPicture> pictures = new ArrayList<>();
    for (int i = 0; i < marked.size(); i++) {
      PictureHeader header = headers.get(i);
      List<Box> boxes = marks.get(i).stream().map(mark -> box(mark, indices)).toList();
      MarkedPicture picture = marked.get(i);
      pictures.add(
          new BoxedPicture(
              picture.file(), header.shownWidth(), header.shownHeight(), boxes, picture.part()));
    }
    notes.addAll(flaws.notes());
    tellBare(pictures);
    return new BoxSet(labels, pictures, notes);
  }

  /** If some are in a part of a split, only those. */
  private List<MarkedPicture> ofParts(List<MarkedPicture> all) {
    List<MarkedPicture> told = all.stream().filter(each -> each.part().isPresent()).toList();
    if (told.isEmpty() || told.size() == all.size()) {
      return all;
    }
    tell(all.size() - told.size(), "picture is in no part", "pictures are in no part");
    return told;
  }

  private void tell(int count, String one, String several) {
    notes.add(
        Note.of(
            count + " " + (count == 1 ? one + " and is" : several + " and are") + " passed over"));
  }

  /** In a form that counts pixels, a file whose boxes all lie in the first pixel means shares. */
  private void refuseShares(List<MarkedPicture> marked) {
    Map<Path, Boolean> byPlace = new LinkedHashMap<>();
    for (MarkedPicture picture : marked) {
      for (Mark mark : picture.frame().shown() ? List.<Mark>of() : picture.marks()) {
        Bounds drawn = mark.bounds();
        if (drawn.width() != 0 && drawn.height() != 0) { // such stand for nothing
          byPlace.merge(picture.place(), drawn.areWithin(1, 1, NEARLY), Boolean::logicalAnd);
        }
      }
    }
    byPlace.forEach(
        (place, isShares) -> {
          if (isShares) {
            unfit.add(
                place + " has only boxes between 0 and 1: shares, where pixels are counted",
                "Multiply them by the width and height of their pictures.");
          }
        });
  }

  private static PictureHeader header(Path file) {
    try {
      return PictureHeader.of(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // it could be read a moment ago
    }
  }

  private List<List<Mark>> placed(List<MarkedPicture> marked, List<PictureHeader> headers) {
    Placing placing = Placing.of(marked, headers);
    notes.addAll(placing.notes());
    List<List<Mark>> all = new ArrayList<>();
    int turned = 0;
    int scaled = 0;
    for (int i = 0; i < marked.size(); i++) {
      MarkedPicture picture = marked.get(i);
      PictureHeader header = headers.get(i);
      Place place = placing.of(picture.frame(), header).orElse(null);
      if (header.width() == 0 || header.height() == 0) {
        unfit.add(picture.file() + " is cut short: it tells no size", "Replace it.");
      } else if (place == null) {
        MarkedPicture.Frame frame = picture.frame();
        unfit.add(
            picture.place()
                + " is for a picture of "
                + (long) frame.width()
                + " x "
                + (long) frame.height()
                + " pixels, but "
                + picture.file()
                + " has "
                + header.width()
                + " x "
                + header.height(),
            "Correct the size that is stated, or give the picture that the boxes were drawn on.");
      } else {
        turned += place.orientation() > 1 && !picture.marks().isEmpty() ? 1 : 0;
        scaled += place.isScaled(picture.frame()) ? 1 : 0;
        all.add(
            flaws.mended(
                picture.marks().stream().map(place::of).toList(), header, picture.place()));
      }
    }
    if (turned > 0) {
      notes.add(
          Note.of(
              "the boxes of "
                  + turned
                  + (turned == 1 ? " picture" : " pictures")
                  + " are turned as EXIF orientations say"));
    }
    if (scaled > 0) {
      notes.add(
          Note.of(
              scaled
                  + (scaled == 1 ? " picture has" : " pictures have")
                  + " another size than the annotations state; the boxes are scaled to it"));
    }
    return all;
  }

  private static String composed(String label) {
    return Normalizer.normalize(label, Normalizer.Form.NFC);
  }

  private Labels labels(List<List<Mark>> marks, List<String> order) {
    Set<String> used = new TreeSet<>();
    marks.forEach(each -> each.forEach(mark -> used.add(composed(mark.label()))));
    if (used.isEmpty()) {
      throw new BadDataException(
          "none of " + marks.size() + " pictures has a box to learn from; draw some.");
    }
    Set<String> ordered = new LinkedHashSet<>();
    order.forEach(name -> ordered.add(composed(name)));
    if (ordered.isEmpty()) {
      ordered.addAll(used);
    }
    List<String> without = ordered.stream().filter(name -> !used.contains(name)).toList();
    if (!without.isEmpty()) {
      notes.add(
          Note.of(
              "no box is of "
                  + named(without)
                  + (without.size() == 1 ? "; that is no label" : "; these are no labels")
                  + " here"));
    }
    return Labels.of(ordered.stream().filter(used::contains).toList());
  }

  /** The first of them, in a sentence. */
  static String named(List<String> names) {
    int more = names.size() - NAMED;
    return String.join(", ", names.stream().limit(NAMED).map(name -> "'" + name + "'").toList())
        + (more > 0 ? " and " + more + " more" : "");
  }

  private static Box box(Mark mark, Map<String, Integer> indices) {
    return new Box(
        Objects.requireNonNull(indices.get(composed(mark.label())), mark::label),
        mark.bounds().left(),
        mark.bounds().top(),
        mark.bounds().width(),
        mark.bounds().height(),
        mark.crowd(),
        mark.area().orElse(mark.bounds().pixels()));
  }

  /** Pictures with nothing on them teach, too, where that is meant. */
  private void tellBare(List<BoxedPicture> pictures) {
    long bare = pictures.stream().filter(picture -> picture.boxes().isEmpty()).count();
    if (bare > 0) {
      notes.add(
          Note.of(
              bare
                  + (bare == 1 ? " picture has" : " pictures have")
                  + " no boxes; what is on "
                  + (bare == 1 ? "it" : "them")
                  + " is learned as background"));
    }
  }
}
