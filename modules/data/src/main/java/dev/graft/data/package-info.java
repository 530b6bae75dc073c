/**
 * Folders, tables and arrays become batches, through the one decode graph that serving uses as
 * well.
 *
 * <p><b>What enters.</b> Pictures in folders of labels ({@code ImageFolder}), in a CSV table
 * ({@link dev.graft.data.PictureTable}, whose cells {@code CsvText} reads), each as {@code
 * ImageFiles}, or in memory ({@code PicturesInMemory}), and tensors ({@code Tensors}); and what is
 * said of each example: {@link dev.graft.data.Answers}, and by {@code ExampleWeights} how much it
 * counts.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.data.Dataset}, its {@link dev.graft.data.Parts} by a
 * {@link dev.graft.data.Split}, each called by a {@link dev.graft.data.Part}, and {@link
 * dev.graft.data.Batch}es of them, with notes on what was guessed or told on the way ({@code
 * AsRead}).
 *
 * <p><b>Who calls whom.</b> {@code Dataset} is rows of a {@code Source}, which alone knows where
 * examples come from, and gives what they are made of as {@code Inputs}; what is in a file {@link
 * dev.graft.data.KnownFiles} tell without reading it. {@code Division} splits, with the {@code
 * Stratifier} for the shares of labels and copies of one picture kept together, which a {@code
 * ContentDigest} tells. {@link dev.graft.data.TableReading} guesses what a table asks. {@code
 * ImageFormat} and {@code PictureSize} look at a file's first bytes, so that what cannot be
 * decoded, or is too large to be, is named before it is given to TensorFlow, and {@code
 * dev.graft.data.file} tells how far that is; {@code BrokenPictures} finds those that still fail.
 * {@code UnfitFiles} tells all at once that cannot be used. The trainer asks for batches; nothing
 * here knows what they are for.
 *
 * <p><b>The invariant.</b> The same files and the same seed give the same examples in the same
 * order and the same parts, on every machine.
 */
@NullMarked
package dev.graft.data;

import org.jspecify.annotations.NullMarked;
