/**
 * The main job, from a model and pictures to a published version: its settings, its folder, its
 * report.
 */
@NullMarked
package dev.graft.job;

import org.jspecify.annotations.NullMarked;
