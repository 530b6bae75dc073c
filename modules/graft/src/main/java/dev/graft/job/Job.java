package dev.graft.job;

import static java.util.Objects.requireNonNull;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import dev.graft.Graft;
import dev.graft.LoadOptions;
import dev.graft.Precision;
import dev.graft.Publication;
import dev.graft.data.Answers;
import dev.graft.data.Dataset;
import dev.graft.data.Parts;
import dev.graft.data.PictureTable;
import dev.graft.data.Split;
import dev.graft.data.TableReading;
import dev.graft.error.BadRequestException;
import dev.graft.internal.boxes.BoxData;
import dev.graft.internal.place.ModelFolder;
import dev.graft.model.InputSpec;
import dev.graft.model.Model;
import dev.graft.picture.DecodeGraph;
import dev.graft.surgeon.Where;
import dev.graft.trainer.Recipe;
import dev.graft.trainer.TrainOptions;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The main job as a value: a backbone learns what is said of pictures, and is published. The same
 * job gives the same model. {@link FineTuneJob} does it.
 */
public final class Job {

  private final Path model;
  private final LoadOptions load;
  private final Path pictures;
  private final Surgery surgery;
  private final Split split;
  private final Training training;
  private final Precision precision;
  private final Publication publication;
  private final Path runs;
  private final String name;

  private Job(Builder builder) {
    this.model = builder.model;
    this.load = builder.load;
    this.pictures = builder.pictures;
    this.surgery = builder.surgery;
    this.split = builder.split;
    this.training = builder.training;
    this.precision = builder.precision;
    this.publication = builder.publication;
    this.runs = builder.runs;
    this.name = builder.name.orElseGet(() -> name(builder.pictures));
  }

  /**
   * A job with the usual settings: the backbone frozen, 60% of the pictures to learn from, 20% to
   * decide by and 20% to score, the recipe {@code auto}.
   *
   * @param model the backbone: a SavedModel's folder or archive, or a folder of versions, of which
   *     the newest counts
   * @param pictures a folder that holds a folder for each label, or a table, see {@link
   *     PictureTable}
   * @param out where versions of it are published
   */
  public static Builder of(Path model, Path pictures, Path out) {
    return new Builder(model, pictures, out);
  }

  /** What a job is made from. */
  public static final class Builder {

    private Path model;
    private final Path pictures;
    private Publication publication;
    private LoadOptions load = LoadOptions.defaults();
    private Surgery surgery = Surgery.standard();
    private Split split = Split.of(60, 20, 20);
    private Training training = Training.by("auto");
    private Precision precision = Precision.FLOAT32;
    private Path runs = Path.of("runs");
    private Optional<String> name = Optional.empty();

    private Builder(Path model, Path pictures, Path out) {
      this.model = requireNonNull(model, "model");
      this.pictures = requireNonNull(pictures, "pictures");
      this.publication = Publication.to(requireNonNull(out, "out"));
    }

    /** How the backbone is read. */
    @CanIgnoreReturnValue
    public Builder load(LoadOptions value) {
      load = requireNonNull(value, "load");
      return this;
    }

    /** What is done to the backbone before it learns. */
    @CanIgnoreReturnValue
    public Builder surgery(Surgery value) {
      surgery = requireNonNull(value, "surgery");
      return this;
    }

    /** How the pictures are divided. */
    @CanIgnoreReturnValue
    public Builder split(Split value) {
      split = requireNonNull(value, "split");
      return this;
    }

    /** How the model is trained. */
    @CanIgnoreReturnValue
    public Builder training(Training value) {
      training = requireNonNull(value, "training");
      return this;
    }

    /** What training multiplies in: float32 if nothing is said. */
    @CanIgnoreReturnValue
    public Builder precision(Precision value) {
      precision = requireNonNull(value, "precision");
      return this;
    }

    /**
     * Where versions are published, and what they have to reach on the test part. Its examples are
     * the job's own.
     */
    @CanIgnoreReturnValue
    public Builder publication(Publication value) {
      publication = requireNonNull(value, "publication");
      return this;
    }

    /** Where the folder of the run is made: {@code runs} if nothing is said. */
    @CanIgnoreReturnValue
    public Builder runs(Path value) {
      runs = requireNonNull(value, "runs");
      return this;
    }

    /** What the run is called, before its number: like the pictures if nothing is said. */
    @CanIgnoreReturnValue
    public Builder name(String value) {
      name = Optional.of(requireNonNull(value, "name"));
      return this;
    }

    public Job build() {
      return new Job(this);
    }
  }

  /** This, to be changed. */
  public Builder toBuilder() {
    return of(model, pictures, out())
        .publication(publication)
        .load(load)
        .surgery(surgery)
        .split(split)
        .training(training)
        .precision(precision)
        .runs(runs)
        .name(name);
  }

  private static String name(Path pictures) {
    Path last = pictures.toAbsolutePath().normalize().getFileName();
    return last == null ? "run" : last.toString().replaceFirst("\\.csv$", "");
  }

