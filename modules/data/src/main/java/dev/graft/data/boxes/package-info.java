/**
 * Pictures with boxes drawn on them: what a detector learns from, and is scored by.
 *
 * <p><b>What enters.</b> {@link dev.graft.data.boxes.MarkedPicture}s, as some file of annotations
 * says them: labels by name, coordinates in whatever frame the file has.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.data.boxes.BoxSet}: {@link
 * dev.graft.data.boxes.BoxedPicture}s with {@link dev.graft.data.boxes.Box}es in pixels of the
 * picture as it is shown, the labels, and notes on what was mended; as a {@code Dataset} it is
 * split and read as any other.
 *
 * <p><b>Who calls whom.</b> Readers of annotations hand their marks to {@link
 * dev.graft.data.boxes.BoxSets}. It looks at the headers of all pictures ({@code PictureHeader},
 * with the EXIF orientation), brings each mark into the picture as it is shown ({@code Placing}),
 * and mends or leaves out what cannot be a box ({@code Flaws}), counting each kind.
 *
 * <p>{@code BoxViews} makes several views of each picture to learn from, and {@code BoxDrawing}
 * draws boxes for people.
 *
 * <p><b>The invariant.</b> A box lies inside its picture, has an area, and stands once in it.
 */
@NullMarked
package dev.graft.data.boxes;

import org.jspecify.annotations.NullMarked;
