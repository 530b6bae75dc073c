package dev.graft.job;

import dev.graft.Device;
import dev.graft.Graft;
import dev.graft.LoadOptions;
import dev.graft.Precision;
import dev.graft.Trust;
import dev.graft.data.Answers;
import dev.graft.data.Batch;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.PictureTable;
import dev.graft.data.Split;
import dev.graft.data.TableReading;
import dev.graft.error.BadRequestException;
import dev.graft.internal.place.ModelFolder;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.picture.DecodeGraph;
import dev.graft.surgeon.Where;
import dev.graft.trainer.Recipe;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The main job as a value: a backbone learns what is said of pictures. The same job gives the same
 * model.
 *
 * @param model the backbone: a SavedModel's folder or archive, or a folder of versions, of which
 *     the newest counts
 * @param load how it is read
 * @param pictures a folder that holds a folder for each label, or a table, see {@link PictureTable}
 * @param surgery what is done to the backbone before
 * @param split how the pictures are divided
 * @param training how the model is trained
 * @param out where versions of it are published
 * @param device where it is computed
 * @param threads with how many threads, 0 for one for each core
 * @param precision in which dtype it multiplies
 */
public record Job(
    Path model,
    LoadOptions load,
    Path pictures,
    Surgery surgery,
    Split split,
    Training training,
    Path out,
    Device device,
    int threads,
    Precision precision) {

  /** A job whose backbone is read as it is, with this say in what it may reach for. */
  public Job(
      Path model,
      Trust trust,
      Path pictures,
      Surgery surgery,
      Split split,
      Training training,
      Path out,
      Device device,
      int threads,
      Precision precision) {
    this(
        model,
        LoadOptions.defaults().withTrust(trust),
        pictures,
        surgery,
        split,
        training,
        out,
        device,
        threads,
        precision);
  }

  /**
   * How the model is trained.
   *
   * @throws BadRequestException if a name is not known
   */
  public Recipe recipe() {
    return training.toRecipe();
  }

  /**
   * This with the version that is now the newest, where {@link #model} is a folder of versions: so
   * it stays the same job when another is published there, as its own outcome may be.
   */
  public Job pinned() {
    return new Job(
        ModelFolder.version(model),
        load,
        pictures,
        surgery,
        split,
        training,
        out,
        device,
        threads,
        precision);
  }

  /** The backbone. */
  public Model readBackbone() {
    return Graft.load(model, load);
  }

  /**
   * The pictures, in the order of their names or of the table. Of a table a multi-label head takes
   * every column as a label and a regression head every column as a number; a new one takes each
   * cell of an only column for a label, whatever it holds, and one that is kept what it gave so
   * far. All others take what {@link PictureTable#answers} finds; {@link Dataset#notes} says which
   * guess was made.
   */
  public Dataset readPictures() {
    if (!Files.isRegularFile(pictures)) {
      return Dataset.imageFolder(pictures);
    }
    PictureTable table = PictureTable.read(pictures);
    TableReading reading =
        switch (surgery.head()) {
          case MULTI_LABEL -> new TableReading(table.anyOf(), "");
          case REGRESSION -> new TableReading(table.numbers(), "");
          case NEW -> TableReading.labels(table);
          case KEEP -> surgery.own().reading(readBackbone(), table);
          case AUTO, EMBEDDING -> TableReading.of(table);
        };
    Dataset read = table.with(reading.answers());
    return reading.words().isEmpty() ? read : read.noted(reading.words());
  }

  /**
   * {@code backbone} as it is then trained on {@code pictures}.
   *
   * @throws BadRequestException if surgery does not fit it, or a setting has nothing to be about
   */
  public Model start(Model backbone, Dataset pictures) {
    Answers answers = pictures.answers().values().iterator().next();
    boolean solved = // a kept one may have dropout of its own
        !surgery.form().takesSteps() && !surgery.keeps(backbone, answers);
    if (solved && !surgery.carriesOver() && training.onlyDecides()) {
      throw new BadRequestException(
          "with the recipe 'head' a metric to monitor has nothing to decide: a new head of one dense"
              + " layer is solved at once; leave it out, or take another recipe.");
    }
    if (solved && training.stepsOfHead()) {
      throw new BadRequestException(
          "head epochs and head rate are for a head that is trained step by step (with the recipe"
              + " 'head' so are batch, optimizer, schedule, warm-up, clip-norm and patience), but one"
              + " dense layer is solved at once; give it hidden layers or dropout, or leave them"
              + " out.");
    }
    boolean says = surgery.freeze().isPresent() || surgery.unfreeze().isPresent();
    Surgery whole = // of a recipe that trains the head alone a kept one is no exception
        says || !recipe().fineTunes().isEmpty() ? surgery : surgery.unfreeze(Where.head());
    Model start = whole.on(backbone, answers, training.seed());
    if (pictures.inputNames().contains(Batch.ENCODED)) {
      requireDecodable(start);
    }
    return start;
  }

  /** Finds out before anything is computed what decoding would say of the picture input. */
  private static void requireDecodable(Model start) {
    List<InputSpec> inputs = start.inputs().stream().filter(InputSpec::isImage).toList();
    if (inputs.size() == 1) { // of others training says what is wrong
      var unused = DecodeGraph.of(inputs.get(0));
    }
  }

  /** {@code parts} with their labels as the head of {@code start} counts them. */
  public static Parts fitting(Parts parts, Model start) {
    return start.heads().get(0).labels().isEmpty() || !parts.train().hasLabels()
        ? parts
        : parts.inOrderOf(start.heads().get(0).labels().get());
  }

  /** Fails if {@code folder} would lie among the pictures. */
  void requireApart(Path folder, String what) {
    Path all = pictures.toAbsolutePath().normalize();
    Path inside = folder.toAbsolutePath().normalize();
    if (inside.startsWith(all) && !all.relativize(inside).toString().startsWith(".")) {
      throw new BadRequestException(
          what
              + " would lie in '"
              + folder
              + "', among the pictures of '"
              + pictures
              + "', and be taken for a label the next time; "
              + "start from another folder, or give another one to publish to.");
    }
  }
}
