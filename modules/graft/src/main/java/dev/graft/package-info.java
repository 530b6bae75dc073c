/**
 * The front door: load a model, edit it, train it, publish it, serve it. What an application on the
 * JVM embeds.
 *
 * <p><b>What enters.</b> Folders and archives of SavedModels, edits of {@code
 * dev.graft.surgeon.edit}, data of {@code dev.graft.data}, a recipe of {@code dev.graft.trainer},
 * and how it is done: {@link dev.graft.LoadOptions} ({@link dev.graft.Trust}, {@link
 * dev.graft.InputRange}), {@link dev.graft.Settings} ({@link dev.graft.Device}, {@link
 * dev.graft.Xla}), a {@link dev.graft.Precision}, {@link dev.graft.ServeOptions}, a {@link
 * dev.graft.Publication}. {@link dev.graft.Backbones} bring a model along.
 *
 * <p><b>What leaves.</b> An {@link dev.graft.Inspection} of a model, a {@code Run} of a training, a
 * {@link dev.graft.Version} that is published, a {@link dev.graft.LiveModel} that gives an {@link
 * dev.graft.answer.Answer} and {@link dev.graft.LiveStats}, and a {@link dev.graft.Gallery} to
 * search by vectors. What goes wrong is a type of {@code dev.graft.error}.
 *
 * <p><b>Who calls whom.</b> {@link dev.graft.Graft} hands each call to the one stage that does it
 * (importer, trainer, exporter, runtime) and translates its own settings; no stage knows of it.
 * {@code dev.graft.job} and {@code dev.graft.check} stand before the door and use it as anybody
 * would; nothing here knows of them. {@code LiveModel} asks by what {@code internal.live} makes of
 * examples and reads of outputs, without the model being kept. {@code Publishing} has a version
 * proven by the exporter, held against what is asked for by {@code internal.gate}, and given a card
 * by {@code internal.card}; {@link dev.graft.PublishedVersion} tells what is there. Of the {@link
 * dev.graft.Machine} {@link dev.graft.Gpus} tell what cards there are, and {@link
 * dev.graft.DeviceTrial} and {@link dev.graft.XlaTrial} try on a {@code TrialNetwork} whether
 * training works on a device, and compiled; {@code XlaAdvice} says what is in the way. {@code
 * internal.place} finds models where paths lead.
 *
 * <p><b>The invariant.</b> All that is native was opened through one {@code Graft}, and closing it
 * closes all of it; what needs no native code (load, edit, inspect, preflight) needs no instance.
 */
@NullMarked
package dev.graft;

import org.jspecify.annotations.NullMarked;
