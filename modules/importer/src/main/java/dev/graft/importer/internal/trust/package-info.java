/** What a SavedModel may do when it runs, judged on exactly what TensorFlow will be given. */
@NullMarked
package dev.graft.importer.internal.trust;

import org.jspecify.annotations.NullMarked;
