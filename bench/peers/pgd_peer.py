"""How long torchattacks and foolbox take for PGD-20.

Usage: python pgd_peer.py LIBRARY model.onnx images.f32 COUNT SIZE EPSILON THREADS

Labels are what the model says of the images, so that every step is made on all of them where the radius is small. Prints a line when it is ready, and for each
line `step` of standard input {"seconds"}.
"""

import json
import sys
import time

import numpy as np
import torch

from attack_peer import foolbox, model_of, torchattacks


def main(library, path, images, count, size, epsilon, threads):
    torch.set_num_threads(int(threads))
    x = torch.from_numpy(np.fromfile(images, dtype=np.float32).reshape(int(count), 3, int(size), int(size)))
    model = model_of(path, x)
    y = model(x).argmax(1)
    (_, run, _), = {'foolbox': foolbox, 'torchattacks': torchattacks}[library](model, x, y, float(epsilon), 0)
    print(json.dumps({'ready': True}), flush=True)
    for line in sys.stdin:
        if line.strip() != 'step':
            break
        started = time.perf_counter()
        run(x, y)
        print(json.dumps({'seconds': time.perf_counter() - started}), flush=True)


main(*sys.argv[1:])
