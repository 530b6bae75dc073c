package dev.graft.bench;

import static dev.graft.surgeon.edit.Edits.keepHead;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.Graft;
import dev.graft.Trust;
import dev.graft.data.Answers;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.annotation.Annotations;
import dev.graft.model.Model;
import dev.graft.surgeon.BoxForm;
import dev.graft.surgeon.BoxMap;
import dev.graft.surgeon.HeadSpec;
import dev.graft.trainer.FineTune;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import dev.graft.trainer.listener.CancellationToken;
import dev.graft.trainer.listener.Step;
import dev.graft.trainer.optimizer.Clipping;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;

/**
 * Steps of a head for boxes on maps that are kept, as an application's training takes them. The
 * other side is handed the same network, pictures and boxes, in a folder.
 */
final class BoxSteps {

  private static final int ROUNDS = 4; // each picture in an epoch, so that few scores lie between
  private static final int EPOCHS = 1000;

  private BoxSteps() {}

  /** Takes turns until there are no more. */
  static void measure(Case work, Turns turns) throws IOException {
    Path data = work.service().root().resolve("testdata/bccd");
    Dataset pictures = Annotations.read(data).dataset();
    BoxForm form = BoxForm.standard().size(ServingTimes.HEIGHT, ServingTimes.WIDTH);
    HeadSpec head = HeadSpec.boxes(pictures.labels()).boxes(form);
    Model detector =
        Graft.load(work.folder(), Trust.ALLOW).with(keepHead()).with(replaceHead(head));
    try (Graft graft = Graft.open()) {
      double loss = graft.evaluate(detector, pictures).loss();
      handOver(graft.publish(detector, work.service().handed()).path(), detector, pictures, work);
      long trains =
          detector.variables().stream()
              .filter(variable -> variable.trainable() && !variable.role().isStatistic())
              .filter(variable -> variable.name().startsWith("boxes"))
              .count();
      turns.say(Map.of("loss", loss, "trains", trains, "version", Main.version()));
      train(graft, detector, pictures, work, turns);
    }
  }

  private static void train(Graft graft, Model detector, Dataset pictures, Case work, Turns turns) {
    FineTune steps =
        FineTune.head()
            .rate(work.rate())
            .batch(work.batch())
            .epochs(EPOCHS)
            .patience(EPOCHS)
            .clipping(Clipping.byGlobalNorm(10))
            .batchNorm(work.batchNorm());
    Recipe recipe = Recipe.headOnly();
    CancellationToken cancel = new CancellationToken();
    TrainOptions options =
        TrainOptions.by(recipe.head(recipe.head().steps(steps)))
            .cancellation(cancel)
            .listener(
                event -> {
                  if (event instanceof Step) {
                    await(turns, cancel);
                  }
                });
    int size = pictures.size();
    Dataset epoch = pictures.subset(IntStream.range(0, ROUNDS * size).map(i -> i % size).toArray());
    Dataset few = pictures.subset(new int[] {0, 1});
    var unused = graft.train(detector, new Parts(epoch, few, few), options);
  }

  /** Holds the training between two steps, until there are no more turns. */
  private static void await(Turns turns, CancellationToken cancel) {
    try {
      turns.await();
    } catch (CancellationException e) {
      cancel.cancel();
    }
  }

  /** Writes what the other side needs; the file is there once all is. */
  private static void handOver(Path version, Model detector, Dataset pictures, Case work)
      throws IOException {
    Answers answers = requireNonNull(pictures.answers().get(Batch.ONLY));
    List<String> maps = BoxMap.of(detector).stream().map(map -> map.tensor().toString()).toList();
    Map<String, Object> all =
        Map.of(
            "version",
            version.toString(),
            "maps",
            maps,
            "pictures",
            IntStream.range(0, pictures.size()).mapToObj(pictures::name).toList(),
            "most",
            answers.values().shape().dim(1),
            "boxes",
            answers.values().floats(),
            "counts",
            answers.counts().orElseThrow().ints());
    Path handed = work.service().handed();
    Path part = handed.resolve("work.part");
    new ObjectMapper().writeValue(part.toFile(), all);
    Files.move(part, handed.resolve("work.json"), StandardCopyOption.ATOMIC_MOVE);
  }
}
