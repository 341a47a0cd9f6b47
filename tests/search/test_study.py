"""The study's file: refused when it is another's, whole after a kill, shared by processes."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from optuna.trial import TrialState

from fmnist_bench.errors import BenchError
from fmnist_bench.search.recipe import Tuning
from fmnist_bench.search.study import create_study, open_study
from fmnist_bench.search.trials import claim

MakeTuning = Callable[..., Tuning]
MakeStudy = Callable[..., Path]


def test_a_study_of_another_space_or_base_is_refused(
    make_tuning: MakeTuning, make_study: MakeStudy
) -> None:
    path = make_study(make_tuning())
    before = path.read_bytes()
    for other in (
        make_tuning(seeds=2),
        make_tuning(parameters={"augment": ["none", "flip"]}),
        make_tuning(pruner={"name": "asha"}),
    ):
        with pytest.raises(BenchError, match=r"study\.journal: a study of another search space"):
            create_study(path, other, "base")
    with pytest.raises(BenchError, match=r"study\.journal: a study with other overrides"):
        create_study(path, make_tuning("epochs=4"), "another base")
    assert path.read_bytes() == before
    create_study(path, make_tuning(trials=100), "base")


def test_the_hash_of_the_base_knows_each_override_and_each_choice(
    make_tuning: MakeTuning,
) -> None:
    hashes = [
        make_tuning(*overrides).base_hash()
        for overrides in (
            (),
            ("epochs=4",),
            ("optimizer=sgd",),
            ("protocol.validation=50",),
            ("trainer.threads=2",),
        )
    ]
    assert len(set(hashes)) == len(hashes)
    assert make_tuning("logger=none", "paths.outputs=elsewhere").base_hash() == hashes[0]


@pytest.mark.parametrize(
    ("override", "parameters", "said"),
    [
        ("augment=flp", {"optimizer.lr": [0.1, 0.2]}, "flp"),
        ("epochs=3", {"augment": ["none", "flp"]}, "flp"),
        ("epochs=3", {"optimizer.lrr": [0.1, 0.2]}, "lrr"),
        ("epochs=3", {"optimizer.lr": [0.1, "fast"]}, "fast"),
        ("epochs=3", {"batch_size": {"low": 1.0, "high": 2.5}}, "1.0"),
    ],
)
def test_a_wrong_key_or_choice_is_found_before_anything_is_trained(
    make_tuning: MakeTuning, override: str, parameters: dict[str, object], said: str
) -> None:
    with pytest.raises(BenchError, match=said) as refused:
        make_tuning(override, parameters=parameters).base_hash()
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("content", [b"my notes", b'{"a": 1}\n', b"[]\n", b"\xff\xfe", b"SQLite"])
def test_a_file_that_is_no_study_is_refused_and_left_alone(
    make_tuning: MakeTuning, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(BenchError, match=r"notes\.txt: not a study") as refused:
        create_study(path, make_tuning(), "base")
    assert "\n" not in str(refused.value)
    assert path.read_bytes() == content


def test_a_damaged_study_is_refused_in_one_line(
    make_tuning: MakeTuning, make_study: MakeStudy
) -> None:
    path = make_study(make_tuning())
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"{broken\n", *lines[1:]]))
    with pytest.raises(BenchError, match=r"study\.journal: not a study") as refused:
        open_study(path)
    assert "\n" not in str(refused.value)


def test_a_half_written_line_costs_that_line_alone(
    make_tuning: MakeTuning, make_study: MakeStudy
) -> None:
    tuning = make_tuning()
    path = make_study(tuning)
    first = claim(path, tuning.space, 6)
    assert first is not None
    with path.open("ab") as file:
        file.write(b'{"op_code":5,"worker_id":"x","trial_')
    second = claim(path, tuning.space, 6)
    assert second is not None
    assert (first.number, second.number) == (0, 1)
    for line in path.read_text().splitlines():
        json.loads(line)
    for held in (first, second):
        held.lock.release()


DRAW = """
import sys
from pathlib import Path
from optuna.trial import TrialState
from fmnist_bench.search.study import open_study, space_of
from fmnist_bench.search.trials import claim

path = Path(sys.argv[1])
space = space_of(open_study(path), path)
while claimed := claim(path, space, 12):
    open_study(path).tell(claimed.number, 0.5, state=TrialState.COMPLETE)
    claimed.lock.release()
    print(claimed.number)
"""


def test_three_processes_share_a_study_and_no_trial(
    make_tuning: MakeTuning, make_study: MakeStudy
) -> None:
    path = make_study(make_tuning())
    processes = [
        subprocess.Popen([sys.executable, "-c", DRAW, str(path)], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    numbers = []
    for process in processes:
        numbers += [int(line) for line in process.communicate(timeout=120)[0].split()]
        assert process.returncode == 0
    assert sorted(numbers) == list(range(12))
    study = open_study(path)
    assert len({json.dumps(trial.params) for trial in study.trials}) == 12
    assert all(trial.state == TrialState.COMPLETE for trial in study.trials)
