package dev.graft;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.graft.data.Split;
import dev.graft.model.BadRequestException;
import dev.graft.model.Durable;
import dev.graft.trainer.Checkpoints;
import dev.graft.trainer.Recipe;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The folder of one run of a {@link Job}: what the job is ({@code run.json}), how far it has come
 * ({@code checkpoints}), and what became of it ({@code published.txt}). With it a run that was
 * stopped can go on.
 */
public final class RunFolder {

  private static final int FORMAT = 1;
  private static final String JOB = "run.json";
  private static final String PUBLISHED = "published.txt";

  private static final JsonMapper JSON =
      JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

  private final Path path;
  private final Job job;

  private RunFolder(Path path, Job job) {
    this.path = path;
    this.job = job;
  }

  /** What {@code run.json} holds. */
  private record Stored(
      int format,
      String model,
      Trust trust,
      String pictures,
      StoredSurgery surgery,
      Split split,
      String recipe,
      long seed,
      String out,
      Device device) {}

  /**
   * Makes the folder {@code runs/<name>-<number>} with the first number that is free.
   *
   * @throws BadRequestException if it cannot be written
   */
  public static RunFolder create(Path runs, String name, Job job) {
    Stored stored =
        new Stored(
            FORMAT,
            absolute(job.model()),
            job.trust(),
            absolute(job.pictures()),
            StoredSurgery.of(job.surgery()),
            job.split(),
            job.recipe().name(),
            job.recipe().seed(),
            absolute(job.out()),
            job.device());
    try {
      Files.createDirectories(runs);
      for (int number = 1; ; number++) {
        Path folder = runs.resolve(name + "-" + number);
        try {
          Files.createDirectory(folder);
        } catch (FileAlreadyExistsException e) {
          continue;
        }
        Durable.write(folder.resolve(JOB), JSON.writeValueAsBytes(stored));
        Durable.syncFolder(folder);
        return new RunFolder(folder, job);
      }
    } catch (IOException e) {
      throw new BadRequestException(
          "no folder for the run can be made in '"
              + runs
              + "' ("
              + e.getMessage()
              + "); make it writable, or start from another folder.",
          e);
    }
  }

  private static String absolute(Path path) {
    return path.toAbsolutePath().normalize().toString();
  }

  /**
   * The run in {@code folder}.
   *
   * @throws BadRequestException if there is none, or it was written by another version of Graft
   */
  public static RunFolder open(Path folder) {
    try {
      Stored stored = JSON.readValue(Files.readAllBytes(folder.resolve(JOB)), Stored.class);
      if (stored.format() != FORMAT) {
        throw new BadRequestException(
            "'"
                + folder
                + "' has the format "
                + stored.format()
                + ", this version of Graft reads "
                + FORMAT
                + "; resume it with the version that began it.");
      }
      return new RunFolder(
          folder,
          new Job(
              Path.of(stored.model()),
              stored.trust(),
              Path.of(stored.pictures()),
              stored.surgery().surgery(),
              stored.split(),
              Recipe.named(stored.recipe()).seed(stored.seed()),
              Path.of(stored.out()),
              stored.device()));
    } catch (NoSuchFileException e) {
      throw new BadRequestException(
          "'" + folder + "' is no run: it has no " + JOB + "; give a folder such as runs/photos-1.",
          e);
    } catch (JsonProcessingException e) {
      throw new BadRequestException(
          "'" + folder.resolve(JOB) + "' is damaged: " + e.getOriginalMessage() + ".", e);
    } catch (IOException e) {
      throw new BadRequestException(
          "'" + folder.resolve(JOB) + "' cannot be read (" + e.getMessage() + ").", e);
    }
  }

  /** Where it is. */
  public Path path() {
    return path;
  }

  /** What is done in it. */
  public Job job() {
    return job;
  }

  /** Where its checkpoints are: one of the callbacks of its training. */
  public Checkpoints checkpoints() {
    return Checkpoints.in(path.resolve("checkpoints"));
  }

  /** Remembers that the job is done. */
  public void done(Version version) {
    try {
      Files.writeString(path.resolve(PUBLISHED), absolute(version.path()) + "\n");
    } catch (IOException e) {
      throw new BadRequestException(
          "'" + path + "' cannot be written (" + e.getMessage() + ").", e);
    }
  }

  /** The version that it was published as, if it is done. */
  public Optional<Path> published() {
    try {
      return Optional.of(Path.of(Files.readString(path.resolve(PUBLISHED)).strip()));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new BadRequestException("'" + path + "' cannot be read (" + e.getMessage() + ").", e);
    }
  }
}
