package dev.graft.exporter;

import com.google.common.collect.ImmutableList;
import dev.graft.error.BadModelException;
import dev.graft.error.BadRequestException;
import dev.graft.error.FailedCheckException;
import dev.graft.error.InputOutputException;
import dev.graft.error.Internal;
import dev.graft.model.Model;
import dev.graft.runtime.SavedModelSession;
import dev.graft.runtime.TensorFlowException;
import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.Durable;
import dev.graft.savedmodel.file.FolderDigest;
import dev.graft.savedmodel.file.Interrupts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Publishes models as SavedModels: {@code base/<number>/}, whole or not at all.
 *
 * <p>A version holds the signatures of the model ({@code serving_default} among them), for a model
 * that reads pictures {@code serving_bytes}, which takes encoded pictures, and for one that knows
 * labels {@code classify}, which takes serialized {@code tf.Example}s. TensorFlow's C++ loader,
 * TensorFlow Serving and Python's {@code tf.saved_model.load} read it.
 */
@Internal
public final class Exporter {

  private static final System.Logger LOG = System.getLogger(Exporter.class.getName());

  /** Java's, and what Python takes for line breaks besides. */
  private static final Pattern LINE_BREAKS = Pattern.compile("\\R|[\\x1c-\\x1e]");

  private Exporter() {}

  /** Gets to know of a version the moment before it appears. */
  @FunctionalInterface
  public interface Announcement {
    /**
     * Called before each attempt to make it appear; somebody else may be faster.
     *
     * @param version the folder that it is about to have
     * @param digest what it holds, as {@link FolderDigest} tells it
     */
    void about(Path version, String digest);
  }

  /** As {@link #publish(TensorFlowRuntime, Model, Path, List, Announcement)}, announced to none. */
  public static Version publish(
      TensorFlowRuntime runtime, Model model, Path base, Proof... proofs) {
    return publish(runtime, model, base, List.of(proofs), (version, digest) -> {});
  }

  /**
   * Writes {@code model} as the next version under {@code base}, holds it against the model and
   * {@code proofs}, and only then lets it appear. If anything fails, {@code base} is as it was.
   *
   * @param base the folder that a server watches; made if it is not there and a version comes of it
   * @param proofs examples to compare on, gates, and papers to go with it; without examples the
   *     comparison runs on made-up inputs
   * @throws BadRequestException if {@code base} holds anything that is no version, or cannot be
   *     written to
   * @throws BadModelException if the model cannot be exported; the message says why
   * @throws FailedCheckException if the export gives other answers than the model, a gate refuses
   *     it, or nothing of it could be compared and no examples were given on which it was tried
   * @throws CancellationException if the thread was interrupted before the version appeared
   */
  public static Version publish(
      TensorFlowRuntime runtime,
      Model model,
      Path base,
      List<Proof> proofs,
      Announcement announcement) {
    try {
      ServingBase serving = ServingBase.at(base);
      ServingBase.Temporary temporary = serving.temporary();
      try {
        ExportReport report = write(runtime, model, temporary.folder(), proofs);
        List<String> remarks = new ArrayList<>(report.remarks());
        String digest = FolderDigest.of(temporary.folder());
        if (Thread.currentThread().isInterrupted()) {
          throw cancelled(null);
        }
        long number = // from here on it is published, or it is not: nothing comes between
            Interrupts.shielded(
                () -> serving.commit(temporary, path -> announcement.about(path, digest), remarks));
        return new Version(
            base.resolve(Long.toString(number)), number, report, ImmutableList.copyOf(remarks));
      } finally {
        serving.discard(temporary);
      }
    } catch (IOException | UncheckedIOException e) {
      throw failed(base, e);
    } catch (RuntimeException e) {
      throw Interrupts.areCauseOf(e) ? cancelled(e) : e;
    }
  }

  /**
   * Removes all versions under {@code base} but the {@code count} newest, and those that somebody
   * reads.
   *
   * @return what stays nevertheless, and why, a sentence each
   */
  public static List<String> keep(Path base, int count) {
    try {
      return new Retention(ServingBase.at(base)).keep(count);
    } catch (IOException | UncheckedIOException | BadRequestException e) {
      // the version that was published is there all the same
      return List.of("older versions could not be removed (" + e.getMessage() + ")");
    }
  }

