package dev.graft.examples;

import static dev.graft.surgeon.edit.Edits.replaceHead;

import dev.graft.Gallery;
import dev.graft.Graft;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.TensorValue;
import java.nio.file.Path;

/** The nearest pictures of a collection, with no training at all. */
public final class Search {

  private Search() {}

  /**
   * Asks a collection for the picture nearest to each of some others.
   *
   * @return for which share of them it shows the same label
   */
  public static double find(Path network, Path pictures) {
    // docs begin
    Parts photos = Dataset.imageFolder(pictures).split(Split.of(70, 10, 20).seed(7));
    Model model = Graft.load(network).with(replaceHead(HeadSpec.embedding())); // of length 1
    try (Graft graft = Graft.open()) {
      TensorValue known = graft.predict(model, photos.train()).values().iterator().next();
      Gallery gallery = Gallery.of(known, photos.train());
      TensorValue asked = graft.predict(model, photos.test()).values().iterator().next();
      int right = 0;
      for (int i = 0; i < photos.test().size(); i++) {
        Gallery.Match nearest = gallery.nearest(asked, i, 1).get(0);
        right += photos.train().label(nearest.example()) == photos.test().label(i) ? 1 : 0;
      }
      return (double) right / photos.test().size();
    }
    // docs end
  }
}
