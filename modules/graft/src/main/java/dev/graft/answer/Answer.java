package dev.graft.answer;

/** What a published model says of one example. */
public sealed interface Answer permits Prediction, LabelSet, Numbers, Embedding, Boxes, Several {}
