/**
 * Pictures as part of a graph: from the bytes of a file to the tensor that a model reads.
 *
 * <p><b>What enters.</b> An {@code InputSpec} of a picture (size, range, order of channels), and a
 * graph editor.
 *
 * <p><b>What leaves.</b> Nodes, which decode, turn, resize and scale. The same nodes serve
 * training, scoring, prediction and the export, so that a picture means the same everywhere.
 *
 * <p><b>Who calls whom.</b> {@link DecodeGraph} is the door. It has {@link PixelLimit} refuse what
 * is too large, by its header, for which {@link JpegFrame} looks in a JPEG. It asks {@link
 * ExifOrientation} how the camera was held and {@link PictureResize} for the one way to resize;
 * where each picture is seen in a {@link View} of its own, {@code ViewGraph} takes it. {@link
 * PictureInput} tells what a model does itself with the pictures that it is fed, and {@link
 * PictureBytes} follows texts through its graph to whatever decodes them.
 *
 * <p>Callers are the data module, the trainer's input, the exporter's serving signature and the
 * check. This package knows the graph and {@code dev.graft.model}, and no stage.
 *
 * <p><b>The invariant.</b> There is one way from bytes to pixels. Whoever needs another size or
 * range says so in the {@code InputSpec} and adds no second decoder.
 */
@NullMarked
package dev.graft.picture;

import org.jspecify.annotations.NullMarked;
