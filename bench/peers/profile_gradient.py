"""Where the time of a gradient graph, or of a training step, goes in onnxruntime, and what its longest convolutions reach alone, there and in PyTorch.

Usage: python profile_gradient.py gradient.onnx BATCH [--threads 2] [--top 8]
Prints one line of JSON: `operators` with milliseconds in one run, and `convolutions` in milliseconds each.
"""

import argparse
import collections
import json
import os
import tempfile
import time

import numpy as np
import onnx
import onnxruntime
import torch
from onnx import TensorProto, helper


def session(model, threads, profile=None):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4
    if profile:
        options.enable_profiling = True
        options.profile_file_prefix = profile
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def best(run, times=5):
    run()
    seconds = []
    for _ in range(times):
        started = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - started)
    return 1000 * min(seconds)


def alone(x, w, attributes, threads):
    """Milliseconds of one convolution without bias in onnxruntime and in PyTorch, and its billions of operations."""
    strides, pads, dilations, group = (attributes.get(name, usual) for name, usual in (("strides", [1, 1]), ("pads", [0] * 4), ("dilations", [1, 1]), ("group", 1)))
    image, filters = np.random.rand(*x).astype("f4"), np.random.rand(*w).astype("f4")
    node = helper.make_node("Conv", ["x", "w"], ["y"], kernel_shape=w[2:], strides=strides, pads=pads, dilations=dilations, group=group)
    # ReduceMax keeps the result from being copied out.
    last = helper.make_node("ReduceMax", ["y"], ["m"])
    ports = [helper.make_tensor_value_info("x", TensorProto.FLOAT, x)], [helper.make_tensor_value_info("m", TensorProto.FLOAT, None)]
    graph = helper.make_graph([node, last], "g", *ports, [onnx.numpy_helper.from_array(filters, "w")])
    single = session(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9).SerializeToString(), threads)
    runtime = best(lambda: single.run(None, {"x": image}))
    height, width = pads[0] + pads[2], pads[1] + pads[3]
    even = pads[0] == pads[2] and pads[1] == pads[3]
    padded = torch.from_numpy(image) if even else torch.nn.functional.pad(torch.from_numpy(image), (pads[1], pads[3], pads[0], pads[2]))
    weights = torch.from_numpy(filters)
    with torch.no_grad():
        run = lambda: torch.nn.functional.conv2d(padded, weights, None, strides, pads[:2] if even else 0, dilations, group)
        y = run()
        ours = best(run)
    return runtime, ours, 2 * y.numel() * int(np.prod(w[1:])) / 1e9


def feeds_of(ports, batch):
    """An image and labels for a gradient; for a training step, whose shapes are all fixed, weights of the usual size and momenta of zero."""
    image = next((port for port in ports if port.name == "image"), None)
    if image is not None:
        return {"image": np.random.rand(batch, *image.shape[1:]).astype("f4"), "label": np.arange(batch) % 10}
    return {port.name: usual(port.name, port.shape) for port in ports}


def usual(name, shape):
    if name.startswith("slots") or name == "delta":
        return np.zeros(shape, "f4")
    if name == "views" or len(shape) < 2:
        return np.random.rand(*shape).astype("f4")
    return (np.random.randn(*shape) / np.sqrt(np.prod(shape[1:]))).astype("f4")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("batch", type=int)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--top", type=int, default=8)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    with tempfile.TemporaryDirectory() as folder:
        run = session(arguments.model, arguments.threads, os.path.join(folder, "p"))
        feeds = feeds_of(run.get_inputs(), arguments.batch)
        for _ in range(4):
            run.run(None, feeds)
        events = json.load(open(run.end_profiling()))
        # The graph as onnxruntime runs it, for the attributes of its convolutions.
        options = onnxruntime.SessionOptions()
        options.optimized_model_filepath = os.path.join(folder, "optimized.onnx")
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
        onnxruntime.InferenceSession(arguments.model, options, providers=["CPUExecutionProvider"])
        nodes = {node.name: node for node in onnx.load(options.optimized_model_filepath).graph.node}
    last = [event for event in events if event.get("name") == "model_run"][-1]
    operators, counts, convolutions = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    for event in events:
        if event.get("cat") != "Node" or not event["name"].endswith("_kernel_time") or not last["ts"] <= event["ts"] <= last["ts"] + last["dur"]:
            continue
        op, milliseconds = event["args"]["op_name"], event["dur"] / 1000
        operators[op] += milliseconds
        counts[op] += 1
        node = nodes.get(event["name"].removesuffix("_kernel_time").removesuffix("_nchwc"))
        if op in ("Conv", "FusedConv") and node is not None:
            x, w = ([int(size) for size in list(entry.values())[0]] for entry in event["args"]["input_type_shape"][:2])
            attributes = {a.name: helper.get_attribute_value(a) for a in node.attribute if a.name in ("strides", "pads", "dilations", "group")}
            convolutions[json.dumps([x, w, attributes], default=list)].append(milliseconds)
    longest = sorted(convolutions, key=lambda key: -sum(convolutions[key]))[: arguments.top]
    rows = []
    for key in longest:
        x, w, attributes = json.loads(key)
        runtime, ours, gflop = alone(x, w, attributes, arguments.threads)
        title = f"{'×'.join(map(str, x))}, {'×'.join(map(str, w))}, {attributes.get('strides', [1, 1])[0]}"
        rows.append({"shape": title, "count": len(convolutions[key]), "inGraph": float(np.mean(convolutions[key])), "runtime": runtime, "torch": ours, "gflop": gflop})
    print(json.dumps({"operators": [{"op": op, "count": counts[op], "milliseconds": spent} for op, spent in operators.most_common()], "convolutions": rows}))


if __name__ == "__main__":
    main()
