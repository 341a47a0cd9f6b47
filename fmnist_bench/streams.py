"""Random streams: what each one draws depends on (seed, stream, epoch) and nothing else.

Because no stream carries state from one epoch to the next, a run that is resumed at an
epoch's start draws what the uninterrupted run would have drawn.
"""

import numpy as np
import torch

_STREAMS = {"init": 0, "shuffle": 1, "augment": 2, "dropout": 3, "noise": 4}


def stream_seed(seed: int, stream: str, *position: int) -> int:
    """Return the 63-bit seed of `stream` at `position` (the epoch, and more where needed)."""
    sequence = np.random.SeedSequence([seed, _STREAMS[stream], *position])
    return int(sequence.generate_state(1, np.uint64)[0] >> np.uint64(1))


def generator(seed: int, stream: str, *position: int) -> torch.Generator:
    """Return a CPU generator at the start of `stream` at `position`."""
    return torch.Generator().manual_seed(stream_seed(seed, stream, *position))