  /** The backbone: a SavedModel's folder or archive, or a folder of versions. */
  public Path model() {
    return model;
  }

  /** How the backbone is read. */
  public LoadOptions load() {
    return load;
  }

  /** A folder that holds a folder for each label, or a table. */
  public Path pictures() {
    return pictures;
  }

  /** What is done to the backbone before it learns. */
  public Surgery surgery() {
    return surgery;
  }

  /** How the pictures are divided. */
  public Split split() {
    return split;
  }

  /** How the model is trained. */
  public Training training() {
    return training;
  }

  /** What training multiplies in. */
  public Precision precision() {
    return precision;
  }

  /** Where versions of it are published. */
  public Path out() {
    return publication.base();
  }

  /** The same, and what they have to reach. */
  public Publication publication() {
    return publication;
  }

  /** Where the folder of the run is made. */
  public Path runs() {
    return runs;
  }

  /** What the run is called, before its number. */
  public String name() {
    return name;
  }

  private List<Object> all() {
    return List.of(
        model, load, pictures, surgery, split, training, precision, publication, runs, name);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Job job && job.all().equals(all());
  }

  @Override
  public int hashCode() {
    return all().hashCode();
  }

  @Override
  public String toString() {
    return "fine-tuning of '" + model + "' on '" + pictures + "' for '" + out() + "'";
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
    Builder pinned = toBuilder();
    pinned.model = ModelFolder.version(model);
    return pinned.build();
  }

  /** This with other surgery. */
  Job surgery(Surgery value) {
    return toBuilder().surgery(value).build();
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
    if (surgery.head() == HeadChoice.BOXES) {
      return BoxData.read(pictures).dataset();
    }
    if (!Files.isRegularFile(pictures)) {
      return Dataset.imageFolder(pictures);
    }
    PictureTable table = PictureTable.read(pictures);
    TableReading reading =
        switch (surgery.head()) {
          case MULTI_LABEL -> TableReading.sure(table.anyOf());
          case REGRESSION -> TableReading.sure(table.numbers());
          case NEW -> TableReading.labels(table);
          case KEEP -> surgery.own().reading(readBackbone(), table);
          case AUTO, EMBEDDING, BOXES -> TableReading.of(table);
        };
    Dataset read = table.with(reading.answers());
    return reading.guess().map(read::noted).orElse(read);
  }

  /** Refuses a recipe that is not known, and a metric to keep a detector by; reads nothing. */
  void requireKnown() {
    var unused = recipe();
    Optional<String> monitor = training.monitor().filter(metric -> !metric.equals("loss"));
    if (surgery.head() == HeadChoice.BOXES && monitor.isPresent()) {
      throw new BadRequestException(
          "a detector's epochs are kept by its loss on validation, and not by '"
              + monitor.get()
              + "'; leave the metric to monitor out.");
    }
  }

  /**
   * {@code backbone} as it is then trained on {@code pictures}; a head for boxes is made for boxes
   * as large as theirs, so the test part should not be among them.
   *
   * @throws BadRequestException if surgery does not fit it, or a setting has nothing to be about
   */
  public Model start(Model backbone, Dataset pictures) {
    Answers answers = pictures.answers().values().iterator().next();
    boolean solved = // a kept one may have dropout of its own
        !surgery.form().takesSteps()
            && surgery.head() != HeadChoice.BOXES
            && !surgery.keeps(backbone, answers);
    if (solved && !surgery.carriesOver() && training.onlyDecides()) {
      throw new BadRequestException(
          "with the recipe 'head' a metric to monitor has nothing to decide: a new head of one dense"
              + " layer is solved at once; leave it out, or take another recipe.");
    }
    List<String> idle = solved ? training.stepsOfHead() : List.of();
    if (!idle.isEmpty()) {
      throw new BadRequestException(
          "a head of one dense layer is solved at once, in no steps"
              + (recipe().fineTunes().isEmpty()
                  ? ", and with the recipe 'head' nothing else trains"
                  : "")
              + ", so there is nothing for "
              + String.join(", ", idle)
              + " to be about; give it hidden layers or dropout, or leave that out.");
    }
    boolean says = surgery.freeze().isPresent() || surgery.unfreeze().isPresent();
    Surgery whole = // of a recipe that trains the head alone a kept one is no exception
        says || !recipe().fineTunes().isEmpty() ? surgery : surgery.unfreeze(Where.head());
    Model start = whole.on(backbone, answers, training.seed());
    if (pictures.isPictures()) {
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

  /** {@code parts} with their labels as that head of {@code start} counts them which has any. */
  public static Parts fitting(Parts parts, Model start) {
    requireNonNull(parts, "parts");
    requireNonNull(start, "start");
    return start.heads().stream()
        .flatMap(head -> head.labels().stream())
        .findFirst()
        .filter(labels -> parts.train().hasLabels())
        .map(parts::inOrderOf)
        .orElse(parts);
  }

  /** With what it is trained: its recipe, in the time that it may take. */
  TrainOptions options() {
    TrainOptions options = TrainOptions.by(recipe());
    return training.time().map(options::time).orElse(options);
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
