"""How long PyTorch eager takes for a forward pass and the gradient by the image alone.

Usage: python gradient_peer.py MODEL FOLDER [--threads 2] [--export]

With --export it writes FOLDER/model.onnx (classic exporter) and stops: the exporter's memory is not PyTorch's. Otherwise it writes
image.f32, prints a line of JSON with the shape, and reads lines from standard input:
each `step` runs forward and input gradient once and prints {"seconds", "peakMegabytes"}; `gradient` writes gradient.f32 and, computed in float64, gradient64.f32; an empty line or the end stops.
"""

import argparse
import json
import os
import resource
import sys
import time

import torch
from torch import nn

import export as exporters
from models import calibrate, images


def resnet18_cifar():
    """torchvision's ResNet-18 with the stem that is usual for 32x32 images: 3x3 at stride 1, no pooling."""
    from torchvision.models import resnet18

    model = resnet18(weights=None, num_classes=10)
    model.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
    model.maxpool = nn.Identity()
    return model


def resnet50():
    from torchvision.models import resnet50 as make

    return make(weights=None)


MODELS = {"resnet18-cifar": (resnet18_cifar, 32, 64), "resnet50": (resnet50, 224, 8)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", choices=sorted(MODELS))
    parser.add_argument("folder")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--export", action="store_true", help="write model.onnx and stop")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    make, size, batch = MODELS[arguments.model]
    path = os.path.join(arguments.folder, "model.onnx")
    model = calibrate(make(), size, 0)
    image = images(batch, size, 100)
    labels = torch.arange(batch) % 10
    if arguments.export:
        exporters.export(model, image[:2], path + ".part", "classic")
        os.replace(path + ".part", path)
        return
    image.numpy().tofile(os.path.join(arguments.folder, "image.f32"))
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    print(json.dumps({"shape": list(image.shape), "labels": labels.tolist(), "torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    gradient = None
    for line in sys.stdin:
        word = line.strip()
        if word == "step":
            started = time.perf_counter()
            leaf = image.clone().requires_grad_(True)
            torch.nn.functional.cross_entropy(model(leaf), labels, reduction="sum").backward()
            gradient = leaf.grad
            seconds = time.perf_counter() - started
            print(json.dumps({"seconds": seconds, "peakMegabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)
        elif word == "gradient":
            gradient.numpy().tofile(os.path.join(arguments.folder, "gradient.f32"))
            leaf = image.double().requires_grad_(True)
            torch.nn.functional.cross_entropy(model.double()(leaf), labels, reduction="sum").backward()
            leaf.grad.float().numpy().tofile(os.path.join(arguments.folder, "gradient64.f32"))
            print("{}", flush=True)
        else:
            break


if __name__ == "__main__":
    main()
