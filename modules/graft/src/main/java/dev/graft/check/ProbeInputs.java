package dev.graft.check;

import com.google.protobuf.ByteString;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.model.Signature;
import dev.graft.model.TensorSpec;
import dev.graft.tensor.DType;
import dev.graft.tensor.Shape;
import dev.graft.tensor.TensorValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Makes up inputs for a signature of a model that nobody explained: of its dtypes and shapes, whole
 * numbers below the number of rows of the table that they are looked up in, encoded pictures where
 * pictures are decoded. Where the signature leaves sizes open there are several guesses, the
 * likeliest first.
 */
final class ProbeInputs {

  /** Sides of pictures that networks are made for, the likeliest and the cheap ones first. */
  private static final int[] SIDES = {64, 224, 32, 299, 28, 128, 256, 96, 512, 16, 331, 40};

  /** Lengths of sequences. */
  private static final int[] LENGTHS = {8, 16, 1, 32, 64, 128, 512, 100, 50, 256, 10, 300};

  private static final int ROWS = 2;

  /** Unlike the number of dimensions, so that nobody takes the parts of a tensor for a batch. */
  private static final int ROWS_OF_PARTS = 5;

  private static final Pattern NUMBERED = Pattern.compile("(.*)([/_][0-9])");

  /** More values than this in one tensor are a mistake, or would take forever. */
  private static final long MOST_ELEMENTS = 50_000_000;

  /** Ranges that real numbers are drawn from instead of 0..1, the milder ones first. */
  private static final float[][] OTHER_RANGES = {
    {0.1f, 0.2f}, {-1, 1}, {-0.01f, 0.01f}, {1, 2}, {-1, 0}, {100, 200}, {-200, -100}
  };

  private static final TensorValue NOTHING = TensorValue.scalar(0f);

  private final Model model;
  private final Signature signature;
  private final Map<String, InputUses> uses = new LinkedHashMap<>();
  private final Map<String, TensorValue> vocabularies = new LinkedHashMap<>();

  ProbeInputs(Model model, Signature signature) {
    this.model = model;
    this.signature = signature;
    signature
        .inputs()
        .forEach(
            (name, spec) -> {
              InputUses use = new InputUses(model, spec.tensor());
              uses.put(name, use);
              use.vocabulary()
                  .filter(keys -> keys.dtype() == spec.dtype())
                  .ifPresent(keys -> vocabularies.put(name, keys));
            });
  }

  /**
   * One guess: the sizes for what the signature leaves open.
   *
   * @param single whether an input of three dimensions is one picture rather than a batch
   */
  private record Guess(int rows, int side, int length, int rank, boolean single) {}

  /** The guesses as inputs, the likeliest first; made as they are asked for. */
  Stream<Map<String, TensorValue>> inputs() {
    Set<List<Shape>> seen = new LinkedHashSet<>();
    return guesses().stream()
        .filter(
            guess -> {
              List<Shape> shapes = new ArrayList<>();
              signature.inputs().forEach((name, spec) -> shapes.add(shape(name, spec, guess)));
              return seen.add(shapes)
                  && shapes.stream().allMatch(shape -> elements(shape) <= MOST_ELEMENTS);
            })
        .flatMap(
            guess ->
                vocabularies.isEmpty()
                    ? Stream.of(inputs(guess, false))
                    : Stream.of(false, true).map(known -> inputs(guess, known)));
  }

  /** Inputs whose real numbers are of another range, and the range in words. */
  record Redrawn(Map<String, TensorValue> inputs, String range) {}

  /**
   * {@code inputs} with their real numbers drawn from other ranges: smaller, below zero, larger.
   * Where a model takes a logarithm, an exponential or a root, an answer may be a number for some
   * of these only. None where nothing was drawn.
   */
  Stream<Redrawn> redrawn(Map<String, TensorValue> inputs) {
    List<String> drawn = inputs.keySet().stream().filter(this::isDrawn).toList();
    return drawn.isEmpty()
        ? Stream.of()
        : Arrays.stream(OTHER_RANGES)
            .map(
                range -> {
                  Map<String, TensorValue> others = new LinkedHashMap<>(inputs);
                  for (String name : drawn) {
                    TensorSpec spec = spec(name);
                    float scale = high(name);
                    SampleValues values =
                        new SampleValues(spec.dtype(), inputs.getOrDefault(name, NOTHING).shape());
                    others.put(
                        name, values.between(range[0] * scale, range[1] * scale, name.hashCode()));
                  }
                  float one = high(drawn.get(0));
                  return new Redrawn(
                      others,
                      String.format(
                          Locale.ROOT, "%s..%s", number(range[0] * one), number(range[1] * one)));
                });
  }

