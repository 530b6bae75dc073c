package dev.graft.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.google.common.math.Quantiles;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Lets steps happen when the other end of the standard streams asks for some, and tells how long
 * they took. One line in, a number of steps; one line out, JSON. After {@code bare} and a number
 * the bare step runs so often instead, in the same session, and nothing else.
 */
final class Turns {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String BARE = "bare ";

  private final BufferedReader in =
      new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
  private final PrintStream out;
  private final List<Long> times = new ArrayList<>(); // of the steps of this turn, in ns
  private int asked;
  private int left;
  private long began;
  private long last; // when a step ended
  private long cpu;

  private Runnable bareStep = () -> {};

  Turns(PrintStream out) {
    this.out = out;
  }

  void bareStep(Runnable value) {
    bareStep = value;
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
  void await() {
    mark();
    if (left == 0) {
      if (asked > 0) {
        tell();
      }
      asked = next();
      left = asked;
      begin();
    }
    left--;
  }

  /** Says in each turn what {@code work} makes of its number; ends as {@link #await} does. */
  void each(IntFunction<Map<String, Object>> work) {
    while (true) {
      say(work.apply(Integer.parseInt(line())));
    }
  }

  private void begin() {
    cpu = cpuTime();
    began = System.nanoTime();
    last = began;
    times.clear();
  }

  /** A step is over. */
  private void mark() {
    long now = System.nanoTime();
    times.add(now - last);
    last = now;
  }

  private void tell() {
    double seconds = (System.nanoTime() - began) / 1e9;
    double busy = (cpuTime() - cpu) / 1e9;
    double median = Quantiles.median().compute(times) / 1e9;
    say(
        Map.of(
            "seconds",
            seconds / asked,
            "median",
            median,
            "cpu",
            busy / asked,
            "megabytes",
            peakMegabytes()));
  }

  private int next() {
    String line = line();
    while (line.startsWith(BARE)) {
      asked = Integer.parseInt(line.substring(BARE.length()));
      begin();
      for (int i = 0; i < asked; i++) {
        bareStep.run();
        mark();
      }
      tell();
      line = line();
    }
    return Integer.parseInt(line);
  }

  private String line() {
    try {
      @Nullable String line = in.readLine();
      if (line == null || line.isBlank()) {
        throw new CancellationException("no more turns");
      }
      return line.strip();
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
