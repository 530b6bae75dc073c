/**
 * Where models lie: what a path stands for.
 *
 * <p><b>What enters.</b> A path: of a SavedModel, of a folder with numbered versions, of an
 * archive.
 *
 * <p><b>What leaves.</b> The folder that holds {@code saved_model.pb}, or an exception that says
 * what was found instead.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.internal.place.ShippedModel} is a network among the
 * resources of the class path, unpacked as archives are. {@link
 * dev.graft.internal.place.ModelFolder} is asked by the door, the job and the check. It gives
 * archives to {@code ModelArchive}, which unpacks them once into a folder of {@link
 * dev.graft.internal.place.ModelCache}, through a {@code BoundedStream} that no bomb gets past.
 * {@link dev.graft.internal.place.Leases} says of a version that it is read, as long as that may
 * be. {@link dev.graft.internal.place.ScratchFolder} is a temporary folder that is gone when it is
 * closed.
 *
 * <p><b>The invariant.</b> A folder of the cache is whole or not there, whoever else unpacks the
 * same archive at the same time; nothing is written outside it.
 */
@NullMarked
package dev.graft.internal.place;

import org.jspecify.annotations.NullMarked;
