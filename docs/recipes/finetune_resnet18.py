"""A classifier of your own in PyTorch, as an ONNX file that robenc audits.

usage: finetune_resnet18.py DATA model.onnx [--weights FILE] [--sizes 64,64,224] [--threads 2] [--seed 0]

DATA: train/<class>/*.png (or .jpg) and test/<class>/..., images of any size. torchvision's resnet18 is fitted to the classes, one epoch for each of --sizes
(the network takes images of any size, and small ones are quick), and exported for 224x224 images. --weights: a state dict of resnet18 to start from,
e.g. that of ImageNet as torchvision distributes it; its last layer may have any number of classes, for it is made anew.

Mean and deviation stay outside of the exported graph: say them to robenc with --mean and --std.
Needs torch, torchvision, onnx and onnxscript.
"""

import argparse
import time
from pathlib import Path

import torch
from torchvision import datasets, models, transforms

SIZE = 224
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def loader(folder, size, train, batch):
    # robenc audit --resize cover does the same: the shorter side to the size, bilinear, and the middle of it.
    steps = [transforms.Resize(size), transforms.CenterCrop(size)]
    if train:
        steps += [transforms.RandomCrop(size, padding=size // 8, padding_mode='reflect'), transforms.RandomHorizontalFlip()]
    steps += [transforms.ToTensor(), transforms.Normalize(MEAN, STD)]
    return torch.utils.data.DataLoader(datasets.ImageFolder(folder, transforms.Compose(steps)), batch_size=batch, shuffle=train)


def accuracy(model, batches):
    model.eval()
    right = total = 0
    with torch.no_grad():
        for x, y in batches:
            right += (model(x).argmax(1) == y).sum().item()
            total += len(y)
    return right / total


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('data', type=Path)
    parser.add_argument('model', type=Path)
    parser.add_argument('--weights', type=Path)
    parser.add_argument('--sizes', default='64,64,224')
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--batch', type=int, default=32)
    parser.add_argument('--rate', type=float, default=1e-3)
    parser.add_argument('--seed', type=int, default=0)
    given = parser.parse_args()
    torch.manual_seed(given.seed)
    torch.set_num_threads(given.threads)
    classes = datasets.ImageFolder(given.data / 'train').classes

    model = models.resnet18()
    if given.weights is not None:
        state = torch.load(given.weights, weights_only=True)
        model.load_state_dict({name: value for name, value in state.items() if not name.startswith('fc.')}, strict=False)
    model.fc = torch.nn.Linear(model.fc.in_features, len(classes))

    sizes = [int(size) for size in given.sizes.split(',')]
    steps = [len(loader(given.data / 'train', size, True, given.batch)) for size in sizes]
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, given.rate, total_steps=sum(steps))
    for epoch, size in enumerate(sizes):
        started, losses = time.time(), []
        model.train()
        for x, y in loader(given.data / 'train', size, True, given.batch):
            loss = torch.nn.functional.cross_entropy(model(x), y)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            losses.append(loss.item())
        print(f'epoch {epoch + 1} of {len(sizes)}, {size}x{size}: loss {sum(losses) / len(losses):.3f}, {time.time() - started:.0f} s', flush=True)
    print(f'test accuracy at {SIZE}x{SIZE}: {accuracy(model, loader(given.data / "test", SIZE, False, given.batch)):.4f}')

    # Evaluation mode, or dropout and batch norms of training go into the file.
    model.eval()
    example = torch.zeros(1, 3, SIZE, SIZE)
    torch.onnx.export(model, (example,), given.model, input_names=['image'], output_names=['logits'], dynamic_shapes={'x': {0: 'batch'}}, external_data=False)
    given.model.with_suffix('.txt').write_text('\n'.join(classes) + '\n')
    print(f'{given.model}, classes in {given.model.with_suffix(".txt")}')


if __name__ == '__main__':
    main()
