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

UNCALIBRATED = "Their scores are not calibrated as the committee's are: ROC-AUC and average precision compare, rates at 0.7 do not."


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


def spread(summary: dict[str, dict[str, float]], seeds: int, whose: str) -> str:
    figures = ", ".join(f"{title} {summary[name]['mean']:.3f} ± {summary[name]['deviation']:.3f}" for name, title in ROWS.items())
    return f"One network alone, mean and deviation over {seeds} seeds{whose}: {figures}."


def read(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text()) if path.exists() else {}


def card(platform: str, run: Path, prose: str) -> str:
    validation = read(run / "cross-validation.json")
    seeds = len(validation["seeds"])
    columns = {
        "committee": validation["committee"],
        "graph networks alone": validation["networks"],
        "surveyor alone": validation["surveyor"],
    }
    if "public" in validation:
        columns["public recordings alone"] = validation["public"]
    lines = [f"# The {platform.capitalize()} model", "", prose.strip(), "", "## Measured", "", "### Held-out campaigns", ""]
    lines += [
        f"{validation['folds']} folds of whole families; each window is scored by networks that saw nothing of its fold, its score",
        "comes from a temperature and an offset that were fitted to the other folds. 95 % by drawing campaigns anew.",
        "",
        *table(columns),
        "",
        "AUC by fold: " + ", ".join(f"{value:.3f}" for value in validation["fold_auc"].values()) + ".",
    ]
    if seeds > 1:
        lines += ["", spread(validation["summary"], seeds, "")]
        if "public_summary" in validation:
            lines += ["", spread(validation["public_summary"], seeds, ", public recordings")]
    lines += ["", *missed(validation["by_campaign"])]
    lines += simpler(read(run / "baselines.json"))
    shuffle = read(run / "shuffle.json")
    if "label_shuffle_auc" in shuffle:
        aucs = ", ".join(f"{value:.3f}" for value in shuffle["label_shuffle_auc"])
        lines += ["", f"Trained on labels drawn at random per session, the network's AUC on the first folds is {aucs}."]
    lines += rules(read(run / "rules.json")) + elsewhere(read(run / "unseen.json"))
    lines += ["", "### What a score is worth", "", "| score said | attacks among those windows | windows |", "|---|---|---|"]
    lines += [f"| {said:.2f} | {was:.2f} | {count} |" for said, was, count in validation["reliability"]]
    return "\n".join(lines) + "\n"


def simpler(report: dict[str, Any]) -> list[str]:
    if "baselines" not in report:
        return []
    columns = {title: report["baselines"][name] for name, title in BASELINES.items() if name in report["baselines"]}
    return ["", "### Simpler means, same windows and folds", "", UNCALIBRATED, "", *table(columns)]


def rules(report: dict[str, Any]) -> list[str]:
    if not report:
        return []
    lines = ["", "### Beside Sigma rules", "", report["about"], "", "| | attack windows found | benign windows flagged |", "|---|---|---|"]
    return lines + [f"| {title} | {row['recall']:.3f} | {row['false_positive_rate']:.3f} |" for title, row in report["rows"].items()]


def elsewhere(report: dict[str, Any]) -> list[str]:
    if not report:
        return []
    columns = {"shipped model": report["model"]}
    if "before" in report:
        columns["version before"] = report["before"]
    lines = ["", "### Another environment", "", "Recordings that no fold contains. " + report.get("looks", ""), "", *table(columns)]
    return [*lines, "", *missed(report["by_campaign"])]


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
