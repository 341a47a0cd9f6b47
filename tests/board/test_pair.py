from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import scipy.stats

from fmnist_bench.board.collect import collect
from fmnist_bench.board.column import Column
from fmnist_bench.board.pair import compare, votes
from fmnist_bench.board.rows import find_row
from fmnist_bench.errors import BenchError


def column(synthetic: SimpleNamespace, path: Path, name: str, net, seeds: int) -> Column:
    synthetic.write_row(path / name, synthetic.row(name, seeds), {"fashion_mnist": net})
    return find_row(collect(path / name), name).fashion


def test_two_single_runs_get_mcnemars_exact_test(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    one = column(synthetic, tmp_path, "one", synthetic.net(0.91), 1)
    two = column(synthetic, tmp_path, "two", synthetic.net(0.915), 1)
    only_one = int((one.correct & ~two.correct).sum())
    only_two = int((~one.correct & two.correct).sum())
    expected = scipy.stats.binomtest(only_one, only_one + only_two, 0.5).pvalue
    found = compare(one, two)
    assert found.p == pytest.approx(expected)
    assert found.test.startswith("McNemar")
    assert not found.seeds_counted
    assert found.mean == pytest.approx((only_one - only_two) / 10_000)
    assert len(found.images) == only_one + only_two


def test_rows_of_many_runs_get_the_boards_test_and_an_interval_around_the_truth(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    one = column(synthetic, tmp_path, "one", synthetic.net(0.93), 5)
    two = column(synthetic, tmp_path, "two", synthetic.net(0.91), 5)
    found = compare(one, two)
    low, high = found.interval
    assert low < 0.02 < high
    assert low < found.mean < high
    assert high - low < 0.01
    assert found.p < 1e-6 and found.seeds_counted


def test_an_interval_leaves_0_out_when_the_test_rejects_and_turns_with_the_order(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    base = column(synthetic, tmp_path, "base", synthetic.net(0.9), 5)
    for step, name in enumerate(("same", "near", "far")):
        other = column(synthetic, tmp_path, name, synthetic.net(0.9 + 0.004 * step), 5)
        found, turned = compare(other, base), compare(base, other)
        low, high = found.interval
        assert (low <= 0 <= high) == (found.p >= 0.05)
        assert turned.mean == -found.mean
        assert turned.p == pytest.approx(found.p)
        assert np.array_equal(np.sort(turned.images), np.sort(found.images))


def test_images_are_those_where_the_majority_is_right_in_one_row_only(
    synthetic: SimpleNamespace, tmp_path: Path
) -> None:
    labels = synthetic.labels("fashion_mnist")
    chance = np.ones(10_000)
    weak = chance.copy()
    weak[[17, 4242]] = 0
    strong = column(synthetic, tmp_path, "strong", synthetic.Net(chance), 3)
    other = column(synthetic, tmp_path, "weak", synthetic.Net(weak), 3)
    found = compare(strong, other)
    assert found.images.tolist() == [17, 4242]
    assert votes(strong, 17) == [(labels[17], 3)]
    assert sum(count for _, count in votes(other, 17)) == 3
    assert labels[17] not in dict(votes(other, 17))
    expected = np.zeros(10)
    for image in (17, 4242):
        expected[labels[image]] += 1 / 1000
    assert found.per_class == pytest.approx(expected)


def test_rows_are_found_by_name_and_by_recipe(synthetic: SimpleNamespace, tmp_path: Path) -> None:
    nets = {"fashion_mnist": synthetic.net(0.9)}
    synthetic.write_row(tmp_path, synthetic.row("cnn", 1), nets)
    assert find_row(collect(tmp_path), "cnn").label.name == "cnn"
    synthetic.write_row(tmp_path, synthetic.row("cnn", 1), nets, recipe_changes={"steps": 9})
    collected = collect(tmp_path)
    with pytest.raises(BenchError, match=r"2 recipes have this name; say 'cnn \["):
        find_row(collected, "cnn")
    changed = find_row(collected, "cnn [steps=9]")
    assert changed.record.recipe is not None
    assert changed.record.recipe["steps"] == 9
    assert find_row(collected, f"cnn:{changed.recipe_digest[:6]}").key == changed.key
    run = changed.runs[0].path.rpartition("/")[2]
    assert find_row(collected, run).key == find_row(collected, run[:-3]).key == changed.key
    with pytest.raises(BenchError, match=r"row 'mlp': not on this board; rows: cnn$"):
        find_row(collected, "mlp")
