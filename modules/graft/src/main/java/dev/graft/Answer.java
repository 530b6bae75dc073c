package dev.graft;

/** What a published model says of one picture. */
public sealed interface Answer permits Prediction, Numbers, Boxes {}
