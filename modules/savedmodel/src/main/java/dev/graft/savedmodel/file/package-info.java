/** Files and folders that outlive a crash, and locks between processes. */
@NullMarked
package dev.graft.savedmodel.file;

import org.jspecify.annotations.NullMarked;
