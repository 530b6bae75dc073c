package dev.graft.trainer.internal.memory;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A container has less memory than its machine, and says so in one of two places. */
class LinuxMemoryTest {

  @TempDir private Path root;

  private void says(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private LinuxMemory memory() {
    return new LinuxMemory(root);
  }

  private void ofMachine() throws IOException {
    says("proc/meminfo", "MemTotal:       64000000 kB\nMemAvailable:   50000000 kB\n");
    says("proc/self/status", "Name:\tjava\nVmRSS:\t  3000 kB\n");
  }

  @Test
  void aMachineTellsWhatIsAvailable() throws IOException {
    ofMachine();
    assertThat(memory().free()).hasValue(50_000_000L << 10);
    assertThat(memory().taken()).hasValue(3000 << 10);
  }

  @Test
  void aContainerHasNoMoreThanItsLimit() throws IOException {
    ofMachine();
    says("sys/fs/cgroup/memory.max", "4000000000\n");
    says("sys/fs/cgroup/memory.current", "1500000000\n");
    says("sys/fs/cgroup/memory.stat", "anon 7\ninactive_file 300000000\n");
    assertThat(memory().free()).hasValue(2_800_000_000L);
    says("sys/fs/cgroup/memory.max", "max\n");
    assertThat(memory().free()).as("no limit").hasValue(50_000_000L << 10);
  }

  @Test
  void soHasOneOfThoseBefore() throws IOException {
    ofMachine();
    says("sys/fs/cgroup/memory/memory.limit_in_bytes", "4000000000\n");
    says("sys/fs/cgroup/memory/memory.usage_in_bytes", "1500000000\n");
    says("sys/fs/cgroup/memory/memory.stat", "cache 9\ntotal_inactive_file 300000000\n");
    assertThat(memory().free()).hasValue(2_800_000_000L);
    says("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
    assertThat(memory().free()).as("no limit").hasValue(50_000_000L << 10);
  }

  @Test
  void anotherSystemTellsNothing() {
    assertThat(memory().free()).isEmpty();
    assertThat(memory().taken()).isEmpty();
  }
}
