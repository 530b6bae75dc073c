/**
 * Files and folders that outlive a crash, and locks between processes.
 *
 * <p><b>What enters.</b> Names of files and folders, and what is to be written or moved there.
 *
 * <p><b>What leaves.</b> The same on the disk, whole; a lock or a lease that is held; a digest.
 *
 * <p>{@link Durable} writes, moves and removes so that after a power cut there is the old state or
 * the new one. {@link HeldFile} is a lock that belongs to one holder at a time, across class
 * loaders and processes, and goes with the process that held it. {@link VersionLease} says to
 * others that a version is read, any number at a time, {@link VersionFolders} which folders are
 * versions. {@link FolderDigest} tells one SavedModel from all others by its graph and the
 * checksums of its weights. {@link Interrupts} says what an interrupt did to work on files, and
 * puts it off where nothing may be half done.
 *
 * <p><b>Who calls whom.</b> The exporter publishes with these, runs and caches hold their folders
 * with them, the importer names what it read by its digest. They know nothing of models.
 *
 * <p>Who needs a file that lasts writes to a name beside it, makes that durable and moves it;
 * nobody else may see a name that is being written.
 *
 * <p><b>The invariant.</b> A name that a reader may look at never stands for something half
 * written.
 */
@NullMarked
package dev.graft.savedmodel.file;

import org.jspecify.annotations.NullMarked;
