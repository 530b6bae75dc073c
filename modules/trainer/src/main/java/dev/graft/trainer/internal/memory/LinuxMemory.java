package dev.graft.trainer.internal.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/**
 * What Linux tells of memory, in bytes; nothing on another system. A container has a limit of its
 * own, in one place since cgroup 2 and in another one before (the kernel's
 * admin-guide/cgroup-v2.rst and cgroup-v1/memory.rst).
 *
 * @param root of the file system
 */
record LinuxMemory(Path root) {

  /** How much this process has taken. */
  OptionalLong taken() {
    return kilobytes("proc/self/status", "VmRSS:");
  }

  /** How much is left, for this process and others. */
  OptionalLong free() {
    OptionalLong machine = kilobytes("proc/meminfo", "MemAvailable:");
    OptionalLong container =
        left("sys/fs/cgroup/", "memory.max", "memory.current", "inactive_file ");
    OptionalLong before =
        left(
            "sys/fs/cgroup/memory/",
            "memory.limit_in_bytes",
            "memory.usage_in_bytes",
            "total_inactive_file ");
    return least(machine, least(container, before));
  }

  /** Below the limit of a group, with what files take that nobody has read for long. */
  private OptionalLong left(String group, String limit, String used, String files) {
    OptionalLong most = value(group + limit, "");
    OptionalLong now = value(group + used, "");
    if (most.isEmpty() || now.isEmpty()) {
      return OptionalLong.empty();
    }
    long unread = value(group + "memory.stat", files).orElse(0);
    return OptionalLong.of(Math.max(0, most.getAsLong() - now.getAsLong() + unread));
  }

  private static OptionalLong least(OptionalLong a, OptionalLong b) {
    return a.isEmpty() || b.isEmpty()
        ? (a.isEmpty() ? b : a)
        : OptionalLong.of(Math.min(a.getAsLong(), b.getAsLong()));
  }

  private OptionalLong kilobytes(String file, String key) {
    OptionalLong value = value(file, key);
    return value.isPresent() ? OptionalLong.of(value.getAsLong() << 10) : value;
  }

  /** The number behind {@code key} at the beginning of a line. */
  private OptionalLong value(String file, String key) {
    for (String line : lines(root.resolve(file))) {
      if (line.startsWith(key)) {
        String digits = line.substring(key.length()).replaceAll("[^0-9]", "");
        return digits.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(digits));
      }
    }
    return OptionalLong.empty();
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file);
    } catch (IOException e) {
      return List.of(); // another system
    }
  }
}
