package dev.graft.cli;

import dev.graft.error.BadRequestException;
import dev.graft.job.HeadChoice;
import dev.graft.job.HeadForm;
import dev.graft.job.Surgery;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.Where;
import dev.graft.words.Words;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** What is done to the model before it learns. */
final class SurgeryOptions {

  private static final Pattern SIZE = Pattern.compile("(\\d{1,5})(?:x(\\d{1,5}))?");

  @Option(
      names = "--head",
      paramLabel = "KIND",
      converter = Choice.class,
      description =
          "What becomes of the output layer: auto|new|keep|multi-label|regression|embedding|boxes."
              + " auto keeps it if the model knows your labels already, else makes a new one.")
  private HeadChoice head = HeadChoice.AUTO;

  @Option(
      names = "--pooling",
      paramLabel = "KIND",
      converter = PoolingChoice.class,
      description =
          "How the positions of a picture become one vector for a new head:"
              + " auto|average|max|first|flatten|none (auto: average). first is for a class token;"
              + " none answers for each position, and so must the data.")
  private HeadSpec.Pooling pooling = HeadSpec.Pooling.AUTO;

  @Option(
      names = "--hidden",
      paramLabel = "N",
      split = ",",
      description =
          "Dense layers of these sizes, with ReLU, before a new head's last one. It is then trained"
              + " step by step.")
  private List<Integer> hidden = List.of();

  @Option(
      names = "--dropout",
      paramLabel = "F",
      description = "The share of features dropped in training before a new head's last layer (0).")
  private double dropout;

  @Option(
      names = "--freeze",
      paramLabel = "WHERE",
      description =
          "What stays as it is: 'until block_13', 'class BatchNormalization' (default: all).")
  private @Nullable String freeze;

  @Option(
      names = "--unfreeze",
      paramLabel = "WHERE",
      description =
          "What trains besides a new head: 'last 2 blocks'. 'graft inspect --select' shows it.")
  private @Nullable String unfreeze;

  @Option(
      names = "--cut",
      paramLabel = "LAYER",
      description =
          "Put the new head on this layer or tensor instead of where the old one was; for boxes"
              + " on several, with commas between.")
  private @Nullable String cut;

  @Mixin private LabelsOption labels = new LabelsOption();

  @Option(
      names = "--carry-over",
      description = "Labels that the model knows already start with the weights they had.")
  private boolean carryOver;

  @Option(
      names = "--size",
      paramLabel = "N|HxW",
      description = "Rebuild a convolutional network for pictures of another size.")
  private @Nullable String size;

  /**
   * The options as a value.
   *
   * @throws BadRequestException if one of them cannot be read
   */
  Surgery surgery() {
    HeadForm form = HeadForm.standard().pooling(pooling).hidden(hidden).dropout(dropout);
    Surgery surgery = Surgery.standard().head(head).form(form);
    surgery = freeze == null ? surgery : surgery.freeze(Where.parse(freeze));
    surgery = unfreeze == null ? surgery : surgery.unfreeze(Where.parse(unfreeze));
    surgery = cut == null ? surgery : surgery.cut(cut);
    surgery = labels.labels().map(surgery::labels).orElse(surgery);
    surgery = carryOver ? surgery.carryOver() : surgery;
    return size == null ? surgery : sized(surgery, size);
  }

  private static Surgery sized(Surgery surgery, String text) {
    Matcher matcher = SIZE.matcher(text);
    if (!matcher.matches()) {
      throw new BadRequestException(
          "'" + text + "' is no size; give --size 128, or --size 96x128 for height and width.");
    }
    int height = Integer.parseInt(matcher.group(1));
    return surgery.size(
        height, matcher.group(2) == null ? height : Integer.parseInt(matcher.group(2)));
  }

  /** Reads {@code multi-label} as MULTI_LABEL. */
  private static <E extends Enum<E>> E choice(E[] all, String value, String otherwise) {
    for (E choice : all) {
      if (Words.of(choice).equals(value)) {
        return choice;
      }
    }
    throw new TypeConversionException("'" + value + "' is no " + otherwise);
  }

  /** Reads a kind of head. */
  static final class Choice implements ITypeConverter<HeadChoice> {
    @Override
    public HeadChoice convert(String value) {
      return choice(
          HeadChoice.values(),
          value,
          "kind of head; choose auto, new, keep, multi-label, regression, embedding or boxes");
    }
  }

  /** Reads a kind of pooling. */
  static final class PoolingChoice implements ITypeConverter<HeadSpec.Pooling> {
    @Override
    public HeadSpec.Pooling convert(String value) {
      return choice(
          HeadSpec.Pooling.values(),
          value,
          "kind of pooling; choose auto, average, max, first, flatten or none");
    }
  }
}
