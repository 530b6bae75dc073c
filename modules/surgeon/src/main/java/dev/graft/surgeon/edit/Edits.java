package dev.graft.surgeon.edit;

import static java.util.Objects.requireNonNull;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Labels;
import dev.graft.model.Model;
import dev.graft.surgeon.HeadFinder;
import dev.graft.surgeon.HeadSpec;
import dev.graft.surgeon.ModelDiff;
import dev.graft.surgeon.Preparation;
import dev.graft.surgeon.Where;
import dev.graft.surgeon.internal.head.AddHead;
import dev.graft.surgeon.internal.head.KeepHead;
import dev.graft.surgeon.internal.head.ReplaceHead;
import dev.graft.surgeon.internal.picture.AdaptInput;
import dev.graft.surgeon.internal.picture.DescribeInput;
import dev.graft.surgeon.internal.picture.FitInputs;
import dev.graft.surgeon.internal.picture.GreyKernel;
import dev.graft.surgeon.internal.picture.InputSize;
import dev.graft.surgeon.internal.picture.Prepare;
import dev.graft.tensor.TensorValue;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The edits, each a function from Model to Model for {@link Model#with}:
 *
 * <pre>{@code
 * Model model = backbone.with(freeze(Where.all()), replaceHead(HeadSpec.singleLabel(labels)));
 * }</pre>
 *
 * <p>They run no native code and leave the model they are given as it was. An edit that does not
 * fit fails with {@link dev.graft.error.BadRequestException} when it is applied.
 */
public final class Edits {

  private Edits() {}

  /** Takes what {@code where} hits out of training. */
  public static UnaryOperator<Model> freeze(Where where) {
    requireNonNull(where, "where");
    return new SetTrainable(where, false);
  }

  /**
   * Lets what {@code where} hits train; moving statistics, counters and seeds stay as they are, and
   * so does what its author declared as not trainable ({@link dev.graft.model.Variable#fixed}),
   * unless {@link Where#variables} names it.
   */
  public static UnaryOperator<Model> unfreeze(Where where) {
    requireNonNull(where, "where");
    return new SetTrainable(where, true);
  }

  /** Lets what {@code where} hits train, and nothing else. */
  public static UnaryOperator<Model> train(Where where) {
    requireNonNull(where, "where");
    return new TrainOnly(where);
  }

  /**
   * Puts a new head where the model's head is, in every signature that ends with it, or several
   * that read the same features. A signature that computes with the old head and does not end with
   * it is left out, which a {@link ModelDiff} shows. Which part is the head, {@link HeadFinder}
   * says. The output keeps its name unless the new head has one.
   *
   * @param heads at least one; several need names
   */
  public static UnaryOperator<Model> replaceHead(HeadSpec... heads) {
    requireNonNull(heads, "heads");
    return new ReplaceHead(ImmutableList.copyOf(heads));
  }

  /**
   * Ends the model at a layer (by name or path) or tensor ({@code node:0}). The serving signature
   * then gives that under the name {@code features}; what is not needed for it is gone.
   */
  public static UnaryOperator<Model> cut(String layerOrTensor) {
    requireNonNull(layerOrTensor, "layerOrTensor");
    return new Cut(layerOrTensor);
  }

  /**
   * Puts a head, or several, on the one output of the model, as after {@link #cut}.
   *
   * @param heads at least one; several need names
   */
  public static UnaryOperator<Model> addHead(HeadSpec... heads) {
    requireNonNull(heads, "heads");
    return new AddHead(ImmutableList.copyOf(heads));
  }

  /**
   * Keeps the head that the model has, and records it so that it can be trained. One that tells
   * labels apart trains only if its labels are known; else say them with {@link #keepHead(Labels)}.
   */
  public static UnaryOperator<Model> keepHead() {
    return new KeepHead(Optional.empty(), Optional.empty());
  }

  /**
   * Keeps the head that the model has, and says what its outputs are where no softmax or sigmoid
   * does: one label, any number of labels, or numbers.
   *
   * @param kind no {@link Head.Kind#EMBEDDING}
   */
  public static UnaryOperator<Model> keepHead(Head.Kind kind) {
    requireNonNull(kind, "kind");
    return new KeepHead(Optional.of(kind), Optional.empty());
  }

  /**
   * Keeps the head that the model has, and says what its outputs are and mean.
   *
   * @param kind one label or any number of labels
   * @param labels as {@link #keepHead(Labels)} has them
   */
  public static UnaryOperator<Model> keepHead(Head.Kind kind, Labels labels) {
    requireNonNull(kind, "kind");
    requireNonNull(labels, "labels");
    return new KeepHead(Optional.of(kind), Optional.of(labels));
  }

  /**
   * Keeps the head that the model has, and says what its outputs mean.
   *
   * @param labels as many as the head tells apart, in the order of its outputs; where the model
   *     knows its labels already, the same ones in any order
   */
  public static UnaryOperator<Model> keepHead(Labels labels) {
    requireNonNull(labels, "labels");
    return new KeepHead(Optional.empty(), Optional.of(labels));
  }

  /** Keeps these outputs; the others go, with all that only they need. */
  public static UnaryOperator<Model> keepOutputs(String... names) {
    requireNonNull(names, "names");
    return new KeepOutputs(ImmutableList.copyOf(names));
  }

  /**
   * Takes the part between two layers or tensors: {@code from} becomes the input {@code
   * features_in}, {@code to} the output {@code features}. Further inputs on which the part depends
   * stay.
   */
  public static UnaryOperator<Model> between(String from, String to) {
    requireNonNull(from, "from");
    requireNonNull(to, "to");
    return new Between(from, to);
  }

  /**
   * Takes out what no signature needs: variables that are only saved, tables nobody looks into,
   * layers of a part that was cut away. Every edit that changes the graph does this by itself.
   */
  public static UnaryOperator<Model> prune() {
    return new PruneEdit();
  }

  /**
   * Gives what {@code where} hits fresh values, as a new layer of Keras would have them: kernels
   * uniform after Glorot, embeddings normal with deviation 0.02, biases, offsets and means zero,
   * scales and variances one.
   */
  public static UnaryOperator<Model> reinitialize(Where where, long seed) {
    requireNonNull(where, "where");
    return new Reinitialize(where, seed);
  }

  /**
   * Sets moving means and variances to values measured elsewhere.
   *
   * @param values by variable name, each of its variable's dtype and shape
   */
  public static UnaryOperator<Model> setStatistics(Map<String, TensorValue> values) {
    requireNonNull(values, "values");
    return new SetStatistics(ImmutableMap.copyOf(values));
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
    requireNonNull(channels, "channels");
    requireNonNull(resize, "resize");
    return new DescribeInput(low, high, channels, resize);
  }

  /**
   * Puts what Keras' {@code preprocess_input} does into the graph; the picture input then takes RGB
   * in 0..255.
   */
  public static UnaryOperator<Model> prepareInput(Preparation preparation) {
    requireNonNull(preparation, "preparation");
    return new Prepare(preparation);
  }

  /** The picture input takes bytes, uint8 in 0..255; its range has to be known before. */
  public static UnaryOperator<Model> uint8Input() {
    return new AdaptInput(AdaptInput.To.UINT8);
  }

  /** The picture input takes one channel, which the graph repeats over the three it had. */
  public static UnaryOperator<Model> greyInput() {
    return new AdaptInput(AdaptInput.To.GREY);
  }

  /**
   * The picture input takes one channel, and the first convolution the sum of its kernel over the
   * three it had: the answers are those of {@link #greyInput}, to rounding, at less cost.
   */
  public static UnaryOperator<Model> greyFirstKernel() {
    return new GreyKernel();
  }

  /**
   * The picture input takes encoded pictures (JPEG, PNG, GIF, BMP), string [N], which the graph
   * decodes and resizes as training and {@code serving_bytes} do; its range has to be known before.
   */
  public static UnaryOperator<Model> encodedInput() {
    return new AdaptInput(AdaptInput.To.ENCODED);
  }

  /**
   * The network is rebuilt for pictures of another size, as giving Keras another {@code
   * input_shape} does: weights stay, feature maps grow or shrink. Refused, with the reason, where a
   * Flatten, a position embedding or a size that the graph holds was made for one size. A layer
   * that holds the old size in its training=True function does in training what the graph does.
   *
   * @param height rows, at least 1
   * @param width columns, at least 1
   */
  public static UnaryOperator<Model> inputSize(int height, int width) {
    return new InputSize(height, width);
  }

  /**
   * The picture input takes pictures of any size, one size in a batch, which the graph brings to
   * the size it had, by the input's {@link InputSpec#resize() resize rule}. Training and {@code
   * serving_bytes} bring files to that size at once.
   */
  public static UnaryOperator<Model> anySizeInput() {
    return new AdaptInput(AdaptInput.To.ANY_SIZE);
  }
}
