"""A recurrent net that reads an image row by row: published rows 17 and 18."""

import torch
from torch import Tensor, nn

_SIDE = 28


class GruSvm(nn.Module):
    """A GRU over the image's 28 rows, and one dense layer on its last state.

    The cell is TensorFlow 1's: the reset gate is applied to the state before the candidate's
    matrix product (Cho et al. 2014, arXiv:1406.1078), where torch's is applied behind it.
    Weights start from Glorot's uniform distribution, biases at 1 for the gates, at 0 for the
    candidate and at `head_bias` for the scores.

    Parameters for 10 classes: 221,450 with 256 cells, 6,186 with 32.
    """

    carried: Tensor | None

    def __init__(
        self,
        *,
        cells: int,
        input_dropout: float,
        carried: int,
        head_bias: float,
        sign_rule: bool,
        num_classes: int,
    ) -> None:
        """Take the width of the state, and the rate at which pixels are dropped.

        `carried` images of a training batch begin with the state in which those of the batch
        before ended, in batches of that size; 0: every image begins with zeros, as in
        scoring. With `sign_rule` scores are their signs, so that the lowest of the classes
        with positive scores wins, as where the source takes the argmax of signs.
        """
        super().__init__()
        self.gates = nn.Linear(_SIDE + cells, 2 * cells)
        self.candidate = nn.Linear(_SIDE + cells, cells)
        self.head = nn.Linear(cells, num_classes)
        self.dropout = nn.Dropout(input_dropout)
        self._sign_rule = sign_rule
        self.register_buffer("carried", torch.zeros(carried, cells) if carried else None)
        for layer, bias in ((self.gates, 1.0), (self.candidate, 0.0), (self.head, head_bias)):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.constant_(layer.bias, bias)

    def forward(self, images: Tensor) -> Tensor:
        """Map images (B, 1, 28, 28) to scores (B, num_classes).

        With the sign rule those are plain in training, where the loss needs them.
        """
        scores: Tensor = self.head(self._last_state(self.dropout(images[:, 0])))
        if not self._sign_rule or self.training:
            return scores
        # Among equal signs the lower class comes first, whoever looks for the largest.
        ranks = torch.arange(scores.shape[1], device=scores.device)
        return scores.sign() - 1e-3 * ranks

    def _last_state(self, rows: Tensor) -> Tensor:
        cells = self.candidate.out_features
        carried = self.carried if self.training else None
        if carried is None or len(carried) != len(rows):
            carried = None
            state = rows.new_zeros(len(rows), cells)
        else:
            state = carried.clone()
        for row in rows.unbind(1):
            gates = torch.sigmoid(self.gates(torch.cat((row, state), dim=1)))
            reset, update = gates.chunk(2, dim=1)
            candidate = torch.tanh(self.candidate(torch.cat((row, reset * state), dim=1)))
            state = update * state + (1 - update) * candidate
        if carried is not None:
            carried.copy_(state.detach())
        return state
