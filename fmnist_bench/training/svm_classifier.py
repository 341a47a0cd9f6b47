"""A classifier whose last layer is a support vector machine."""

from torch import Tensor, nn

from fmnist_bench.data.batches import Batch
from fmnist_bench.training.classifier import Classifier


class SvmClassifier(Classifier):
    """Adds to the loss half the squared length of `net.head.weight`, the SVM's margin.

    train/loss is without it. A loss sees scores and targets only, so the penalty is added
    here; as weight decay of the optimizer it would shrink all other weights too.
    """

    def training_step(self, batch: Batch, batch_idx: int) -> Tensor:
        head = self.net.head
        assert isinstance(head, nn.Linear)
        return super().training_step(batch, batch_idx) + 0.5 * head.weight.square().sum()
