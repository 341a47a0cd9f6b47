"""The experiment file that a study writes is the recipe that it found."""

import shutil
from collections.abc import Callable
from pathlib import Path

import optuna
import pytest

from fmnist_bench.config import compose as compose_module
from fmnist_bench.config.compose import compose
from fmnist_bench.errors import BenchError
from fmnist_bench.paths import conf_dir
from fmnist_bench.records.identity import recipe_digest
from fmnist_bench.records.spec import Spec
from fmnist_bench.search import experiment as experiment_module
from fmnist_bench.search import tuning as tuning_module
from fmnist_bench.search.experiment import refuse_experiment, write_best
from fmnist_bench.search.study import open_study
from fmnist_bench.search.tuning import Tuning

FIRST = {"optimizer.lr": 0.02, "augment": "flip"}


@pytest.fixture
def conf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of conf/ that experiments are written to."""
    copy = tmp_path / "conf"
    shutil.copytree(conf_dir(), copy)
    for module in (compose_module, experiment_module, tuning_module):
        monkeypatch.setattr(module, "conf_dir", lambda: copy)
    return copy


@pytest.mark.parametrize(
    "overrides",
    [
        ("schedule=onecycle", "callbacks=[ema,early_stopping]", "callbacks.ema.decay=0.9"),
        ("experiment=vgg", "optimizer=sgd", "epochs=7", "+model.net.width=3", "mixing=mixup"),
        ("experiment=cnn", "data.scaling=unit", "grad_clip=null", "row.note=elsewhere"),
        ("trainer.accumulate_grad_batches=2", "speed.threads=2", "time_limit_seconds=3"),
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
    study = found(tuning, make_study, 0.9123)
    written = write_best("found", study, tuning, "fmnist-bench tune search=small")
    assert written == conf / "experiment" / "found.yaml"
    text = written.read_text()
    header = text.split("\n\n")[0]
    for said in (
        "fmnist-bench train experiment=found",
        "fmnist-bench tune search=small",
        "0.9123",
        "seed 1000",
        "study digest",
    ):
        assert said in header
    assert "seed: " not in text
    # As the command line would say it, without what a recipe is silent on.
    silent = ("data.folder", "data.verify", "protocol.", "paths", "trainer=", "trainer.enable")
    words = [*tuning.overrides, "optimizer.lr=0.02", "augment=flip"]
    recipe = [word for word in words if not word.startswith(silent)]
    got, wanted = compose(["experiment=found", "trainer=cpu"]), compose([*recipe, "trainer=cpu"])
    protocol = {"protocol": wanted["protocol"]}
    digests = [recipe_digest(Spec(config | protocol, None).recipe) for config in (got, wanted)]
    assert digests[0] == digests[1]
    for elsewhere in ("threads", "time_limit", "note"):
        assert elsewhere not in text
    assert got["row"]["name"] == "found"
    assert got["protocol"]["test"] is None


def found(tuning: Tuning, make_study: Callable[..., Path], value: float) -> optuna.Study:
    """Return a study whose first trial has that value."""
    study = open_study(make_study(tuning))
    trial = study.ask()
    tuning.space.suggest(trial)
    study.tell(trial, value)
    return study


def test_an_experiment_is_never_overwritten(
    make_tuning: Callable[..., Tuning], make_study: Callable[..., Path], conf: Path
) -> None:
    before = (conf / "experiment" / "vgg.yaml").read_bytes()
    with pytest.raises(BenchError, match=r"vgg\.yaml: exists already"):
        refuse_experiment("vgg", [])
    tuning = make_tuning(first=[FIRST])
    study = found(tuning, make_study, 0.9)
    with pytest.raises(BenchError, match=r"vgg\.yaml: exists already"):
        write_best("vgg", study, tuning, "x")
    assert (conf / "experiment" / "vgg.yaml").read_bytes() == before


@pytest.mark.parametrize(
    ("name", "overrides", "said"),
    [
        ("a/b", [], "'a/b'"),
        ("..", [], "'..'"),
        ("new", ["~callbacks.ema"], "~callbacks.ema"),
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
