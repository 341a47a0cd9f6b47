"""The Keras side of `keras.py`: run as a file, by an environment that has Keras.

Imports nothing of this package. Prints one line of JSON.
"""

import importlib
import json
import os
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

# By name, because only the environment that runs this file has them.
keras: Any = importlib.import_module("keras")
tensorflow: Any = importlib.import_module("tensorflow")
layers = keras.layers


def net(name: str) -> Any:
    """Return the same net as `model=NAME`, from (B, 28, 28, 1) to (B, 10) logits."""
    dense = partial(layers.Dense, activation="relu")
    conv = partial(layers.Conv2D, kernel_size=3, padding="same", activation="relu")
    norm = (layers.BatchNormalization, layers.MaxPooling2D, layers.ReLU)
    parts: list[Any] = [keras.Input((28, 28, 1))]
    if name == "mlp":
        parts += [layers.Flatten(), dense(300), dense(100), layers.Dense(10)]
    elif name == "cnn":
        parts += [layers.Conv2D(32, 5, padding="same"), *(each() for each in norm)]
        parts += [layers.ZeroPadding2D(2), layers.Conv2D(64, 3), *(each() for each in norm)]
        parts += [layers.Flatten(), dense(128), layers.Dropout(0.5), layers.Dense(10)]
    elif name == "vgg":
        parts += [conv(32), conv(32), layers.Dropout(0.25)]
        parts += [conv(64), layers.MaxPooling2D(), layers.Dropout(0.25)]
        parts += [conv(128), conv(128), conv(256), layers.MaxPooling2D(), layers.Dropout(0.25)]
        parts += [layers.Flatten(), dense(512), layers.Dropout(0.5)]
        parts += [dense(64), layers.Dropout(0.5), layers.Dense(10)]
    elif name == "mobilenetv2":
        parts += [
            layers.Resizing(56, 56),
            layers.Lambda(lambda grey: keras.ops.repeat(grey, 3, axis=-1)),
            keras.applications.MobileNetV2(
                input_shape=(56, 56, 3), weights=None, classes=10, classifier_activation=None
            ),
        ]
    return keras.Sequential(parts)


def main(name: str, folder: str, batch: int, warm_up: int, batches: int) -> None:
    """Train net `name` on `batches` batches after `warm_up` others; print JSON."""
    images, labels = (
        np.frombuffer((Path(folder) / file).read_bytes(), dtype=np.uint8, offset=offset)
        for file, offset in (("train-images-idx3-ubyte", 16), ("train-labels-idx1-ubyte", 8))
    )
    scaled = images.reshape(-1, 28, 28, 1).astype(np.float32) / 255
    model = net(name)
    model.compile(
        optimizer=keras.optimizers.SGD(learning_rate=0.01, momentum=0.9, nesterov=True),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    # From batch to batch, because `fit` can idle for seconds after its last one (TensorFlow 2.21:
    # 20 batches of VGG or MobileNetV2 and 100 of the CNN all take 10.28 s).
    times: list[float] = []
    watch = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda *_, **__: times.append(time.perf_counter()),
        on_train_batch_end=lambda *_, **__: times.append(time.perf_counter()),
    )
    for count in (warm_up * batch, batches * batch):
        times.clear()
        model.fit(scaled[:count], labels[:count], batch, epochs=1, verbose=0, callbacks=[watch])
    answer = {
        "images_per_second": batches * batch / (times[-1] - times[0]),
        "parameters": sum(int(np.prod(weight.shape)) for weight in model.trainable_weights),
        "versions": {"keras": keras.__version__, "tensorflow": tensorflow.__version__},
    }
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6]))
