"""Exports models with both of PyTorch's exporters: input `image` [batch, 3, size, size], output `logits`; the batch stays open."""

import logging
import os
import warnings

import torch

EXPORTERS = ("classic", "dynamo")


def export(model, image, path, exporter, opset=None):
    """Writes one self-contained ONNX file. Raises whatever the exporter raises."""
    if exporter == "classic" and opset is None:
        try:
            return export(model, image, path, exporter, 17)
        except torch.onnx.errors.UnsupportedOperatorError:
            return export(model, image, path, exporter, 18)
    warnings.filterwarnings("ignore")
    for name in ("torch.onnx", "onnxscript", "torch._dynamo", "torch.export"):
        logging.getLogger(name).setLevel(logging.ERROR)
    if exporter == "classic":
        torch.onnx.export(
            model,
            (image,),
            path,
            dynamo=False,
            opset_version=opset,
            input_names=["image"],
            output_names=["logits"],
            dynamic_axes={"image": {0: "batch"}, "logits": {0: "batch"}},
        )
    else:
        torch.onnx.export(
            model,
            (image,),
            path,
            dynamo=True,
            verbose=False,
            opset_version=opset or 20,
            input_names=["image"],
            output_names=["logits"],
            dynamic_shapes=({0: torch.export.Dim("batch", min=1, max=4096)},),
            external_data=False,
        )
    if os.path.exists(path + ".data"):
        raise RuntimeError("the exporter wrote external data although told not to")
