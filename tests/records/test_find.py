import json
from pathlib import Path

import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.records.find import find_run, find_runs
from fmnist_bench.records.names import folder_name


def put(root: Path, row: str, identity: str, seed: int = 0, inside: str = "runs") -> Path:
    folder = root / inside / folder_name(row, "fashion_mnist", seed, identity)
    folder.mkdir(parents=True)
    (folder / "record.json").write_text(json.dumps({"identity": identity}, indent=1))
    return folder


@pytest.fixture
def roots(tmp_path: Path) -> list[Path]:
    return [tmp_path / "outputs", tmp_path / "results"]


def test_a_run_is_found_by_path_name_and_beginning(roots: list[Path]) -> None:
    cnn = put(roots[0], "cnn", "ab" * 32)
    mlp = put(roots[1], "mlp", "cd" * 32, inside="runs/mlp")
    names = (str(cnn), f"{cnn}/", str(cnn / "record.json"), cnn.name, "ab", "ab" * 32, "cnn-f")
    for text in (*names, "ab" * 8):
        assert find_run(text, roots) == cnn, text
    for text in (mlp.name, "cdcd", "m"):
        assert find_run(text, roots) == mlp, text


def test_a_published_run_is_one_run(roots: list[Path]) -> None:
    trained = put(roots[0], "cnn", "ab" * 32)
    published = put(roots[1], "cnn", "ab" * 32, inside="runs/cnn")
    assert find_run("abab", roots) == trained
    assert find_run("abab", roots[::-1]) == published


def test_a_whole_name_goes_before_a_beginning(roots: list[Path]) -> None:
    short = put(roots[0], "cnn", "ab" * 32)
    longer = put(roots[0], f"{short.name}-fashion_mnist-s0-{'0' * 12}", "ef" * 32)
    assert longer.name.startswith(short.name)
    assert find_run(short.name, roots) == short


def test_digits_beyond_those_in_the_name_count(roots: list[Path]) -> None:
    put(roots[0], "cnn", "ab" * 32)
    with pytest.raises(BenchError, match="not found"):
        find_run("ab" * 6 + "0", roots)


def test_several_are_listed_up_to_five(roots: list[Path]) -> None:
    for seed in range(7):
        put(roots[0], "cnn", f"a{seed}" * 32, seed)
    with pytest.raises(BenchError) as refusal:
        find_run("cnn", roots)
    line = str(refusal.value)
    assert "\n" not in line and line.startswith("run 'cnn': 7 runs begin so")
    assert line.count("cnn-fashion_mnist-s") == 5 and line.endswith("and 2 more")
    with pytest.raises(BenchError, match="7 runs"):
        find_run("a", roots)


def test_none_names_the_nearest(roots: list[Path]) -> None:
    put(roots[0], "cnn", "ab" * 32)
    put(roots[0], "a_row_of_another_kind", "cd" * 32)
    with pytest.raises(BenchError, match=r"nearest: cnn-fashion_mnist-s0-abababababab, a_row"):
        find_run("cnm-fashion_mnist-s0", roots)
    with pytest.raises(BenchError, match=r"outputs/ or .*results/ has 2 others$"):
        find_run("0123", roots)


def test_without_runs_it_says_so(roots: list[Path]) -> None:
    with pytest.raises(BenchError, match="train one first"):
        find_run("cnn", roots)


def test_folders_without_a_record_are_no_runs(roots: list[Path]) -> None:
    folder = put(roots[0], "cnn", "ab" * 32)
    (folder / "record.json").unlink()
    reruns = roots[1] / "reruns"
    reruns.mkdir(parents=True)
    (reruns / "record.json").write_text("{}")
    for text in (str(folder), "missing/folder", ""):
        with pytest.raises(BenchError, match=r"holds record\.json"):
            find_run(text, roots)
    with pytest.raises(BenchError, match="no runs in"):
        find_run("re", roots)


def test_a_rows_name_means_all_its_runs_on_a_dataset(roots: list[Path]) -> None:
    cnn = [put(roots[0], "cnn", f"a{seed}" * 32, seed) for seed in range(3)]
    put(roots[1], "cnn", "a1" * 32, 1)
    wide = put(roots[0], "cnn-wide", "c0" * 32)
    mnist = roots[0] / "runs" / folder_name("cnn", "mnist", 0, "d0" * 32)
    mnist.mkdir()
    (mnist / "record.json").write_text("{}")
    assert find_runs("cnn", "fashion_mnist", roots) == cnn
    assert find_runs("cnn", "mnist", roots) == [mnist]
    assert find_runs("cnn-w", "fashion_mnist", roots) == [wide]
    assert find_runs("d0", "fashion_mnist", roots) == [mnist]
    with pytest.raises(BenchError, match="row 'cnn-wide': no run on mnist; choose another"):
        find_runs("cnn-wide", "mnist", roots)
    with pytest.raises(BenchError, match="not found"):
        find_runs("vgg", "mnist", roots)
