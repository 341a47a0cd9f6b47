"""A net that maps images to vectors, and a linear readout that tells their class."""

from torch import Tensor, nn


class EmbeddingNet(nn.Module):
    """`body` maps images to vectors (B, values), which a linear layer reads.

    Training moves the body only. The readout stays at zero until
    `fmnist_bench.training.embedding_classifier` fits it.
    """

    def __init__(self, *, body: nn.Module, values: int, num_classes: int) -> None:
        super().__init__()
        self.body = body
        self.readout = nn.Linear(values, num_classes).requires_grad_(False)
        nn.init.zeros_(self.readout.weight)
        nn.init.zeros_(self.readout.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 1, 28, 28) to scores (B, num_classes)."""
        scores: Tensor = self.readout(self.body(images))
        return scores
