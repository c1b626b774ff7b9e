"""A Windows endpoint that only exists on paper: it turns what programs do into the events that Sysmon and Windows would log.

Events are flattened as the public recordings are, so that the shape of a record says nothing about its label. How much is logged beside the
activity itself (module loads, registry noise, Security events) differs from one machine to the next, as audit settings do. A slash in a path is written as a backslash.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

from ..linux.vary import Vary

SYSTEM32 = "C:\\Windows\\System32\\"
SYSMON, SECURITY, SYSTEM, POWERSHELL = "Microsoft-Windows-Sysmon/Operational", "Security", "System", "Microsoft-Windows-PowerShell/Operational"
PROVIDERS = {SYSMON: "Microsoft-Windows-Sysmon", SECURITY: "Microsoft-Windows-Security-Auditing", SYSTEM: "Service Control Manager", POWERSHELL: "Microsoft-Windows-PowerShell"}
COMMON_MODULES = ["ntdll.dll", "kernel32.dll", "KernelBase.dll", "user32.dll", "advapi32.dll", "combase.dll", "rpcrt4.dll", "ucrtbase.dll", "shell32.dll", "ws2_32.dll", "crypt32.dll", "winhttp.dll", "bcrypt.dll", "amsi.dll", "clr.dll", "mscoree.dll", "taskschd.dll", "wbemcomn.dll", "samlib.dll", "vaultcli.dll", "dbghelp.dll"]
#: Processes that every session has, with their parents.
BASE = [
    ("System", "", "S"), ("smss.exe", "System", "S"), ("csrss.exe", "smss.exe", "S"), ("wininit.exe", "smss.exe", "S"), ("services.exe", "wininit.exe", "S"),
    ("lsass.exe", "wininit.exe", "S"), ("winlogon.exe", "smss.exe", "S"), ("svchost.exe", "services.exe", "S"), ("wbem\\WmiPrvSE.exe", "svchost.exe", "S"),
    ("spoolsv.exe", "services.exe", "S"), ("taskhostw.exe", "svchost.exe", "U"), ("explorer.exe", "winlogon.exe", "U"), ("RuntimeBroker.exe", "svchost.exe", "U"),
]


@dataclass
class Process:
    image: str
    command: str
    user: str
    integrity: str
    pid: int
    guid: str
    logon: str
    parent: Process | None = None

    @property
    def name(self) -> str:
        return self.image.rsplit("\\", 1)[-1]


@dataclass
class Machine:
    vary: Vary
    domain: str
    name: str
    user: str
    modules: float
    registry: float
    accesses: float
    security: float
    ends: float
    events: list[tuple[float, dict[str, Any], bool]] = field(default_factory=list)
    now: float = 0.0
    is_attack: bool = False
    base: dict[str, Process] = field(default_factory=dict)

    @classmethod
    def new(cls, vary: Vary) -> Machine:
        role = vary.choice(["WS", "PC", "LT", "DESKTOP", "SRV", "DC", "FS", "SQL", "WEB", "APP", "ADM", "BLD", vary.word(1).upper()])
        machine = cls(
            vary,
            vary.word(2).upper(),
            vary.choice([f"{role}{vary.randint(1, 999):03d}", f"{role}-{vary.hex(7).upper()}", f"{vary.word(1).upper()}-{role}-{vary.randint(1, 99)}"]),
            vary.person(),
            *(vary.choice([0.0, vary.random(), vary.random() * 0.4]) for _ in range(5)),
        )
        for name, parent, owner in BASE:
            user = "NT AUTHORITY\\SYSTEM" if owner == "S" else f"{machine.domain}\\{machine.user}"
            path = name if name == "System" else ("C:\\Windows\\" if name == "explorer.exe" else SYSTEM32) + name
            machine.base[name.rsplit("\\", 1)[-1]] = machine.make(path, path, user, "System" if owner == "S" else "Medium", machine.base.get(parent))
        return machine

    def make(self, image: str, command: str, user: str, integrity: str, parent: Process | None) -> Process:
        v = self.vary
        return Process(image, command, user, integrity, v.randrange(400, 24000, 4), f"{{{v.hex(8)}-{v.hex(4)}-{v.hex(4)}-{v.hex(4)}-{v.hex(12)}}}", hex(v.randint(1000, 10**8)), parent)

    def put(self, channel: str, code: int, fields: dict[str, Any]) -> None:
        self.events.append((self.now, {"Channel": channel, "EventID": code, "SourceName": PROVIDERS[channel], **fields}, self.is_attack))
        self.now += self.vary.random() * 0.05

    def wait(self, least: float, most: float) -> None:
        self.now += self.vary.uniform(least, most)

    def sysmon(self, code: int, process: Process, fields: dict[str, Any]) -> None:
        self.put(SYSMON, code, {"ProcessGuid": process.guid, "ProcessId": str(process.pid), "Image": process.image, "User": process.user, **fields})

    def start(self, parent: Process | str, image: str, command: str = "", *, user: str = "", integrity: str = "", signed: str = "Microsoft Corporation") -> Process:
        v = self.vary
        parent = self.base.get(parent, self.base["explorer.exe"]) if isinstance(parent, str) else parent
        image = (image if ":" in image else SYSTEM32 + image).replace("/", "\\")
        child = self.make(image, command or f'"{image}"', user or parent.user, integrity or parent.integrity, parent)
        child.logon = parent.logon
        original = child.name if signed else "-"
        self.put(SYSMON, 1, {"ProcessGuid": child.guid, "ProcessId": str(child.pid), "Image": image, "CommandLine": child.command, "CurrentDirectory": image.rsplit("\\", 1)[0] + "\\", "User": child.user, "LogonId": child.logon, "IntegrityLevel": child.integrity, "ParentProcessGuid": parent.guid, "ParentProcessId": str(parent.pid), "ParentImage": parent.image, "ParentCommandLine": parent.command, "Company": signed or "-", "OriginalFileName": original, "Hashes": f"SHA256={v.hex(64).upper()}"})
        if v.maybe(self.security):
            self.put(SECURITY, 4688, {"SubjectUserName": child.user.rsplit("\\", 1)[-1], "SubjectDomainName": self.domain, "SubjectLogonId": child.logon, "NewProcessId": hex(child.pid), "NewProcessName": image, "ProcessId": hex(parent.pid), "ParentProcessName": parent.image, "CommandLine": child.command})
        if v.maybe(self.accesses):
            self.access(self.base[v.choice(["csrss.exe", "svchost.exe", "lsass.exe"])], child, v.choice(["0x1000", "0x1400", "0x1fffff", "0x1410"]))
        for module in v.some(COMMON_MODULES, 0, int(9 * self.modules)):
            self.load(child, SYSTEM32 + module)
        for _ in range(v.randint(0, int(5 * self.registry))):
            self.registry_set(child, f"HKU\\S-1-5-21-{v.randint(10**8, 10**9)}\\Software\\{v.choice(['Microsoft/Windows/CurrentVersion/Explorer/' + v.word(), 'Classes/Local Settings', v.word() + '/Settings'])}", v.choice(["DWORD (0x00000001)", v.word(), "Binary Data"]))
        self.wait(0.01, 0.6)
        return child

    def end(self, process: Process) -> None:
        if self.vary.maybe(0.3 + 0.7 * self.ends):
            self.sysmon(5, process, {})

    def run(self, parent: Process | str, image: str, command: str = "", **options: str) -> Process:
        """Starts it, and it ends soon."""
        process = self.start(parent, image, command, **options)
        self.wait(0.05, 1.5)
        self.end(process)
        return process

    def load(self, process: Process, module: str, signed: bool = True) -> None:
        self.sysmon(7, process, {"ImageLoaded": module, "Signed": str(signed).lower(), "Signature": "Microsoft Windows" if signed else "-", "SignatureStatus": "Valid" if signed else "Unavailable"})

    def write(self, process: Process, path: str) -> None:
        self.sysmon(11, process, {"TargetFilename": path.replace("/", "\\")})

    def delete(self, process: Process, path: str) -> None:
        self.sysmon(self.vary.choice([23, 26]), process, {"TargetFilename": path.replace("/", "\\"), "IsExecutable": "false"})

    def registry_set(self, process: Process, key: str, value: str) -> None:
        self.sysmon(13, process, {"EventType": "SetValue", "TargetObject": key.replace("/", "\\"), "Details": value})

    def registry_make(self, process: Process, key: str) -> None:
        self.sysmon(12, process, {"EventType": "CreateKey", "TargetObject": key.replace("/", "\\")})

    def access(self, source: Process, target: Process, rights: str) -> None:
        self.put(SYSMON, 10, {"SourceProcessGUID": source.guid, "SourceProcessId": str(source.pid), "SourceImage": source.image, "TargetProcessGUID": target.guid, "TargetProcessId": str(target.pid), "TargetImage": target.image, "GrantedAccess": rights, "CallTrace": f"C:\\Windows\\SYSTEM32\\ntdll.dll+{self.vary.hex(5)}|C:\\Windows\\System32\\KERNELBASE.dll+{self.vary.hex(5)}", "SourceUser": source.user, "TargetUser": target.user})

    def inject(self, source: Process, target: Process) -> None:
        self.put(SYSMON, 8, {"SourceProcessGuid": source.guid, "SourceProcessId": str(source.pid), "SourceImage": source.image, "TargetProcessGuid": target.guid, "TargetProcessId": str(target.pid), "TargetImage": target.image, "StartAddress": "0x" + self.vary.hex(12), "StartModule": "-", "StartFunction": "-"})

    def connect(self, process: Process, address: str, port: int, name: str = "") -> None:
        v = self.vary
        if name and v.maybe(0.7):
            self.sysmon(22, process, {"QueryName": name, "QueryStatus": "0", "QueryResults": f"::ffff:{address};"})
        source = getattr(self, "_address", None) or v.private()
        self._address = source
        self.sysmon(3, process, {"Protocol": "tcp", "Initiated": "true", "SourceIp": source, "SourcePort": str(v.randint(49152, 65000)), "DestinationIp": address, "DestinationPort": str(port), "DestinationHostname": name, "SourceIsIpv6": "false", "DestinationIsIpv6": "false"})
        if v.maybe(self.security * 0.5):
            self.put(SECURITY, 5156, {"Application": "\\device\\harddiskvolume2" + process.image[2:].lower(), "ProcessID": str(process.pid), "Direction": "%%14593", "SourceAddress": source, "SourcePort": str(v.randint(49152, 65000)), "DestAddress": address, "DestPort": str(port), "Protocol": "6"})

    def accept(self, process: Process, address: str, port: int) -> None:
        self.sysmon(3, process, {"Protocol": "tcp", "Initiated": "false", "SourceIp": address, "SourcePort": str(self.vary.randint(49152, 65000)), "DestinationIp": getattr(self, "_address", "10.0.0.9"), "DestinationPort": str(port)})

    def pipe(self, process: Process, name: str, *, made: bool = False) -> None:
        self.sysmon(17 if made else 18, process, {"EventType": "CreatePipe" if made else "ConnectPipe", "PipeName": name})

    def logon(self, user: str, kind: int, address: str = "-", process: str = "-") -> str:
        number = hex(self.vary.randint(10**5, 10**8))
        if self.vary.maybe(0.3 + self.security):
            self.put(SECURITY, 4624, {"SubjectUserSid": "S-1-0-0", "SubjectUserName": "-", "TargetUserName": user, "TargetDomainName": self.domain, "TargetLogonId": number, "LogonType": str(kind), "IpAddress": address, "IpPort": str(self.vary.randint(49152, 65000)), "WorkstationName": "-", "ProcessName": process, "AuthenticationPackageName": self.vary.choice(["Kerberos", "NTLM", "Negotiate"]), "LogonProcessName": "Kerberos"})
            if self.vary.maybe(0.4):
                self.put(SECURITY, 4672, {"SubjectUserName": user, "SubjectDomainName": self.domain, "SubjectLogonId": number, "PrivilegeList": "SeDebugPrivilege"})
        return number

    def script(self, process: Process, text: str, path: str = "") -> None:
        if self.vary.maybe(0.3 + 0.6 * self.security):
            self.put(POWERSHELL, 4104, {"MessageNumber": "1", "MessageTotal": "1", "ScriptBlockText": text, "ScriptBlockId": f"{self.vary.hex(8)}-{self.vary.hex(4)}", "Path": path, "ExecutionProcessID": process.pid})

    def service(self, name: str, path: str, account: str = "LocalSystem") -> None:
        services = self.base["services.exe"]
        self.registry_set(services, f"HKLM\\System\\CurrentControlSet\\Services\\{name}\\ImagePath", path)
        self.registry_set(services, f"HKLM\\System\\CurrentControlSet\\Services\\{name}\\Start", "DWORD (0x00000002)")
        if self.vary.maybe(0.6):
            self.put(SYSTEM, 7045, {"ServiceName": name, "ImagePath": path, "ServiceType": "user mode service", "StartType": "auto start", "AccountName": account})

    def task(self, process: Process, name: str, command: str) -> None:
        scheduler = self.base["svchost.exe"]
        self.write(scheduler, f"C:\\Windows\\System32\\Tasks\\{name}")
        self.registry_set(scheduler, f"HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Schedule\\TaskCache\\Tree\\{name}\\Id", f"{{{self.vary.hex(8)}}}")
        if self.vary.maybe(self.security):
            self.put(SECURITY, 4698, {"SubjectUserName": process.user.rsplit("\\", 1)[-1], "SubjectDomainName": self.domain, "TaskName": f"\\{name}", "TaskContent": f"<Task><Actions><Exec><Command>{command}</Command></Exec></Actions></Task>"})

    def noise(self, seconds: float) -> None:
        """What a machine does by itself."""
        v, until = self.vary, self.now + seconds
        base = self.base
        rate = v.choice([2.0, 6.0, 15.0, 30.0])
        while self.now < until:
            self.wait(0.1, rate)
            kind = v.randrange(11)
            host = base["svchost.exe"]
            if kind == 0:
                self.connect(host, v.public(), v.choice([443, 80, 53]), v.domain())
            elif kind == 1:
                self.registry_set(host, f"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\{v.word()}\\{v.word()}", v.choice(["DWORD (0x00000000)", "Binary Data"]))
            elif kind == 2:
                self.run("svchost.exe", v.choice(["backgroundTaskHost.exe", "dllhost.exe", "taskhostw.exe", "SearchProtocolHost.exe", "RuntimeBroker.exe", "wuauclt.exe", "UsoClient.exe", "MoUsoCoreWorker.exe"]), v.choice(["", "-Embedding", "/Processid:{" + v.hex(8) + "}"]))
            elif kind == 3:
                self.write(host, f"C:\\Windows\\{v.choice(['Prefetch/' + v.word().upper() + '.EXE-' + v.hex(8).upper() + '.pf', 'Temp/' + v.word() + '.tmp', 'ServiceState/EventLog/Data/lastalive0.dat', 'SoftwareDistribution/DataStore/Logs/edb.log'])}")
            elif kind == 4:
                self.access(v.choice([base["svchost.exe"], base["WmiPrvSE.exe"], base["csrss.exe"]]), v.choice([base["lsass.exe"], base["explorer.exe"], base["services.exe"]]), v.choice(["0x1000", "0x1400", "0x1410", "0x101000"]))
            elif kind == 5:
                self.logon(v.choice([self.name + "$", "SYSTEM", self.user]), v.choice([3, 5]), "-")
            elif kind == 6:
                self.connect(base["lsass.exe"], v.private(), v.choice([88, 389, 135, 49668]))
            elif kind == 7:
                self.registry_make(base["lsass.exe"], f"HKLM\\SAM\\SAM\\DOMAINS\\Account\\{v.word()}")
            elif kind == 8:
                self.write(base["explorer.exe"], f"C:\\Users\\{self.user}\\AppData\\Roaming\\Microsoft\\Windows\\Recent\\{v.word()}.lnk")
            elif kind == 9:
                self.pipe(host, v.choice(["\\srvsvc", "\\wkssvc", "\\lsass", "\\spoolss", "\\InitShutdown"]))
            else:
                self.load(base["explorer.exe"], SYSTEM32 + random.Random(v.random()).choice(COMMON_MODULES))
