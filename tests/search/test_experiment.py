"""The experiment file that a study writes is the recipe that it found."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fmnist_bench.config import compose as compose_module
from fmnist_bench.config.compose import compose
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.identity import recipe_identity
from fmnist_bench.search import experiment as experiment_module
from fmnist_bench.search import recipe as recipe_module
from fmnist_bench.search.experiment import refuse_experiment, write_best
from fmnist_bench.search.recipe import Tuning
from fmnist_bench.search.study import open_study
from fmnist_bench.search.trials import claim

FIRST = {"optimizer.lr": 0.02, "augment": "flip"}


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of conf/ that experiments are written to."""
    copy = tmp_path / "conf"
    shutil.copytree(conf_dir(), copy)
    for module in (compose_module, experiment_module, recipe_module):
        monkeypatch.setattr(module, "conf_dir", lambda: copy)
    return copy


@pytest.mark.parametrize(
    "overrides",
    [
        ("schedule=onecycle", "ema=standard", "ema.decay=0.9", "data.scaling=unit"),
        ("experiment=vgg", "optimizer=sgd", "epochs=7", "+model.net.width=3"),
        ("experiment=cnn", "early_stopping.patience=3", "grad_clip=null"),
        ("model=timm", "model.net.architecture=resnet10t", "optimizer.betas=[0.8,0.9]"),
    ],
)
def test_the_written_experiment_is_the_recipe_that_was_found(
    make_tuning: Callable[..., Tuning],
    make_study: Callable[..., Path],
    conf: Path,
    overrides: tuple[str, ...],
) -> None:
    tuning = make_tuning(*overrides, first=[FIRST])
    path = make_study(tuning)
    claimed = claim(path, tuning.space, 1)
    assert claimed is not None
    study = open_study(path)
    study.tell(claimed.number, 0.9123)
    claimed.lock.release()
    written = write_best("found", study, path, "fmnist-bench tune search=small")
    assert written == conf / "experiment" / "found.yaml"
    text = written.read_text()
    header = text.split("\n\n")[0]
    for said in (
        "fmnist-bench train experiment=found",
        "fmnist-bench tune search=small",
        "0.9123",
        "seed 1000",
        tuning.space_hash[:12],
    ):
        assert said in header
    assert "seed: " not in text
    # As the command line would say it, without what a recipe is silent on.
    recipe = [*tuning.overrides, "optimizer.lr=0.02", "augment=flip"]
    said = [
        override
        for override in recipe
        if not override.startswith(("data.folder", "data.verify", "protocol.", "paths", "trainer"))
    ]
    got, wanted = compose(["experiment=found", "trainer=cpu"]), compose([*said, "trainer=cpu"])
    assert recipe_identity(got) == recipe_identity(wanted)
    assert got["row"]["name"] == "found"
    assert got["protocol"]["test"] is None


def test_an_experiment_is_never_overwritten(
    make_tuning: Callable[..., Tuning], make_study: Callable[..., Path], conf: Path
) -> None:
    before = (conf / "experiment" / "vgg.yaml").read_bytes()
    with pytest.raises(BenchError, match=r"vgg\.yaml: exists already"):
        refuse_experiment("vgg", [])
    tuning = make_tuning(first=[FIRST])
    path = make_study(tuning)
    claimed = claim(path, tuning.space, 1)
    assert claimed is not None
    study = open_study(path)
    study.tell(claimed.number, 0.9)
    claimed.lock.release()
    with pytest.raises(BenchError, match=r"vgg\.yaml: exists already"):
        write_best("vgg", study, path, "x")
    assert (conf / "experiment" / "vgg.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "overrides", "said"),
    [
        ("a/b", [], "'a/b'"),
        ("..", [], "'..'"),
        ("new", ["~early_stopping"], "~early_stopping"),
        ("new", ["optimizer@other=sgd"], "optimizer@other"),
    ],
)
def test_what_a_file_cannot_be_or_say_is_refused_beforehand(
    name: str, overrides: list[str], said: str
) -> None:
    with pytest.raises(BenchError) as refused:
        refuse_experiment(name, overrides)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
