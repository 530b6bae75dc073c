/**
 * Checkpoints and record files in TensorFlow's formats, read and written.
 *
 * <p><b>What enters.</b> A path prefix ({@code variables/variables}), or tensors with keys.
 *
 * <p><b>What leaves.</b> Values, or the files {@code .index} and {@code .data}.
 *
 * <p><b>Who calls whom.</b> {@link TensorBundle} reads: a {@link SortedTable} (LevelDB's format,
 * with {@link Snappy} where a writer used it) says where each tensor is, {@link BundleParts} and
 * {@link TensorSlice} put together what was saved in slices. {@link TensorBundleWriter} writes with
 * {@link SortedTableWriter}. {@link MaskedCrc} checks both, {@link RecordWriter} writes TFRecord
 * files with it, and {@link RecordReader} reads them. {@link VariableValues} is what others ask:
 * the value of a variable, from wherever its source says.
 *
 * <p>The importer opens a checkpoint and looks up keys; the runtime and the exporter read values;
 * the trainer writes its own checkpoints. {@link GitLfs} recognises a pointer where a file should
 * be.
 *
 * <p>Tensors are read when they are asked for, in pieces, never the whole file.
 *
 * <p><b>The invariant.</b> Nothing that a file says is believed before it is held against the
 * file's size and its checksum; a damaged one is refused by name.
 */
@NullMarked
package dev.graft.savedmodel.checkpoint;

import org.jspecify.annotations.NullMarked;
