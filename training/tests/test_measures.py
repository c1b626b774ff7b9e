"""What the figures of a model card rest on."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
import torch

from training import metrics
from training.data import Schema, Window, pack
from training.fit import margins
from training.labels import ATTACK, BENIGN, UNKNOWN, expand, of_window
from training.linux.families import FOLDS as LINUX
from training.linux.session import Journal, attack_processes, nanoseconds, runs, text
from training.model import Committee, FastHGAT, Surveyor
from training.splits import by_fold, stop_set
from training.vary import alone, beside, ends, less_told, only, varied
from training.windows.folds import FOLDS as WINDOWS
from training.windows.labels import label

SCHEMA = Schema(
    "v",
    ("process", "file"),
    (("process", "spawned", "process"), ("process", "wrote", "file")),
    {"process": ["a", "b"], "file": ["c"]},
    ["one"] * 8,
)


def window(label: int = 0, fold: int = 0, campaign: str = "c", processes: int = 2, files: int = 1) -> Window:
    return Window(
        x=[np.ones((processes, 2), np.float32), np.ones((files, 1), np.float32)],
        src=np.array([0, 1]),
        dst=np.array([1, 0]),
        rel=np.array([0, 1]),
        attr=np.ones((2, 8), np.float32),
        lines=np.arange(3),
        endpoint="e",
        platform="linux",
        start="0",
        events=3,
        marked=np.ones(2, np.bool_) if label else np.zeros(2, np.bool_),
        label=label,
        fold=fold,
        campaign=campaign,
    )


def test_auc_and_precision_of_known_orders() -> None:
    scores, labels = np.array([0.9, 0.8, 0.3, 0.1]), np.array([1, 0, 1, 0])
    assert metrics.roc_auc(scores, labels) == 0.75
    assert metrics.average_precision(scores, labels) == pytest.approx((1 + 2 / 3) / 2)
    assert metrics.roc_auc(np.ones(4), labels) == 0.5
    assert np.isnan(metrics.roc_auc(scores, np.zeros(4, np.int64)))


def test_rates_at_the_threshold() -> None:
    scores, labels = np.array([0.7, 0.69, 0.95, 0.1]), np.array([0, 0, 1, 1])
    assert metrics.false_positive_rate(scores, labels) == 0.5
    assert metrics.recall(scores, labels) == 0.5


def test_an_interval_is_of_campaigns() -> None:
    scores, labels = np.tile([0.9, 0.1], 50), np.tile([1, 0], 50)
    assert metrics.interval(metrics.roc_auc, scores, labels, ["one"] * 100) == (1.0, 1.0)


def test_a_window_is_an_attack_when_enough_of_it_is() -> None:
    lines = np.arange(100)
    assert of_window(lines, set()) == BENIGN
    assert of_window(lines, {5}) == UNKNOWN
    assert of_window(lines, {5, 6, 7}) == ATTACK
    assert of_window(np.arange(4), {2}) == ATTACK
    assert expand(runs([1, 2, 5])) == {1, 2, 5}


def test_no_campaign_is_on_both_sides() -> None:
    windows = [window(label=n % 2, fold=n % 4, campaign=f"c{n % 8}") for n in range(64)]
    train, test = by_fold(windows, 1)
    assert {w.fold for w in test} == {1} and 1 not in {w.fold for w in train}
    inner, held = stop_set(train, 0)
    assert not {w.campaign for w in inner} & {w.campaign for w in held}
    assert {w.label for w in held} == {0, 1}


@pytest.mark.parametrize("folds", [LINUX, WINDOWS])
def test_every_family_is_in_one_fold(folds: list[dict[str, list[str]]]) -> None:
    names = [name for fold in folds for kind in fold.values() for name in kind]
    assert len(names) == len(set(names)) and len(names) > 20


def test_packed_edges_point_at_their_own_window() -> None:
    batch = pack([window(), window(processes=3, files=2)], SCHEMA)
    assert len(batch.graph) == 8 and list(batch.graph) == [0, 0, 1, 1, 1, 0, 1, 1]
    assert (batch.graph[batch.src] == batch.graph[batch.dst]).all()
    assert (np.diff(batch.dst) >= 0).all() and len(batch.src) == 8
    assert batch.inverse[:, 0] == pytest.approx([1 / 3, 1 / 5])


def test_only_the_chosen_nodes_stay_and_edges_between_them() -> None:
    three = window(processes=3, files=2)
    kept = only(three, [np.array([False, True, True]), np.array([True, False])], ends(SCHEMA))
    assert [len(x) for x in kept.x] == [2, 1] and list(kept.rel) == [1]
    assert (kept.src[0], kept.dst[0]) == (0, 0)


def test_beside_another_window_both_keep_their_edges() -> None:
    both = beside(window(label=1), window(processes=3), ends(SCHEMA))
    assert [len(x) for x in both.x] == [5, 2] and both.label == 1
    assert list(both.src) == [0, 1, 2, 3] and list(both.dst) == [1, 0, 3, 1]


def test_an_attack_alone_is_what_is_marked() -> None:
    random = np.random.default_rng(0)
    attack = dataclasses.replace(window(label=1, processes=4, files=2), marked=np.array([True, True]))
    assert [len(x) for x in alone(attack, ends(SCHEMA), random).x] == [2, 1]
    unmarked = dataclasses.replace(attack, marked=np.array([False, False]))
    assert alone(unmarked, ends(SCHEMA), random) is unmarked


def test_an_attack_is_never_made_of_nothing() -> None:
    random = np.random.default_rng(0)
    attack = dataclasses.replace(window(label=1), marked=np.array([False, True]))
    for _ in range(50):
        varying = varied(attack, [window()], SCHEMA, (0.3, 0.3, 0.0), random)
        assert varying.label == 1 and varying.marked.any()
        told = less_told(attack, ends(SCHEMA), random)
        assert told is attack or told.marked.any()


def test_windows_together_are_as_one_at_a_time() -> None:
    torch.manual_seed(0)
    model = Committee([FastHGAT(SCHEMA, 16, 8) for _ in range(2)], Surveyor(SCHEMA)).eval()
    windows = [window(), window(processes=5, files=3), window(processes=1, files=1)]
    windows[2] = dataclasses.replace(windows[2], src=np.array([0, 0]), dst=np.array([0, 0]))
    together = margins(model, windows, SCHEMA)
    assert together == pytest.approx([margins(model, [one], SCHEMA)[0] for one in windows], abs=1e-6)
    assert len({round(value, 4) for value in together}) == 3


def record(event: str, pid: int, **more: object) -> dict[str, object]:
    return {"event": event, "process": {"pid": pid, "ppid": 1}, **more}


def test_a_child_of_the_attack_is_the_attack() -> None:
    records = [
        (1, record("process_fork", 5, child_pid=6)),
        (3, record("process_fork", 6, child_pid=7)),
        (4, record("file_open", 7)),
        (5, record("file_open", 5)),
    ]
    assert attack_processes(records, [(2, 6)]) == [False, True, True, False]


def test_times_keep_their_nanoseconds() -> None:
    assert text(nanoseconds("2024-05-14T09:12:01.000000007Z")) == "2024-05-14T09:12:01.000000007Z"
    assert Journal().began == 0.0


def test_a_windows_attack_taints_its_children_and_not_its_siblings() -> None:
    def event(code: int, guid: str, **more: str) -> str:
        import json

        return json.dumps({"EventID": code, "Hostname": "h", "ProcessGuid": guid, **more})

    lines = [
        event(1, "{a}", Image="C:\\x\\cmd.exe", CommandLine="cmd", ParentProcessGuid="{0}"),
        event(1, "{b}", Image="C:\\x\\rundll32.exe", CommandLine="rundll32 comsvcs.dll, MiniDump 1 x full", ParentProcessGuid="{a}"),
        event(11, "{b}", Image="C:\\x\\rundll32.exe", TargetFilename="C:\\x.dmp"),
        event(1, "{c}", Image="C:\\x\\whatever.exe", CommandLine="whatever", ParentProcessGuid="{b}"),
        event(11, "{d}", Image="C:\\x\\notepad.exe", TargetFilename="C:\\y.txt"),
    ]
    assert label(lines) == [False, True, True, True, False]
