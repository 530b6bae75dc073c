/**
 * Writes a finished {@code Model} as a version folder that TensorFlow can serve, whole or not at
 * all, after proving it in a fresh session.
 *
 * <p><b>What enters.</b> A model, the folder of versions, and {@link dev.graft.exporter.Proof}s:
 * inputs on which it has to answer as the model does, gates that it has to pass, papers to go with
 * it.
 *
 * <p><b>What leaves.</b> A {@link dev.graft.exporter.Version} with its {@link
 * dev.graft.exporter.ExportReport}: what was compared, how near it came, what was not compared.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.exporter.Exporter} is the page. It brings the model
 * into its {@code ServingForm} (an open batch by {@code OpenBatch}), has {@code SavedModelFiles}
 * write it to a temporary folder ({@code SignatureFunction}, named by {@code FunctionNames}, for
 * each signature and each {@code MadeSignature}, that for pictures by {@code BytesSignature}, those
 * for {@code tf.Example}s by {@code ClassifySignature} and {@code ExampleFront}; {@code Saving} and
 * {@code PythonView} for those who load it, {@code AssetFiles}, {@code DefaultAttrs}), and gives
 * that to a {@code Trial}: loaded by TensorFlow's own loader beside other work and got ready by a
 * {@code Rehearsal}, asked what the proofs give and what is made up ({@code
 * dev.graft.exporter.internal.sample}), held by {@code Comparison} against what the {@code
 * Reference} says, its {@code WarmUp} written and tried by the {@code Rehearsal} while gates score
 * it. {@code ServingBase} then makes the folder the next version; {@code Retention} removes old
 * ones, {@code VersionCopy} brings one back.
 *
 * <p><b>The invariant.</b> A numbered folder appears by one rename, whole, durable and proven; what
 * goes wrong before leaves the versions that are there as they were.
 */
@NullMarked
package dev.graft.exporter;

import org.jspecify.annotations.NullMarked;
