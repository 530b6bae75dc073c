package dev.graft.serving;

import com.google.common.base.Throwables;
import com.google.common.collect.Lists;
import dev.graft.LiveModel;
import dev.graft.error.BadModelException;
import dev.graft.error.ClosedException;
import dev.graft.internal.place.ModelFolder;
import dev.graft.savedmodel.file.VersionFolders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Opens the newest version below a serving base that works, and says which did not.
 *
 * @param opener opens one, or fails if it does not answer
 */
record NewestWorking(Path base, Function<Path, LiveModel> opener) {

  /** What no version is called. */
  static final long NONE = -1;

  private static final Mark NOBODY = new Mark(NONE, "");

  /**
   * Which version it is: another one may be put in its place, under the same number.
   *
   * @param file what the file system tells of its graph; empty if that cannot be read
   */
  record Mark(long number, String file) {

    static Mark of(Path version) {
      long number = VersionFolders.number(version);
      try {
        BasicFileAttributes graph =
            Files.readAttributes(version.resolve("saved_model.pb"), BasicFileAttributes.class);
        // no inode: some file systems of networks give another one at each look
        return new Mark(number, graph.size() + " " + graph.lastModifiedTime());
      } catch (IOException e) { // it is just being removed, or in the form of a text
        return new Mark(number, "");
      }
    }

    /** Whether nothing says that this is another one. */
    boolean isStill(Mark other) {
      return number == other.number && (file.isEmpty() || file.equals(other.file));
    }
  }

  /** A version that is open, and when it was opened. */
  record Open(LiveModel model, Mark mark, Instant since) {
    long number() {
      return mark.number;
    }
  }

  /** A version that could not be opened, or gave no answer when it was warmed up. */
  record LeftOut(Mark mark, Throwable cause) {
    @Override
    public String toString() {
      return "version " + mark.number + ": " + cause.getMessage();
    }
  }

  /**
   * What came of looking.
   *
   * @param open the newest that works, if it is another than the one that answers
   * @param leftOut those that would have come before it, the newest first
   */
  record Found(Optional<Open> open, List<LeftOut> leftOut) {

    /** What is wrong with those that were left out. */
    String words() {
      return leftOut.stream().map(LeftOut::toString).collect(Collectors.joining("; "));
    }
  }

  /** All versions, the newest first; there is one. */
  List<Path> versions() {
    List<Path> versions = ModelFolder.versions(base);
    if (versions.isEmpty()) {
      throw new BadModelException(
          "'"
              + base
              + "' holds no numbered version of a model; give the folder that versions are"
              + " published in.");
    }
    return Lists.reverse(versions);
  }

  /**
   * The newest that works; fails if there is none.
   *
   * @throws BadModelException with what is wrong with each
   */
  Found first() {
    Found found = insteadOf(NOBODY, () -> false);
    if (found.open.isEmpty()) {
      List<LeftOut> all = found.leftOut;
      if (all.size() == 1) {
        Throwables.throwIfUnchecked(all.get(0).cause);
      }
      BadModelException none =
          new BadModelException(
              "none of the " + all.size() + " versions in '" + base + "' works. " + found.words(),
              all.get(0).cause);
      all.stream().skip(1).forEach(each -> none.addSuppressed(each.cause));
      throw none;
    }
    return found;
  }

  /**
   * The newest that works instead of version {@code answering}; none if that is the one, or all
   * newer ones are broken. Where it was removed, an older one may come in its place; where another
   * one was put in its place under its number, that one does.
   *
   * @param isOver whether nobody waits for it any more: opening one can take minutes
   */
  Found insteadOf(Mark answering, BooleanSupplier isOver) {
    List<LeftOut> leftOut = new ArrayList<>();
    List<Path> versions = versions();
    for (Path version : versions) {
      Mark mark = Mark.of(version); // before it is read: what is put in its place later is seen
      if (mark.isStill(answering) || isOver.getAsBoolean()) {
        break;
      }
      try {
        LiveModel model = opener.apply(version);
        return new Found(Optional.of(new Open(model, mark, Instant.now())), leftOut);
      } catch (ClosedException e) { // by none of them
        throw e;
      } catch (RuntimeException | Error e) { // whatever it is, another may do better
        if (!versions().equals(versions)) { // maybe it was just removed: there is something newer
          return insteadOf(answering, isOver);
        }
        leftOut.add(new LeftOut(mark, e));
      }
      if (mark.number == answering.number) { // what was there before is better than what is older
        break;
      }
    }
    return new Found(Optional.empty(), leftOut);
  }
}
