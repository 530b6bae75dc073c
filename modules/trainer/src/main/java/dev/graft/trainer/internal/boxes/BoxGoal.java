package dev.graft.trainer.internal.boxes;

import com.google.common.collect.ImmutableList;
import dev.graft.data.Answers;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.boxes.BoxSet;
import dev.graft.error.BadRequestException;
import dev.graft.graph.Scope;
import dev.graft.graph.TensorRef;
import dev.graft.model.BoxFormat;
import dev.graft.model.Head;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.trainer.loss.Goal;
import dev.graft.trainer.metric.Metric;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.tensorflow.proto.DataType;

/**
 * Finding boxes: where their centres are, by CenterNet's focal loss on a map of each label, and how
 * far they reach, by 1 - GIoU (Rezatofighi et al. 2019) at the cells around each centre, as TTFNet
 * weighs them. Both are divided by what a picture has of it in the mean, so that the loss of a
 * picture does not depend on those beside it.
 *
 * @param head the head
 * @param boxes how many boxes a picture has in the mean
 * @param worth the sum of the logarithms of their areas in pixels, in the mean
 */
public record BoxGoal(Head head, double boxes, double worth) implements Goal {

  private static final float OF_BOXES = 5; // how much the boxes count beside the centres

  /**
   * The goals of those heads of {@code model} that find boxes.
   *
   * @param given where a head of the same name was trained before, it has the means of that
   *     training, so that its loss is the same; they are of {@code data} otherwise
   * @throws BadRequestException if {@code data} have other answers
   */
  public static ImmutableList<Goal> of(Model model, Dataset data, List<Goal> given) {
    Map<String, BoxGoal> before = new HashMap<>();
    given.stream()
        .filter(BoxGoal.class::isInstance)
        .map(BoxGoal.class::cast)
        .forEach(goal -> before.put(goal.name(), goal));
    return model.heads().stream()
        .filter(head -> head.kind() == Head.Kind.BOXES)
        .map(head -> of(head, model, data, before.get(head.name())))
        .collect(ImmutableList.toImmutableList());
  }

  private static BoxGoal of(Head head, Model model, Dataset data, @Nullable BoxGoal trained) {
    Answers answers = data.answers().get(Batch.ONLY);
    int columns = BoxSet.Column.values().length;
    if (answers == null
        || answers.counts().isEmpty()
        || answers.values().shape().rank() != 3
        || answers.values().shape().dim(2) != columns) {
      throw new BadRequestException(
          "head '"
              + head.name()
              + "' finds boxes, but the data have none drawn on their pictures; give it pictures"
              + " with boxes, or take a head of another kind.");
    }
    InputSpec input = model.inputs().stream().filter(InputSpec::isImage).findFirst().orElseThrow();
    if (trained != null) {
      return new BoxGoal(head, trained.boxes, trained.worth);
    }
    double pixels = (double) input.shape().dim(1) * input.shape().dim(2);
    float[] values = answers.values().floats();
    int[] counts = answers.counts().get().ints();
    int most = (int) answers.values().shape().dim(1);
    long boxes = 0;
    double worth = 0;
    for (int i = 0; i < counts.length; i++) {
      for (int j = 0; j < counts[i]; j++) {
        int at = (i * most + j) * columns;
        if (values[at + BoxSet.Column.CROWD.ordinal()] > 0) {
          continue; // nothing is learned of it
        }
        double area = (values[at + 2] - values[at]) * (values[at + 3] - values[at + 1]) * pixels;
        boxes++;
        worth += Math.log(Math.max(Math.E, area));
      }
    }
    double pictures = Math.max(1, counts.length);
    return new BoxGoal(head, Math.max(1, boxes / pictures), Math.max(1, worth / pictures));
  }

  @Override
  public String name() {
    return head.name();
  }

  @Override
  public String identity() {
    return "boxes: focal loss and GIoU, version 1, " + boxes + ", " + worth;
  }

  @Override
  public ImmutableList<Head> heads() {
    return ImmutableList.of(head);
  }

  @Override
  public ImmutableList<Target> targets() {
    return ImmutableList.of(
        new Target(Batch.ONLY, DataType.DT_FLOAT),
        new Target(Answers.countOf(Batch.ONLY), DataType.DT_INT32));
  }

  /** Maps are large, and a spot on one is no matter of the fourth digit. */
  @Override
  public boolean takesHalves() {
    return true;
  }

  @Override
  public double weight() {
    return 1;
  }

  @Override
  public ImmutableList<Metric> metrics() {
    return ImmutableList.of();
  }

  @Override
  public TensorRef perExample(Scope g, List<TensorRef> answers, List<TensorRef> targets) {
    int labels = head.units() - BoxFormat.SIDES;
    TensorRef raw = g.cast(answers.get(0), DataType.DT_FLOAT);
    BoxTargets.Size map = BoxTargets.Size.of(g, raw);
    BoxTargets wanted = new BoxTargets(g.in("targets"), map, targets.get(0), targets.get(1));
    List<TensorRef> parts = // by one op, so that the way back is one, too
        g.op("SplitV")
            .input(raw)
            .input(g.ints(labels, BoxFormat.SIDES))
            .input(g.scalar(-1))
            .attr("num_split", 2)
            .outputs();
    TensorRef focal = BoxLoss.focal(g.in("centres"), parts.get(0), wanted.centres(labels));
    TensorRef reach = BoxLoss.unlike(g.in("sides"), parts.get(1), wanted.assigned(BoxFormat.CELL));
    return g.add(
        "AddV2",
        g.add("Mul", focal, g.scalar((float) (1 / boxes))),
        g.add("Mul", reach, g.scalar((float) (OF_BOXES / worth))));
  }
}
