"""What tells recipes of one name apart, in the words that a person types."""

from collections.abc import Mapping

from fmnist_bench.config.typed import differing, flat, short, typed
from fmnist_bench.records.identity import NOT_OF_THE_ROW, without
from fmnist_bench.records.record import Record


def marks(records: Mapping[str, Record]) -> dict[str, str]:
    """Return what sets each of `records` apart from the others: ` [optimizer.lr=0.1]`.

    Each stands for a recipe. Empty if there is only one; ` [elsewhere]` for predictions without
    a recipe.
    """
    if len(records) < 2:
        return dict.fromkeys(records, "")
    configs = {
        key: flat(typed(without(record.recipe, NOT_OF_THE_ROW)))
        | {"protocol_version": record.protocol_version}
        for key, record in records.items()
        if record.recipe is not None
    }
    keys = differing(list(configs.values()))
    return {
        key: f" [{', '.join(_said(configs[key], keys))}]" if key in configs else " [elsewhere]"
        for key in records
    }


def _said(config: Mapping[str, object], keys: list[str]) -> list[str]:
    return [short(key, config[key]) for key in keys if key in config] or ["as it was"]
