package dev.graft.internal.card;

import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.testkit.Checkout;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class DiscretionTest {

  @Test
  void sentencesKeepNamesAndPlacesToThemselves() {
    Dataset photos = Dataset.imageFolder(Checkout.path("testdata/photos"));
    Parts parts = new Parts(photos, photos, photos);
    Discretion discretion = Discretion.of(parts, Path.of("runs/mine-1"), Path.of("photos"));
    String bad =
        "stretch 1: ended early, since the loss is not finite, on a batch that begins with ";
    assertThat(
            discretion.of(
                List.of(
                    "recipe 'head then top', since 87 photos, about 17 a label, are few",
                    bad + photos.name(3) + ": lower it",
                    "runs/mine-1/checkpoints/checkpoint-7 is damaged: there is none before it",
                    "the listener failed (/home/somebody/log.csv: no space)",
                    "the listener failed (C:\\Users\\somebody\\log.csv: no space)",
                    "what trains is block/conv 1 of 3/5, loss 0.5/1.5")))
        .containsExactly(
            "recipe 'head then top', since 87 photos, about 17 a label, are few",
            bad + "an example: lower it",
            "what trains is block/conv 1 of 3/5, loss 0.5/1.5");
  }
}