  /**
   * Publishes a version once more, as the next one beside it: byte for byte, and loaded by
   * TensorFlow's own loader before it is visible.
   *
   * @return the folder of the new one
   * @throws FailedCheckException if TensorFlow does not load it, or the disk gives back something
   *     else than was written
   */
  public static Path again(TensorFlowRuntime runtime, Path version) {
    Path base = version.resolveSibling(".").normalize();
    try {
      ServingBase serving = ServingBase.at(base);
      ServingBase.Temporary temporary = serving.temporary();
      try {
        new VersionCopy(version).into(temporary.folder());
        try (SavedModelSession session =
            runtime.loadSavedModel(temporary.folder(), Set.of("serve"))) {
          var unused = session.signatures();
        } catch (TensorFlowException e) {
          throw new FailedCheckException(
              "version " + version.getFileName() + " is not published again: " + e.detail(), e);
        }
        long number = serving.commit(temporary, path -> {}, new ArrayList<>());
        return base.resolve(Long.toString(number));
      } finally {
        serving.discard(temporary);
      }
    } catch (IOException | UncheckedIOException e) {
      throw failed(base, e);
    }
  }

  private static CancellationException cancelled(@Nullable Exception cause) {
    CancellationException end =
        new CancellationException("publishing was interrupted (Thread.interrupt)");
    if (cause != null) {
      end.initCause(cause);
    }
    return end;
  }

  /**
   * Makes sure that versions can be published under {@code base} before long work begins.
   *
   * @throws BadRequestException if {@code base} holds anything that is no version
   * @throws InputOutputException if it cannot be written to
   */
  public static void requirePublishable(Path base) {
    try {
      ServingBase serving = ServingBase.at(base);
      serving.discard(serving.temporary());
    } catch (IOException e) {
      throw failed(base, e);
    }
  }

  private static RuntimeException failed(Path base, Exception thrown) {
    if (Interrupts.areCauseOf(thrown)) {
      return cancelled(thrown);
    }
    Exception e =
        thrown instanceof UncheckedIOException && thrown.getCause() instanceof IOException cause
            ? cause
            : thrown;
    return new InputOutputException(
        "no version could be published in '"
            + base
            + "': "
            + e.getClass().getSimpleName()
            + ", "
            + e.getMessage()
            + "; the versions that are there are untouched. Give a folder that can be written to, with"
            + " room on its disk.",
        e);
  }

  /**
   * Makes sure that an export of {@code model}, or of one with such heads, can give what its heads
   * read, as far as its graph tells.
   *
   * @throws BadRequestException if it cannot; the message says why
   */
  public static void requireFeatures(Model model) {
    var unused = ServingForm.withFeatures(model);
  }

  /**
   * As {@link #requireFeatures(Model)}, tried on made-up inputs, before long work begins.
   *
   * @throws BadRequestException if it cannot; the message says why
   */
  public static void requireFeatures(TensorFlowRuntime runtime, Model model) {
    OpenBatch.requireFeatures(runtime, model);
  }

  private static ExportReport write(
      TensorFlowRuntime runtime, Model own, Path dir, List<Proof> proofs) throws IOException {
    boolean features = Proof.Features.areAmong(proofs);
    Model opened = OpenBatch.of(runtime, ServingForm.of(own));
    Model served = features ? OpenBatch.withFeatures(opened) : opened;
    Model model = features ? ServingForm.withFeatures(own) : own;
    List<String> remarks = new ArrayList<>(AssetFiles.of(served.assets()).leftOut(model));
    SavedModelFiles files = SavedModelFiles.of(served, proofs, remarks);
    files.write(dir, own.signatures().keySet());
    writeLabels(served, dir.resolve("assets.extra"), remarks);
    SavedModelFiles.Written written =
        new SavedModelFiles.Written(files, dir, ImmutableList.copyOf(remarks));
    LOG.log(Level.DEBUG, "the version is written");
    ExportReport report = Trial.of(runtime, model, written, proofs);
    LOG.log(Level.DEBUG, "warm-up requests are answered");
    for (Proof proof : proofs) {
      if (proof instanceof Proof.Papers papers) {
        papers.writer().write(dir, report);
      }
    }
    return report;
  }

  /** The labels of a model with one head, one a line, for people and other tools. */
  private static void writeLabels(Model model, Path extra, List<String> remarks)
      throws IOException {
    if (model.heads().size() == 1 && model.heads().get(0).labels().isPresent()) {
      StringBuilder lines = new StringBuilder();
      for (String label : model.heads().get(0).labels().get().names()) {
        String line = LINE_BREAKS.matcher(label).replaceAll(" ");
        if (!line.equals(label)) {
          remarks.add(
              "the label '" + line + "' has a line break, which labels.txt writes as a space");
        }
        lines.append(line).append('\n');
      }
      Durable.write(extra.resolve("labels.txt"), lines.toString().getBytes(StandardCharsets.UTF_8));
    }
  }
}
