"""How long PyTorch takes for a step of robust EMP-SSL: batch, adversary, weights, data included.

Usage: python train_peer.py ADVERSARY [--views 16] [--batch 8] [--threads 2] [--compile] [--paper]

ADVERSARY: free (3 replays, each moving weights and perturbation) or pgd (5 ascent steps, then one of the weights). The encoder is ResNet-18 for 32x32 images
with EMP-SSL's projector (4096, 1024), the optimizer LARS over SGD. With --paper the passes of PGD compute weight gradients too, and the coding rate takes the
determinant of the d x d matrix, as the published script does; else PGD asks for the pixels alone, and the determinant is that of the smaller matrix.
Prints a line when it is ready, and for each line `step` of standard input {"seconds", "peakMegabytes", "loss"}.
"""

import argparse
import json
import resource
import sys
import time

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn
from torchvision import transforms
from torchvision.models import resnet18

EPSILON, STEP, REPLAYS, STEPS = 8 / 255, 0.01, 3, 5


class Encoder(nn.Module):
    def __init__(self, embedding=4096, projection=1024):
        super().__init__()
        self.body = resnet18(weights=None)
        self.body.conv1 = nn.Conv2d(3, 64, 3, 1, 1, bias=False)
        self.body.maxpool, self.body.fc = nn.Identity(), nn.Identity()
        dense = lambda into, out: nn.Sequential(nn.Linear(into, out, bias=False), nn.BatchNorm1d(out), nn.ReLU())
        self.head = nn.Sequential(dense(512, embedding), dense(embedding, embedding), nn.Linear(embedding, projection))

    def forward(self, x):
        return F.normalize(self.head(self.body(x)))


class Loss(nn.Module):
    """200 invariance + coding rate over z [views, batch, d]."""

    def __init__(self, whole, epsilon=0.2):
        super().__init__()
        self.whole, self.epsilon = whole, epsilon

    def forward(self, z):
        _, batch, d = z.shape
        invariance = -F.cosine_similarity(z, z.mean(0, keepdim=True), dim=-1).mean()
        gram = z.transpose(1, 2) @ z if self.whole else z @ z.transpose(1, 2)
        size = gram.shape[-1]
        matrices = torch.eye(size) + d / (batch * self.epsilon) * gram
        # One by one where all of it is taken, as that code does; the gradient of many large ones at once also fails in PyTorch 2.15.
        rate = (torch.stack([torch.logdet(one) for one in matrices]) if self.whole else torch.logdet(matrices)).mean() / 2
        return 200 * invariance - rate


class Lars:
    def __init__(self, parameters, rate=0.3, momentum=0.9, decay=1e-4, trust=0.005):
        self.parameters, self.rate, self.momentum, self.decay, self.trust = list(parameters), rate, momentum, decay, trust
        self.slots = [torch.zeros_like(p) for p in self.parameters]

    @torch.no_grad()
    def step(self):
        for p, v in zip(self.parameters, self.slots):
            g = p.grad
            if p.ndim > 1:
                size, slope = p.norm(), g.norm()
                local = (self.trust * size / (slope + self.decay * size + 1e-8) / self.rate).clamp(max=1)
                g = (g + self.decay * p) * local
            v.mul_(self.momentum).add_(g)
            p.sub_(g + self.momentum * v, alpha=self.rate)
            p.grad = None


class Views(torch.utils.data.IterableDataset):
    def __init__(self, views, batch):
        self.views, self.batch = views, batch
        self.images = np.random.default_rng(1).integers(0, 256, (512, 32, 32, 3), dtype=np.uint8)
        self.transform = transforms.Compose([
            transforms.RandomResizedCrop(32, scale=(0.08, 1.0)),
            transforms.RandomHorizontalFlip(0.5),
            transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.2)], 0.8),
            transforms.RandomGrayscale(0.2),
            transforms.RandomApply([transforms.GaussianBlur(3, (0.1, 2.0))], 0.1),
            transforms.RandomSolarize(128, 0.1),
            transforms.ToTensor(),
        ])

    def __iter__(self):
        torch.set_num_threads(1)
        order = np.random.default_rng(2)
        while True:
            images = [Image.fromarray(self.images[i]) for i in order.integers(0, len(self.images), self.batch)]
            yield torch.cat([torch.stack([self.transform(image) for image in images]) for _ in range(self.views)])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('adversary', choices=['free', 'pgd'])
    parser.add_argument('--views', type=int, default=16)
    parser.add_argument('--batch', type=int, default=8)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--compile', action='store_true')
    parser.add_argument('--channels-last', action='store_true')
    parser.add_argument('--paper', action='store_true')
    arguments = parser.parse_args()
    views, batch = arguments.views, arguments.batch
    data = iter(torch.utils.data.DataLoader(Views(views, batch), batch_size=None, num_workers=1, prefetch_factor=2))
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    encoder = Encoder()
    if arguments.channels_last:
        encoder = encoder.to(memory_format=torch.channels_last)
    loss_of = Loss(whole=arguments.paper)
    optimizer = Lars(encoder.parameters())
    objective = lambda x: loss_of(encoder(x).reshape(views, batch, -1))
    if arguments.compile:
        objective = torch.compile(objective)
    delta = torch.zeros(views * batch, 3, 32, 32)
    parameters = list(encoder.parameters())

    def clean(x, by):
        return torch.clamp(x + by, 0, 1) - x

    def free(x):
        nonlocal delta
        delta = clean(x, delta)
        for _ in range(REPLAYS):
            leaf = delta.clone().requires_grad_(True)
            loss = objective(x + leaf)
            loss.backward()
            delta = clean(x, torch.clamp(delta + STEP * leaf.grad.sign(), -EPSILON, EPSILON))
            optimizer.step()
        return loss

    def pgd(x):
        by = torch.zeros_like(x)
        for _ in range(STEPS):
            leaf = by.clone().requires_grad_(True)
            loss = objective(x + leaf)
            if arguments.paper:
                loss.backward()
                slope = leaf.grad
            else:
                (slope,) = torch.autograd.grad(loss, leaf)
            by = clean(x, torch.clamp(by + STEP * slope.sign(), -EPSILON, EPSILON))
        for p in parameters:
            p.grad = None
        loss = objective(x + by)
        loss.backward()
        optimizer.step()
        return loss

    step = free if arguments.adversary == 'free' else pgd
    print(json.dumps({'torch': torch.__version__, 'threads': torch.get_num_threads(), 'parameters': sum(p.numel() for p in parameters)}), flush=True)
    for line in sys.stdin:
        if line.strip() != 'step':
            break
        started = time.perf_counter()
        x = next(data)
        if arguments.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        loss = step(x)
        seconds = time.perf_counter() - started
        print(json.dumps({'seconds': seconds, 'loss': loss.item(), 'peakMegabytes': resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}), flush=True)


if __name__ == '__main__':
    main()
