import pytest

from fmnist_bench.board.names import row_names
from fmnist_bench.errors import BenchError
from fmnist_bench.records.names import fit_for_a_folder


@pytest.mark.parametrize("name", ["cnn", "wrn_re", "resnet18.v2", "A-1"])
def test_names_that_fit(name: str) -> None:
    assert fit_for_a_folder(name)


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../up", "a/b", "a\\b", ".hidden", "-rf", "a b", "a\n", "x" * 200, "a."]
)
def test_names_that_do_not(name: str) -> None:
    assert not fit_for_a_folder(name)
    with pytest.raises(BenchError, match="expected letters"):
        row_names(["cnn", name])
