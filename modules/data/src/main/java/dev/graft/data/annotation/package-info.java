/**
 * Annotations of boxes, in the files that programs for drawing them write.
 *
 * <p><b>What enters.</b> A folder or a file: Pascal VOC's XML ({@code VocReader}), COCO's JSON
 * ({@code CocoReader}), YOLO's {@code data.yaml} and text files ({@code YoloReader}), or a CSV
 * table of boxes ({@code TableReader}).
 *
 * <p><b>What leaves.</b> A {@code BoxSet}; its first note says what the data were taken for.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.data.annotation.Annotations} looks what there is and
 * asks one reader. Readers find pictures through a {@code DataFolder}, which alone turns what is
 * written in a file into a path, and hand what they find to {@code boxes} in a {@code Findings}.
 * {@code VocXml}, {@code CocoJson}, {@code YoloYaml} and {@code TableRow} know the grammar of a
 * file each, and nothing of folders; {@code TableRows} are those of one picture. Each gets a {@code
 * TextFile}, which bounds what is read and quotes what is written there in messages.
 *
 * <p><b>The invariant.</b> Nothing that a file says leads out of the folder that was given, nothing
 * behind a link out of it is quoted, and no file makes Graft take more memory than its own size
 * asks for.
 */
@NullMarked
package dev.graft.data.annotation;

import org.jspecify.annotations.NullMarked;
