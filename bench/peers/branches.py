"""Whether a gradient that differs from PyTorch's is that of other branches: of ReLUs and max-poolings that float32 decides otherwise than float64.

Usage: python branches.py CASE GRADIENT.onnx

CASE is a folder of make_cases.py, GRADIENT.onnx the gradient graph of its model. The graph runs in onnxruntime, and its ReLUs and max-poolings say
which branches it takes. PyTorch then computes the gradient in float64 twice, on its own branches and on these. Prints one line of JSON: how many units
there are and how many of them differ, the largest distance of one of these from its kink (relative to the root mean square of what the layer gets),
and the relative L2 distance of the graph's gradient from both.
"""

import argparse
import copy
import json
import os
from unittest import mock

import numpy as np
import onnx
import onnxruntime
import torch
from torch import nn

from make_cases import input_gradient, relative
from models import calibrate, models

# A Clip stands for a ReLU6, where the model has some.
KINKS = {"Relu": 0, "MaxPool": 1, "Clip": 0}


def taken(model_path, gradient_path, image, labels, kinks):
    """The gradient, and for each ReLU and max-pooling of the model, in its order: which it is and what decides (outputs, or places)."""
    graph = onnx.load(gradient_path)
    inside = [node for node in graph.graph.node if node.op_type in kinks]
    named = {node.name: node for node in inside}
    reading = {(node.op_type, node.input[0]): node for node in inside}
    chosen = []
    for node in onnx.load(model_path).graph.node:
        if node.op_type in kinks:
            # Equal poolings are one node of the gradient.
            found = named.get(node.name) or reading[node.op_type, node.input[0]]
            chosen.append((node.op_type, found.output[KINKS[node.op_type]]))
    names = sorted({name for _, name in chosen})
    graph.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    run = onnxruntime.InferenceSession(graph.SerializeToString(), options, providers=["CPUExecutionProvider"])
    gradient, *values = run.run(["gradient", *names], {run.get_inputs()[0].name: image, "label": labels})
    by_name = dict(zip(names, values))
    return gradient, [(op, torch.from_numpy(by_name[name])) for op, name in chosen]


class Branches:
    """Replaces PyTorch's ReLU and max-pooling by ones that take given branches (`forced`) or their own, and count where these differ."""

    def __init__(self, decisions, forced):
        self.decisions, self.forced = iter(decisions), forced
        self.units = self.others = 0
        self.farthest = 0.0

    def next(self, op, shape):
        kind, value = next(self.decisions)
        if kind != op or value.shape != shape:
            raise RuntimeError(f"the file has {kind} {tuple(value.shape)} where PyTorch has {op} {tuple(shape)}")
        return value

    def count(self, differs, distance, x):
        self.units += differs.numel()
        self.others += int(differs.sum())
        if differs.any():
            self.farthest = max(self.farthest, float(distance[differs].max() / x.detach().pow(2).mean().sqrt()))

    def relu(self, x, inplace=False):
        theirs, own = self.next("Relu", x.shape) > 0, x > 0
        self.count(theirs != own, x.detach().abs(), x)
        return x * (theirs if self.forced else own).to(x.dtype)

    def relu6(self, x):
        y = self.next("Clip", x.shape)
        theirs, own = (y > 0) & (y < 6), (x > 0) & (x < 6)
        self.count(theirs != own, torch.minimum(x.detach().abs(), (x.detach() - 6).abs()), x)
        return torch.where(theirs, x, (y >= 6) * 6.0) if self.forced else torch.nn.functional.relu6(x)

    def max_pool2d(self, x, *arguments, **options):
        options.pop("return_indices", None)
        y, own = torch.nn.functional.max_pool2d_with_indices(x, *arguments, **options)
        theirs = self.next("MaxPool", y.shape) % (x.shape[2] * x.shape[3])
        picked = torch.gather(x.flatten(2), 2, theirs.flatten(2)).view(y.shape)
        self.count(theirs != own, (y - picked).detach().abs(), x)
        return picked if self.forced else y

    def gradient(self, model, image, labels):
        pool = lambda module, x: self.max_pool2d(x, module.kernel_size, module.stride, module.padding, module.dilation, module.ceil_mode)
        with (
            mock.patch.object(nn.ReLU, "forward", lambda module, x: self.relu(x)),
            mock.patch.object(nn.ReLU6, "forward", lambda module, x: self.relu6(x)),
            mock.patch.object(nn.MaxPool2d, "forward", pool),
            mock.patch("torch.nn.functional.relu", self.relu),
            mock.patch("torch.nn.functional.max_pool2d", self.max_pool2d),
        ):
            return input_gradient(model, image, labels)[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("case")
    parser.add_argument("gradient")
    arguments = parser.parse_args()
    case = json.load(open(os.path.join(arguments.case, "case.json")))
    entry = models()[case["model"]]
    torch.manual_seed(case["seed"])
    exact = copy.deepcopy(calibrate(entry.make(), entry.size, case["seed"])).double()
    image = np.fromfile(os.path.join(arguments.case, "image.f32"), "f4").reshape(case["shape"])
    labels = torch.tensor(case["labels"])
    kinks = [kink for kink in KINKS if kink != "Clip" or any(isinstance(module, nn.ReLU6) for module in exact.modules())]
    gradient, decisions = taken(os.path.join(arguments.case, "model.onnx"), arguments.gradient, image, labels.numpy(), kinks)
    given, exactly = torch.from_numpy(gradient), torch.from_numpy(image).double()
    own = Branches(decisions, False)
    free = own.gradient(exact, exactly, labels)
    forced = Branches(decisions, True).gradient(exact, exactly, labels)
    print(json.dumps({"units": own.units, "others": own.others, "farthest": own.farthest, "free": relative(given, free), "forced": relative(given, forced)}))


if __name__ == "__main__":
    main()
