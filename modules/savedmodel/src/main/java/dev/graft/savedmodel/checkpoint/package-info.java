/** Checkpoints and record files in TensorFlow's formats, read and written. */
@NullMarked
package dev.graft.savedmodel.checkpoint;

import org.jspecify.annotations.NullMarked;
