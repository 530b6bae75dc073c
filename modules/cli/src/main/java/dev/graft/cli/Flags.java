package dev.graft.cli;

import dev.graft.error.GraftException;
import dev.graft.words.Note;
import dev.graft.words.Remedy;
import java.util.List;
import java.util.stream.Collectors;

/** Remedies as the command line calls them: the library's messages know no flags. */
final class Flags {

  private Flags() {}

  /** What failed, and the flags that help on a line of their own. */
  static String of(GraftException failure) {
    return with(String.valueOf(failure.getMessage()), failure.remedies(), "\n  ");
  }

  /** A note, and the flags that turn it round. */
  static String of(Note note) {
    return with(note.sentence(), note.remedies(), "; ");
  }

  /** {@code words}, and behind them the flags that help. */
  static String with(String words, List<Remedy> remedies, String between) {
    return remedies.isEmpty()
        ? words
        : remedies.stream()
            .map(Flags::of)
            .distinct()
            .collect(Collectors.joining(", ", words + between, ""));
  }

  private static String of(Remedy remedy) {
    return switch (remedy) {
      case TRUST -> "--trust allows it";
      case SIGNATURE -> "--signature NAME";
      case INPUT_RANGE -> "--input-range 0..255|0..1|-1..1|imagenet|caffe";
      case NO_INPUT_RANGE -> "without --input-range";
      case INSPECT -> "'graft inspect' shows it";
      case CHECK -> "'graft check'";
      case CHECK_TIME -> "--timeout SECONDS";
      case CHECK_HEAP -> "--heap MB";
      case EVALUATE, PREDICT, ANSWER_TIME, BATCH_NORM_AS_IT_IS, ANSWERS_FOR_POSITIONS ->
          "in Java: " + remedy.inJava();
      case EXAMPLES -> "'graft publish --data DIR'";
      case NEW_RUN -> "'graft finetune' without --find-rate";
      case AS_LABELS -> "--head new takes each for a label";
      case AS_NUMBERS -> "--head regression predicts them as numbers";
      case AS_SEVERAL_LABELS ->
          "--head multi-label takes each column for a label that holds or not, or how far";
      case LABELS_OF_OUTPUTS -> "--labels FILE, one a line";
      case KEEP_MULTI_LABEL, KEEP_HEAD -> "--head keep";
      case CARRY_OVER -> "--head new --carry-over";
      case CUT -> "--cut LAYER puts a new head there";
      case POOL_ALL -> "--pooling average or max";
      case POOL_FIRST -> "--pooling first";
      case POOL_NOTHING -> "--pooling none";
      case HIDDEN_LAYER -> "--hidden 256";
      case OWN_SIZE -> "without --size";
      case SIZE -> "--size HxW for another";
      case SMALLER_PICTURES -> "--size N";
      case UNFREEZE_HEAD -> "--unfreeze head";
      case RECIPE_HEAD -> "--recipe head";
      case RECIPE_TOP -> "--recipe top";
      case HEAD_SETTINGS -> "--head-epochs N, --head-rate R";
      case NO_HEAD_SETTINGS ->
          "without --head-epochs and --head-rate, and with the recipe 'head' without --batch,"
              + " --optimizer, --schedule, --warm-up, --clip-norm and --patience";
      case LOWER_HEAD_RATE -> "--head-rate R";
      case CLIP_GRADIENTS -> "--clip-norm 1";
      case SMALLER_BATCH -> "--batch N";
      case MICRO_BATCH -> "--micro-batch N";
      case LAYER_DECAY -> "--layer-decay F";
      case KEEP_BY -> "--monitor METRIC";
      case TIME -> "--time 15m shortens it";
      case MORE_PATIENCE -> "--patience N";
      case NO_WARM_UP -> "without --warm-up";
      case PRECISION -> "--precision float32, bfloat16 or auto";
      case CPU -> "--device cpu";
      case XLA_CUDA_FOLDER -> "XLA_FLAGS=--xla_gpu_cuda_data_dir=/usr/local/cuda";
      case XLA_PTXAS_OF_DRIVER ->
          "XLA_FLAGS=--xla_gpu_unsafe_fallback_to_driver_on_ptxas_not_found=true";
      case WITHOUT_XLA -> "--xla off";
      case GPU_NATIVES -> "'graft --gpu' does that";
      case CUDA_FOLDER -> "GRAFT_HOME=DIR unpacks below another folder";
      case CUDA_OF_CLASS_PATH -> "GRAFT_JAVA_OPTS=-Dgraft.cuda=jar";
      case FEED_FROM_HOST -> "GRAFT_JAVA_OPTS=-Dgraft.feed=host";
      case MORE_HEAP -> "GRAFT_JAVA_OPTS=-Xmx8g";
    };
  }
}
