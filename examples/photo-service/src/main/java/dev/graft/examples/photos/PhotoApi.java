package dev.graft.examples.photos;

import dev.graft.PublishedVersion;
import dev.graft.answer.Example;
import dev.graft.answer.Outcome;
import dev.graft.answer.Prediction;
import dev.graft.serving.Serving;
import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestPart;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.multipart.MultipartFile;
import org.springframework.web.server.ResponseStatusException;

/** Takes photos to learn from, and answers about others. */
@RestController
class PhotoApi {

  /** What is on a photo, and which version says so. */
  record Reply(String label, float score, Map<String, Float> scores, long version) {}

  record Listed(long number, Instant published, Map<String, Double> scores, boolean inUse) {}

  private final PhotoSettings settings;
  private final Photos photos;
  private final Versions versions;

  PhotoApi(PhotoSettings settings, Photos photos, Versions versions) {
    this.settings = settings;
    this.photos = photos;
    this.versions = versions;
  }

  @PostMapping(path = "/labels/{label}/photos", consumes = MediaType.MULTIPART_FORM_DATA_VALUE)
  Map<String, Integer> add(
      @PathVariable String label, @RequestPart("photo") List<MultipartFile> all)
      throws IOException {
    List<byte[]> pictures = new ArrayList<>();
    for (MultipartFile each : all) {
      pictures.add(each.getBytes());
    }
    return Map.of("added", photos.add(label, pictures));
  }

  @PostMapping(path = "/answers", consumes = MediaType.MULTIPART_FORM_DATA_VALUE)
  CompletableFuture<Reply> answer(@RequestPart MultipartFile photo) throws IOException {
    return answer(photo.getBytes());
  }

  /**
   * The same of a body that is the picture. A form is none of these types, since its bytes would
   * not come through: with curl's --data-binary say -H 'Content-Type: image/jpeg'.
   */
  @PostMapping(
      path = "/answers",
      consumes = {"image/*", "application/octet-stream"})
  CompletableFuture<Reply> answer(InputStream body) throws IOException {
    int most = (int) settings.largest().toBytes();
    byte[] picture = body.readNBytes(most + 1);
    if (picture.length > most) {
      throw new ResponseStatusException(
          HttpStatus.PAYLOAD_TOO_LARGE, "a picture has " + settings.largest() + " at most");
    }
    return answer(picture);
  }

  /** No thread waits for the answer; one that comes too late is not computed any more. */
  private CompletableFuture<Reply> answer(byte[] picture) {
    Serving serving = versions.serving();
    return serving
        .ask(Example.picture(picture))
        .orTimeout(settings.timeout().toMillis(), TimeUnit.MILLISECONDS)
        .thenApply(PhotoApi::reply);
  }

  /** By the version that answered, which by now need not be the one that answers. */
  private static Reply reply(Outcome outcome) {
    if (outcome.orElseThrow() instanceof Prediction prediction) {
      long version = outcome.version().orElseThrow();
      return new Reply(prediction.label(), prediction.score(), prediction.scores(), version);
    }
    throw new IllegalStateException("the model has no labels"); // nothing here trains such a one
  }

  @GetMapping("/versions")
  List<Listed> versions() {
    return versions.all().stream().map(PhotoApi::listed).toList();
  }

  private static Listed listed(PublishedVersion version) {
    return new Listed(version.number(), version.published(), version.scores(), version.isInUse());
  }
}
