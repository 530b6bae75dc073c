package dev.graft.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.graft.trainer.Callback;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * Lets steps happen when the other end of the standard streams asks for some, and tells how long
 * they took. One line in, a number of steps; one line out, JSON.
 */
final class Turns implements Callback {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final BufferedReader in =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  private final PrintStream out;
  private int asked;
  private int left;
  private long began;
  private long cpu;

  Turns(PrintStream out) {
    this.out = out;
  }

  void say(Map<String, Object> values) {
    try {
      out.println(JSON.writeValueAsString(values));
      out.flush();
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  /** Waits for a turn if the last one is over; ends with a {@link CancellationException}. */
  @Override
  public void beforeStep() {
    if (left == 0) {
      if (asked > 0) {
        double seconds = (System.nanoTime() - began) / 1e9;
        double busy = (cpuTime() - cpu) / 1e9;
        say(Map.of("seconds", seconds / asked, "cpu", busy / asked, "megabytes", peakMegabytes()));
      }
      asked = next();
      left = asked;
      cpu = cpuTime();
      began = System.nanoTime();
    }
    left--;
  }

  private int next() {
    try {
      @Nullable String line = in.readLine();
      if (line == null || line.isBlank()) {
        throw new CancellationException("no more turns");
      }
      return Integer.parseInt(line.strip());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long cpuTime() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  /** The most memory that the process ever had resident, all of it, JVM and native. */
  private static double peakMegabytes() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")) / 1024)
          .findFirst()
          .orElse(0);
    } catch (IOException e) {
      return 0; // not Linux
    }
  }
}