  private static String number(float value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Float.toString(value);
  }

  /** Whether an input's values are drawn at random from a range of real numbers. */
  private boolean isDrawn(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return has(name)
        && spec(name).dtype().isFloating()
        && (part(name) == Part.PLAIN || part(name) == Part.SPARSE_VALUES)
        && vocabularies.get(name) == null
        && !lower.contains("train")
        && !lower.contains("phase")
        && !lower.contains("keep_prob");
  }

  /** What real numbers of an input go up to. */
  private float high(String name) {
    return model.inputs().stream()
        .filter(input -> input.name().equals(name))
        .flatMap(input -> input.range().stream())
        .map(InputSpec.Range::high)
        .findFirst()
        .orElse(1f);
  }

  private static double elements(Shape shape) {
    double elements = 1;
    for (long dim : shape.dims()) {
      elements *= dim;
    }
    return elements;
  }

  private List<Guess> guesses() {
    List<Guess> guesses = new ArrayList<>();
    boolean ranks = signature.inputs().values().stream().anyMatch(spec -> !spec.shape().hasRank());
    boolean parts = signature.inputs().keySet().stream().anyMatch(name -> part(name) != Part.PLAIN);
    for (int rank : ranks ? new int[] {2, 1, 4, 3, 0} : new int[] {2}) {
      for (int rows : new int[] {parts ? ROWS_OF_PARTS : ROWS, 1}) {
        for (int i = 0; i < SIDES.length; i++) {
          guesses.add(new Guess(rows, SIDES[i], LENGTHS[i], rank, false));
        }
      }
    }
    for (int side : SIDES) {
      guesses.add(new Guess(1, side, side, 3, true));
    }
    return guesses;
  }

  /**
   * Inputs of a guess.
   *
   * @param known whether all words are of the vocabulary; else one in four is not
   */
  private Map<String, TensorValue> inputs(Guess guess, boolean known) {
    Map<String, TensorValue> inputs = new LinkedHashMap<>();
    signature.inputs().forEach((name, spec) -> inputs.put(name, value(name, spec, guess, known)));
    return inputs;
  }

  /** The shape of one input under a guess, with nothing left open. */
  private Shape shape(String name, TensorSpec spec, Guess guess) {
    Shape declared = spec.shape();
    if (!declared.hasRank()) {
      long[] open = new long[guess.rank()];
      Arrays.fill(open, Shape.UNKNOWN);
      declared = Shape.of(open);
    }
    switch (part(name)) {
      case SPARSE_INDICES -> {
        return Shape.of(guess.rows(), declared.dim(1) > 0 ? declared.dim(1) : 2);
      }
      case SPARSE_VALUES -> {
        return Shape.of(guess.rows());
      }
      case SPARSE_SHAPE -> {
        return Shape.of(declared.dim(0) > 0 ? declared.dim(0) : 2);
      }
      case RAGGED_SPLITS -> {
        return Shape.of(guess.rows() + 1);
      }
      case PLAIN -> {}
    }
    long[] dims = declared.dims();
    OptionalLong features = uses(name).features();
    for (int i = 0; i < dims.length; i++) {
      if (dims[i] >= 0) {
        continue;
      }
      boolean last = i == dims.length - 1 && i > 0;
      if (i == 0) {
        dims[i] = guess.rows();
      } else if (last && features.isPresent() && spec.dtype().isFloating()) {
        dims[i] = features.getAsLong();
      } else if (dims.length >= 4) {
        dims[i] = last ? 3 : guess.side();
      } else if (guess.single() && dims.length == 3 && dims[2] >= 1 && dims[2] <= 4) {
        dims[i] = guess.side();
      } else {
        dims[i] = guess.length();
      }
    }
    if (guess.single() && dims.length == 3 && declared.dim(0) < 0 && declared.dim(1) < 0) {
      dims[0] = guess.side();
    }
    return Shape.of(dims);
  }

  /** What an input is a part of. */
  private enum Part {
    PLAIN,
    SPARSE_INDICES,
    SPARSE_VALUES,
    SPARSE_SHAPE,
    RAGGED_SPLITS
  }

