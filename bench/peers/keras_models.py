"""Image networks of Keras with random weights, converted by tensorflowjs_converter: as graphs, and as layers where tfjs has all of them.

usage: keras_models.py OUT [--only REGEX]     prints one line of JSON for each model.
Batch norms are calibrated on noise, so that activations neither vanish nor explode. Nothing is downloaded.
"""
import argparse, json, os, re, shutil, tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
# On some processors oneDNN's passes leave attributes in the graph over which tf2onnx falls.
os.environ["TF_ENABLE_ONEDNN_OPTS"] = "0"
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflowjs.converters import converter

A = keras.applications
L = keras.layers


def application(make, size, **options):
    return lambda: make(weights=None, input_shape=(size, size, 3), classes=10, classifier_activation=None, **options)


def unet():
    def block(x, width):
        for _ in range(2):
            x = L.ReLU()(L.BatchNormalization()(L.Conv2D(width, 3, padding="same", use_bias=False)(x)))
        return x

    image = keras.Input((64, 64, 3))
    x, skips = image, []
    for width in (8, 16, 32):
        x = block(x, width)
        skips.append(x)
        x = L.MaxPooling2D()(x)
    x = block(x, 64)
    for width in (32, 16, 8):
        x = L.Concatenate()([L.Conv2DTranspose(width, 2, strides=2)(x), skips.pop()])
        x = block(x, width)
    return keras.Model(image, L.Conv2D(2, 1)(x))


class Tokens(L.Layer):
    """Puts a class token before the patches, and adds positions."""

    def build(self, shape):
        self.token = self.add_weight("token", (1, 1, shape[-1]), initializer="random_normal")
        self.positions = self.add_weight("positions", (1, shape[1] + 1, shape[-1]), initializer="random_normal")

    def call(self, x):
        return tf.concat([tf.repeat(self.token, tf.shape(x)[0], axis=0), x], 1) + self.positions


class Norm(L.Layer):
    """Layer normalisation by its formula: Keras writes its own as a batch norm in training mode, which TensorFlow.js answers with NaN."""

    def build(self, shape):
        self.gamma = self.add_weight("gamma", (shape[-1],), initializer="ones")
        self.beta = self.add_weight("beta", (shape[-1],), initializer="zeros")

    def call(self, x):
        mean = tf.reduce_mean(x, -1, keepdims=True)
        variance = tf.reduce_mean(tf.square(x - mean), -1, keepdims=True)
        return (x - mean) * tf.math.rsqrt(variance + 1e-6) * self.gamma + self.beta


def vit():
    width, heads = 48, 3
    image = keras.Input((32, 32, 3))
    x = L.Reshape((64, width))(L.Conv2D(width, 4, strides=4)(image))
    x = Tokens()(x)
    for _ in range(4):
        y = Norm()(x)
        x = x + L.MultiHeadAttention(heads, width // heads)(y, y)
        y = Norm()(x)
        x = x + L.Dense(width)(L.Dense(4 * width, activation="gelu")(y))
    return keras.Model(image, L.Dense(10)(Norm()(x)[:, 0]))


MODELS = {
    "mobilenet-v1": application(A.MobileNet, 64),
    "mobilenet-v2": application(A.MobileNetV2, 64),
    "mobilenet-v3-small": application(A.MobileNetV3Small, 64),
    "mobilenet-v3-large": application(A.MobileNetV3Large, 64),
    "efficientnet-b0": application(A.EfficientNetB0, 64),
    "efficientnet-v2-b0": application(A.EfficientNetV2B0, 64),
    "resnet50": application(A.ResNet50, 64),
    "resnet50-v2": application(A.ResNet50V2, 64),
    "inception-v3": application(A.InceptionV3, 75),
    "inception-resnet-v2": application(A.InceptionResNetV2, 75),
    "xception": application(A.Xception, 71),
    "densenet121": application(A.DenseNet121, 64),
    "nasnet-mobile": application(A.NASNetMobile, 64),
    "vgg16": application(A.VGG16, 32),
    "unet": unet,
    "vit-small": vit,
}


def scale_of(name):
    return 255.0 if re.match("efficientnet|mobilenet-v3", name) else 1.0


def calibrated(name):
    keras.utils.set_random_seed(1)
    model = MODELS[name]()
    norms = [layer for layer in model.layers if isinstance(layer, L.BatchNormalization)]
    momenta = [layer.momentum for layer in norms]
    for layer in norms:
        layer.momentum = 0.0
    model(np.random.RandomState(0).rand(4, *model.input_shape[1:]).astype("float32") * scale_of(name), training=True)
    for layer, momentum in zip(norms, momenta):
        layer.momentum = momentum
    return model


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("out")
    arguments.add_argument("--only", default=".")
    options = arguments.parse_args()
    # Standard output is for the lines; the converter prints to it too.
    lines = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for name in MODELS:
        if not re.search(options.only, name):
            continue
        graph, layers = (os.path.join(options.out, f"{name}-{form}") for form in ("graph", "layers"))
        line = {"model": name, "scale": scale_of(name), "graph": graph, "layers": layers}
        if not os.path.exists(os.path.join(graph, "model.json")):
            model = calibrated(name)
            line["parameters"] = model.count_params()
            with tempfile.TemporaryDirectory() as scratch:
                saved = os.path.join(scratch, "saved")
                tf.saved_model.save(model, saved)
                converter.convert(["--input_format=tf_saved_model", "--output_format=tfjs_graph_model", saved, graph])
                h5 = os.path.join(scratch, "model.h5")
                try:
                    model.save(h5)
                    converter.convert(["--input_format=keras", "--output_format=tfjs_layers_model", h5, layers])
                except Exception as error:  # a layer of our own has no configuration
                    shutil.rmtree(layers, ignore_errors=True)
                    line["layersRefused"] = str(error).splitlines()[0]
            keras.backend.clear_session()
        print(json.dumps(line), file=lines, flush=True)


main()
