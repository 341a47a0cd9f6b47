"""Only what this suite defines, named by the place where it is defined."""

import re
import sys

import pytest

from fmnist_bench.jobs.rerun import _is_known
from fmnist_bench.nets.mlp import MLP
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.trust import leaves, own_object

PACKAGES = ("fmnist_bench.nets", "fmnist_bench.training", "fmnist_bench.data.augment")
FOREIGN = [
    "os.system",
    "subprocess.run",
    "torch.load",
    "torch.hub.load",
    # Names with a trusted beginning that walk through what a module imports.
    "torch.optim.optimizer.torch.utils.collect_env.run",
    "torch.optim.adam.torch.load",
    "torch.optim.lr_scheduler.warnings.warn",
    "fmnist_bench.nets.mlp.torch.load",
    "fmnist_bench.nets.mlp.nn.Linear",
    "fmnist_bench.nets.mlp.Sequence",
    "fmnist_bench.training.trainer.pl.Trainer",
    "fmnist_bench.training.trainer.Path",
    "fmnist_bench.nets_of_mine.Net",
    "fmnist_bench.nets.missing.Net",
    "fmnist_bench.nets..mlp.MLP",
    "fmnist_bench.commands.publish.main",
    "eval",
    "",
]


@pytest.mark.parametrize("target", FOREIGN)
def test_foreign_code_is_not_known(target: str) -> None:
    assert own_object(target, PACKAGES) is None
    assert not _is_known(target)


def test_what_the_suite_defines_is_known() -> None:
    assert own_object("fmnist_bench.nets.mlp.MLP", PACKAGES) is MLP
    assert _is_known("fmnist_bench.nets.init.xavier_")
    assert _is_known("torch.optim.AdamW")
    assert _is_known("fmnist_bench.data.augment.RandomCrop")


def test_every_target_in_conf_is_known() -> None:
    """All but those that no record holds: trackers and launchers."""
    groups = ("augment", "loss", "mixing", "model", "schedule")
    texts = [path.read_text() for group in groups for path in (conf_dir() / group).glob("*.yaml")]
    targets = {found for text in texts for found in re.findall(r"_target_: (\S+)", text)}
    assert len(targets) > 20
    assert [target for target in targets if not _is_known(target)] == []


def test_a_module_that_is_not_trusted_is_not_imported() -> None:
    assert "antigravity" not in sys.modules
    assert own_object("antigravity.fly", PACKAGES) is None
    assert "antigravity" not in sys.modules


def test_leaves_tell_where_each_value_stands() -> None:
    config = {"a": [{"_target_": "x"}, 3], "b": {"c": None}}
    assert list(leaves(config, "config")) == [
        ("config.a.0", "_target_", "x"),
        ("config.a", "1", 3),
        ("config.b", "c", None),
    ]
