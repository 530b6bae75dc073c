package dev.graft.job;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import dev.graft.Machine;
import dev.graft.Version;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.Split;
import dev.graft.model.Head;
import dev.graft.model.Model;
import dev.graft.trainer.RateCurve;
import dev.graft.trainer.Run;
import dev.graft.trainer.boxes.BoxEvaluation;
import dev.graft.trainer.listener.TrainingEvent;
import dev.graft.words.Figure;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a {@link JobListener} hears, in the order in which it happens. */
public sealed interface JobEvent {

  /**
   * Model and pictures are read, and go together.
   *
   * @param machine what there is to work with
   * @param pictures what is learned
   * @param model the backbone as it is trained
   * @param leftOut what nobody asked to leave out of the backbone, in sentences
   */
  record Begun(Machine machine, Dataset pictures, Model model, List<String> leftOut)
      implements JobEvent {
    public Begun {
      leftOut = ImmutableList.copyOf(leftOut);
    }
  }

  /**
   * The pictures are divided.
   *
   * @param parts the parts
   * @param split how
   */
  record Divided(Parts parts, Split split) implements JobEvent {}

  /**
   * The run has its folder.
   *
   * @param run the folder
   */
  record FolderMade(Path run) implements JobEvent {}

  /**
   * What a head for boxes finds on the validation part, by which it was chosen.
   *
   * @param boxes by COCO's measure
   * @param again whether what was chosen is now learned from that part, too
   * @param why how the second training differs, or why there is none; in a sentence
   */
  record Chosen(BoxEvaluation boxes, boolean again, Optional<String> why) implements JobEvent {}

  /**
   * Training begins.
   *
   * @param heads what gives the answers, and of each where it comes from and whether it trains
   * @param teaches whether they are cut off once they have taught the rest
   * @param maps which maps of the backbone a head for boxes reads, in a sentence
   */
  record TrainingBegun(Map<Head, HeadOrigin> heads, boolean teaches, Optional<String> maps)
      implements JobEvent {
    public TrainingBegun {
      heads = ImmutableMap.copyOf(heads);
    }
  }

  /**
   * Something happened in the training: progress, a decision, the end of an epoch. Comes often.
   *
   * @param event what
   */
  record OfTraining(TrainingEvent event) implements JobEvent {}

  /**
   * Training was cancelled; {@link FineTuneJob#resume} goes on from here.
   *
   * @param run the folder to go on with
   */
  record Stopped(Path run) implements JobEvent {}

  /**
   * Training is done.
   *
   * @param run what it gave
   */
  record Trained(Run run) implements JobEvent {}

  /**
   * A version is published.
   *
   * @param version what it is, and how it was proven
   */
  record Published(Version version) implements JobEvent {}

  /**
   * The run had published its version before it was stopped.
   *
   * @param version its folder
   */
  record PublishedBefore(Path version) implements JobEvent {}

  /**
   * The test part is scored, which nothing has looked at so far.
   *
   * @param score how it went
   * @param time how long that took, most of it before a version is published
   */
  record Scored(JobScore score, Duration time) implements JobEvent {}

  /**
   * What was trained is not as good as the job asks for, so it is not published; {@link
   * RunFolder#on} with other terms publishes it.
   *
   * @param run the folder, which stays
   * @param figures all that was asked for, and what came out
   */
  record Refused(Path run, List<Figure> figures) implements JobEvent {
    public Refused {
      figures = ImmutableList.copyOf(figures);
    }
  }

  /**
   * The report is written.
   *
   * @param report the page
   */
  record Reported(Path report) implements JobEvent {}

  /**
   * Rates were tried.
   *
   * @param curve how the loss went with them
   * @param picture the same as a picture
   */
  record RatesTried(RateCurve curve, Path picture) implements JobEvent {}
}
