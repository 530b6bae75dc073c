package dev.graft.trainer.listener;

import static java.util.Objects.requireNonNull;

import com.google.protobuf.ByteString;
import dev.graft.error.InputOutputException;
import dev.graft.savedmodel.checkpoint.RecordWriter;
import dev.graft.savedmodel.file.Interrupts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.Event;
import org.tensorflow.proto.SessionLog;
import org.tensorflow.proto.Summary;

/**
 * Writes event files that TensorBoard shows: {@code tensorboard --logdir FOLDER}. Each stretch of
 * training is a run of its own there, with loss and rate of each step, where gradients pass through
 * float16 by what the loss was scaled and how many steps were skipped, and after each epoch loss
 * and metrics on the validation part. Training that goes on from a checkpoint adds a file, and
 * TensorBoard forgets of the older ones what was run again.
 */
public final class TensorBoardLog implements TrainingListener {

  private static final String VERSION = "brain.Event:2";
  private static final long WRITE_EVERY = 2_000_000_000L; // ns

  private final Path folder;
  private final List<byte[]> events = new ArrayList<>(); // not written yet
  private @Nullable Path file; // of the stretch under way; none before its first point
  private int stretch;
  private long written;

  private TensorBoardLog(Path folder) {
    this.folder = folder;
  }

  /** Event files in {@code folder}, made if it is not there, a folder in it for each stretch. */
  public static TensorBoardLog in(Path folder) {
    requireNonNull(folder, "folder");
    return new TensorBoardLog(folder);
  }

  /**
   * Notes steps and epochs. They are written now and then, and when a checkpoint is, since the
   * steps before it never run again, and when training is over.
   *
   * @throws InputOutputException if they cannot be written
   */
  @Override
  public void on(TrainingEvent event) {
    if (event instanceof Step step) {
      add(step);
    } else if (event instanceof Epoch epoch) {
      add(epoch);
    } else if (!(event instanceof Progress || event instanceof Decision)) {
      write();
    }
  }

  private void add(Step step) {
    if (file == null || step.stretch() != stretch) {
      begin(step.stretch(), step.number());
    }
    scalar(step.number(), "loss", step.loss());
    scalar(step.number(), "rate", step.rate());
    step.scaling()
        .ifPresent(
            scaling -> {
              scalar(step.number(), "scale", scaling.factor());
              scalar(step.number(), "skipped", scaling.skipped());
            });
    if (System.nanoTime() - written > WRITE_EVERY) {
      write();
    }
  }

  private void add(Epoch epoch) {
    if (file == null || epoch.stretch() != stretch) { // gone on with where only its score was due
      begin(epoch.stretch(), epoch.step() + 1); // an older file has its last step
    }
    scalar(epoch.step(), "epoch/loss", epoch.loss());
    scalar(epoch.step(), "validation/loss", epoch.validation().loss());
    epoch
        .validation()
        .metrics()
        .forEach((name, value) -> scalar(epoch.step(), "validation/" + name, value));
    write();
  }

  /** Begins a file; what older ones have from {@code step} on is forgotten. */
  private void begin(int ofStretch, long step) {
    stretch = ofStretch;
    Path own = folder.resolve("stretch-" + stretch);
    int number = 1;
    while (Files.exists(own.resolve(name(number)))) {
      number++;
    }
    file = own.resolve(name(number));
    events.clear();
    events.add(event(0).setFileVersion(VERSION).build().toByteArray());
    SessionLog start = SessionLog.newBuilder().setStatus(SessionLog.SessionStatus.START).build();
    events.add(event(step).setSessionLog(start).build().toByteArray());
    written = System.nanoTime();
  }

  /** TensorBoard reads the files of a run in the order of their names. */
  private static String name(int number) {
    return String.format(Locale.ROOT, "events.out.tfevents.%010d.graft", number);
  }

  private static Event.Builder event(long step) {
    return Event.newBuilder().setWallTime(System.currentTimeMillis() / 1e3).setStep(step);
  }

  private void scalar(long step, String tag, double value) {
    if (Double.isNaN(value)) {
      return; // a step, or all those of an epoch, were left out
    }
    Summary summary =
        Summary.newBuilder()
            .addValue(Summary.Value.newBuilder().setTag(tag).setSimpleValue((float) value))
            .build();
    events.add(event(step).setSummary(summary).build().toByteArray());
  }

  private void write() {
    if (file == null) {
      return;
    }
    Path to = file;
    try {
      long before = Files.exists(to) ? Files.size(to) : 0;
      Interrupts.shielded(() -> append(to, before));
    } catch (IOException e) {
      events.clear(); // they would add up
      file = null; // the next one begins anew
      throw new InputOutputException(
          "'" + to + "' cannot be written (" + e.getMessage() + "); make room", e);
    }
    events.clear();
    written = System.nanoTime();
  }

  /**
   * Adds what was not written yet.
   *
   * @param before how long the file was; what is behind that, an attempt has left
   * @return how long it is now
   */
  private long append(Path to, long before) throws IOException {
    Files.createDirectories(to.getParent());
    ByteString.Output records = ByteString.newOutput();
    RecordWriter writer = new RecordWriter(Channels.newChannel(records));
    for (byte[] event : events) {
      writer.write(event);
    }
    ByteBuffer bytes = records.toByteString().asReadOnlyByteBuffer();
    try (FileChannel out =
        FileChannel.open(to, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      out.truncate(before).position(before);
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      return out.size();
    }
  }
}
