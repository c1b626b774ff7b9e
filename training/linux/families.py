"""Which scenario families are never apart: a session's background work comes from its own fold, so that no fold has seen another's."""

from __future__ import annotations

FOLDS: list[dict[str, list[str]]] = [
    {
        "benign": ["web_serving", "backup", "developer", "monitoring", "idle_host"],
        "attack": ["web_intrusion", "credential_theft", "worm", "supply_chain"],
    },
    {
        "benign": ["cron_jobs", "admin_ssh", "build_c", "containers", "cloud_agents"],
        "attack": ["ssh_botnet", "persistence_kit", "container_breakout", "ransomware"],
    },
    {
        "benign": ["package_management", "ci_job", "database", "network_admin", "desktop"],
        "attack": ["hands_on_keyboard", "rootkit", "reverse_shells", "web_miner"],
    },
    {
        "benign": ["config_management", "build_script_languages", "security_audit", "data_job", "hosting_panel"],
        "attack": ["command_and_control", "lateral_movement", "insider", "privilege_escalation"],
    },
]


def fold_of(family: str) -> int:
    return next(number for number, fold in enumerate(FOLDS) if family in fold["benign"] + fold["attack"])
