package dev.graft.runtime;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.ImmutableSortedSet;
import dev.graft.error.Internal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Stream;

/** What this machine's processor can do, of that by which TensorFlow's kernels are chosen. */
@Internal
public final class Processor {

  private static final ImmutableSet<String> TELLING =
      ImmutableSet.of(
          "amx_bf16",
          "amx_int8",
          "asimd",
          "asimddp",
          "avx",
          "avx2",
          "avx512_bf16",
          "avx512_vnni",
          "avx512f",
          "bf16",
          "fma",
          "i8mm",
          "sve");

  /** Those by which it multiplies in bfloat16. */
  private static final ImmutableSet<String> BFLOAT16 = ImmutableSet.of("avx512_bf16", "amx_bf16");

  private Processor() {}

  /** Whether a processor with {@code extensions} multiplies in bfloat16. */
  public static boolean hasBfloat16(Collection<String> extensions) {
    return extensions.stream().anyMatch(BFLOAT16::contains);
  }

  /** Its extensions by Linux' names, sorted; none where the system does not say. */
  public static ImmutableSortedSet<String> extensions() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("flags") || line.startsWith("Features")) // x86, arm
          .findFirst()
          .map(line -> Splitter.onPattern("[\\s:]+").splitToStream(line))
          .orElse(Stream.of())
          .filter(TELLING::contains)
          .collect(ImmutableSortedSet.toImmutableSortedSet(String::compareTo));
    } catch (IOException e) {
      return ImmutableSortedSet.of(); // not Linux
    }
  }
}
