package dev.graft.job;

import dev.graft.Device;
import dev.graft.Precision;
import dev.graft.Publication;
import dev.graft.Settings;
import dev.graft.Trust;
import dev.graft.data.Split;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What {@code run.json} holds: a {@link Job}, and how TensorFlow ran. */
record StoredJob(
    int format,
    String model,
    Trust trust,
    @Nullable StoredLoad load, // not in runs of before
    String pictures,
    StoredSurgery surgery,
    Split split,
    Training training,
    String out,
    @Nullable Map<String, Double> required, // not in runs of before
    @Nullable Boolean notWorse, // not in runs of before
    @Nullable Integer keep, // not in runs of before
    @Nullable Boolean features, // not in runs of before
    @Nullable List<Integer> serverBatches, // not in runs of before
    @Nullable String notes, // not in runs of before
    Device device,
    int threads,
    @Nullable Integer operations, // not in runs of before
    @Nullable Boolean memoryGrowth, // not in runs of before
    Precision precision,
    @Nullable Double featureMemory, // not in runs of before
    boolean findsRate) {

  StoredJob {
    for (Object field :
        new @Nullable Object[] {
          model, trust, pictures, surgery, split, training, out, device, precision
        }) {
      if (field == null) {
        throw new IllegalArgumentException("not all is there that a job has");
      }
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
            .load(StoredLoad.options(trust, load))
            .surgery(surgery.surgery())
            .split(split)
            .training(training)
            .precision(precision)
            .name(String.valueOf(whole.getFileName()).replaceFirst("-\\d+$", ""));
    return (whole.getParent() == null ? job : job.runs(whole.getParent())).build();
  }

  private Publication publication() {
    Publication all = Publication.to(Path.of(out)).notWorse(Boolean.TRUE.equals(notWorse));
    for (var each : (required == null ? Map.<String, Double>of() : required).entrySet()) {
      all = all.require(each.getKey(), each.getValue());
    }
    all = notes == null ? all : all.notes(notes);
    all = features == null ? all : all.features(features);
    if (serverBatches != null) {
      all = all.serverBatches(serverBatches.stream().mapToInt(Integer::intValue).toArray());
    }
    return keep == null ? all : all.keep(keep);
  }

  Settings settings() {
    Settings settings =
        Settings.defaults()
            .device(device)
            .threads(threads, operations == null ? threads : operations);
    settings = memoryGrowth == null ? settings : settings.memoryGrowth(memoryGrowth);
    return featureMemory == null ? settings : settings.featureMemory(featureMemory);
  }
}
