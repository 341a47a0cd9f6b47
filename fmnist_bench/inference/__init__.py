"""Using a finished run: classify images, or export it. May import the rooms from training down.

`run = load_run("cnn-fashion_mnist-s0")`, then `run.predict(images).names`.
"""

from fmnist_bench.inference.load import load_run
from fmnist_bench.inference.trained import Predicted, TrainedRun

__all__ = ["Predicted", "TrainedRun", "load_run"]
