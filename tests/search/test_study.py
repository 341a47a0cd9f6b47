"""The study's folder: refused when it is another's, whole after a kill, shared by processes."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from optuna.trial import TrialState

from fmnist_bench.errors import BenchError
from fmnist_bench.search.study import FILE_NAME, begin_study, held, open_study
from fmnist_bench.search.tuning import Tuning

MakeTuning = Callable[..., Tuning]
MakeStudy = Callable[..., Path]


def test_a_study_of_something_else_is_refused_and_left_alone(
    make_tuning: MakeTuning, make_study: MakeStudy
) -> None:
    tuning = make_tuning("epochs=4")
    folder = make_study(tuning)
    before = (folder / FILE_NAME).read_bytes()
    with pytest.raises(BenchError, match=r"study\.journal: a study of another .*epochs=4") as told:
        begin_study(folder, tuning, "another digest")
    assert "\n" not in str(told.value)
    assert (folder / FILE_NAME).read_bytes() == before
    begin_study(folder, tuning, "digest")


def test_the_digest_knows_each_override_and_each_choice_of_the_recipe(
    make_tuning: MakeTuning,
) -> None:
    digests = [
        make_tuning(*overrides, **changes).digest()
        for overrides, changes in (
            ((), {}),
            (("epochs=4",), {}),
            (("optimizer=sgd",), {}),
            (("protocol.validation=50",), {}),
            ((), {"seeds": 2}),
            ((), {"parameters": {"augment": ["none", "flip"]}}),
            ((), {"pruner": {"_target_": "optuna.pruners.NopPruner"}}),
        )
    ]
    assert len(set(digests)) == len(digests)
    elsewhere = ("logger=none", "paths.outputs=elsewhere", "speed.threads=2", "row.note=hm")
    assert make_tuning(*elsewhere, trials=100).digest() == digests[0]


@pytest.mark.parametrize(
    ("override", "parameters", "said"),
    [
        ("augment=flp", {"optimizer.lr": [0.1, 0.2]}, "flp"),
        ("epochs=3", {"augment": ["none", "flp"]}, "flp"),
        ("epochs=3", {"batch_size": {"low": 1.0, "high": 2.5}}, "1.0"),
        ("epochs=3", {"optimizer.lrr": [0.1, 0.2]}, "takes no lrr"),
        ("epochs=3", {"epochs": {"low": -1, "high": 3}}, "epochs: -1"),
    ],
)
def test_a_wrong_key_or_choice_is_found_before_anything_is_trained(
    make_tuning: MakeTuning, tmp_path: Path, override: str, parameters: dict[str, object], said: str
) -> None:
    with pytest.raises(BenchError, match=said) as refused:
        begin_study(tmp_path, make_tuning(override, parameters=parameters), "digest")
    assert "\n" not in str(refused.value)
    assert not (tmp_path / FILE_NAME).exists()


@pytest.mark.parametrize("content", [b"my notes", b'{"a": 1}\n', b"[]\n", b"\xff\xfe\n", b"SQLite"])
def test_a_file_that_is_no_study_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE_NAME).write_bytes(content)
    with pytest.raises(BenchError, match=r"study\.journal: not a study") as refused:
        open_study(tmp_path)
    assert "\n" not in str(refused.value)
    assert (tmp_path / FILE_NAME).read_bytes() == content


def test_a_damaged_study_is_refused_in_one_line(
    make_tuning: MakeTuning, make_study: MakeStudy
) -> None:
    path = make_study(make_tuning()) / FILE_NAME
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([lines[0], b"{broken\n", *lines[1:]]))
    with pytest.raises(BenchError, match=r"study\.journal: not a study") as refused:
        open_study(path.parent)
    assert "\n" not in str(refused.value)


def test_a_half_written_line_costs_that_line_alone(
    make_tuning: MakeTuning, make_study: MakeStudy
) -> None:
    tuning = make_tuning()
    folder = make_study(tuning)
    first = open_study(folder).ask()
    tuning.space.suggest(first)
    with (folder / FILE_NAME).open("ab") as file:
        file.write(b'{"op_code":5,"worker_id":"x","trial_')
    second = open_study(folder).ask()
    assert second.number == 1
    for line in (folder / FILE_NAME).read_text().splitlines():
        json.loads(line)
    assert [trial.params for trial in open_study(folder).trials] == [first.params, {}]


def test_a_trial_left_by_a_killed_process_is_taken_up_again_with_its_recipe(
    make_tuning: MakeTuning, make_study: MakeStudy
) -> None:
    tuning = make_tuning()
    folder = make_study(tuning)
    study = open_study(folder)
    study.tell(study.ask(), 0.5)
    left = study.ask()
    params = tuning.space.suggest(left)
    left.report(0.3, 1)
    again = begin_study(folder, tuning, "digest").ask()
    assert again.number == left.number == 1
    assert tuning.space.suggest(again) == params
    assert open_study(folder).trials[1].intermediate_values == {1: 0.3}


ASK_AND_TELL = """
import sys
from pathlib import Path
from fmnist_bench.search.study import open_study

study = open_study(Path(sys.argv[1]))
for _ in range(4):
    trial = study.ask()
    for epoch in range(5):
        trial.report(0.1, epoch)
    study.tell(trial, 0.5)
    print(trial.number)
"""


def test_three_processes_share_a_study_and_no_trial(
    make_tuning: MakeTuning, make_study: MakeStudy
) -> None:
    folder = make_study(make_tuning())
    command = [sys.executable, "-c", ASK_AND_TELL, str(folder)]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    numbers = []
    for process in processes:
        numbers += [int(line) for line in process.communicate(timeout=120)[0].split()]
        assert process.returncode == 0
    assert sorted(numbers) == list(range(12))
    trials = open_study(folder).trials
    assert all(trial.state == TrialState.COMPLETE for trial in trials)
    assert all(len(trial.intermediate_values) == 5 for trial in trials)


HOLD = """
import sys
from pathlib import Path
from fmnist_bench.search.study import held

with held(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_one_search_holds_a_study_until_it_ends_however_it_ends(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"held\n"
    with pytest.raises(BenchError, match="another fmnist-bench tune works on it"), held(tmp_path):
        pass
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with held(tmp_path):
        pass
    (tmp_path / "file").touch()
    with pytest.raises(BenchError, match="cannot be written"), held(tmp_path / "file"):
        pass
