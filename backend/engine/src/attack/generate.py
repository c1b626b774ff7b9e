#!/usr/bin/env python3
"""Writes techniques.tsv from MITRE's STIX bundle of ATT&CK for Enterprise.

    python3 generate.py enterprise-attack-18.1.stix20.json.zst > techniques.tsv

Needs nothing but Python's standard library and `zstdcat`. Revoked and deprecated techniques are kept with a flag, so that
an old rule's tag still gets its name.
"""
import json
import re
import subprocess
import sys

NOTICE = """\
# ATT&CK techniques for Enterprise, version {version}: id, state, name, tactics (separated by ;).
# Written by generate.py; do not edit.
# © 2025 The MITRE Corporation. This work is reproduced and distributed with the permission of The MITRE Corporation.
# Terms of use: https://attack.mitre.org/resources/legal-and-branding/terms-of-use/
"""


def attack_id(item):
    for reference in item.get("external_references", []):
        if reference.get("source_name") == "mitre-attack":
            return reference["external_id"]
    return None


def state(item):
    if item.get("revoked"):
        return "revoked"
    return "deprecated" if item.get("x_mitre_deprecated") else "current"


def main(path):
    bundle = json.loads(subprocess.run(["zstdcat", path], check=True, capture_output=True).stdout)
    objects = bundle["objects"]
    tactics = {o["x_mitre_shortname"]: o["name"] for o in objects if o["type"] == "x-mitre-tactic"}
    version = re.search(r"enterprise-attack-(\d+\.\d+)", path).group(1)
    rows = {}
    for item in (o for o in objects if o["type"] == "attack-pattern"):
        phases = [p["phase_name"] for p in item.get("kill_chain_phases", []) if p["kill_chain_name"] == "mitre-attack"]
        row = [attack_id(item), state(item), item["name"], ";".join(tactics[p] for p in phases)]
        # An id that was given to a new object after a revocation belongs to the current one.
        if row[0] not in rows or row[1] == "current":
            rows[row[0]] = row
    sys.stdout.write(NOTICE.format(version=version))
    for key in sorted(rows):
        sys.stdout.write("\t".join(rows[key]) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
