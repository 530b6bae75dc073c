package dev.graft.examples.photos;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.servlet.mvc.method.annotation.SseEmitter;

/** Begins, watches and cancels trainings. */
@RestController
@RequestMapping("/training")
class TrainingApi {

  private final Trainings trainings;
  private final TrainingEvents events;

  TrainingApi(Trainings trainings, TrainingEvents events) {
    this.trainings = trainings;
    this.events = events;
  }

  /** The name of a run that is under way. */
  record Begun(String run) {}

  /** Begins a training: 202 at once, or with {@code ?wait=true} 201 when there is a version. */
  @PostMapping
  CompletableFuture<ResponseEntity<?>> begin(@RequestParam(defaultValue = "false") boolean wait)
      throws IOException {
    Trainings.Begun begun = trainings.begin();
    if (!wait) {
      return CompletableFuture.completedFuture(
          ResponseEntity.accepted().body(new Begun(begun.run())));
    }
    return begun
        .result()
        .thenApply(
            result ->
                ResponseEntity.status(HttpStatus.CREATED).body(TrainingEnd.Finished.of(result)));
  }

  /** Server-sent events, until the training ends; what happened last comes first. */
  @GetMapping("/events")
  SseEmitter events() {
    return events.listen();
  }

  @DeleteMapping
  ResponseEntity<Void> cancel() {
    if (!trainings.cancel()) {
      throw new ResponseStatusException(HttpStatus.NOT_FOUND, "no training is under way");
    }
    return ResponseEntity.accepted().build();
  }
}
