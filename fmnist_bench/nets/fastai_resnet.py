"""fastai's ResNet50: published row 38."""

import timm
import torch
from torch import Tensor, nn

_FEATURES = 2048
_HIDDEN = 512


class FastaiResNet(nn.Module):
    """timm's ResNet50, from random weights, and the head that fastai v1 puts on any body.

    The grey image is shown as three equal channels; of 28x28 one place is left. The head takes
    the averages and the maxima, normalises and drops them, and has one hidden layer.
    Parameters for 10 classes: 25,620,042.
    """

    def __init__(self, *, num_classes: int, hidden_dropout: float, dropout: float) -> None:
        """Take the rates of dropout before the hidden layer and before the scores."""
        super().__init__()
        self.body = timm.create_model(
            "resnet50", pretrained=False, num_classes=0, global_pool="", zero_init_last=False
        )
        self.head = nn.Sequential(
            nn.BatchNorm1d(2 * _FEATURES),
            nn.Dropout(hidden_dropout),
            nn.Linear(2 * _FEATURES, _HIDDEN),
            nn.ReLU(inplace=True),
            nn.BatchNorm1d(_HIDDEN),
            nn.Dropout(dropout),
            nn.Linear(_HIDDEN, num_classes),
        )
        for layer in self.head:
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_normal_(layer.weight)
                nn.init.zeros_(layer.bias)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 1, 28, 28) to scores (B, num_classes)."""
        maps = self.body(images.expand(-1, 3, -1, -1))
        pooled = torch.cat((maps.amax((2, 3)), maps.mean((2, 3))), dim=1)
        scores: Tensor = self.head(pooled)
        return scores
