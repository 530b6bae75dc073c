"""OpenVINO's side. Runs in an environment of its own (tools/interop/requirements-openvino.txt).

openvino_peer.py CASE.json     computes what the last layer of a SavedModel reads, again and again: prints what it is, then
                               waits for turns on its standard input (see turns)

The network is read by OpenVINO itself and cut before its last product of matrices, in float32. Batches are those of the
other sides; threads and requests at a time are OpenVINO's choice (its hint for throughput).
"""

import json
import sys

import numpy as np
import openvino

import examples
from turns import Turns, say


def cut(model):
    """The network up to what its last product of matrices reads."""
    products = [node for node in model.get_ordered_ops() if node.get_type_name() == "MatMul"]
    return openvino.Model([products[-1].input_value(0)], model.get_parameters())


def main(case):
    core = openvino.Core()
    inputs, _ = examples.described(case["folder"])
    network = cut(core.read_model(f"{case['folder']}/model"))
    network.reshape([case["batch"], *inputs.shape[1:]])
    compiled = core.compile_model(network, "CPU", {
        "PERFORMANCE_HINT": "THROUGHPUT",
        "INFERENCE_PRECISION_HINT": "f32"})
    batches = [inputs[start:start + case["batch"]] for start in range(0, len(inputs), case["batch"])]
    features = np.concatenate([compiled(batch)[0] for batch in batches])
    say(loss=float(np.abs(features).mean()), trains=0, version=f"OpenVINO {openvino.__version__.split('-')[0]}")
    turns, found = Turns(), {}
    queue = openvino.AsyncInferQueue(compiled)
    queue.set_callback(lambda request, number: found.__setitem__(number, request.get_output_tensor(0).data.copy()))
    while True:
        turns.before_step()
        for number in range(examples.PASS * len(batches)):
            queue.start_async(batches[number % len(batches)], number)
        queue.wait_all()


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        main(json.load(file))
