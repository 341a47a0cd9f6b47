"""Only what this suite defines, named by the place where it is defined."""

import re
import sys

import pytest

from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.trust import is_known, leaves, refuse_foreign_code

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
    # What the suite or a library defines and no recipe needs: these read, write or remove files.
    "fmnist_bench.nets.weights.read_weights",
    "fmnist_bench.nets.timm_net._from_hub",
    "fmnist_bench.training.weights.save_weights",
    "fmnist_bench.training.checkpoints.remove_checkpoints",
    "fmnist_bench.training.checkpoints.ResumePoint",
    "pytorch_lightning.callbacks.ModelCheckpoint",
    "pytorch_lightning.callbacks.OnExceptionCheckpoint",
    "pytorch_lightning.loggers.CSVLogger",
    "pytorch_lightning.seed_everything",
    "torch.nn.functional.relu",
    "sklearn.pipeline.Pipeline",  # its memory is a folder of pickles
    "sklearn.svm.l1_min_c",
    "xgboost.Booster",
    "torch.optim.lr_scheduler",
    "torchmetrics.image.fid.FrechetInceptionDistance",
    "eval",
    "",
]


@pytest.mark.parametrize("target", FOREIGN)
def test_foreign_code_is_not_known(target: str) -> None:
    assert not is_known(target)


@pytest.mark.parametrize(
    "target",
    [
        "fmnist_bench.nets.mlp.MLP",
        "fmnist_bench.nets.init.xavier_",
        "fmnist_bench.nets.kefth_resnet.kefth_resnet",  # a function that returns a net
        "fmnist_bench.data.augment.RandomCrop",
        "fmnist_bench.data.datamodule.ImageDataModule",
        "fmnist_bench.training.classifier.Classifier",
        "fmnist_bench.training.schedules.cosine",
        "pytorch_lightning.Trainer",
        "pytorch_lightning.callbacks.StochasticWeightAveraging",
        "torch.nn.Linear",
        "torch.optim.AdamW",
        "torchmetrics.classification.MulticlassF1Score",
    ],
)
def test_what_recipes_are_made_of_is_known(target: str) -> None:
    assert is_known(target)


def test_every_target_in_conf_is_known() -> None:
    """All but those that no record holds: trackers, launchers, samplers and pruners."""
    texts = [
        path.read_text()
        for path in conf_dir().rglob("*.yaml")
        if path.relative_to(conf_dir()).parts[0] not in ("hydra", "logger", "search")
    ]
    targets = {found for text in texts for found in re.findall(r"_target_: (\w[\w.]*\w)\b", text)}
    assert len(targets) > 40
    assert [target for target in targets - {"torchmetrics"} if not is_known(target)] == []


def test_a_module_that_is_not_trusted_is_not_imported() -> None:
    assert "antigravity" not in sys.modules
    assert not is_known("antigravity.fly")
    assert "antigravity" not in sys.modules


def test_the_users_word_and_the_advice() -> None:
    config = {"a": [{"_target_": "mine.Net"}, {"_target_": "torch.nn.ReLU"}]}
    refuse_foreign_code(config, "recipe", "run", ["mine.Net"])
    with pytest.raises(BenchError, match=r"^recipe\.a\.0: .* 'mine\.Net', .* and trust mine\.Net$"):
        refuse_foreign_code(config, "recipe", "trust {}", ["mine"])
    for value in ("${oc.env:HOME}", "a ${b}"):
        with pytest.raises(BenchError, match=r"^recipe\.a\.b: .*, expected a value, not an interp"):
            refuse_foreign_code({"a": {"b": value}}, "recipe", "")


def test_leaves_tell_where_each_value_stands() -> None:
    config = {"a": [{"_target_": "x"}, 3], "b": {"c": None}}
    assert list(leaves(config, "config")) == [
        ("config.a.0", "_target_", "x"),
        ("config.a", "1", 3),
        ("config.b", "c", None),
    ]
