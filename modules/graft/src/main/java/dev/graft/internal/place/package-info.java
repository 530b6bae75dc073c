/** Where a model lies: folders of versions, archives, a cache of unpacked ones. */
@NullMarked
package dev.graft.internal.place;

import org.jspecify.annotations.NullMarked;
