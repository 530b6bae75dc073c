"""A tf.Module around one formula: the cheapest SavedModel with variables, a signature and an op of interest."""

import tensorflow as tf

from kit import Spec


class Formula(tf.Module):
    """run(**inputs) = formula(module, **inputs); variables are attributes of the module."""

    def __init__(self, formula, variables, inputs):
        super().__init__()
        self.formula = formula
        for name, value in variables.items():
            setattr(self, name, tf.Variable(value, name=name))
        specs = {
            name: spec if isinstance(spec, tf.TypeSpec) else tf.TensorSpec(spec[0], spec[1], name=name)
            for name, spec in inputs.items()
        }
        self.run = tf.function(self.apply)
        self.concrete = self.run.get_concrete_function(**specs)

    def apply(self, **inputs):
        result = self.formula(self, **inputs)
        return result if isinstance(result, dict) else {"y": result}


def formula(kit, call, variables, inputs, cases, compiled=False, **options):
    """Spec of a Formula; compiled runs the live call as a graph (loops that autograph would not see)."""
    module = Formula(call, variables, inputs)
    live = module.run if compiled else module.apply
    options.setdefault("optimizers", False)
    options.setdefault("randomise", False)
    return Spec(module, cases, call=lambda t, _: live(**t), signatures=module.concrete, **options)