  /**
   * Which part of a sparse or ragged tensor an input is. The parts are called {@code x/indices}...
   * by the importer, {@code x/0, x/1} where the signature holds a composite, and {@code x, x_1,
   * x_2} where Keras numbered them.
   */
  private Part part(String name) {
    if (name.endsWith("/indices")) {
      return Part.SPARSE_INDICES;
    }
    if (name.endsWith("/dense_shape")) {
      return Part.SPARSE_SHAPE;
    }
    if (name.endsWith("splits") && isRow(spec(name))) {
      return Part.RAGGED_SPLITS;
    }
    if (name.endsWith("/values") && has(name.replaceAll("values$", "indices"))) {
      return Part.SPARSE_VALUES;
    }
    Matcher numbered = NUMBERED.matcher(name);
    boolean first = !numbered.matches() || numbered.group(2).equals("/0");
    String base = numbered.matches() ? numbered.group(1) : name;
    String zero = has(base) ? base : base + "/0";
    String separator = has(base) ? "_" : "/";
    if (!has(zero) || !has(base + separator + 1)) {
      return Part.PLAIN;
    }
    boolean sparse =
        has(base + separator + 2)
            && isSparse(spec(zero), spec(base + separator + 1), spec(base + separator + 2));
    if (sparse) {
      return first || name.equals(zero)
          ? Part.SPARSE_INDICES
          : name.equals(base + separator + 1)
              ? Part.SPARSE_VALUES
              : name.equals(base + separator + 2) ? Part.SPARSE_SHAPE : Part.PLAIN;
    }
    TensorSpec own = spec(name);
    boolean splits = !name.equals(zero) && isRow(own) && spec(zero).shape().rank() >= 1;
    return splits ? Part.RAGGED_SPLITS : Part.PLAIN;
  }

  /** Whether it is a row of whole numbers, as many as there are. */
  private static boolean isRow(TensorSpec spec) {
    return spec.shape().rank() == 1
        && spec.shape().dim(0) < 0
        && (spec.dtype() == DType.INT64 || spec.dtype() == DType.INT32);
  }

  private static boolean isSparse(TensorSpec indices, TensorSpec values, TensorSpec size) {
    return indices.dtype() == DType.INT64
        && indices.shape().rank() == 2
        && values.shape().rank() == 1
        && size.dtype() == DType.INT64
        && size.shape().rank() == 1;
  }

  private boolean has(String name) {
    return signature.inputs().containsKey(name);
  }

  private TensorSpec spec(String name) {
    TensorSpec found = signature.inputs().get(name);
    if (found == null) {
      throw new IllegalStateException("no input " + name);
    }
    return found;
  }

  private InputUses uses(String name) {
    InputUses found = uses.get(name);
    if (found == null) {
      throw new IllegalStateException("no input " + name);
    }
    return found;
  }

  private TensorValue value(String name, TensorSpec spec, Guess guess, boolean known) {
    Shape shape = shape(name, spec, guess);
    String lower = name.toLowerCase(Locale.ROOT);
    SampleValues values = new SampleValues(spec.dtype(), shape);
    switch (part(name)) {
      case SPARSE_INDICES -> {
        return values.rowStarts();
      }
      case SPARSE_SHAPE -> {
        return values.size(guess.rows(), uses(name).features().orElse(guess.length()));
      }
      case RAGGED_SPLITS -> {
        return values.counting();
      }
      case SPARSE_VALUES, PLAIN -> {}
    }
    if (spec.dtype() == DType.STRING) {
      return TensorValue.strings(shape, texts(name, (int) shape.elements(), known));
    }
    TensorValue numbers = vocabularies.get(name);
    if (numbers != null) {
      double[] keys = numbers.asDoubles();
      return values.each(i -> known || i % 4 != 1 ? keys[i % keys.length] : 0);
    }
    if (lower.contains("mask") && !spec.dtype().isFloating()) {
      return values.constant(1);
    }
    if (lower.contains("train") || lower.contains("phase")) {
      return values.constant(0);
    }
    if (lower.contains("keep_prob")) {
      return values.constant(1);
    }
    if (spec.dtype().isFloating()) {
      return values.uniform(high(name), name.hashCode());
    }
    OptionalLong bound = uses(name).bound();
    boolean picture = shape.rank() >= 3 && shape.dim(-1) <= 4;
    long below = bound.orElse(picture ? 256 : 2);
    return values.below(Math.min(below, 1000), name.hashCode());
  }

  private List<ByteString> texts(String name, int count, boolean known) {
    SampleTexts texts = new SampleTexts(uses(name));
    TensorValue keys = vocabularies.get(name);
    List<ByteString> words = keys == null ? List.of() : keys.strings();
    List<ByteString> all = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      boolean word = !words.isEmpty() && (known || i % 4 != 1);
      all.add(word ? words.get(i % words.size()) : texts.text(i));
    }
    return all;
  }
}
