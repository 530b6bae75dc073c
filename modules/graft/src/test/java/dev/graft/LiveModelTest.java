package dev.graft;

import static dev.graft.surgeon.Edits.replaceHead;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import dev.graft.data.Dataset;
import dev.graft.model.BadDataException;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadSpec;
import dev.graft.testkit.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LiveModelTest {

  @TempDir private Path folder;

  /** The first pictures of the repository, divided among two labels; the last one cut short. */
  private Dataset picturesWithABrokenOne() throws IOException {
    Dataset all = Dataset.imageFolder(Checkout.path("testdata/photos"));
    for (int i = 0; i < 4; i++) {
      Path label = Files.createDirectories(folder.resolve(i % 2 == 0 ? "even" : "odd"));
      byte[] bytes = Files.readAllBytes(Path.of(all.name(i)));
      Files.write(label.resolve(i + ".jpg"), i == 3 ? Arrays.copyOf(bytes, 2000) : bytes);
    }
    return Dataset.imageFolder(folder);
  }

  @Test
  void aPictureThatCannotBeDecodedIsNamed(@TempDir Path out) throws IOException {
    Dataset pictures = picturesWithABrokenOne();
    Model model =
        Graft.load(Checkout.path("testdata/surgery/efficientnet/model"))
            .with(replaceHead(HeadSpec.singleLabel(pictures.labels())));
    Path broken = Path.of(pictures.name(3));
    ByteString good = ByteString.copyFrom(Files.readAllBytes(Path.of(pictures.name(0))));
    ByteString bad = ByteString.copyFrom(Files.readAllBytes(broken));
    try (Graft graft = Graft.open();
        LiveModel live = graft.serve(graft.publish(model, out))) {
      assertThat(live.classify(List.of(good, good))).hasSize(2);
      assertThatThrownBy(() -> live.classify(List.of(good, bad)))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining("'picture 1' is no picture that can be decoded");
      assertThatThrownBy(() -> live.classify(broken))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining(broken.toString());
      assertThatThrownBy(() -> live.evaluate(pictures))
          .isInstanceOf(BadDataException.class)
          .hasMessageContaining(broken.toString());
    }
  }
}
