package dev.graft.importer.internal.trust;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import dev.graft.graph.op.OpRegistry;
import dev.graft.model.MachineAccess.Kind;
import java.util.Collection;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.tensorflow.proto.AttrValue;
import org.tensorflow.proto.FunctionDef;
import org.tensorflow.proto.NodeDef;

/**
 * What the ops that are not {@link HarmlessOps} reach for: read or write files, talk to other
 * processes, run code that is not in the graph, or nobody has found out. A SavedModel with one of
 * them is a program that can do harm.
 *
 * <p>Not counted are ops that only read files which the SavedModel brings along (a lookup table
 * filled from the model's own vocabulary), the model's own restore from its own checkpoint, ops
 * whose attribute or constant says that they stay inside ({@code CacheDataset} without a file name,
 * {@code DebugIdentity} without URLs, {@code PrintV2} to the terminal): {@link Judgement} tells.
 */
public final class MachineOps {

  /**
   * Ops that do nothing but read files, whose names are among their inputs, and only when they run:
   * one without state ({@code ReadFile}) may run already while TensorFlow looks for shapes, when
   * nobody has put a place of the model's own there.
   */
  static final ImmutableSet<String> READERS =
      ImmutableSet.of(
          "CSVDataset",
          "CSVDatasetV2",
          "ExperimentalCSVDataset",
          "FixedLengthRecordDataset",
          "FixedLengthRecordDatasetV2",
          "InitializeTableFromTextFile",
          "InitializeTableFromTextFileV2",
          "TFRecordDataset",
          "TFRecordDatasetV2",
          "TextLineDataset");

  /** Ops that read tensors from a checkpoint, whose place is their first input. */
  static final ImmutableSet<String> RESTORES =
      ImmutableSet.of("DTensorRestoreV2", "Restore", "RestoreSlice", "RestoreV2");

  /**
   * Ops that put buckets into a table as they are given: a {@code MutableDenseHashTable} of none
   * looks anywhere in memory for its keys.
   */
  static final ImmutableSet<String> IMPORTS =
      ImmutableSet.of("LookupTableImport", "LookupTableImportV2");

