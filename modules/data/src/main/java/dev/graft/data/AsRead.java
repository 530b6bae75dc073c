package dev.graft.data;

import com.google.common.collect.ImmutableList;
import dev.graft.words.Note;

/**
 * What reading told of a dataset beside its examples.
 *
 * @param notes what was guessed or passed over, a sentence each
 * @param parts the part of a split that each of the source's examples was put in; empty if nobody
 *     has said so
 */
record AsRead(ImmutableList<Note> notes, ImmutableList<Part> parts) {

  static final AsRead NOTHING = new AsRead(ImmutableList.of(), ImmutableList.of());

  AsRead noted(Note note) {
    return new AsRead(ImmutableList.<Note>builder().addAll(notes).add(note).build(), parts);
  }
}
