package dev.graft.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.graft.runtime.TensorFlowRuntime;
import dev.graft.savedmodel.file.Durable;
import dev.graft.savedmodel.file.HeldFile;
import dev.graft.testkit.FaultyFileSystem;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.AccessMode;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What an interrupt, a power cut and folders of others do to a version that is being made. */
class InterruptedPublishTest {

  @TempDir private Path folder;

  /** Remembers what was opened: a folder is only opened to force its entries to the disk. */
  private static class Recording extends FaultyFileSystem {
    private final List<Path> opened = new ArrayList<>();

    Recording() {
      super(0, Fault.ONCE);
    }

    @Override
    public FileChannel newFileChannel(
        Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
        throws IOException {
      FileChannel channel = super.newFileChannel(path, options, attributes);
      opened.add(Path.of(path.toString()));
      return channel;
    }

    List<Path> folders() {
      return opened.stream().filter(Files::isDirectory).toList();
    }
  }

  @Test
  void beforeTheVersionAppearsItIsCancelled() {
    Path base = folder.resolve("deep/base");
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Thread.currentThread().interrupt();
      try {
        assertThatThrownBy(() -> Exporter.publish(runtime, WholeOrNotAtAllTest.model(), base))
            .isInstanceOf(CancellationException.class)
            .hasMessageContaining("interrupted");
      } finally {
        assertThat(Thread.interrupted()).as("the caller can still tell").isTrue();
      }
    }
    assertThat(folder.resolve("deep")).doesNotExist();
  }

  @Test
  void whenTheVersionIsAboutToAppearItDoes() {
    Path base = folder.resolve("base");
    Thread publishing = Thread.currentThread();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Version version;
      try {
        version =
            Exporter.publish(
                runtime,
                WholeOrNotAtAllTest.model(),
                base,
                List.of(),
                (path, digest) -> publishing.interrupt());
      } finally {
        assertThat(Thread.interrupted()).isTrue();
      }
      assertThat(version.report().remarks()).isEmpty();
      assertThat(base.resolve("1/saved_model.pb")).exists();
    }
  }

  @Test
  void foldersThatWereMadeForNothingAreTakenAway() {
    Path deep = folder.resolve("a/b");
    FaultyFileSystem failing = new FaultyFileSystem(3, FaultyFileSystem.Fault.ONCE);
    assertThatThrownBy(() -> Durable.makeFolders(failing.wrap(deep)))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("injected");
    assertThat(folder.resolve("a")).doesNotExist();
  }

  /** A power cut must not take the folder above away, nor a name in one that it is in. */
  @Test
  void everyFolderThatGotAnEntryIsForcedToTheDisk() throws IOException {
    Path base = folder.resolve("new/base");
    Recording disk = new Recording();
    try (TensorFlowRuntime runtime = TensorFlowRuntime.open()) {
      Exporter.publish(runtime, WholeOrNotAtAllTest.model(), disk.wrap(base));
    }
    assertThat(disk.folders()).contains(folder, folder.resolve("new"), base);
    assertThat(disk.opened.stream().map(Path::toString))
        .anyMatch(name -> name.matches(".*/\\.graft-tmp-[^/]*"))
        .anyMatch(name -> name.matches(".*/\\.graft-tmp-[^/]*/variables"));
    Recording file = new Recording();
    Durable.replace(file.wrap(folder.resolve("published.txt")), new byte[] {1});
    assertThat(file.folders()).contains(folder);
  }

  /** As the home of all users may be: one may write to one's own folder alone. */
  @Test
  void aFolderAboveThatMayNotBeReadIsNoFailure() throws IOException {
    Path own = Files.createDirectory(folder.resolve("own"));
    FaultyFileSystem closed =
        new Recording() {
          @Override
          public void checkAccess(Path path, AccessMode... modes) throws IOException {
            if (path.toString().equals(own.toString())
                && List.of(modes).contains(AccessMode.READ)) {
              throw new AccessDeniedException(path.toString());
            }
            super.checkAccess(path, modes);
          }

          @Override
          public FileChannel newFileChannel(
              Path path, Set<? extends OpenOption> options, FileAttribute<?>... attributes)
              throws IOException {
            checkAccess(path, AccessMode.READ);
            return super.newFileChannel(path, options, attributes);
          }
        };
    assertThat(Durable.makeFolders(closed.wrap(own.resolve("base")))).hasSize(1);
    assertThat(own.resolve("base")).isDirectory();
  }

  @Test
  void lookingForLeftoversMakesNoLock() throws IOException {
    String name = ".graft-tmp-0123abcd-0000000000000001";
    Files.createDirectory(folder.resolve(name));
    Recording disk = new Recording();
    var unused = ServingBase.at(disk.wrap(folder));
    assertThat(disk.opened).isEmpty();
    assertThat(HeldFile.ofExisting(folder.resolve(name + ".lock"))).isEmpty();
    assertThat(folder.resolve(name + ".lock")).doesNotExist();
  }
}
