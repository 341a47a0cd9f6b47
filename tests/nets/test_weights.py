import hashlib
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from fmnist_bench.errors import BenchError
from fmnist_bench.nets.weights import mismatch, read_weights, with_fresh_head

STATE = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.bias": torch.tensor([1.0, -1.0])}


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def saved(folder: Path, name: str, content: object = STATE) -> Path:
    path = folder / name
    if path.suffix == ".safetensors":
        save_file(STATE, path)
    else:
        torch.save(content, path)
    return path


def refusal(path: Path, sha256: str | None) -> str:
    with pytest.raises(BenchError) as caught:
        read_weights(path, sha256)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message


@pytest.mark.parametrize("name", ["x.safetensors", "x.pth", "x.pt"])
def test_reads_what_was_saved(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, name)
    state = read_weights(path, digest(path).upper())
    assert state.keys() == STATE.keys()
    assert all(torch.equal(state[key], STATE[key]) for key in STATE)


def test_unwraps_a_training_checkpoint(tmp_path: Path) -> None:
    path = saved(tmp_path, "x.pth", {"epoch": 3, "state_dict": STATE})
    assert read_weights(path, digest(path)).keys() == STATE.keys()


def test_digest_is_required_and_told(tmp_path: Path) -> None:
    path = saved(tmp_path, "x.pth")
    assert f"model.net.weights_sha256={digest(path)}" in refusal(path, None)


def test_other_digest_is_refused_and_both_are_told(tmp_path: Path) -> None:
    path = saved(tmp_path, "x.pth")
    message = refusal(path, "0" * 64)
    assert digest(path) in message
    assert "0" * 64 in message


def test_missing_file_and_folder(tmp_path: Path) -> None:
    message = refusal(tmp_path / "x.pth", None)
    assert "No such file" in message
    assert "model.net.weights=FILE" in message
    (tmp_path / "folder.pth").mkdir()
    assert "directory" in refusal(tmp_path / "folder.pth", None)


def test_other_suffix(tmp_path: Path) -> None:
    assert ".safetensors, .pth" in refusal(saved(tmp_path, "x.bin"), None)


@pytest.mark.parametrize("name", ["x.safetensors", "x.pth"])
def test_damaged_file(tmp_path: Path, name: str) -> None:
    path = saved(tmp_path, name)
    path.write_bytes(path.read_bytes()[:-40])
    assert "not readable as weights" in refusal(path, digest(path))


class Harmful:
    ran = False

    def __reduce__(self) -> tuple[object, ...]:
        return (setattr, (Harmful, "ran", True))


def test_a_file_never_runs_code(tmp_path: Path) -> None:
    path = saved(tmp_path, "x.pth", {"a": Harmful()})
    assert "not readable as weights" in refusal(path, digest(path))
    assert not Harmful.ran


@pytest.mark.parametrize("content", [{"lr": 0.1}, {}, {"state_dict": {"a": "text"}}, [1, 2]])
def test_content_that_is_not_tensors(tmp_path: Path, content: object) -> None:
    path = saved(tmp_path, "x.pth", content)
    assert refusal(path, digest(path))


def test_head_of_another_size_is_replaced_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    state = {"head.weight": torch.zeros(5, 2), "head.bias": torch.zeros(5)}
    state |= {"head2.weight": torch.zeros(4, 2), "body.weight": torch.zeros(3)}
    fresh = {"head.weight": torch.ones(4, 2), "head.bias": torch.ones(4)}
    fresh |= {"head2.weight": torch.ones(4, 2), "body.weight": torch.ones(2)}
    with caplog.at_level("INFO", logger="fmnist_bench"):
        merged = with_fresh_head(state, fresh, ["head", "head2"])
    assert merged["head.weight"] is fresh["head.weight"]
    assert merged["head.bias"] is fresh["head.bias"]
    assert merged["head2.weight"] is state["head2.weight"]
    assert merged["body.weight"] is state["body.weight"]
    assert state["head.bias"].shape == (5,)
    (record,) = caplog.records
    assert record.getMessage().endswith(": head.weight, head.bias")


def test_without_heads_nothing_is_replaced() -> None:
    state = {"a": torch.zeros(1)}
    assert with_fresh_head(state, {"a": torch.zeros(2)}, ()) == state


def test_mismatch_counts_and_names_the_first_keys() -> None:
    fresh = {f"layer{number}": torch.zeros(1) for number in range(5)}
    fresh |= {"shared": torch.zeros(2), "stem": torch.zeros(8, 1, 3, 3)}
    fresh |= {"norm.num_batches_tracked": torch.tensor(0)}
    state = {"extra": torch.zeros(1), "shared": torch.zeros(3), "stem": torch.zeros(8, 3, 3, 3)}
    assert mismatch(state, fresh) == (
        "5 missing: layer0, layer1, layer2, ...; 1 unexpected: extra; "
        "1 of another shape: shared (3,) for (2,)"
    )
    assert mismatch(fresh, fresh) == ""


@pytest.mark.parametrize("found", [(9, 3, 3, 3), (8, 3, 5, 5), (8, 2, 3, 3), (3,)])
def test_only_a_colour_filter_may_differ_from_a_grey_one(found: tuple[int, ...]) -> None:
    assert mismatch({"stem": torch.zeros(found)}, {"stem": torch.zeros(8, 1, 3, 3)})
