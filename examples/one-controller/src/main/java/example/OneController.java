package example;

import static dev.graft.surgeon.edit.Edits.freeze;
import static dev.graft.surgeon.edit.Edits.replaceHead;

import dev.graft.Backbones;
import dev.graft.Graft;
import dev.graft.Publication;
import dev.graft.PublishedVersion;
import dev.graft.ServeOptions;
import dev.graft.Trust;
import dev.graft.Version;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.answer.Prediction;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.error.BadDataException;
import dev.graft.error.RefusedException;
import dev.graft.model.Model;
import dev.graft.serving.Serving;
import dev.graft.serving.ServingOptions;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.Run;
import jakarta.annotation.PostConstruct;
import jakarta.annotation.PreDestroy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartException;
import org.springframework.web.multipart.MultipartFile;
import org.springframework.web.server.ResponseStatusException;

/** Learns the labels of a folder of photos, and answers with what it learned last. */
@RestController
@SpringBootApplication
public class OneController {
  private final Graft graft = Graft.open(); // owns all that is native
  private final Path versions = Path.of("versions");
  private volatile Serving serving; // of the newest version; none before the first training

  record Learned(long version, double accuracy) {}

  record Told(String label, double score, long version) {}

  public static void main(String[] args) {
    SpringApplication.run(OneController.class, args);
  }

  @PostConstruct
  synchronized void open() {
    if (Files.isDirectory(versions) && !PublishedVersion.in(versions).isEmpty()) {
      ServeOptions ours = ServeOptions.defaults().trust(Trust.ALLOW); // versions of our own making
      serving = Serving.of(graft, versions, ServingOptions.defaults().model(ours), event -> {});
    }
  }

  /** A path on this machine, with a folder of photos for each label: not for strangers. */
  @PostMapping("/train")
  synchronized Learned train(@RequestParam Path folder) {
    Parts photos = Dataset.imageFolder(folder).split(Split.of(60, 20, 20).seed(7));
    Model model =
        Graft.load(Backbones.efficientNetLite0())
            .with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(photos.labels())));
    Run run = graft.train(model, photos, Recipe.headOnly().seed(7));
    Version version =
        graft.publish(
            run.model(),
            Publication.to(versions).examples(photos.validation()).require("accuracy", 0.80));
    if (serving == null) {
      open();
    } else {
      serving.refresh(); // it would look by itself every few seconds
    }
    double accuracy = graft.evaluate(run.model(), photos.test()).accuracy();
    return new Learned(version.number(), accuracy);
  }

  @PostMapping("/answer")
  Told answer(@RequestParam MultipartFile photo) throws IOException {
    if (serving == null) {
      throw new ResponseStatusException(HttpStatus.SERVICE_UNAVAILABLE, "no version yet");
    }
    Outcome outcome = serving.ask(Example.picture(photo.getBytes())).join();
    Prediction best = (Prediction) outcome.orElseThrow(); // of a head that gives one label
    return new Told(best.label(), best.score(), outcome.version().getAsLong());
  }

  /** No picture, no form with a photo, or labels not learned as well as was asked for. */
  @ExceptionHandler({BadDataException.class, MultipartException.class, RefusedException.class})
  ResponseEntity<String> tell(RuntimeException e) {
    return ResponseEntity.unprocessableEntity().body(e.getMessage());
  }

  @PreDestroy
  void close() {
    if (serving != null) {
      serving.close();
    }
    graft.close();
  }
}
