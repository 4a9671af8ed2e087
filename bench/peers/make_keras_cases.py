"""Makes gradient cases of Keras models: ONNX files from Keras 3's own export and from tf2onnx, with an input and the input gradient that TensorFlow computes.

Usage: python make_keras_cases.py OUT [--only PATTERN] [--batch 2] [--seed 0]

The folders are those of make_cases.py, images channels-last. The images are chosen by the same rule.
"""

import argparse
import json
import os
import re
import sys

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import numpy as np
import tensorflow as tf
import tf2onnx

# As in make_cases.py.
CANDIDATES = 24
NEIGHBOURS = 4
ROUNDING = 1e-6
AGREES = 1e-5

A = keras.applications
MODELS = {
    "keras_mobilenet_v2": (A.MobileNetV2, 64, "MobileNetV2 (Keras)", {"alpha": 0.35}),
    "keras_mobilenet_v3_small": (A.MobileNetV3Small, 64, "MobileNetV3 (Keras)", {"include_preprocessing": False}),
    "keras_efficientnet_b0": (A.EfficientNetB0, 64, "EfficientNet (Keras)", {}),
    "keras_efficientnet_v2_b0": (A.EfficientNetV2B0, 64, "EfficientNetV2 (Keras)", {"include_preprocessing": False}),
    "keras_densenet121": (A.DenseNet121, 64, "DenseNet (Keras)", {}),
    "keras_resnet50_v2": (A.ResNet50V2, 64, "ResNetV2 (Keras)", {}),
    "keras_xception": (A.Xception, 96, "Xception (Keras)", {}),
}
EXPORTERS = ("keras", "tf2onnx")


def images(count, size, seed):
    """Smooth coloured noise in [0, 1]."""
    random = np.random.default_rng(seed)
    coarse = random.random((count, max(2, size // 8), max(2, size // 8), 3)).astype("f4")
    smooth = tf.image.resize(coarse, (size, size), "bicubic").numpy()
    return np.clip(0.85 * smooth + 0.15 * random.random((count, size, size, 3)), 0.02, 0.98).astype("f4")


def build(name, seed):
    """A calibrated model in float32, and the same weights in float64."""
    make, size, _, options = MODELS[name]
    nets = []
    for precision in ("float32", "float64"):
        keras.config.set_dtype_policy(precision)
        keras.utils.set_random_seed(seed)
        nets.append(make(weights=None, input_shape=(size, size, 3), classes=10, classifier_activation=None, **options))
    keras.config.set_dtype_policy("float32")
    net, exact = nets
    random = np.random.default_rng(seed)
    norms = [layer for layer in net.layers if isinstance(layer, keras.layers.BatchNormalization)]
    for norm in norms:
        if norm.gamma is not None:
            norm.gamma.assign(0.5 + random.random(norm.gamma.shape))
        if norm.beta is not None:
            norm.beta.assign(0.2 * (random.random(norm.beta.shape) - 0.5))
        norm.momentum = 0.0
    net(images(16, size, seed + 1), training=True)
    exact.set_weights([weight.astype("float64") for weight in net.get_weights()])
    return net, exact, size


def input_gradient(net, image, labels):
    image = tf.convert_to_tensor(image)
    with tf.GradientTape() as tape:
        tape.watch(image)
        logits = net(image, training=False)
        loss = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))
    return logits.numpy(), tape.gradient(loss, image).numpy()


def relative(value, reference):
    return float(np.linalg.norm(value - reference) / np.linalg.norm(reference))


def choose(net, exact, size, labels, seed):
    """Images on which TensorFlow agrees best with itself in float32 and float64, their gradient in float64 and the error of the one in float32."""
    batch, found = len(labels), []
    random = np.random.default_rng(seed)
    for start in range(0, CANDIDATES, batch):
        tried = images(batch, size, seed + start)
        gradient, single = input_gradient(exact, tried.astype("f8"), labels)[1], input_gradient(net, tried, labels)[1]
        errors = [relative(single[i], gradient[i]) for i in range(batch)]
        for _ in range(NEIGHBOURS):
            near = (tried * (1 + ROUNDING * (2 * random.random(tried.shape) - 1))).astype("f4")
            errors = [max(error, relative(one, gradient[i])) for i, (error, one) in enumerate(zip(errors, input_gradient(net, near, labels)[1]))]
        found += [(errors[i], i, tried[i], gradient[i], single[i]) for i in range(batch)]
        best = [min((entry for entry in found if entry[1] == i), key=lambda entry: entry[0]) for i in range(batch)]
        if all(entry[0] < AGREES for entry in best):
            break
    image, gradient, single = (np.stack([entry[k] for entry in best]) for k in (2, 3, 4))
    return image, gradient, relative(single, gradient)


def export(net, size, path, exporter):
    if exporter == "keras":
        net.export(path, format="onnx", verbose=False, input_signature=[keras.InputSpec(shape=(None, size, size, 3), dtype="float32", name="image")])
        return
    signature = [tf.TensorSpec((None, size, size, 3), tf.float32, name="image")]
    run = tf.function(lambda image: net(image, training=False), input_signature=signature)
    tf2onnx.convert.from_function(run, input_signature=signature, opset=17, output_path=path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--only", default=".")
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    # Standard output is for the cases; the exporters print to it too.
    cases = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    labels = np.arange(arguments.batch) % 10
    for name, (_, _, family, _) in MODELS.items():
        made = None
        for exporter in EXPORTERS:
            title = f"{name}-{exporter}"
            if not re.search(arguments.only, title):
                continue
            folder = os.path.join(arguments.out, title)
            path = os.path.join(folder, "case.json")
            if not os.path.exists(path):
                os.makedirs(folder, exist_ok=True)
                case = {"model": name, "family": family, "exporter": exporter, "seed": arguments.seed, "labels": labels.tolist(), "tensorflow": tf.__version__}
                if made is None:
                    net, exact, size = build(name, arguments.seed)
                    made = net, exact, size, choose(net, exact, size, labels, arguments.seed + 100)
                net, exact, size, (image, gradient, error) = made
                case["shape"] = list(image.shape)
                try:
                    export(net, size, os.path.join(folder, "model.onnx"), exporter)
                except Exception as failure:  # What an exporter does not export is a result.
                    case["refused"] = f"{type(failure).__name__}: {(str(failure).strip().splitlines() or [''])[0][:200]}"
                logits = input_gradient(exact, image.astype("f8"), labels)[0]
                for file, values in (("image.f32", image), ("gradient.f64", gradient), ("logits.f64", logits)):
                    values.tofile(os.path.join(folder, file))
                case.update(torchError=error, gradientNorm=float(np.linalg.norm(gradient)), parameters=net.count_params())
                with open(path + ".part", "w") as file:
                    json.dump(case, file, indent=1)
                os.replace(path + ".part", path)
            print(json.dumps({"folder": folder, **json.load(open(path))}), file=cases, flush=True)


if __name__ == "__main__":
    sys.exit(main())
