package dev.graft.exporter;

import dev.graft.savedmodel.file.Durable;
import dev.graft.savedmodel.file.HeldFile;
import dev.graft.savedmodel.file.VersionLease;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Removes old versions. One that goes is first renamed, in one step, to a name that no server takes
 * for a version, and then deleted: nobody ever finds half of it.
 */
record Retention(ServingBase base) {

  /**
   * Removes all versions but the {@code count} newest, and those that somebody reads.
   *
   * @return what stays nevertheless, and why, a sentence each
   */
  List<String> keep(int count) throws IOException {
    List<Path> versions = base.versions();
    List<String> remarks = new ArrayList<>();
    for (Path version : versions.subList(0, Math.max(0, versions.size() - count))) {
      try {
        if (!isRemoved(version)) {
          remarks.add("version " + version.getFileName() + " stays, since it is in use");
        }
      } catch (IOException e) {
        remarks.add(
            "version "
                + version.getFileName()
                + " could not be removed ("
                + e.getMessage()
                + "); the next publication tries again");
      }
    }
    return remarks;
  }

  private boolean isRemoved(Path version) throws IOException {
    Optional<HeldFile> removal = VersionLease.removing(version);
    if (removal.isEmpty()) {
      return true; // another is at it
    }
    try (HeldFile held = removal.get()) {
      boolean isFree = !VersionLease.isHeldOn(version);
      if (isFree) {
        remove(version);
      }
      held.delete();
      return isFree;
    }
  }

  private void remove(Path version) throws IOException {
    ServingBase.Temporary hidden = base.temporary(); // of a killed one the next clears it away
    try {
      Files.delete(hidden.folder());
      try {
        Files.move(version, hidden.folder(), StandardCopyOption.ATOMIC_MOVE);
      } catch (IOException e) {
        if (Files.exists(version)) {
          throw e;
        } // else it was done and reported as failed, as network disks do, or another was faster
      }
      Durable.syncFolder(hidden.folder().resolveSibling(".").normalize());
    } finally {
      base.discard(hidden);
    }
  }
}
