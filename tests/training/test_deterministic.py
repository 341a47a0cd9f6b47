"""A run is deterministic, but does not pay for filling memory before it is written."""

from collections.abc import Callable, Iterator

import pytest
import torch

from fmnist_bench.records.spec import Spec
from fmnist_bench.training.classifier import Classifier
from fmnist_bench.training.run import run


@pytest.fixture(autouse=True)
def as_torch_starts() -> Iterator[None]:
    deterministic = torch.are_deterministic_algorithms_enabled()
    torch.utils.deterministic.fill_uninitialized_memory = True
    yield
    torch.use_deterministic_algorithms(deterministic)


def test_a_step_is_deterministic_and_allocates_without_filling(
    make_spec: Callable[..., Spec], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[bool, bool]] = []
    step = Classifier.training_step

    def look(self: Classifier, *arguments: object) -> torch.Tensor:
        fills = torch.utils.deterministic.fill_uninitialized_memory
        seen.append((torch.are_deterministic_algorithms_enabled(), fills))
        return step(self, *arguments)

    monkeypatch.setattr(Classifier, "training_step", look)
    run(make_spec("epochs=1"))
    assert set(seen) == {(True, False)}
