package dev.graft.surgeon.internal.picture;

import com.google.common.collect.ImmutableMap;
import dev.graft.error.BadRequestException;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.surgeon.Edit;
import dev.graft.words.Words;
import java.util.Optional;

/** Records what the picture input expects, as the user says. */
public final class DescribeInput extends Edit {

  private final float low;
  private final float high;
  private final InputSpec.Channels channels;
  private final InputSpec.Resize resize;

  public DescribeInput(
      float low, float high, InputSpec.Channels channels, InputSpec.Resize resize) {
    if (!(low < high)) {
      throw new BadRequestException(
          "pixel values go from a lower to a higher one, not from " + low + " to " + high + ".");
    }
    this.low = low;
    this.high = high;
    this.channels = channels;
    this.resize = resize;
  }

  @Override
  protected String operation() {
    return "describeInput";
  }

  @Override
  protected ImmutableMap<String, String> arguments() {
    return ImmutableMap.of(
        "low", Float.toString(low),
        "high", Float.toString(high),
        "channels", Words.identifier(channels),
        "resize", Words.identifier(resize));
  }

  @Override
  protected Model edit(Model model) {
    InputSpec input = InputAdapter.find(model, "");
    InputSpec.Range range = new InputSpec.Range(low, high, "as was said");
    return InputAdapter.describe(
        model, input.range(Optional.of(range)).channels(channels).resize(resize));
  }
}
