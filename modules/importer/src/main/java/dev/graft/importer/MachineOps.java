package dev.graft.importer;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.model.MachineAccess.Kind;
import java.util.Optional;
import java.util.regex.Pattern;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.NodeDef;

/**
 * The ops of TensorFlow 2.18 that reach beyond the graph: read or write files, talk to other
 * processes, run code that is not in the graph. A SavedModel with one of them is a program that can
 * do harm. The list was made by going through all 1,788 ops of the registry by name, inputs and
 * attributes.
 *
 * <p>Not counted: ops that only read files which the SavedModel brings along (a lookup table filled
 * from the model's own vocabulary), the model's own restore from its own checkpoint, ops whose
 * attribute or constant says that they stay inside ({@code CacheDataset} without a file name,
 * {@code DebugIdentity} without URLs, {@code PrintV2} to the terminal).
 */
final class MachineOps {

  /** Ops that do nothing but read files, whose names are among their inputs. */
  static final ImmutableSet<String> READERS =
      ImmutableSet.of(
          "CSVDataset",
          "CSVDatasetV2",
          "ExperimentalCSVDataset",
          "FixedLengthRecordDataset",
          "FixedLengthRecordDatasetV2",
          "GenerateVocabRemapping",
          "InitializeTableFromTextFile",
          "InitializeTableFromTextFileV2",
          "ReadFile",
          "TFRecordDataset",
          "TFRecordDatasetV2",
          "TextLineDataset");

  /** Ops that read tensors from a checkpoint, whose place is their first input. */
  static final ImmutableSet<String> RESTORES =
      ImmutableSet.of("DTensorRestoreV2", "Restore", "RestoreSlice", "RestoreV2");

  private static final ImmutableSet<String> FILES =
      ImmutableSet.<String>builder()
          .addAll(READERS)
          .addAll(RESTORES)
          .add(
              "CalibrationStatisticsSaver",
              "CloseSummaryWriter",
              "CreateSummaryDbWriter",
              "CreateSummaryFileWriter",
              "DatasetToTFRecord",
              "DistributedSave",
              "DumpTensor",
              "ExperimentalDatasetToTFRecord",
              "ExperimentalLMDBDataset",
              "ExperimentalMatchingFilesDataset",
              "ExperimentalSqlDataset",
              "FileSystemSetConfiguration",
              "FixedLengthRecordReader",
              "FixedLengthRecordReaderV2",
              "FlushSummaryWriter",
              "LMDBDataset",
              "LMDBReader",
              "ListSnapshotChunksDataset",
              "LoadAndRemapMatrix",
              "LoadDataset",
              "MatchingFiles",
              "MatchingFilesDataset",
              "MergeV2Checkpoints",
              "ReaderRead",
              "ReaderReadUpTo",
              "ReaderReadUpToV2",
              "ReaderReadV2",
              "RecordInput",
              "Save",
              "SaveDataset",
              "SaveDatasetV2",
              "SaveSlices",
              "SaveV2",
              "Skipgram",
              "SnapshotChunkDataset",
              "SnapshotDataset",
              "SnapshotDatasetReader",
              "SnapshotDatasetV2",
              "SnapshotNestedDatasetReader",
              "SqlDataset",
              "TFRecordReader",
              "TFRecordReaderV2",
              "TextLineReader",
              "TextLineReaderV2",
              "WholeFileReader",
              "WholeFileReaderV2",
              "WriteAudioSummary",
              "WriteFile",
              "WriteGraphSummary",
              "WriteHistogramSummary",
              "WriteImageSummary",
              "WriteRawProtoSummary",
              "WriteScalarSummary",
              "WriteSummary")
          .build();

  private static final ImmutableSet<String> NETWORK =
      ImmutableSet.of(
          "CollectiveInitializeCommunicator",
          "DataServiceDataset",
          "DataServiceDatasetV2",
          "DataServiceDatasetV3",
          "DataServiceDatasetV4",
          "DeleteRpcFutureResource",
          "Recv",
          "RegisterDataset",
          "RegisterDatasetV2",
          "RpcCall",
          "RpcCheckStatus",
          "RpcClient",
          "RpcGetValue",
          "RpcServer",
          "RpcServerRegister",
          "RpcServerStart",
          "Send",
          "_HostRecv",
          "_HostSend",
          "_Recv",
          "_Send");

  /** Python, native functions by name, graphs hidden in strings, and what ends the process. */
  private static final ImmutableSet<String> CODE =
      ImmutableSet.of(
          "Abort",
          "DatasetFromGraph",
          "EagerPyFunc",
          "PyFunc",
          "PyFuncStateless",
          "TfLiteSubgraphExecute",
          "XlaCustomCall",
          "XlaCustomCallV2");

  /** Attributes that name a file or an address, of ops that touch nothing without them. */
  private static final ImmutableMap<String, String> TOUCHING_ATTRIBUTES =
      ImmutableMap.<String, String>builder()
          .put("DebugIdentity", "debug_urls")
          .put("DebugIdentityV2", "debug_urls")
          .put("DebugIdentityV3", "debug_urls")
          .put("DebugNanCount", "debug_urls")
          .put("DebugNumericSummary", "debug_urls")
          .put("FixedUnigramCandidateSampler", "vocab_file")
          .buildOrThrow();

  /** Ops that keep their data in a file, and the input that names it: no file if it is empty. */
  static final ImmutableMap<String, Integer> CACHES =
      ImmutableMap.of("CacheDataset", 1, "CacheDatasetV2", 1);

  private static final Pattern FILE_STREAM = Pattern.compile("file://.*", Pattern.DOTALL);

  private MachineOps() {}

  /** What {@code node} reaches for, as far as it alone tells. */
  static Optional<Kind> kind(NodeDef node) {
    String op = node.getOp();
    if (FILES.contains(op)) {
      return Optional.of(Kind.FILES);
    }
    if (NETWORK.contains(op)) {
      return Optional.of(Kind.NETWORK);
    }
    if (CODE.contains(op)) {
      return Optional.of(Kind.CODE);
    }
    if (CACHES.containsKey(op)) {
      return Optional.of(Kind.FILES);
    }
    String attribute = TOUCHING_ATTRIBUTES.get(op);
    if (attribute != null) {
      AttrValue value = node.getAttrOrDefault(attribute, AttrValue.getDefaultInstance());
      return value.getList().getSCount() > 0 || !value.getS().isEmpty()
          ? Optional.of(Kind.FILES)
          : Optional.empty();
    }
    boolean printsToFile =
        op.equals("PrintV2")
            && FILE_STREAM
                .matcher(
                    node.getAttrOrDefault("output_stream", AttrValue.getDefaultInstance())
                        .getS()
                        .toStringUtf8())
                .matches();
    return printsToFile ? Optional.of(Kind.FILES) : Optional.empty();
  }

  /** All ops that are on the list, so that a test can hold it against the registry. */
  static ImmutableSet<String> all() {
    return ImmutableSet.<String>builder()
        .addAll(FILES)
        .addAll(NETWORK)
        .addAll(CODE)
        .addAll(TOUCHING_ATTRIBUTES.keySet())
        .addAll(CACHES.keySet())
        .add("PrintV2")
        .build();
  }
}
