package dev.graft.examples.photos;

import dev.graft.Graft;
import dev.graft.PublishedVersion;
import dev.graft.ServeOptions;
import dev.graft.Trust;
import dev.graft.error.BadRequestException;
import dev.graft.error.GraftException;
import dev.graft.micrometer.ServingMetrics;
import dev.graft.serving.Serving;
import dev.graft.serving.ServingOptions;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.http.HttpStatus;
import org.springframework.scheduling.annotation.Scheduled;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/** The versions that were published, the newest of which answers. */
@Component
class Versions implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Versions.class);

  private final Graft graft;
  private final PhotoSettings settings;
  private final ServingMetrics metrics;
  private volatile Optional<Serving> serving = Optional.empty(); // until there is a version
  private volatile Optional<String> failure = Optional.empty(); // why none could be opened
  private boolean isClosed;

  Versions(Graft graft, PhotoSettings settings, ServingMetrics metrics) {
    this.graft = graft;
    this.settings = settings;
    this.metrics = metrics;
    look();
  }

  /** Opens the first version as soon as it is there; later ones the serving finds by itself. */
  @Scheduled(initialDelay = 5_000, fixedDelay = 5_000)
  synchronized void look() {
    if (serving.isPresent() || isClosed || all().isEmpty()) {
      return;
    }
    ServingOptions options =
        ServingOptions.defaults()
            .model(ServeOptions.defaults().trust(Trust.ALLOW).timeout(settings.timeout()))
            .waiting(settings.waiting());
    try {
      Serving opened = Serving.of(graft, settings.versions(), options, metrics);
      metrics.watch(opened);
      serving = Optional.of(opened);
      failure = Optional.empty();
      LOG.info("version {} answers", opened.version());
    } catch (GraftException e) { // the next look may find better
      failure = Optional.of(e.getMessage());
      LOG.warn("no version can be opened", e);
    }
  }

  /** What answers. */
  Serving serving() {
    return serving.orElseThrow(
        () ->
            new ResponseStatusException(
                HttpStatus.SERVICE_UNAVAILABLE,
                failure.orElse("there is no version yet; train one (POST /training)")));
  }

  /** What answers, if there is a version. */
  Optional<Serving> ifOpen() {
    return serving;
  }

  /** Whether anybody waits for an answer. */
  boolean isBusy() {
    return serving.map(Serving::isBusy).orElse(false);
  }

  /** Why no version could be opened, if one was tried. */
  Optional<String> failure() {
    return failure;
  }

  /** Takes what was just published, not at the next look only. */
  void refresh() {
    look();
    serving.ifPresent(Serving::refresh);
  }

  /** All that lie in the folder, the oldest first. */
  List<PublishedVersion> all() {
    try {
      return PublishedVersion.in(settings.versions());
    } catch (BadRequestException e) { // there is none
      return List.of();
    }
  }

  @Override
  public synchronized void close() {
    isClosed = true;
    serving.ifPresent(Serving::close);
  }
}
