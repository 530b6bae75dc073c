package dev.graft.surgeon;

import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import java.util.function.UnaryOperator;

/**
 * The edits, each a function from Model to Model for {@link Model#with}:
 *
 * <pre>{@code
 * Model model = backbone.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(labels)));
 * }</pre>
 *
 * <p>They run no native code and leave the model they are given as it was. An edit that does not
 * fit fails with {@link dev.graft.model.BadRequestException} when it is applied.
 */
public final class Edits {

  private Edits() {}

  /** Takes what {@code where} hits out of training. */
  public static UnaryOperator<Model> freeze(Where where) {
    return new SetTrainable(where, false);
  }

  /** Lets what {@code where} hits train; moving statistics, counters and seeds stay as they are. */
  public static UnaryOperator<Model> unfreeze(Where where) {
    return new SetTrainable(where, true);
  }

  /** Lets what {@code where} hits train, and nothing else. */
  public static UnaryOperator<Model> train(Where where) {
    return new TrainOnly(where);
  }

  /**
   * Puts a new head where the model's head is, in every signature that uses it. Which part is the
   * head, {@link HeadFinder} says.
   */
  public static UnaryOperator<Model> replaceHead(HeadSpec head) {
    return new ReplaceHead(head);
  }

  /**
   * Ends the model at a layer (by name or path) or tensor ({@code node:0}). The serving signature
   * then gives that under the name {@code features}; what is not needed for it is gone.
   */
  public static UnaryOperator<Model> cut(String layerOrTensor) {
    return new Cut(layerOrTensor);
  }

  /** Puts a head on the one output of the model, as after {@link #cut}. */
  public static UnaryOperator<Model> addHead(HeadSpec head) {
    return new AddHead(head);
  }

  /**
   * Finds out which pixel values and channel order the picture inputs expect, where that is not
   * known yet: by their dtype, by the arithmetic at the beginning of the graph, or by the names of
   * the layers, which tell the families of Keras Applications. VGG, ResNet and DenseNet, whose
   * pixels need more than a range, get their {@link Preparation} into the graph. Inputs about which
   * nothing is found out stay as they are; see {@link #describeInput}.
   */
  public static UnaryOperator<Model> fitInputs() {
    return new FitInputs();
  }

  /**
   * Says what the picture input expects.
   *
   * @param low the value of black
   * @param high the value of white
   */
  public static UnaryOperator<Model> describeInput(
      float low, float high, InputSpec.Channels channels, InputSpec.Resize resize) {
    return new DescribeInput(low, high, channels, resize);
  }

  /**
   * Puts what Keras' {@code preprocess_input} does into the graph; the picture input then takes RGB
   * in 0..255.
   */
  public static UnaryOperator<Model> prepareInput(Preparation preparation) {
    return new Prepare(preparation);
  }
}
