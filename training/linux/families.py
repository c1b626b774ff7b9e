"""Which scenario families are held out together. A session counts for the fold of its own family, and is kept out of the training for every
fold that any of its families belongs to, so that no fold has seen another's."""

from __future__ import annotations

FOLDS: list[dict[str, list[str]]] = [
    {"benign": ["backup", "desktop", "installers", "idle_host"], "attack": ["web_intrusion", "rootkit"]},
    {"benign": ["developer", "network_admin", "scripted_maintenance"], "attack": ["insider", "privilege_escalation"]},
    {"benign": ["admin_ssh", "data_job", "monitoring", "storage_and_tuning"], "attack": ["container_breakout", "credential_theft"]},
    {"benign": ["hosting_panel", "build_script_languages", "troubleshooting"], "attack": ["reverse_shells", "web_miner"]},
    {"benign": ["build_c", "cron_jobs", "onboarding", "cluster_admin"], "attack": ["command_and_control", "supply_chain"]},
    {"benign": ["ci_job", "containers", "hardening"], "attack": ["ssh_botnet", "worm"]},
    {"benign": ["database", "web_serving", "migration", "cloud_agents"], "attack": ["persistence_kit", "ransomware"]},
    {
        "benign": ["security_audit", "config_management", "package_management", "mail_and_web_admin", "student"],
        "attack": ["hands_on_keyboard", "lateral_movement"],
    },
]


def fold_of(family: str) -> int:
    return next(number for number, fold in enumerate(FOLDS) if family in fold["benign"] + fold["attack"])


def folds_of(families: list[str]) -> list[int]:
    return sorted({fold_of(family) for family in families})
