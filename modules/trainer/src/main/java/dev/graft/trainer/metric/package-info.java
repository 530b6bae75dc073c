/** What a score says: accuracy and its interval, figures by label. */
@NullMarked
package dev.graft.trainer.metric;

import org.jspecify.annotations.NullMarked;
