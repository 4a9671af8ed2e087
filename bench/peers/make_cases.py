"""Makes gradient cases: ONNX files from PyTorch's exporters with an input and the input gradient that PyTorch computes.

Usage: python make_cases.py OUT [--only PATTERN] [--exporters classic,dynamo] [--batch 2] [--seed 0] [--list]

OUT/<model>-<exporter>/ holds model.onnx, image.f32, gradient.f64 and case.json; finished cases are kept. A model that PyTorch
itself does not export leaves case.json with the reason in `refused`. One line of JSON a case goes to standard output.
Some models come in the forms of precision.py as well, as <model>-half and <model>-qdq.
"""

import argparse
import copy
import json
import os
import re
import sys
import time

import numpy as np
import torch

import export as exporters
from models import calibrate, images, models
from precision import CONVERTED, LIMITS, converted

# A network with kinks (ReLU, max-pooling) has inputs at which float32 falls on the other side of one: the gradient then jumps for any
# implementation, PyTorch's own included. So the images are those, of CANDIDATES, on which PyTorch agrees best with itself: float64 against
# float32 on the image and on neighbours that differ by 1e-6, about what float32 has rounded off after some layers. robenc has no say in the choice.
CANDIDATES = 24
NEIGHBOURS = 4
ROUNDING = 1e-6
# Enough agreement to look no further.
AGREES = 1e-5


def input_gradient(model, image, labels):
    """Logits and the gradient of the summed cross-entropy with respect to the image."""
    image = image.clone().requires_grad_(True)
    logits = model(image)
    torch.nn.functional.cross_entropy(logits, labels, reduction="sum").backward()
    return logits.detach(), image.grad.detach()


def relative(value, reference):
    return float((value.double() - reference).norm() / reference.norm())


def per_image(value, reference):
    """Relative L2 error of each image's gradient."""
    return (value.double() - reference).flatten(1).norm(dim=1) / reference.flatten(1).norm(dim=1)


def choose(model, exact, labels, size, seed):
    """Images, their gradient in float64, and the relative L2 error of PyTorch's own in float32."""
    batch = len(labels)
    found = []
    generator = torch.Generator().manual_seed(seed)
    kind = next(model.parameters()).dtype
    for start in range(0, CANDIDATES, batch):
        tried = images(batch, size, seed + start).to(kind)
        gradient = input_gradient(exact, tried.double(), labels)[1]
        gradient32 = input_gradient(model, tried, labels)[1]
        errors = per_image(gradient32, gradient)
        for _ in range(NEIGHBOURS):
            near = (tried * (1 + ROUNDING * (2 * torch.rand(tried.shape, generator=generator) - 1))).to(kind)
            errors = torch.maximum(errors, per_image(input_gradient(model, near, labels)[1], gradient))
        found += [(float(errors[i]), i, tried[i], gradient[i], gradient32[i]) for i in range(batch)]
        # Place i in the batch has label i: the best for each place.
        best = [min((entry for entry in found if entry[1] == i), key=lambda entry: entry[0]) for i in range(batch)]
        if all(entry[0] < AGREES for entry in best):
            break
    image, gradient, gradient32 = (torch.stack([entry[k] for entry in best]) for k in (2, 3, 4))
    return image, gradient, relative(gradient32, gradient)


def write_json(path, content):
    with open(path + ".part", "w") as file:
        json.dump(content, file, indent=1)
    os.replace(path + ".part", path)


class Reference:
    """A calibrated model with images and the gradient that PyTorch computes for them; the gradient is computed once for all exporters."""

    def __init__(self, model, exact, size, batch, seed):
        self.model, self.exact = model, exact
        self.labels = torch.arange(batch) % 10
        self.example = images(batch, size, seed + 100).to(next(model.parameters()).dtype)
        self.size, self.seed, self.chosen = size, seed, None
        for parameter in [*model.parameters(), *exact.parameters()]:
            parameter.requires_grad_(False)

    def write(self, folder):
        """Writes image, gradient and logits; gives what case.json says of them."""
        if self.chosen is None:
            image, gradient, error = choose(self.model, self.exact, self.labels, self.size, self.seed + 100)
            with torch.no_grad():
                self.chosen = image, gradient, error, self.model(image), self.exact(image.double())
        image, gradient, error, logits32, logits = self.chosen
        for name, tensor in (("image.f32", image.float()), ("gradient.f64", gradient), ("logits.f64", logits)):
            tensor.contiguous().numpy().tofile(os.path.join(folder, name))
        return {
            "torchError": error,
            "torchLogitsError": relative(logits32, logits),
            "gradientNorm": float(gradient.norm()),
            "parameters": sum(parameter.numel() for parameter in self.model.parameters()),
        }


def reference_of(entry, form, batch, seed):
    """The calibrated model as it is, or in a form of precision.py."""
    torch.manual_seed(seed)
    model = calibrate(entry.make(), entry.size, seed)
    if form is None:
        return Reference(model, copy.deepcopy(model).double(), entry.size, batch, seed)
    return Reference(*converted(form, model, images(8, entry.size, seed + 1)), entry.size, batch, seed)


def make(reference, exporter, folder):
    os.makedirs(folder, exist_ok=True)
    case = {"seed": reference.seed, "torch": torch.__version__, "shape": list(reference.example.shape), "labels": reference.labels.tolist()}
    started = time.time()
    try:
        # The other forms are exported by the classic exporter.
        exporters.export(reference.model, reference.example, os.path.join(folder, "model.onnx"), "classic" if exporter in LIMITS else exporter)
    except Exception as error:  # What an exporter does not export is a result.
        text = re.sub(r"\x1b\[[0-9;]*m", "", str(error)).strip().splitlines()
        return {**case, "refused": f"{type(error).__name__}: {text[0][:200] if text else ''}"}
    return {**case, "exportSeconds": round(time.time() - started, 1), **reference.write(folder)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--only", default=".", help="regular expression on names such as tv_resnet18-classic")
    parser.add_argument("--exporters", default="classic,dynamo,half,qdq")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    # Standard output is for the cases; the exporters print to it too, from C++ as well.
    cases = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    torch.set_num_threads(arguments.threads)
    for name, entry in models().items():
        references = {}
        for exporter in arguments.exporters.split(","):
            title = f"{name}-{exporter}"
            form = exporter if exporter in LIMITS else None
            if not re.search(arguments.only, title) or (form and name not in CONVERTED[form]):
                continue
            folder = os.path.join(arguments.out, title)
            path = os.path.join(folder, "case.json")
            if not os.path.exists(path):
                case = {"model": name, "family": entry.family, "exporter": exporter, **({"limit": LIMITS[form]} if form else {})}
                try:
                    if form not in references:
                        references[form] = reference_of(entry, form, arguments.batch, arguments.seed)
                    case.update(make(references[form], exporter, folder))
                except Exception as error:  # One model must not cost the others.
                    case["failed"] = f"{type(error).__name__}: {error}"
                write_json(path, case)
            print(json.dumps({"folder": folder, **json.load(open(path))}), file=cases, flush=True)


if __name__ == "__main__":
    sys.exit(main())
