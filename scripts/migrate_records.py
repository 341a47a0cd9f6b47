"""Lifts published records from format 1 to 2: python scripts/migrate_records.py results

Recipes get the shape that today's conf/ composes to, so identities and the names of run folders
change; predictions stay as they are, byte for byte. A second call finds nothing to do.
"""

import json
import sys
from pathlib import Path
from typing import Any

from fmnist_bench.data.facts import DATASETS
from fmnist_bench.records.identity import recipe_digest, run_identity
from fmnist_bench.records.names import folder_name
from fmnist_bench.records.record import FILE_NAME, Record, write_record

def main(results: Path) -> int:
    """Migrate every record below `results`; return how many there were of format 1."""
    migrated = 0
    for path in sorted(results.rglob(FILE_NAME)):
        old = json.loads(path.read_bytes())
        if old.get("schema_version") != 1:
            continue
        record = lifted(old)
        write_record(path.parent, record)
        name = folder_name(record.row.name, record.dataset, record.seed, record.identity)
        path.parent.rename(path.parent.with_name(name))
        migrated += 1
    print(f"{results}: {migrated} records migrated")
    return migrated


def lifted(old: dict[str, Any]) -> Record:
    """Return the record of format 2 that says what `old`, of format 1, says."""
    recipe = recipe_of(old["config"])
    facts = DATASETS[old["dataset"]]
    config, done = old["config"], old["status"] == "done"
    trained = 60_000 - config["protocol"]["validation"]
    if config["drop_last"]:
        trained -= trained % config["batch_size"]
    trainer, kept = config["trainer"], old.get
    return Record.model_validate(
        {
            "schema_version": 2,
            "identity": run_identity(recipe, old["data_digest"]),
            "recipe_digest": recipe_digest(recipe),
            "protocol_version": old["protocol_version"],
            "row": old["row"],
            "data": {
                "name": old["dataset"],
                "digest": old["data_digest"],
                "split_digest": old["split_digest"] if config["protocol"]["validation"] else None,
                "class_names": list(facts.class_names),
                "image_shape": [1, 28, 28],
                "train_images": 60_000 if done else None,
                "test_images": 10_000,
            },
            "seed": old["seed"],
            "recipe": recipe,
            "machine": {
                "accelerator": trainer["accelerator"],
                "strategy": trainer["strategy"],
                "nodes": 1,
                "processes": old["hardware"]["device_count"],
                **{k: v for k, v in old["hardware"].items() if k != "device_count"},
                "threads": old["threads"],
                "channels_last": config["channels_last"],
                "compile": config["compile"],
                "deterministic": trainer["deterministic"],
                "fast_layers": None,
                "load": None,
            },
            "code": {**old["git"], "source": None},
            "versions": old["versions"],
            "pretraining": config["model"]["net"].get("weights_sha256"),
            "status": old["status"],
            "reason": old["reason"],
            "error": old["error"],
            "validation": old["validation"],
            "test": old["test"],
            "test_reads": old["test_reads"],
            "selection": {"weights": config["protocol"]["weights"], "epoch": old["best_epoch"]}
            if done
            else None,
            "prediction": {"test_time_flip": config["test_time_flip"]},
            "epochs": old["epochs"] if done else None,
            "parameters": old["parameters"],
            "macs": old["macs"],
            "training_macs": 3 * old["macs"] * trained * old["epochs"] if done else None,
            "train_seconds": old["train_seconds"],
            "timed_seconds": kept("timed_seconds"),
            "alone": None,
            "images_per_second": old["images_per_second"],
            "peak_memory_bytes": old["peak_memory_bytes"],
            "started": old["started"],
            "ended": old["ended"],
            "history": old["history"] if done else None,
            "weights_digest": None,
            "predictions_digest": old["predictions_digest"],
        }
    )


def recipe_of(config: dict[str, Any]) -> dict[str, Any]:
    """Return the recipe of format 2 for a config of format 1."""
    model = {key: value for key, value in config["model"].items() if key != "label_smoothing"}
    model["loss"] = {
        "_target_": "torch.nn.CrossEntropyLoss",
        "label_smoothing": config["label_smoothing"],
    }
    model["metrics"] = {}
    data, protocol = config["data"], {"test": None} | config["protocol"]
    recipe = {
        "callbacks": _callbacks(config),
        "data": {
            "_target_": "fmnist_bench.data.datamodule.ImageDataModule",
            "name": data["name"],
            "verify": data["verify"],
            "scaling": data["scaling"],
            "class_names": None,
            "augmentations": config["augment"],
            "split": protocol["split"],
            "validation": protocol["validation"],
            "split_seed": protocol["split_seed"],
            "batch_size": config["batch_size"],
            "eval_batch_size": config["eval_batch_size"],
            "drop_last": config["drop_last"],
            "seed": config["seed"],
        },
        "matmul_precision": config.get("matmul_precision") or "high",
        "model": model,
        "protocol": protocol,
        "seed": config["seed"],
        "test_time_flip": config["test_time_flip"],
        "trainer": {
            "_target_": "pytorch_lightning.Trainer",
            "precision": config["precision"],
            "max_epochs": config["epochs"],
            "gradient_clip_val": config["grad_clip"],
            "limit_train_batches": None,
            "limit_val_batches": None,
            "limit_test_batches": None,
        },
    }
    if config.get("warm_up_steps") is not None:
        recipe["warm_up_steps"] = config["warm_up_steps"]
    return recipe


def _callbacks(config: dict[str, Any]) -> dict[str, Any]:
    callbacks = {}
    if config["ema"] is not None:
        callbacks["ema"] = {
            "_target_": "pytorch_lightning.callbacks.EMAWeightAveraging",
            "decay": config["ema"]["decay"],
            "update_every_n_steps": config["ema"]["every_n_steps"],
            "update_starting_at_step": config["ema"]["start_step"],
        }
    if config["early_stopping"] is not None:
        stopping = config["early_stopping"]
        callbacks["early_stopping"] = {
            "_target_": "pytorch_lightning.callbacks.EarlyStopping",
            "monitor": stopping["monitor"],
            "mode": "min" if stopping["monitor"] == "val/loss" else "max",
            "patience": stopping["patience"],
            "min_delta": stopping["min_delta"],
        }
    return callbacks


if __name__ == "__main__":
    main(Path(sys.argv[1]))
