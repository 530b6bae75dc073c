package dev.graft.trainer.listener;

import static java.util.Objects.requireNonNull;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import com.google.common.primitives.Ints;
import dev.graft.error.InputOutputException;
import dev.graft.savedmodel.file.Interrupts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Writes a table with a row for each epoch: which stretch and epoch, steps done, rate, training
 * loss, and loss and metrics on the validation part; where gradients pass through float16 also by
 * what the loss was scaled in the last step, and how many steps of the stretch were skipped.
 * Training that goes on from a checkpoint goes on with the table that is there; epochs that are run
 * again take the place of their old rows. Where nothing trains step by step there are no epochs,
 * and there is no table.
 */
public final class CsvLog implements TrainingListener {

  private static final String SCALED = ",scale,skipped"; // the last columns, where there are some

  private final Path file;
  private Optional<Step.Scaling> scaling = Optional.empty(); // of the last step

  private CsvLog(Path file) {
    this.file = file;
  }

  /** A table in {@code file}, whose folder is there. */
  public static CsvLog to(Path file) {
    requireNonNull(file, "file");
    return new CsvLog(file);
  }

  /**
   * Writes a row if it is an epoch that ended.
   *
   * @throws InputOutputException if it cannot be written
   */
  @Override
  public void on(TrainingEvent event) {
    if (event instanceof Step step) {
      scaling = step.scaling();
    } else if (event instanceof Epoch epoch) {
      add(epoch);
    }
  }

  private void add(Epoch epoch) {
    List<String> header = new ArrayList<>(List.of("stretch", "epoch", "step", "rate", "loss"));
    List<Object> row = new ArrayList<>(List.of(epoch.stretch(), epoch.number(), epoch.step()));
    row.addAll(List.of(epoch.rate(), epoch.loss(), epoch.validation().loss()));
    header.add("val_loss");
    epoch
        .validation()
        .metrics()
        .forEach(
            (name, value) -> {
              header.add("val_" + name);
              row.add(value);
            });
    scaling.ifPresent(at -> row.addAll(List.of(at.factor(), at.skipped())));
    try {
      Interrupts.shielded(
          () -> write(epoch, Joiner.on(',').join(header), Joiner.on(',').join(row)));
    } catch (IOException e) {
      throw new InputOutputException(
          "the log '"
              + file
              + "' cannot be written ("
              + e.getMessage()
              + "); make room, or give it another place",
          e);
    }
  }

  private Path write(Epoch epoch, String header, String row) throws IOException {
    List<String> old = Files.exists(file) ? Files.readAllLines(file) : List.of();
    boolean isScaled = // a run that goes on with a score has heard of no step
        scaling.isPresent() || !old.isEmpty() && old.get(0).endsWith(SCALED);
    List<String> lines = new ArrayList<>(List.of(isScaled ? header + SCALED : header));
    for (String line : old) {
      if (isBefore(line, epoch)) {
        lines.add(line);
      }
    }
    lines.add(row);
    Path next = file.resolveSibling(file.getFileName() + ".writing");
    Files.write(next, lines);
    return Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Whether {@code line} is the row of an epoch before this one. */
  private static boolean isBefore(String line, Epoch epoch) {
    List<String> cells = Splitter.on(',').splitToList(line);
    Integer stretch = Ints.tryParse(cells.get(0));
    Integer number = cells.size() < 2 ? null : Ints.tryParse(cells.get(1));
    if (stretch == null || number == null) {
      return false;
    }
    return stretch < epoch.stretch() || stretch == epoch.stretch() && number < epoch.number();
  }
}