  private static final ImmutableSet<String> FILES =
      ImmutableSet.<String>builder()
          .addAll(READERS)
          .addAll(RESTORES)
          .add(
              "CacheDataset",
              "CacheDatasetV2",
              "DebugIdentity",
              "DebugIdentityV2",
              "DebugIdentityV3",
              "DebugNanCount",
              "DebugNumericSummary",
              "DecodeProtoV2",
              "EncodeProto",
              "FixedUnigramCandidateSampler",
              "GenerateVocabRemapping",
              "ImmutableConst",
              "PrintV2",
              "ReadFile",
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

  /**
   * Python, native functions by name, graphs hidden in strings, tensors in strings (of which
   * TensorFlow decodes variants before it looks whether any were asked for), and what ends the
   * process.
   */
  private static final ImmutableSet<String> CODE =
      ImmutableSet.of(
          "Abort",
          "LookupTableImport",
          "LookupTableImportV2",
          "DatasetFromGraph",
          "DeserializeManySparse",
          "DeserializeSparse",
          "EagerPyFunc",
          "MlirPassthroughOp",
          "ParseTensor",
          "PyFunc",
          "PyFuncStateless",
          "RemoteCall",
          "TfLiteSubgraphExecute",
          "XlaCallModule",
          "XlaCustomCall",
          "XlaCustomCallV2");

  /**
   * Ops that touch nothing if an attribute of theirs has one of some values, which it also has
   * where it is left out.
   */
  static final ImmutableMap<String, Harmless> HARMLESS_BY_ATTRIBUTE =
      ImmutableMap.<String, Harmless>builder()
          .put("DebugIdentity", new Harmless("debug_urls", ""))
          .put("DebugIdentityV2", new Harmless("debug_urls", ""))
          .put("DebugIdentityV3", new Harmless("debug_urls", ""))
          .put("DebugNanCount", new Harmless("debug_urls", ""))
          .put("DebugNumericSummary", new Harmless("debug_urls", ""))
          .put("DecodeProtoV2", new Harmless("descriptor_source", "|local://"))
          .put("EncodeProto", new Harmless("descriptor_source", "|local://"))
          .put("FixedUnigramCandidateSampler", new Harmless("vocab_file", ""))
          .put("LSTMBlockCell", new Harmless("use_peephole", "false")) // their sizes it believes
          .put(
              "PrintV2",
              new Harmless("output_stream", "|stdout|stderr|log\\((info|warning|error)\\)"))
          .put(
              "TensorListSetItem", // it would make room for an index below 0
              new Harmless("resize_if_index_out_of_bounds", "false"))
          .buildOrThrow();

  /** An attribute and the values for which it is harmless; a list is if it is empty. */
  record Harmless(String attribute, Pattern texts) {

    Harmless(String attribute, String texts) {
      this(attribute, Pattern.compile(texts));
    }

    /** Whether {@code node} has one of them; not where the attribute is left open. */
    boolean is(NodeDef node) {
      AttrValue value = OpRegistry.standard().attr(node, attribute);
      return value != null
          && (value.hasList() && value.getList().getSerializedSize() == 0
              || value.hasB() && texts.matcher(String.valueOf(value.getB())).matches()
              || value.hasS() && texts.matcher(value.getS().toStringUtf8()).matches());
    }
  }

  /** Ops that read values which may be variants, and the attribute that says of which dtypes. */
  private static final ImmutableMap<String, String> READ_TYPES =
      ImmutableMap.of("RestoreV2", "dtypes");

  /** Ops that keep their data in a file, and the input that names it: no file if it is empty. */
  static final ImmutableMap<String, Integer> CACHES =
      ImmutableMap.of("CacheDataset", 1, "CacheDatasetV2", 1);

  private MachineOps() {}

  /** Whether a dense table is made by one of these nodes or in one of these functions. */
  public static boolean haveDenseTables(
      Collection<NodeDef> nodes, Collection<FunctionDef> functions) {
    return Stream.concat(
            nodes.stream(), functions.stream().flatMap(each -> each.getNodeDefList().stream()))
        .anyMatch(node -> node.getOp().contains("DenseHashTable"));
  }

  /** What a node of {@code op} reaches for; empty if the op is known to be harmless. */
  public static Optional<Kind> kind(String op) {
    if (HarmlessOps.standard().contains(op)) {
      return Optional.empty();
    }
    if (FILES.contains(op)) {
      return Optional.of(Kind.FILES);
    }
    if (NETWORK.contains(op)) {
      return Optional.of(Kind.NETWORK);
    }
    return Optional.of(CODE.contains(op) ? Kind.CODE : Kind.UNKNOWN);
  }

  /** What {@code node} reaches for, as far as its op and its own attributes tell. */
  public static Optional<Kind> kind(NodeDef node) {
    Harmless harmless = HARMLESS_BY_ATTRIBUTE.get(node.getOp());
    if (harmless != null) {
      return harmless.is(node) ? Optional.empty() : kind(node.getOp());
    }
    if (node.getOp().equals(BoundedRows.OP) && !BoundedRows.isPlain(node)) {
      return Optional.of(Kind.UNKNOWN);
    }
    return readsHidden(node) ? Optional.of(Kind.CODE) : kind(node.getOp());
  }

  /** Whether {@code node} makes objects of TensorFlow's own from what it reads. */
  static boolean readsHidden(NodeDef node) {
    String attribute = READ_TYPES.get(node.getOp());
    if (attribute == null) {
      return false;
    }
    AttrValue types = node.getAttrOrDefault(attribute, AttrValue.getDefaultInstance());
    return types.hasPlaceholder()
        || HiddenValues.isHidden(types.getType())
        || types.getList().getTypeList().stream().anyMatch(HiddenValues::isHidden);
  }

  /** All ops that are on the list, so that a test can hold it against the registry. */
  public static ImmutableSet<String> all() {
    return ImmutableSet.<String>builder()
        .addAll(FILES)
        .addAll(NETWORK)
        .addAll(CODE)
        .addAll(HARMLESS_BY_ATTRIBUTE.keySet())
        .addAll(CACHES.keySet())
        .build();
  }
}
