package dev.graft.job;

import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.metric.Evaluation;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** How a job's outcome does on the test part. */
public sealed interface JobScore {

  /** The name of the figure that it comes down to. */
  String metric();

  /** That figure. */
  double value();

  /** The part that {@link #evaluation} was made on. */
  default String part() {
    return "test";
  }

  /** The score that the report shows. */
  Evaluation evaluation();

  /**
   * One label an example, told by the published version.
   *
   * @param evaluation on the test part
   * @param decided the metric by which it was decided what is kept, if that is another than
   *     accuracy
   */
  record Told(Evaluation evaluation, Optional<Map.Entry<String, Double>> decided)
      implements JobScore {
    @Override
    public String metric() {
      return "accuracy";
    }

    @Override
    public double value() {
      return evaluation.accuracy();
    }
  }

  /**
   * Several labels an example, or numbers, as the trained model gives them.
   *
   * @param evaluation on the test part
   */
  record Measured(Evaluation evaluation) implements JobScore {
    @Override
    public String metric() {
      return evaluation.metrics().keySet().iterator().next();
    }

    @Override
    public double value() {
      return evaluation.metric(metric());
    }
  }

  /**
   * Boxes, as the trained model finds them.
   *
   * @param boxes by COCO's measure
   */
  record Boxes(BoxEvaluation boxes) implements JobScore {
    @Override
    public String metric() {
      return "ap50";
    }

    @Override
    public double value() {
      return boxes.metrics().getOrDefault(metric(), BoxEvaluation.NOTHING);
    }

    @Override
    public Evaluation evaluation() {
      Map<String, Double> told = new LinkedHashMap<>(boxes.metrics());
      told.values().removeIf(value -> value == BoxEvaluation.NOTHING);
      return new Evaluation(boxes.count(), Double.NaN, told, Map.of(), Optional.empty(), Set.of());
    }
  }

  /**
   * Vectors to search by: is the nearest picture of the training part one of the same label?
   *
   * @param right for how many pictures of the test part it is
   * @param count how many there are
   * @param evaluation of the head that taught it, on the validation part
   */
  record Found(int right, int count, Evaluation evaluation) implements JobScore {
    @Override
    public String metric() {
      return "accuracy";
    }

    @Override
    public double value() {
      return (double) right / count;
    }

    @Override
    public String part() {
      return "validation";
    }
  }
}
