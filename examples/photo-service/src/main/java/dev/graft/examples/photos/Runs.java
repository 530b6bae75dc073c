package dev.graft.examples.photos;

import dev.graft.Backbones;
import dev.graft.Graft;
import dev.graft.Publication;
import dev.graft.PublishedVersion;
import dev.graft.Settings;
import dev.graft.Trust;
import dev.graft.data.Dataset;
import dev.graft.job.Job;
import dev.graft.job.RunFolder;
import dev.graft.job.Training;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.stereotype.Component;
import org.springframework.util.FileSystemUtils;

/**
 * The folders of trainings, and a file that names the one which is under way: what it names at a
 * start was broken off.
 */
@Component
class Runs {

  private static final Logger LOG = LoggerFactory.getLogger(Runs.class);
  private static final Pattern NAME = Pattern.compile("photos-\\d+");
  private static final int KEPT = 5; // of those that ended

  private final PhotoSettings settings;
  private final Photos photos;
  private final Versions versions;
  private final Path folder;
  private final Path underWay;

  Runs(PhotoSettings settings, Photos photos, Versions versions) {
    this.settings = settings;
    this.photos = photos;
    this.versions = versions;
    this.folder = settings.data().resolve("runs");
    this.underWay = settings.data().resolve("under-way");
  }

  /** A new one, for the pictures that are there now. */
  RunFolder make(Settings how) throws IOException {
    removeOld();
    Path pictures = settings.folder() == null ? photos.snapshot() : settings.folder();
    Publication terms =
        Publication.to(settings.versions())
            .keep(settings.keep())
            .notWorse(settings.notWorse() && knowsAll(pictures));
    for (Map.Entry<String, Double> each : settings.require().entrySet()) {
      terms = terms.require(each.getKey(), each.getValue());
    }
    Job job =
        Job.of(backbone(), pictures, settings.versions())
            .training(Training.by(settings.recipe()))
            .publication(terms)
            .runs(folder)
            .name("photos")
            .build();
    return RunFolder.create(job, how);
  }

  /** Each holds checkpoints as large as what trained; one is under way at a time, and none now. */
  private void removeOld() throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    try (Stream<Path> runs = Files.list(folder)) {
      List<Path> ended = // a number that is free is used again, so it tells no age
          runs.filter(run -> NAME.matcher(run.getFileName().toString()).matches())
              .sorted(Comparator.comparingLong((Path run) -> run.toFile().lastModified()))
              .toList();
      for (Path run : ended.subList(0, Math.max(0, ended.size() - KEPT))) {
        try {
          FileSystemUtils.deleteRecursively(run);
        } catch (IOException e) { // which is no reason to train no more
          LOG.warn("{} cannot be removed; remove it yourself", run, e);
        }
      }
    }
  }

  private Path backbone() {
    return settings.backbone() == null
        ? Backbones.named("efficientnet-lite0", settings.data().resolve("models")) // unpacked once
        : settings.backbone();
  }

  /**
   * Whether the newest version knows all labels of these pictures: one with a new label is held
   * against none.
   */
  private boolean knowsAll(Path pictures) {
    List<PublishedVersion> all = versions.all();
    return all.isEmpty()
        || Graft.load(all.get(all.size() - 1).path(), Trust.ALLOW).heads().stream()
            .flatMap(head -> head.labels().stream())
            .anyMatch(known -> known.names().containsAll(labels(pictures)));
  }

  private static List<String> labels(Path pictures) {
    return Dataset.imageFolder(pictures).labels().names();
  }

  /** Notes that a run is under way; its name. */
  String remember(RunFolder run) throws IOException {
    String name = run.path().getFileName().toString();
    Path next = Files.writeString(settings.data().resolve("under-way.next"), name);
    Files.move(next, underWay, StandardCopyOption.ATOMIC_MOVE); // whole, whatever happens
    return name;
  }

  /** Notes that none is. */
  void forget() {
    try {
      Files.deleteIfExists(underWay);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The run that was under way when the last process ended. */
  Optional<RunFolder> brokenOff() throws IOException {
    if (!Files.exists(underWay)) {
      return Optional.empty();
    }
    RunFolder run = RunFolder.open(folder.resolve(Files.readString(underWay)));
    if (run.isFinished()) { // only that was not noted any more
      run.close();
      forget();
      return Optional.empty();
    }
    return Optional.of(run);
  }
}
