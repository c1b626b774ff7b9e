"""Which Windows data is never apart. A recording's fold is its campaign's; synthetic work is spread over the folds by family.

A transplant of a recording's attack into another machine stays in the recording's fold, with benign families of the same fold around it.
"""

from __future__ import annotations

FOLDS: list[dict[str, list[str]]] = [
    {"benign": ["software_install", "monitoring", "developer", "domain_controller", "file_work"], "attack": ["phishing", "web_shell"]},
    {
        "benign": ["managed_deployment", "remote_admin", "office_user", "antivirus", "web_server"],
        "attack": ["agent_in_memory", "ransomware"],
    },
    {
        "benign": ["windows_update", "backup_agent", "admin_workstation", "build_server", "vendor_tasks"],
        "attack": ["hands_on", "command_and_control"],
    },
    {
        "benign": ["logon_scripts", "browsing", "database_server", "helpdesk", "inventory"],
        "attack": ["remote_execution", "database_shell", "tampering"],
    },
]

#: Recordings that no fold ever trains on: another year, another laboratory, another tool.
OTHER_ENVIRONMENT = ("compound__metasploit",)

#: First match decides. Recordings of one laboratory and one kind of tool share a fold.
CAMPAIGNS: list[tuple[str, int]] = [
    ("defense_evasion__reg_", 0),
    ("eventlog", 0),
    ("event_logging", 0),
    ("auditpol", 0),
    ("credential_access__empire", 1),
    ("ntds", 1),
    ("lateral_movement__", 2),
    ("empire_enable_rdp", 2),
    ("empire_wdigest", 2),
    ("empire_invoke_runas", 2),
    ("empire_scm_dll_hijack", 2),
    ("empire_monologue", 2),
    ("persistence__empire", 2),
    ("discovery__empire", 3),
    ("defense_evasion__empire", 3),
    ("execution__empire", 1),
    ("privilege_escalation__empire", 3),
    ("credential_access__", 0),
    ("defense_evasion__", 1),
    ("", 2),
]


def fold_of_recording(name: str) -> int:
    """-1 for what is held out altogether."""
    if name.startswith(OTHER_ENVIRONMENT):
        return -1
    return next(fold for part, fold in CAMPAIGNS if part in name)
