"""Models in float16 and with simulated quantisation: what make_cases.py adds to the plain exports of some models.

`half` rounds the weights to float16; the reference is the float64 gradient of the rounded weights. Networks with kinks take other branches in float16 than
in float64, in PyTorch as well: what is asked is then 1.5 times PyTorch's own error in float16. `qdq` quantises to 8 bits what enters
every convolution and linear layer, and their weights by output channel; PyTorch passes the gradient straight through where nothing is clipped.
Batch norms are folded first, as tools for quantisation do, and steps are powers of two, as some processors ask: sums of products are then exact
in float32. With other steps a sum that is rounded elsewhere falls on another of 256 levels now and then, which the next layers multiply, so that
PyTorch in float32 and float64 give other logits, and gradients that are 20 % apart.
"""

import copy
import math

import torch
from torch import nn
from torch.fx.experimental.optimization import fuse
from torch.nn.utils import parametrize

# What is asked of the gradients of each: relative L2.
LIMITS = {"half": 2e-2, "qdq": 1e-3}
CONVERTED = {
    "half": ("tv_resnet18", "tv_mobilenet_v2", "tv_densenet121", "tv_efficientnet_b0", "tv_swin", "timm_convnext_atto", "hf_clip_vision", "hf_dinov2"),
    "qdq": ("tv_resnet18", "tv_vgg11_bn", "tv_mobilenet_v2", "tv_squeezenet1_1", "tv_regnet_y_400mf", "timm_convnext_atto", "hf_dinov2"),
}


def step(highest):
    """The power of two by which 127 steps reach so far."""
    return 2.0 ** math.ceil(math.log2(max(float(highest), 1e-8) / 127))


class Channels(nn.Module):
    """Weights on 255 of the levels -128 to 127, by output channel."""

    def __init__(self, weight):
        super().__init__()
        self.register_buffer("scale", torch.tensor([step(highest) for highest in weight.flatten(1).abs().amax(1)]))
        self.register_buffer("zero", torch.zeros(len(weight), dtype=torch.int32))

    def forward(self, weight):
        return torch.fake_quantize_per_channel_affine(weight, self.scale.float(), self.zero, 0, -128, 127)


def quantised(model, calibration):
    """A copy of the model with quantised inputs and weights of its layers, ranges from images; some 0.1 % of what enters is clipped."""
    model = folded(model)
    layers = [module for module in model.modules() if type(module) in (nn.Conv2d, nn.Linear)]
    ranges = {}
    watching = [layer.register_forward_pre_hook(lambda layer, entered: ranges.setdefault(layer, []).append(entered[0].detach().abs().flatten())) for layer in layers]
    with torch.no_grad():
        model(calibration)
    for hook in watching:
        hook.remove()
    for parameter in model.parameters():
        parameter.requires_grad_(False)
    for layer in layers:
        if layer not in ranges:
            continue
        entered = torch.cat(ranges[layer])
        scale = step(entered.kthvalue(max(1, int(0.999 * len(entered)))).values)
        layer.register_forward_pre_hook(lambda _, entered, scale=scale: (torch.fake_quantize_per_tensor_affine(entered[0], scale, 0, -128, 127), *entered[1:]))
        weights = Channels(layer.weight.detach())
        if layer.bias is not None:
            layer.bias.copy_(torch.round(layer.bias / (scale * weights.scale)) * (scale * weights.scale))
        parametrize.register_parametrization(layer, "weight", weights)
    return model.eval()


def folded(model):
    """A copy without batch norms, where the model has some."""
    model = copy.deepcopy(model).eval()
    return fuse(model) if any(isinstance(module, nn.BatchNorm2d) for module in model.modules()) else model


def converted(form, model, calibration):
    """The model in a form, and its twin in float64 whose gradient is the reference."""
    if form == "qdq":
        net = quantised(model, calibration)
        return net, copy.deepcopy(net).double()
    net = copy.deepcopy(model).half()
    return net, copy.deepcopy(net).double()
