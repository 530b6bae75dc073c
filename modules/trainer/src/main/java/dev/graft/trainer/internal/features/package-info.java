/** What does not change while the layers behind it train, computed once. */
@NullMarked
package dev.graft.trainer.internal.features;

import org.jspecify.annotations.NullMarked;
