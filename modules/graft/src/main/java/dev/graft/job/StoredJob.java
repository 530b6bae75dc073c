package dev.graft.job;

import dev.graft.Device;
import dev.graft.Precision;
import dev.graft.Publication;
import dev.graft.Settings;
import dev.graft.Trust;
import dev.graft.Xla;
import dev.graft.data.Split;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code run.json} holds: a {@link Job}, and how TensorFlow ran. */
record StoredJob(
    int format,
    String model,
    Trust trust,
    StoredLoad load,
    String pictures,
    StoredSurgery surgery,
    Split split,
    Training training,
    String out,
    Map<String, Double> required,
    Boolean notWorse,
    Integer keep,
    Boolean features,
    @Nullable List<Integer> serverBatches,
    @Nullable String notes,
    Device device,
    int threads,
    Integer operations,
    Boolean memoryGrowth,
    Precision precision,
    Xla xla,
    Double featureMemory,
    boolean findsRate) {

  StoredJob {
    List<@Nullable Object> fields =
        Arrays.asList(
            model,
            trust,
            load,
            pictures,
            surgery,
            split,
            training,
            out,
            required,
            notWorse,
            keep,
            features,
            device,
            operations,
            memoryGrowth,
            precision,
            xla,
            featureMemory);
    if (fields.contains(null)) {
      throw new IllegalArgumentException("not all is there that a job has");
    }
  }

  static StoredJob of(int format, Job job, Settings settings, boolean findsRate) {
    return new StoredJob(
        format,
        absolute(job.model()),
        job.load().trust(),
        StoredLoad.of(job.load()),
        absolute(job.pictures()),
        StoredSurgery.of(job.surgery()),
        job.split(),
        job.training(),
        absolute(job.out()),
        job.publication().required(),
        job.publication().notWorse(),
        job.publication().keep(),
        job.publication().features(),
        job.publication().serverBatches().map(List::copyOf).orElse(null),
        job.publication().notes().orElse(null),
        settings.device(),
        settings.threads(),
        settings.operations(),
        settings.memoryGrowth(),
        job.precision(),
        settings.xla(),
        settings.featureMemory(),
        findsRate);
  }

  static String absolute(Path path) {
    return path.toAbsolutePath().normalize().toString();
  }

  /** The job of the run in {@code folder}. */
  Job job(Path folder) {
    Path whole = folder.toAbsolutePath().normalize();
    Job.Builder job =
        Job.of(Path.of(model), Path.of(pictures), Path.of(out))
            .publication(publication())
            .load(load.options(trust))
            .surgery(surgery.surgery())
            .split(split)
            .training(training)
            .precision(precision)
            .name(String.valueOf(whole.getFileName()).replaceFirst("-\\d+$", ""));
    return (whole.getParent() == null ? job : job.runs(whole.getParent())).build();
  }

  private Publication publication() {
    Publication all = Publication.to(Path.of(out)).notWorse(notWorse).features(features).keep(keep);
    for (var each : required.entrySet()) {
      all = all.require(each.getKey(), each.getValue());
    }
    all = notes == null ? all : all.notes(notes);
    if (serverBatches != null) {
      all = all.serverBatches(serverBatches.stream().mapToInt(Integer::intValue).toArray());
    }
    return all;
  }

  Settings settings() {
    return Settings.defaults()
        .device(device)
        .threads(threads, operations)
        .xla(xla)
        .memoryGrowth(memoryGrowth)
        .featureMemory(featureMemory);
  }
}
