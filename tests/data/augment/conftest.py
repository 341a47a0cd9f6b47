import pytest
import torch
from torch import Tensor


@pytest.fixture
def images() -> Tensor:
    """37 images whose pixels are all different enough to notice a shift by one."""
    generator = torch.Generator().manual_seed(7)
    return torch.randint(256, (37, 1, 28, 28), dtype=torch.uint8, generator=generator)
