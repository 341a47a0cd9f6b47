"""Using a finished run: classify images, or export it.

`run = load_run("cnn-fashion_mnist-s0")`, then `run.predict(images).names`.
"""

from fmnist_bench.inference.load import load_run
from fmnist_bench.inference.trained import Prediction, TrainedRun

__all__ = ["Prediction", "TrainedRun", "load_run"]
