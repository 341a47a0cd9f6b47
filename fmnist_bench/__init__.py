"""Fashion-MNIST benchmark suite: honest accuracies, checked by anyone."""

__version__ = "0.1.0"
