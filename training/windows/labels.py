"""Which lines of a Windows recording are the attack's: a heuristic, not ground truth.

The recordings say what was done, not which events it made. An event counts as the attack's when its process descends from one that is
known for it: by the image or command line of a known tool or technique, by a connection to the recording's command server, or by what an
attack's script wrote. Everything a tainted process does is tainted; what it reads from a benign process is not.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

Fields = dict[str, Any]

#: Command servers of the public recordings (facts of their metadata).
COMMAND_SERVERS = {"10.10.10.5", "192.168.56.40", "10.0.5.13", "10.0.10.106", "192.168.2.5", "10.0.1.5", "192.168.3.5", "10.0.10.5"}

TOOLS = re.compile(
    r"mimikatz|mimiexplorer|sekurlsa|lsadump|rubeus|seatbelt|sharpview|powerview|powersploit|invoke-(mimikatz|psinject|dcsync|ninja|wmi|psexec|smbexec|"
    r"bypass|token|dll|monologue|internalmonologue|runas|command|expression.*frombase64)|ninjacopy|dumpert|powerdump|bloodhound|sharphound|meterpreter|"
    r"payload\.exe|winx64_payload|cobalt|psexesvc|psexec(64)?\.exe|procdump|nanodump|safetykatz|inveigh|kekeo|empire|psinject|herpaderp|"
    r"internalmonologue|get-gpppassword|out-minidump|find-localadmin|get-netsession|get-domain(user|group|computer|objectacl)",
    re.IGNORECASE,
)
COMMANDS = re.compile(
    r"-(e|en|enc|enco|encodedcommand)\s+[A-Za-z0-9+/=]{60}|-nop\b.*-w(indowstyle)?\s+(1|hidden)|noP -sta|frombase64string|downloadstring\(|downloadfile\(|"
    r"comsvcs(\.dll)?[, ]+#?(minidump|24)|ntdsutil|create shadow|harddiskvolumeshadowcopy|esentutl(\.exe)?\s+/y|reg(\.exe)?\s+save|"
    r"mavinject|cmstp(\.exe)?\s+/|mshta(\.exe)?\s+(vbscript|javascript|http|c:)|regsvr32.*(scrobj|/i:)|hh(\.exe)?\s+\S+\.(html?|chm)|"
    r"bitsadmin.*/transfer|certutil.*(urlcache|decode)|wevtutil(\.exe)?\s+(cl|sl)|auditpol(\.exe)?\s+/(set|remove|clear)|minint|"
    r"netsh(\.exe)?\s+(advfirewall|firewall|interface portproxy)|wmic(\.exe)?\s.*(/node|process call|format:)|register-cimprovider|control(\.exe)?\s+\S+\.cpl|"
    r"schtasks(\.exe)?\s+/create.*(powershell|updater)|sc(\.exe)?\s+(config|sdset|failure)\s|userinitmprlogonscript|fodhelper|wdigest|uselogoncredential|"
    r"fdenytsconnections|processcreationincludecmdline|lmcompatibilitylevel|restrictsendingntlm|netprofm|eventlog.*\bstart\b|add-localgroupmember|"
    r"localgroup\s+\S*admin|\bnet1?(\.exe)?\s+(user|localgroup|group|view|session)|get-aduser|samr|currentversion\\run\b.*(debug|updater|powershell)|"
    r"promptforcredential|passwordvault|httplistener|-m\s+(http\.server|simplehttpserver)|msbuild(\.exe)?\s+\S*\.(xml|csproj)|\bwhoami(\.exe)?\b",
    re.IGNORECASE,
)
#: Programs of the recording's own plumbing and of the system that would carry a taint everywhere.
CARRIERS = re.compile(
    r"\\(explorer|services|svchost|lsass|winlogon|wininit|csrss|smss|system|sihost|taskhostw|userinit|sysmon(64)?|runtimebroker|searchindexer|"
    r"msmpeng|wmiprvse|dllhost|nxlog|winlogbeat|windowsazureguestagent|waappagent|monitoringhost|healthservice|spoolsv)\.exe$|^system$",
    re.IGNORECASE,
)
TEXT_FIELDS = (
    "CommandLine",
    "ScriptBlockText",
    "Payload",
    "TargetObject",
    "Details",
    "TaskContent",
    "ServiceFileName",
    "ImagePath",
    "TargetFilename",
    "PipeName",
    "Image",
    "HostApplication",
    "OriginalFileName",
)


def fields_of(line: str) -> Fields:
    """Flattened or nested (Winlogbeat) records alike."""
    try:
        record = json.loads(line)
    except ValueError:
        return {}
    inner = record.get("winlog", {}) if isinstance(record, dict) else {}
    if isinstance(inner, dict) and "event_data" in inner:
        return {
            **inner["event_data"],
            "EventID": int(inner.get("event_id", 0)),
            "Channel": inner.get("channel", ""),
            "Hostname": inner.get("computer_name", ""),
        }
    return record if isinstance(record, dict) else {}


def number(value: object) -> int:
    try:
        return int(str(value), 0)
    except ValueError:
        return 0


@dataclass
class Host:
    """What is known of one endpoint so far."""

    tainted: set[str] = field(default_factory=set)
    pids: dict[int, str] = field(default_factory=dict)
    tainted_pids: set[int] = field(default_factory=set)


@dataclass
class Taint:
    servers: set[str]
    hosts: dict[str, Host] = field(default_factory=dict)

    def learn(self, event: Fields) -> None:
        """First pass: processes that are the attack's by what they are, or by whom they talk to."""
        host = self.hosts.setdefault(str(event.get("Hostname", "")), Host())
        code = number(event.get("EventID"))
        guid = str(event.get("ProcessGuid", ""))
        image = str(event.get("Image", ""))
        if guid and event.get("ProcessId"):
            host.pids[number(event["ProcessId"])] = guid
        if code == 3 and event.get("DestinationIp") in self.servers and not CARRIERS.search(image):
            self.taint(host, guid, event.get("ProcessId"))
        if code == 1:
            said = f"{image} {event.get('CommandLine', '')} {event.get('OriginalFileName', '')}"
            if TOOLS.search(said) or COMMANDS.search(said) or event.get("ParentProcessGuid") in host.tainted and not CARRIERS.search(image):
                self.taint(host, guid, event.get("ProcessId"))
        if code == 8 and event.get("SourceProcessGuid") in host.tainted:
            self.taint(host, str(event.get("TargetProcessGuid", "")), event.get("TargetProcessId"))
        if code == 4104 and TOOLS.search(str(event.get("ScriptBlockText", ""))):
            pid = number(event.get("ExecutionProcessID"))
            if pid:
                self.taint(host, host.pids.get(pid, ""), pid)

    def taint(self, host: Host, guid: str, pid: object) -> None:
        if guid:
            host.tainted.add(guid)
        if number(pid) > 4:
            host.tainted_pids.add(number(pid))

    def of(self, event: Fields) -> bool:
        """Second pass: whether this event is the attack's."""
        host = self.hosts.get(str(event.get("Hostname", "")))
        if host is None:
            return False
        for name in ("ProcessGuid", "SourceProcessGuid", "SourceProcessGUID", "ParentProcessGuid"):
            if event.get(name) in host.tainted:
                return True
        code = number(event.get("EventID"))
        if code == 8 and event.get("TargetProcessGuid") in host.tainted:
            return True
        if not event.get("ProcessGuid") and code not in (10, 4658, 4690, 5156, 5158, 5447, 4703):
            pid = number(event.get("ProcessId", event.get("ExecutionProcessID", 0)))
            if pid in host.tainted_pids:
                return True
        if code in (5156, 3) and (event.get("DestAddress") or event.get("DestinationIp")) in self.servers:
            return True
        if code in (1, 11, 12, 13, 17, 4104, 4103, 800, 4688, 4697, 7045, 4698, 1102, 104, 4720, 4732):
            said = " ".join(str(event.get(name, "")) for name in TEXT_FIELDS)
            return code in (1102, 104) or bool(TOOLS.search(said)) or (code != 11 and bool(COMMANDS.search(said)))
        return False


def servers_of(events: Iterable[Fields]) -> set[str]:
    """The command servers that this recording talks to: the known ones, and those of a known tool."""
    found = set()
    for event in events:
        if number(event.get("EventID")) == 3:
            address = str(event.get("DestinationIp", ""))
            if address in COMMAND_SERVERS or TOOLS.search(str(event.get("Image", ""))):
                found.add(address)
    return found - {"", "127.0.0.1", "::1", "0:0:0:0:0:0:0:1"}


def label(lines: Iterator[str] | list[str]) -> list[bool]:
    """For each line, whether it is the attack's."""
    events = [fields_of(line) for line in lines]
    taint = Taint(servers_of(events))
    for _ in range(2):
        for event in events:
            taint.learn(event)
    return [taint.of(event) for event in events]
