"""Nothing that looks like a secret gets into a config."""

from typing import Any

import pytest
from omegaconf import DictConfig, OmegaConf

from fmnist_bench.config.compose import compose
from fmnist_bench.config.secrets import refuse_secrets
from fmnist_bench.errors import BenchError


@pytest.mark.parametrize(
    "config",
    [
        {"logger": {"wandb": {"api_key": "hunter2"}}},
        {"logger": {"x": {"WANDB_API_KEY": "hunter2"}}},
        {"a": [{"password": "hunter2"}]},
        {"auth-token": "hunter2"},
        {"logger": {"mlflow": {"tracking_uri": "http://me:hunter2@host/"}}},
        {"logger": {"mlflow": {"tracking_uri": "https://hunter2@host"}}},
        {"logger": {"mlflow": {"tracking_uri": "postgresql+psycopg2://me:hunter2@host/db"}}},
    ],
)
def test_a_secret_is_refused_in_one_line_that_does_not_repeat_it(config: dict[str, Any]) -> None:
    with pytest.raises(BenchError) as refused:
        refuse_secrets(config)
    text = str(refused.value)
    assert "hunter2" not in text
    assert "\n" not in text
    assert "WANDB_API_KEY" in text or "MLFLOW_TRACKING_PASSWORD" in text


@pytest.mark.parametrize(
    "config",
    [
        {"model": {"net": {"class_token": True, "num_tokens": 4, "token_dim": "auto"}}},
        {"logger": {"mlflow": {"tracking_uri": "http://host:5000"}}},
        {"logger": {"mlflow": {"tracking_uri": "sqlite:////data/me@work:1/mlflow.db"}}},
        {"api_key": None, "password": ""},
        {"row": {"submitter": "me@example.org", "code": "https://example.org/a@b"}},
    ],
)
def test_what_is_no_secret_passes(config: dict[str, Any]) -> None:
    refuse_secrets(config)


def test_every_config_in_conf_passes(experiments: dict[str, dict[str, DictConfig]]) -> None:
    assert experiments
    for by_trainer in experiments.values():
        refuse_secrets(OmegaConf.to_container(by_trainer["cpu"], resolve=True))


def test_a_secret_is_refused_before_anything_is_written() -> None:
    with pytest.raises(BenchError, match=r"logger\.wandb\.api_key"):
        compose(["logger=wandb", "+logger.wandb.api_key=hunter2", "trainer=cpu"])
