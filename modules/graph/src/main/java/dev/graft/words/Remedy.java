package dev.graft.words;

/**
 * What helps against a failure, or turns a guess round, as a value: a message says it in plain
 * words, {@link #inJava} in those of the library, and the command line in flags.
 */
public enum Remedy {
  /** Allow a model whose maker is known to reach into files, the network or other code. */
  TRUST("Trust.ALLOW"),
  /** Choose a signature of the model. */
  SIGNATURE("LoadOptions.signature"),
  /** Say which pixel values the model takes. */
  INPUT_RANGE("LoadOptions.inputRange, Edits.describeInput or Edits.prepareInput"),
  /** Leave out what was said of the pixel values. */
  NO_INPUT_RANGE("LoadOptions without inputRange"),
  /** Say to which size pictures are brought. */
  SIZE("Surgery.size"),
  /** Look at what is in the model. */
  INSPECT("Graft.inspect"),
  /** Have the model run for a trial. */
  CHECK("ModelCheck.of"),
  /** Allow a check more time. */
  CHECK_TIME("CheckOptions.timeout"),
  /** Allow a check another heap. */
  CHECK_HEAP("CheckOptions.heapMegabytes"),
  /** Allow an answer more time. */
  ANSWER_TIME("ServeOptions.timeout"),
  /** Score the model by itself. */
  EVALUATE("Graft.evaluate"),
  /** Have all answers of the model. */
  PREDICT("Graft.predict"),
  /** Give examples on which an export is compared with the model. */
  EXAMPLES("Publication.examples"),
  /** Begin a run anew. */
  NEW_RUN("FineTuneJob.run"),

  /** Take the numbers of a table for labels. */
  AS_LABELS("PictureTable.oneOf"),
  /** Take the numbers of a table for numbers to predict. */
  AS_NUMBERS("PictureTable.numbers"),
  /** Take each column of a table for a label that holds or not. */
  AS_SEVERAL_LABELS("PictureTable.anyOf"),
  /** Give an answer for each position of an example. */
  ANSWERS_FOR_POSITIONS("Answers of shape [N, positions...]"),

  /** Say what the model's own outputs mean. */
  LABELS_OF_OUTPUTS("Edits.keepHead(labels)"),
  /** Keep the head, each label of which may hold or not. */
  KEEP_MULTI_LABEL("Edits.keepHead(MULTI_LABEL, labels)"),
  /** Keep the head with all that it tells. */
  KEEP_HEAD("Edits.keepHead()"),
  /** Replace the head, with the weights of the labels that stay. */
  CARRY_OVER("HeadSpec.carryOver()"),
  /** Put a new head on a layer further down. */
  CUT("Edits.cut(\"<layer>\") and Edits.addHead"),
  /** Make the mean or the largest of all positions one vector. */
  POOL_ALL("HeadSpec.pooling(AVERAGE) or pooling(MAX)"),
  /** Take the first position for the whole. */
  POOL_FIRST("HeadSpec.pooling(FIRST)"),
  /** Answer at each position. */
  POOL_NOTHING("HeadSpec.pooling(NONE)"),
  /** Give the head a hidden layer, with which it learns step by step. */
  HIDDEN_LAYER("HeadSpec.hidden(256)"),
  /** Leave the size of the pictures as it is. */
  OWN_SIZE("no Edits.inputSize"),
  /** Take smaller pictures. */
  SMALLER_PICTURES("Edits.inputSize"),
  /** Have the head train. */
  UNFREEZE_HEAD("Edits.unfreeze(Where.head())"),

  /** Train the head alone. */
  RECIPE_HEAD("Recipe.headOnly()"),
  /** Train the last blocks, too. */
  RECIPE_TOP("Recipe.headThenTop()"),
  /** Say how the steps of a head go. */
  HEAD_SETTINGS("Recipe.HeadSettings.steps"),
  /** Say nothing of how the steps of a head go. */
  NO_HEAD_SETTINGS("Recipe.HeadSettings as they are"),
  /** Take a lower learning rate for the head. */
  LOWER_HEAD_RATE("Recipe.HeadSettings.steps"),
  /** Cut gradients down where they are large. */
  CLIP_GRADIENTS("FineTune.clipping(Clipping.byGlobalNorm(1))"),
  /** Take fewer examples in a step. */
  SMALLER_BATCH("FineTune.batch"),
  /** Compute fewer examples at once, and learn the same. */
  MICRO_BATCH("FineTune.microBatch"),
  /** Have BatchNorm behave as when the model answers. */
  BATCH_NORM_AS_IT_IS("FineTune.batchNorm(INFERENCE)"),
  /** Take another decay of rates from block to block. */
  LAYER_DECAY("LayerRates.falling"),
  /** Say by which metric is decided. */
  KEEP_BY("Recipe.keepBy"),
  /** Say how long a training may take. */
  TIME("Training.time"),
  /** Wait longer for a better epoch. */
  MORE_PATIENCE("FineTune.patience"),
  /** Leave out the warm-up. */
  NO_WARM_UP("Schedule without warmUp"),

  /** Train in another precision. */
  PRECISION("another Precision"),
  /** Compute on the CPU. */
  CPU("Settings.device(Device.CPU)"),
  /** Tell XLA where CUDA's toolkit lies; it reads the environment as a process begins. */
  XLA_CUDA_FOLDER("xla_gpu_cuda_data_dir in XLA_FLAGS"),
  /** Have the driver do what CUDA's assembler does; its makers call that unsafe. */
  XLA_PTXAS_OF_DRIVER("xla_gpu_unsafe_fallback_to_driver_on_ptxas_not_found in XLA_FLAGS"),
  /** Have no step compiled by XLA. */
  WITHOUT_XLA("Settings.xla(Xla.OFF)"),
  /** Take TensorFlow's natives for GPUs. */
  GPU_NATIVES("the dependency graft-platform-gpu"),
  /** Have CUDA unpacked elsewhere. */
  CUDA_FOLDER("Settings.cudaFolder"),
  /** Take CUDA from the class path, whatever is installed. */
  CUDA_OF_CLASS_PATH("java -Dgraft.cuda=jar"),
  /** Leave examples in Java's memory, and hand each batch over as its step begins. */
  FEED_FROM_HOST("java -Dgraft.feed=host"),
  /** Give Java more memory. */
  MORE_HEAP("java -Xmx8g");

  private final String inJava;

  Remedy(String inJava) {
    this.inJava = inJava;
  }

  /** The way there in Java, a name or an expression. */
  public String inJava() {
    return inJava;
  }
}
