"""Writes a model the way its vintage does, without debug information."""

import os
import shutil

import tensorflow as tf


def save(entry, spec, directory):
    """Writes spec.model to directory as a SavedModel of the entry's vintage."""
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(os.path.dirname(directory), exist_ok=True)
    options = tf.saved_model.SaveOptions(
        save_debug_info=False, experimental_custom_gradients=spec.custom_gradients
    )
    if entry.vintage == "keras2":
        spec.model.save(directory, save_format="tf", options=options)
    elif entry.vintage == "keras2_export":
        spec.model.export(directory)
    elif entry.vintage == "keras3":
        spec.model.export(directory, verbose=False)
    elif entry.vintage == "tfsave":
        tf.saved_model.save(spec.model, directory, signatures=spec.signatures, options=options)
    else:
        raise ValueError(entry.vintage)
    shutil.rmtree(os.path.join(directory, "debug"), ignore_errors=True)
    if not os.listdir(os.path.join(directory, "assets")):
        os.rmdir(os.path.join(directory, "assets"))
