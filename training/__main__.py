"""`python -m training build | train | evaluate | export`."""

from __future__ import annotations

import argparse
import dataclasses
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np


def build(arguments: argparse.Namespace) -> None:
    from . import build as building

    building.export(arguments.binary, arguments.recordings, arguments.out)
    windows, _ = building.load([arguments.out])
    labels = [window.label for window in windows]
    print(f"{len(windows)} windows, {labels.count(1)} of them attacks, {len({w.campaign for w in windows})} campaigns")


def train(arguments: argparse.Namespace) -> None:
    import torch

    from . import experiment, metrics
    from .build import load
    from .fit import Recipe, fit, margins
    from .splits import stop_set

    torch.set_num_threads(1)
    windows, schema = load(arguments.windows)
    recipe = Recipe(**{name: type(getattr(Recipe(), name))(value) for name, value in (pair.split("=") for pair in arguments.set)})
    print(
        f"{len(windows)} windows, {sum(w.label for w in windows)} attacks, mean nodes {np.mean([w.nodes for w in windows]):.0f}",
        recipe,
        flush=True,
    )
    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    inside = [window for window in windows if window.fold != -1]
    truth = experiment.labels_of(inside)
    report: dict[str, Any] = {"windows": len(inside), "attacks": int(truth.sum()), "recipe": dataclasses.asdict(recipe), "seeds": {}}
    pooled = []
    for seed in range(arguments.seeds if arguments.cross_validate else 0):
        scores = experiment.cross_validate(inside, schema, recipe, seed, out)
        temperature, offset = experiment.fit_probabilities(scores, truth)
        pooled.append(scores)
        report["seeds"][seed] = {
            "temperature": float(temperature),
            "offset": float(offset),
            **experiment.measure(experiment.sigmoid(scores / temperature + offset), inside),
        }
        probabilities = experiment.sigmoid(scores / temperature + offset)
        report |= {
            "folds": len({window.fold for window in inside}),
            "by_campaign": by_campaign(probabilities, inside),
            "reliability": metrics.reliability(probabilities, truth),
        }
        experiment.save(out / "cross-validation.json", report)
        recalibrate(out / "model.pt", temperature, offset)
        print(json.dumps({name: report["seeds"][seed][name] for name in metrics.MEASURES}), flush=True)
    if arguments.final:
        inner, held = stop_set(inside, arguments.seed, share=0.12)
        model = fit(inner, held, schema, recipe, arguments.seed)
        scores = np.concatenate(pooled) if pooled else margins(model, held, schema)
        known = np.tile(truth, len(pooled)) if pooled else experiment.labels_of(held)
        temperature, offset = experiment.fit_probabilities(scores, known)
        torch.save(
            {
                "state": model.state_dict(),
                "temperature": float(temperature),
                "offset": float(offset),
                "hidden": recipe.hidden,
                "schema": schema.version,
                "trained_at": datetime.now(UTC).isoformat(timespec="seconds"),
            },
            out / "model.pt",
        )
        print(f"temperature {temperature:.3f} offset {offset:.3f}", flush=True)


def recalibrate(path: Path, temperature: float, offset: float) -> None:
    """A model that is there already gets its probabilities from campaigns that its sisters had not seen."""
    import torch

    if path.exists():
        torch.save(torch.load(path, weights_only=True) | {"temperature": float(temperature), "offset": float(offset)}, path)


def restore(path: Path, schema: Any) -> tuple[Any, dict[str, Any]]:
    import torch

    from .experiment import finished
    from .model import FastHGAT

    stored = torch.load(path, weights_only=True)
    model = FastHGAT(schema, stored["hidden"])
    model.load_state_dict(stored["state"])
    return finished(model, stored["temperature"], stored["offset"]), stored


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
    if arguments.baselines:
        report["baselines"] = experiment.compare(windows, schema, images.of_windows(windows, arguments.recordings))
    if arguments.shuffle:
        report["label_shuffle_auc"] = experiment.label_shuffle(windows, schema, Recipe(), 0)
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
    one.add_argument("--seed", type=int, default=0, help="of the final model")
    one.add_argument("--cross-validate", action="store_true")
    one.add_argument("--final", action="store_true")
    one.add_argument("--set", action="append", default=[], help="of the recipe: epochs=5")
    one.set_defaults(run=train)
    one = commands.add_parser("evaluate")
    one.add_argument("--windows", type=Path, nargs="+", required=True)
    one.add_argument("--recordings", type=Path, nargs="*", default=[])
    one.add_argument("--model", type=Path)
    one.add_argument("--baselines", action="store_true")
    one.add_argument("--shuffle", action="store_true")
    one.add_argument("--per-session", type=int, default=40, help="most windows of one session")
    one.add_argument("--unseen", action="store_true", help="only what belongs to no fold: the other environment")
    one.add_argument("--out", type=Path, required=True)
    one.set_defaults(run=evaluate)
    one = commands.add_parser("export")
    one.add_argument("--windows", type=Path, nargs="+", required=True)
    one.add_argument("--model", type=Path, required=True)
    one.add_argument("--out", type=Path, required=True)
    one.add_argument("--platform", choices=("windows", "linux"), required=True)
    one.add_argument("--version", default="1")
    one.add_argument("--facts", type=Path)
    one.set_defaults(run=export)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
