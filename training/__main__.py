"""`python -m training build | train | evaluate | export`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from .data import Schema
    from .fit import Recipe

#: Networks in the model that ships.
MEMBERS = 2
#: Enough to learn what is there to learn.
SHUFFLE_EPOCHS = 3


def build(arguments: argparse.Namespace) -> None:
    from . import build as building

    building.export(arguments.binary, arguments.recordings, arguments.out)
    windows, _ = building.load([arguments.out])
    labels = [window.label for window in windows]
    print(f"{len(windows)} windows, {labels.count(1)} of them attacks, {len({w.campaign for w in windows})} campaigns")


def train(arguments: argparse.Namespace) -> None:
    """One network a seed: each measured on every fold, all of them together as the committee that ships."""
    import torch

    from . import experiment
    from .build import load
    from .fit import Recipe, fit, fit_surveyor

    torch.set_num_threads(1)
    windows, schema = load(arguments.windows, per_session_max=arguments.per_session)
    recipe = Recipe(**{name: type(getattr(Recipe(), name))(value) for name, value in (pair.split("=") for pair in arguments.set)})
    inside = [window for window in windows if window.fold != -1]
    print(
        f"{len(inside)} windows, {sum(w.label for w in inside)} attacks, {np.mean([w.nodes for w in inside]):.0f} nodes", recipe, flush=True
    )
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    if arguments.cross_validate:
        scores = []
        for seed in range(arguments.seeds):
            scores.append(experiment.cross_validate(inside, schema, recipe, seed, out))
            validated(scores, experiment.survey_folds(inside, schema, out), inside, recipe, out)
    for seed in range(arguments.final):
        path = out / f"final-seed{seed}.pt"
        if not path.exists():
            torch.save(fit(inside, [], schema, recipe, seed).state_dict(), path)
    if (out / "committee.npy").exists():
        surveyor = out / "surveyor.pt"
        if not surveyor.exists():
            torch.save(fit_surveyor(inside, schema, 0).state_dict(), surveyor)
        temperature, offset = experiment.fit_probabilities(np.load(out / "committee.npy"), experiment.labels_of(inside))
        stored = {
            "states": [torch.load(path, weights_only=True) for path in members(out)],
            "surveyor": torch.load(surveyor, weights_only=True),
            "temperature": float(temperature),
            "offset": float(offset),
            "sizes": [recipe.hidden, recipe.survey],
            "schema": schema.version,
            "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        torch.save(stored, out / "model.pt")
        print(f"temperature {temperature:.3f} offset {offset:.3f}", flush=True)


def members(out: Path) -> list[Path]:
    """Who ships: networks of all folds, filled up with networks of single folds, so that at most one of them has not seen a campaign."""
    folds = sorted(out.glob("fold*-seed0.pt"))
    return [*sorted(out.glob("final-seed*.pt")), *folds[:: max(1, len(folds) // MEMBERS)]][:MEMBERS]


def validated(scores: list[np.ndarray], survey: np.ndarray, inside: list[Any], recipe: Recipe, out: Path) -> None:
    """The report of the seeds so far and of their committee."""
    from . import experiment, metrics

    reports = [experiment.measure(experiment.probabilities(one, inside), inside) for one in scores]
    together = (np.mean(scores, 0) + survey) / 2
    np.save(out / "committee.npy", together)
    probabilities, truth = experiment.probabilities(together, inside), experiment.labels_of(inside)
    folds = sorted({window.fold for window in inside})
    report: dict[str, Any] = {
        "recipe": dataclasses.asdict(recipe),
        "folds": len(folds),
        "seeds": dict(enumerate(reports)),
        "summary": experiment.summary(reports),
        "committee": experiment.measure(probabilities, inside),
        "networks": experiment.measure(experiment.probabilities(np.mean(scores, 0), inside), inside),
        "surveyor": experiment.measure(experiment.probabilities(survey, inside), inside),
        "fold_auc": {fold: round(metrics.roc_auc(*by_mask(together, truth, inside, fold)), 4) for fold in folds},
        "by_campaign": by_campaign(probabilities, inside),
        "reliability": metrics.reliability(probabilities, truth),
    }
    public = [number for number, window in enumerate(inside) if window.platform == "windows" and "__" in window.source]
    if public:
        chosen = [inside[number] for number in public]
        report["public"] = experiment.measure(probabilities[public], chosen)
        report["public_summary"] = experiment.summary(
            [experiment.measure(experiment.probabilities(one, inside)[public], chosen) for one in scores]
        )
    experiment.save(out / "cross-validation.json", report)
    print(
        json.dumps({"committee": {name: report["committee"][name]["value"] for name in metrics.MEASURES}, **report["fold_auc"]}), flush=True
    )


def by_mask(scores: np.ndarray, truth: np.ndarray, windows: list[Any], fold: int) -> tuple[np.ndarray, np.ndarray]:
    chosen = np.array([window.fold == fold for window in windows])
    return scores[chosen], truth[chosen]


def restore(path: Path, schema: Schema) -> tuple[Any, dict[str, Any]]:
    import torch

    from .experiment import finished
    from .model import FastHGAT, Surveyor

    stored = torch.load(path, weights_only=True)
    members = []
    for state in stored["states"]:
        members.append(FastHGAT(schema, *stored["sizes"]))
        members[-1].load_state_dict(state)
    surveyor = Surveyor(schema)
    surveyor.load_state_dict(stored["surveyor"])
    return finished(members, surveyor, stored["temperature"], stored["offset"]), stored


def evaluate(arguments: argparse.Namespace) -> None:
    """A model on windows that it never saw; the baselines on the folds; labels drawn at random."""
    import torch

    from . import experiment, images
    from .build import load
    from .fit import Recipe, margins

    torch.set_num_threads(1)
    windows, schema = load(arguments.windows, per_session_max=arguments.per_session)
    if arguments.unseen:
        windows = [window for window in windows if window.fold == -1]
    report: dict[str, Any] = {}
    began = time.monotonic()
    if arguments.model:
        model, _ = restore(arguments.model, schema)
        scores = experiment.sigmoid(margins(model, windows, schema) / float(model.temperature) + float(model.offset))
        report["model"] = experiment.measure(scores, windows)
        report["by_campaign"] = by_campaign(scores, windows)
    recordings = {folder.name: path for folder, path in zip(arguments.windows, arguments.recordings, strict=False)}
    if arguments.baselines:
        report["baselines"] = experiment.compare(windows, schema, images.of_windows(windows, recordings))
    if arguments.shuffle:
        recipe = dataclasses.replace(Recipe(), epochs=SHUFFLE_EPOCHS, alone=0.0)
        report["label_shuffle_auc"] = [round(experiment.label_shuffle(windows, schema, recipe, fold), 4) for fold in range(2)]
    report["seconds"] = round(time.monotonic() - began, 1)
    experiment.save(arguments.out, report)
    print(json.dumps(report, indent=1)[:6000])


def by_campaign(scores: np.ndarray, windows: list[Any]) -> dict[str, dict[str, float]]:
    """Where it fails: per campaign, how many windows of each class are at or above the threshold."""
    found: dict[str, dict[str, float]] = {}
    for label, name in ((1, "attacks"), (0, "benign")):
        for campaign in sorted({window.campaign for window in windows}):
            chosen = [n for n, window in enumerate(windows) if window.campaign == campaign and window.label == label]
            if chosen:
                found.setdefault(campaign, {}).update(
                    {name: len(chosen), f"{name}_flagged": round(float(np.mean(scores[chosen] >= 0.7)), 3)}
                )
    return found


def export(arguments: argparse.Namespace) -> None:
    from . import export as exporting
    from .build import load

    windows, schema = load(arguments.windows, per_session_max=2)
    model, stored = restore(arguments.model, schema)
    path: Path = arguments.out / "model.onnx"
    chosen = sorted(windows, key=lambda window: window.nodes)
    exporting.write_onnx(model, chosen[len(chosen) // 2 : len(chosen) // 2 + 3], schema, path)
    spread = chosen[:: max(1, len(chosen) // 40)]
    differences = exporting.parity(model, spread, schema, path)
    print("parity", differences)
    facts = json.loads(arguments.facts.read_text()) if arguments.facts else {}
    exporting.manifest(
        path,
        schema,
        arguments.platform,
        arguments.version,
        {
            "trained_at": stored["trained_at"],
            "data": facts.get("data", ""),
            "metrics": facts.get("metrics", {}) | {"parity": differences},
            "threshold": 0.7,
            "temperature": float(model.temperature),
        },
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("build", help="recordings to labelled windows")
    one.add_argument("--binary", type=Path, required=True, help="the product's server program")
    one.add_argument("--recordings", type=Path, required=True)
    one.add_argument("--out", type=Path, required=True)
    one.set_defaults(run=build)
    one = commands.add_parser("train")
    one.add_argument("--windows", type=Path, nargs="+", required=True)
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--seeds", type=int, default=1)
    one.add_argument("--per-session", type=int, default=12, help="most windows of one session")
    one.add_argument("--cross-validate", action="store_true")
    one.add_argument("--final", type=int, default=0, help="so many networks of all folds")
    one.add_argument("--set", action="append", default=[], help="of the recipe: epochs=5")
    one.set_defaults(run=train)
    one = commands.add_parser("evaluate")
    one.add_argument("--windows", type=Path, nargs="+", required=True)
    one.add_argument("--recordings", type=Path, nargs="*", default=[])
    one.add_argument("--model", type=Path)
    one.add_argument("--baselines", action="store_true")
    one.add_argument("--shuffle", action="store_true")
    one.add_argument("--per-session", type=int, default=12, help="most windows of one session")
    one.add_argument("--unseen", action="store_true", help="only what belongs to no fold: the other environment")
    one.add_argument("--out", type=Path, required=True)
    one.set_defaults(run=evaluate)
    one = commands.add_parser("export")
    one.add_argument("--windows", type=Path, nargs="+", required=True)
    one.add_argument("--model", type=Path, required=True)
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--platform", choices=("windows", "linux"), required=True)
    one.add_argument("--version", default="2")
    one.add_argument("--facts", type=Path)
    one.set_defaults(run=export)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
