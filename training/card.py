"""A model's card from the reports of its training: figures are copied, never typed."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

ROWS = {
    "roc_auc": "ROC-AUC",
    "average_precision": "Average precision",
    "false_positive_rate": "Benign windows at or above 0.7",
    "recall": "Attack windows at or above 0.7",
    "calibration_error": "Calibration error",
}
BASELINES = {
    "event_count": "Number of events alone",
    "image_names_forest": "Forest on image names",
    "random_forest": "Random forest on pooled features",
    "boosted_trees": "Boosted trees on pooled features",
}


def figure(measure: dict[str, float]) -> str:
    return f"{measure['value']:.3f} ({measure['low']:.3f}–{measure['high']:.3f})"


def table(columns: dict[str, dict[str, Any]]) -> list[str]:
    lines = ["| | " + " | ".join(columns) + " |", "|---|" + "---|" * len(columns)]
    for name, title in ROWS.items():
        lines.append(f"| {title} | " + " | ".join(figure(report[name]) for report in columns.values()) + " |")
    lines.append(
        "| Windows, attacks among them, campaigns | "
        + " | ".join(f"{r['windows']}, {r['attacks']}, {r['campaigns']}" for r in columns.values())
        + " |"
    )
    return lines


def missed(report: dict[str, dict[str, float]]) -> list[str]:
    """Campaigns that it finds least of, and benign work that it takes for an attack most often."""
    weak = sorted((row["attacks_flagged"], name, row["attacks"]) for name, row in report.items() if row.get("attacks", 0) >= 10)[:8]
    loud = sorted(
        ((row["benign_flagged"], name, row["benign"]) for name, row in report.items() if row.get("benign", 0) >= 10), reverse=True
    )[:6]
    return [
        "Found least: " + ", ".join(f"{name} ({share:.0%} of {count})" for share, name, count in weak) + ".",
        "",
        "Taken for attacks most: " + ", ".join(f"{name} ({share:.1%} of {count})" for share, name, count in loud) + ".",
    ]


def card(platform: str, run: Path, prose: str) -> str:
    validation = json.loads((run / "cross-validation.json").read_text())
    columns = {f"seed {seed}": report for seed, report in validation["seeds"].items()}
    unseen = json.loads((run / "unseen.json").read_text()) if (run / "unseen.json").exists() else {}
    lines = [f"# The {platform.capitalize()} model", "", prose.strip(), "", "## Measured", "", "### Held-out campaigns", ""]
    lines += [
        f"{validation['folds']} folds of whole families; each window is scored by a network that saw nothing of its fold. 95 % by drawing campaigns anew.",
        "",
    ]
    lines += table(columns)
    if "by_campaign" in validation:
        lines += ["", *missed(validation["by_campaign"])]
    baselines = json.loads((run / "baselines.json").read_text()) if (run / "baselines.json").exists() else {}
    if "baselines" in baselines:
        lines += [
            "",
            "### Simpler means, same folds",
            "",
            *table({title: baselines["baselines"][name] for name, title in BASELINES.items()}),
        ]
    if "label_shuffle_auc" in baselines:
        lines += [
            "",
            f"Trained on labels drawn at random per session, the network's AUC on the first fold is {baselines['label_shuffle_auc']:.3f}.",
        ]
    if unseen:
        lines += [
            "",
            "### Another environment",
            "",
            "Recordings that no fold contains; the shipped model.",
            "",
            *table({"shipped model": unseen["model"]}),
            "",
            *missed(unseen["by_campaign"]),
        ]
    if validation.get("reliability"):
        lines += ["", "### What a score is worth", "", "| score said | attacks among those windows | windows |", "|---|---|---|"]
        lines += [f"| {said:.2f} | {was:.2f} | {count} |" for said, was, count in validation["reliability"]]
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--platform", required=True, choices=("windows", "linux"))
    parser.add_argument("--run", type=Path, required=True, help="folder of the reports")
    parser.add_argument("--models", type=Path, default=Path("models"))
    arguments = parser.parse_args()
    folder: Path = arguments.models / arguments.platform
    (folder / "README.md").write_text(card(arguments.platform, arguments.run, (folder / "about.md").read_text()))


if __name__ == "__main__":
    main()
