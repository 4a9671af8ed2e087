"""The attacks of other libraries on an ONNX classifier in PyTorch.

usage: attack_peer.py LIBRARY model.onnx IMAGES epsilon seed threads limit

LIBRARY: autoattack (the standard version, stage by stage), foolbox or torchattacks (PGD-20, step size epsilon / 4, random start).
IMAGES: class folders of PNG files; pixels are in [0,1], class folders in order are the logits.
Prints one line of JSON: the stages with their seconds, and of each image what broke it (null: nothing, "clean": it was wrong before).
"""

import json
import logging
import sys
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

STEPS = 20


def images(folder, limit):
    classes = sorted(path.name for path in folder.iterdir() if path.is_dir())
    files = [(path, label) for label, name in enumerate(classes) for path in sorted((folder / name).glob('*.png'))]
    step = max(1, len(files) // limit)
    files = files[::step][:limit]
    pixels = np.stack([np.asarray(Image.open(path).convert('RGB'), dtype=np.float32) / 255 for path, _ in files])
    names = [str(path.relative_to(folder)) for path, _ in files]
    return names, torch.from_numpy(pixels).permute(0, 3, 1, 2).contiguous(), torch.tensor([label for _, label in files])


class Mean(torch.nn.Module):
    def __init__(self, axes, keep):
        super().__init__()
        self.axes, self.keep = axes, keep

    def forward(self, x):
        return x.mean(self.axes, self.keep)


def model_of(path, x):
    """The file in PyTorch, checked against ONNX Runtime."""
    import onnxruntime
    from onnx2torch import convert
    from onnx2torch.node_converters.registry import add_converter
    from onnx2torch.utils.common import OperationConverterResult, onnx_mapping_from_node

    # onnx2torch knows the mean of opset 13; that of 18 has its axes as an input.
    @add_converter(operation_type='ReduceMean', version=18)
    def _(node, graph):
        axes = [int(axis) for axis in graph.initializers[node.input_values[1]].to_torch()]
        mapping = onnx_mapping_from_node(node)
        return OperationConverterResult(Mean(axes, bool(node.attributes.get('keepdims', 1))), type(mapping)(inputs=mapping.inputs[:1], outputs=mapping.outputs))

    model = convert(str(path)).eval().requires_grad_(False)
    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    expected = session.run(None, {session.get_inputs()[0].name: x[:8].numpy()})[0]
    distance = float(np.abs(model(x[:8]).numpy() - expected).max())
    assert distance < 1e-4, f'onnx2torch is {distance} away from ONNX Runtime'
    return model


def autoattack(model, x, y, epsilon, seed):
    """Each stage on the clean images of what survived the one before, as AutoAttack's standard version composes them."""
    from pyautoattack import AutoAttack

    logging.disable(logging.CRITICAL)
    attack = AutoAttack(model, norm='Linf', eps=epsilon, seed=seed, version='standard')
    constants = {
        'stages': attack.attacks_to_run,
        'apgd': [attack.apgd.n_iter, attack.apgd.n_restarts, attack.apgd.thr_decr],
        'apgd-t': [attack.apgd_targeted.n_iter, attack.apgd_targeted.n_target_classes],
        'fab-t': [attack.fab.n_iter, attack.fab.n_target_classes, attack.fab.alpha_max, attack.fab.eta, attack.fab.beta],
        'square': [attack.square.n_queries, attack.square.p_init, attack.square.rescale_schedule],
    }
    for stage in list(attack.attacks_to_run):
        def run(xs, ys, stage=stage):
            attack.attacks_to_run = [stage]
            return attack.run_standard_evaluation(xs, ys, batch_size=250)[0]
        yield stage, run, constants


def foolbox(model, x, y, epsilon, seed):
    import foolbox

    torch.manual_seed(seed)
    wrapped = foolbox.PyTorchModel(model, bounds=(0, 1))
    attack = foolbox.attacks.LinfPGD(abs_stepsize=epsilon / 4, steps=STEPS, random_start=True)
    yield 'pgd', lambda xs, ys: attack(wrapped, xs, ys, epsilons=epsilon)[1], {'steps': STEPS, 'stepSize': epsilon / 4}


def torchattacks(model, x, y, epsilon, seed):
    import torchattacks

    torch.manual_seed(seed)
    attack = torchattacks.PGD(model, eps=epsilon, alpha=epsilon / 4, steps=STEPS, random_start=True)
    yield 'pgd', attack, {'steps': STEPS, 'stepSize': epsilon / 4}


def main(library, path, folder, epsilon, seed, threads, limit):
    torch.set_num_threads(int(threads))
    names, x, y = images(Path(folder), int(limit))
    model = model_of(Path(path), x)
    predicted = lambda xs: torch.cat([model(part).argmax(1) for part in xs.split(250)])
    broken = [None if ok else 'clean' for ok in predicted(x).eq(y).tolist()]
    stages, constants = [], {}
    for stage, run, constants in {'autoattack': autoattack, 'foolbox': foolbox, 'torchattacks': torchattacks}[library](model, x, y, float(epsilon), int(seed)):
        standing = [i for i, by in enumerate(broken) if by is None]
        started = time.perf_counter()
        if standing:
            adversarial = run(x[standing], y[standing])
            for i, ok in zip(standing, predicted(adversarial).eq(y[standing]).tolist()):
                if not ok:
                    broken[i] = stage
        stages.append({'stage': stage, 'images': len(standing), 'seconds': time.perf_counter() - started})
        print(f'{library} {stage}: {sum(by is None for by in broken)} of {len(names)} stand', file=sys.stderr)
    print(json.dumps({'library': library, 'constants': constants, 'stages': stages, 'brokenBy': dict(zip(names, broken))}))


if __name__ == '__main__':
    main(*sys.argv[1:])
