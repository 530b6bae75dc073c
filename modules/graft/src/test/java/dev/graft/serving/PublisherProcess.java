package dev.graft.serving;

import static dev.graft.surgeon.edit.Edits.inputSize;
import static dev.graft.surgeon.edit.Edits.replaceHead;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.graft.Graft;
import dev.graft.Publication;
import dev.graft.Trust;
import dev.graft.model.Model;
import dev.graft.model.Variable;
import dev.graft.model.VariableSource;
import dev.graft.surgeon.HeadSpec;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import dev.graft.testkit.Checkout;
import dev.graft.testkit.ChildJava;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A process that publishes a version for each number that it is told, its bias. */
final class PublisherProcess implements AutoCloseable {

  /** How many versions it leaves. */
  static final int KEPT = 3;

  private static final Pattern BIAS = Pattern.compile("the bias is (\\d+)");

  private final Path base;
  private final Path log;
  private Process process;
  private BufferedReader said;

  PublisherProcess(Path base, Path log) throws IOException {
    this.base = base;
    this.log = log;
    start();
  }

  private void start() throws IOException {
    process =
        ChildJava.running(
                List.of("-Xmx512m", "-XX:TieredStopAtLevel=1"),
                PublisherProcess.class,
                base.toString())
            .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
            .start();
    said = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    expect("ready");
  }

  private void tell(long bias) throws IOException {
    process.getOutputStream().write((bias + "\n").getBytes(UTF_8));
    process.getOutputStream().flush();
  }

  private void expect(String word) throws IOException {
    String line = said.readLine();
    assertThat(line).as(Files.readString(log)).startsWith(word);
  }

  /** How long it took, in ms. */
  long publish(long bias) {
    try {
      long began = System.nanoTime();
      tell(bias);
      expect("published");
      return (System.nanoTime() - began) / 1_000_000;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether it was killed before it said that it was done; it is there again then. */
  boolean killedWhilePublishing(long bias, long after) {
    try {
      tell(bias);
      Thread.sleep(after);
      process.toHandle().destroyForcibly(); // SIGKILL; Process itself would close what it said
      process.waitFor();
      boolean isDone = said.readLine() != null;
      start();
      return !isDone;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  /** The bias that a version has, by its card. */
  static long bias(Path base, long version) {
    try {
      Matcher words =
          BIAS.matcher(Files.readString(base.resolve(version + "").resolve("MODEL_CARD.md")));
      assertThat(words.find()).isTrue();
      return Long.parseLong(words.group(1));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The process that publishes. */
  public static void main(String[] arguments) throws IOException {
    Model model =
        Graft.load(Checkout.path("models/efficientnet-lite0"), Trust.ALLOW)
            .with(inputSize(64, 64))
            .with(replaceHead(HeadSpec.regression(1)));
    Publication terms = Publication.to(Path.of(arguments[0])).keep(KEPT);
    BufferedReader asked = new BufferedReader(new InputStreamReader(System.in, UTF_8));
    try (Graft graft = Graft.open()) {
      System.out.println("ready");
      for (String line = asked.readLine(); line != null; line = asked.readLine()) {
        float bias = Float.parseFloat(line);
        var version =
            graft.publish(adding(model, bias), terms.notes("Told apart: the bias is " + line));
        System.out.println("published " + version.path());
      }
    }
  }

  /** The model with a bias, and with weights that make different numbers of different pictures. */
  private static Model adding(Model model, float bias) {
    int units = 1280;
    float[] weights = new float[units];
    for (int i = 0; i < units; i++) {
      weights[i] = (float) Math.sin(i);
    }
    Map<Shape, TensorValue> values =
        Map.of(
            Shape.of(1), TensorValue.of(Shape.of(1), new float[] {bias}),
            Shape.of(units, 1), TensorValue.of(Shape.of(units, 1), weights));
    List<Variable> variables = new ArrayList<>();
    int given = 0;
    for (Variable each : model.variables()) {
      TensorValue value = values.get(each.shape());
      given += value == null ? 0 : 1;
      variables.add(value == null ? each : each.source(new VariableSource.Given(value)));
    }
    assertThat(given).isEqualTo(2);
    return model.toBuilder().variables(variables).build();
  }
}
