"""Ordinary work on Windows: administration, offices, development, servers. Much of it uses an attacker's tools for its own ends."""

from __future__ import annotations

from collections.abc import Callable

from ..linux.vary import Vary, encoded
from .machine import SYSTEM32, Machine, Process

Activity = Callable[[Machine], None]
SHELL = "WindowsPowerShell\\v1.0\\powershell.exe"


def wide(text: str) -> str:
    """As `-EncodedCommand` wants it."""
    import base64

    return base64.b64encode(text.encode("utf-16-le")).decode()


def vendor(v: Vary) -> tuple[str, str]:
    name = v.word(2).capitalize() + v.choice(["", "Soft", "ware", "Systems", " Inc"])
    return name, v.choice(["C:\\Program Files\\", "C:\\Program Files (x86)\\", "C:\\ProgramData\\"]) + name.replace(" ", "") + "\\" + v.choice(["", "Agent\\", "bin\\", "Service\\", "Client\\"])


def admin_script(v: Vary) -> str:
    return v.choice([
        "Get-CimInstance Win32_LogicalDisk | Select DeviceID,FreeSpace", "Get-HotFix | Sort InstalledOn", "Get-Service | Where Status -ne Running", "Get-WmiObject Win32_Product | Select Name,Version", "Test-Path HKLM:\\Software\\" + v.word(),
        "Get-EventLog -LogName System -Newest 50", f"Copy-Item \\\\{v.word()}\\share\\{v.word()}.msi C:\\Windows\\Temp", "Get-ADUser -Filter * -Properties LastLogonDate | Export-Csv C:\\Temp\\u.csv", "Get-LocalGroupMember Administrators", f"Restart-Service {v.word()}", "Get-NetTCPConnection -State Listen",
        "Set-ItemProperty HKLM:\\Software\\Policies\\" + v.word() + " -Name Enabled -Value 1", f"Invoke-WebRequest https://{v.domain()}/agent.exe -OutFile C:\\Windows\\Temp\\agent.exe", "Get-ScheduledTask | Where State -eq Ready", "Get-Process | Sort CPU -Desc | Select -First 10", "Import-Module ActiveDirectory; Get-ADComputer -Filter *", "Get-MpComputerStatus", "Get-BitLockerVolume",
    ])


def quick_tools(v: Vary) -> list[tuple[str, str]]:
    return [
        ("ipconfig.exe", "ipconfig /all"), ("systeminfo.exe", "systeminfo"), ("whoami.exe", "whoami /groups"), ("net.exe", f"net use Z: \\\\{v.word()}\\{v.word()}"), ("net.exe", "net user " + v.word() + " /domain"), ("net.exe", "net localgroup administrators"), ("tasklist.exe", "tasklist /svc"), ("netstat.exe", "netstat -ano"), ("nltest.exe", "nltest /dsgetdc:" + v.word()),
        ("ping.exe", "ping -n 1 " + v.private()), ("gpupdate.exe", "gpupdate /force"), ("gpresult.exe", "gpresult /r"), ("sc.exe", "sc query " + v.word()), ("reg.exe", "reg query HKLM\\Software\\" + v.word()), ("schtasks.exe", "schtasks /query /fo csv"), ("quser.exe", "quser"), ("nslookup.exe", "nslookup " + v.domain()), ("route.exe", "route print"), ("arp.exe", "arp -a"),
        ("klist.exe", "klist"), ("wevtutil.exe", "wevtutil epl System C:\\Temp\\s.evtx"), ("icacls.exe", f"icacls D:\\{v.word()} /grant Users:R"), ("robocopy.exe", f"robocopy D:\\{v.word()} \\\\{v.word()}\\b /MIR"), ("xcopy.exe", f"xcopy \\\\{v.word()}\\a C:\\Temp /s"), ("taskkill.exe", f"taskkill /f /im {v.word()}.exe"), ("wbem\\WMIC.exe", "wmic bios get serialnumber"), ("wbem\\WMIC.exe", "wmic logicaldisk get size,freespace"), ("hostname.exe", "hostname"), ("findstr.exe", "findstr /i error log.txt"), ("netsh.exe", "netsh interface show interface"), ("certutil.exe", "certutil -store my"), ("bcdedit.exe", "bcdedit /enum"), ("powercfg.exe", "powercfg /batteryreport"), ("auditpol.exe", "auditpol /get /category:*"), ("vssadmin.exe", "vssadmin list shadows"),
    ]


def some_tools(m: Machine, parent: Process, least: int, most: int) -> None:
    for image, command in m.vary.some(quick_tools(m.vary), least, most):
        m.run(parent, image, command)
        m.wait(0.2, 12)


def software_install(m: Machine) -> None:
    v = m.vary
    name, home = vendor(v)
    setup = m.start(v.choice(["explorer.exe", "svchost.exe"]), v.choice([f"C:\\Users\\{m.user}\\Downloads\\{v.word()}Setup.exe", f"C:\\Windows\\Temp\\{v.word()}\\setup.exe", f"C:\\Windows\\ccmcache\\{v.hex(2)}\\install.exe"]), v.choice(["", "setup.exe /quiet /norestart", "install.exe /S", "setup.exe /VERYSILENT"]), integrity="High", signed=name)
    msi = m.start("services.exe", "msiexec.exe", "C:\\Windows\\system32\\msiexec.exe /V")
    for _ in range(v.randint(4, 40)):
        m.write(v.choice([msi, setup]), home + v.choice(["", "lang\\", "lib\\"]) + v.word() + v.choice([".dll", ".exe", ".xml", ".dat", ".pak"]))
    m.run(msi, "C:\\Windows\\SysWOW64\\msiexec.exe", f"C:\\Windows\\syswow64\\MsiExec.exe -Embedding {v.hex(32).upper()} E Global\\MSI0000")
    for _ in range(v.randint(1, 8)):
        m.registry_set(msi, f"HKLM\\SOFTWARE\\{name}\\{v.word()}", v.word())
    m.registry_set(msi, f"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{{{v.hex(8)}}}\\DisplayName", name)
    if v.maybe(0.5):
        m.registry_set(setup, f"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\{name}", f'"{home}{v.word()}.exe" /background')
    if v.maybe(0.6):
        path = f"{home}{v.word()}svc.exe"
        m.service(name.replace(" ", ""), path)
        child = m.start("services.exe", path, f'"{path}"', signed=name)
        m.connect(child, v.public(), 443, v.domain())
    if v.maybe(0.5):
        m.run(setup, "schtasks.exe", f"schtasks /create /tn {name.replace(' ', '')}Update /tr \"{home}update.exe\" /sc daily /ru SYSTEM /f")
        m.task(setup, f"{name}Update", home + "update.exe")
    if v.maybe(0.4):
        m.run(setup, "netsh.exe", f"netsh advfirewall firewall add rule name=\"{name}\" dir=in action=allow program=\"{home}a.exe\"")
    m.end(setup)


def managed_deployment(m: Machine) -> None:
    v = m.vary
    agent = m.start("services.exe", v.choice(["C:\\Windows\\CCM\\CcmExec.exe", "C:\\Program Files (x86)\\Microsoft Intune Management Extension\\Microsoft.Management.Services.IntuneWindowsAgent.exe", "C:\\Program Files\\Tanium\\Tanium Client\\TaniumClient.exe", "C:\\Program Files\\" + v.word().capitalize() + "\\agent.exe", "C:\\ProgramData\\chocolatey\\choco.exe", "C:\\Program Files\\PDQ\\PDQDeployRunner.exe", "C:\\opscode\\chef\\bin\\chef-client.exe"]), signed=vendor(v)[0])
    m.connect(agent, v.private(), v.choice([443, 80, 8530]), v.domain())
    folder = v.choice([f"C:\\Windows\\ccmcache\\{v.hex(2)}", f"C:\\Windows\\IMECache\\{v.hex(8)}", f"C:\\ProgramData\\{v.word()}\\staging", f"C:\\Windows\\Temp\\{v.word()}"])
    for _ in range(v.randint(1, 8)):
        m.write(agent, f"{folder}\\{v.word()}{v.choice(['.ps1', '.exe', '.msi', '.cab', '.xml'])}")
    for _ in range(v.randint(1, 4)):
        script = admin_script(v)
        command = v.choice([f'powershell.exe -NoProfile -ExecutionPolicy Bypass -File "{folder}\\{v.word()}.ps1"', f"powershell.exe -NoProfile -NonInteractive -ExecutionPolicy Bypass -EncodedCommand {wide(script)}", f'powershell.exe -Command "& {{{script}}}"', f'powershell.exe -WindowStyle Hidden -ExecutionPolicy Bypass -File "{folder}\\detect.ps1"'])
        shell = m.start(agent, SHELL, command)
        m.script(shell, script, f"{folder}\\x.ps1")
        m.write(shell, f"C:\\Windows\\Temp\\__PSScriptPolicyTest_{v.word()}.{v.hex(3)}.ps1")
        if v.maybe(0.4):
            some_tools(m, shell, 1, 3)
        m.end(shell)
    if v.maybe(0.5):
        m.run(agent, "msiexec.exe", f"msiexec /i \"{folder}\\{v.word()}.msi\" /qn /norestart")
    m.registry_set(agent, f"HKLM\\SOFTWARE\\{v.word()}\\Compliance\\LastRun", v.hex(8))


def windows_update(m: Machine) -> None:
    v = m.vary
    worker = m.start("svchost.exe", "MoUsoCoreWorker.exe", signed="Microsoft Corporation")
    m.connect(m.base["svchost.exe"], v.public(), 443, "dl." + v.domain())
    trusted = m.start("services.exe", "C:\\Windows\\servicing\\TrustedInstaller.exe")
    tiworker = m.start("svchost.exe", f"C:\\Windows\\winsxs\\amd64_{v.hex(12)}\\TiWorker.exe", "TiWorker.exe -Embedding")
    for _ in range(v.randint(5, 40)):
        m.write(tiworker, f"C:\\Windows\\{v.choice(['WinSxS/Temp/' + v.hex(12), 'System32/' + v.word() + '.dll', 'servicing/Packages/' + v.word() + '.cat', 'Logs/CBS/CBS.log'])}")
        if v.maybe(0.3):
            m.registry_set(tiworker, f"HKLM\\COMPONENTS\\DerivedData\\Components\\{v.hex(12)}", "Binary Data")
    for image, command in v.some([("wusa.exe", f"wusa.exe C:\\Windows\\Temp\\kb{v.randint(10**6, 10**7)}.msu /quiet"), ("Dism.exe", "dism /online /cleanup-image /scanhealth"), ("sfc.exe", "sfc /scannow"), ("drvinst.exe", "drvinst.exe 4 1"), ("rundll32.exe", "rundll32.exe C:\\Windows\\system32\\pnpclean.dll,RunDLL_PnpClean /DEVICES"), ("svchost.exe", "svchost.exe -k wusvcs -p")], 1, 4):
        m.run(worker, image, command)
    m.end(trusted)


def logon_scripts(m: Machine) -> None:
    v = m.vary
    m.logon(m.user, v.choice([2, 7, 10, 11]), v.choice(["127.0.0.1", v.private()]))
    m.run("winlogon.exe", "userinit.exe", user=f"{m.domain}\\{m.user}", integrity="Medium")
    m.start("winlogon.exe", "C:\\Windows\\explorer.exe", user=f"{m.domain}\\{m.user}", integrity="Medium")
    script = m.start("svchost.exe", v.choice(["gpscript.exe", "wscript.exe", "cmd.exe"]), v.choice(["gpscript.exe /Logon", f'wscript.exe "\\\\{m.domain}\\NETLOGON\\{v.word()}.vbs"', f'cmd.exe /c "\\\\{m.domain}\\SysVol\\{m.domain}\\scripts\\logon.bat"']), user=f"{m.domain}\\{m.user}", integrity="Medium")
    for _ in range(v.randint(1, 5)):
        m.run(script, "net.exe", f"net use {v.choice('FGHSTXZ')}: \\\\{v.word()}\\{v.word()} /persistent:no")
    m.connect(m.base["lsass.exe"], v.private(), 88)
    m.connect(m.base["System"], v.private(), 445)
    for image, command in v.some([("cmd.exe", f"cmd /c copy \\\\{v.word()}\\a\\b.lnk %USERPROFILE%\\Desktop"), (SHELL, f"powershell -ep bypass -file \\\\{m.domain}\\netlogon\\{v.word()}.ps1"), ("reg.exe", f"reg add HKCU\\Software\\{v.word()} /v Server /d {v.word()} /f"), ("rundll32.exe", f"rundll32 printui.dll,PrintUIEntry /in /n \\\\{v.word()}\\prn"), ("cscript.exe", f"cscript //nologo \\\\{m.domain}\\netlogon\\inv.vbs"), ("certutil.exe", "certutil -pulse"), ("gpupdate.exe", "gpupdate /target:user"), ("wbem\\WMIC.exe", "wmic computersystem get model")], 1, 6):
        m.run(script, image, command)
    m.registry_set(m.base["explorer.exe"], f"HKU\\S-1-5-21\\Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\MountPoints2\\##{v.word()}", v.word())


def backup_agent(m: Machine) -> None:
    v = m.vary
    name, home = vendor(v)
    agent = m.start("services.exe", f"{home}{v.word()}backup.exe", signed=name)
    vss = m.start("services.exe", "VSSVC.exe")
    m.run(agent, "vssadmin.exe", v.choice(["vssadmin list writers", "vssadmin create shadow /for=C:", "vssadmin list shadows"]))
    if v.maybe(0.4):
        m.run(agent, "diskshadow.exe", f"diskshadow /s {home}b.dsh")
    if v.maybe(0.3):
        m.run(agent, "wbadmin.exe", "wbadmin start backup -backupTarget:E: -include:C: -quiet")
    for _ in range(v.randint(5, 30)):
        m.write(agent, f"{v.choice(['E:/Backup/', home + 'cache/', 'C:/ProgramData/' + v.word() + '/'])}{v.hex(8)}.{v.choice(['vbk', 'dat', 'idx', 'tmp'])}")
        m.wait(0.1, 4)
    for _ in range(v.randint(1, 4)):
        m.connect(agent, v.choice([v.public(), v.private()]), v.choice([443, 10006, 2500, 445]), v.domain())
    m.access(agent, m.base["lsass.exe"], "0x1400")
    m.registry_set(agent, f"HKLM\\SOFTWARE\\{name}\\LastBackup", v.hex(8))
    m.end(vss)


def monitoring(m: Machine) -> None:
    v = m.vary
    name, home = vendor(v)
    agent = m.start("services.exe", v.choice([f"{home}{v.word()}agent.exe", "C:\\Program Files\\Zabbix Agent\\zabbix_agentd.exe", "C:\\Program Files\\Microsoft Monitoring Agent\\Agent\\MonitoringHost.exe", "C:\\Program Files\\NSClient++\\nscp.exe", "C:\\Program Files\\windows_exporter\\windows_exporter.exe", "C:\\Program Files\\osquery\\osqueryd\\osqueryd.exe"]), signed=name)
    provider = m.base["WmiPrvSE.exe"]
    for _ in range(v.randint(2, 5)):
        for image, command in v.some([(SHELL, f"powershell.exe -NoLogo -NonInteractive -Command \"{admin_script(v)}\""), (SHELL, f"powershell.exe -nop -noni -ep bypass -enc {wide(admin_script(v))}"), ("cscript.exe", f'cscript.exe //nologo "{home}scripts\\{v.word()}.vbs"'), ("cmd.exe", "cmd /c typeperf -sc 1 \"\\Processor(_Total)\\% Processor Time\""), ("tasklist.exe", "tasklist /fo csv"), ("netstat.exe", "netstat -an"), ("sc.exe", "sc query type= service"), ("quser.exe", "query user"), ("wbem\\WMIC.exe", "wmic cpu get loadpercentage"), ("systeminfo.exe", "systeminfo"), ("ipconfig.exe", "ipconfig /all"), ("w32tm.exe", "w32tm /query /status")], 1, 5):
            m.run(agent, image, command)
        if v.maybe(0.5):
            for other in v.some(list(m.base.values())[2:], 1, 6):
                m.access(v.choice([agent, provider]), other, v.choice(["0x1410", "0x1400", "0x1000"]))
        m.connect(agent, v.private(), v.choice([10051, 443, 5723, 9182]), v.domain())
        m.wait(5, 50)


def remote_admin(m: Machine) -> None:
    """Administrators use PsExec, WinRM, WMI and RDP every day."""
    v = m.vary
    admin, source = v.choice(["adm-" + v.word(1), v.person() + "-adm", "Administrator", "svc-" + v.word(1)]), v.private()
    m.logon(admin, 3, source)
    kind = v.choice(["psexec", "winrm", "wmi", "rdp", "mmc", "smb"])
    owner = f"{m.domain}\\{admin}"
    if kind == "psexec":
        m.write(m.base["System"], "C:\\Windows\\PSEXESVC.exe")
        m.service("PSEXESVC", "%SystemRoot%\\PSEXESVC.exe")
        service = m.start("services.exe", "C:\\Windows\\PSEXESVC.exe", signed="Sysinternals")
        m.pipe(service, "\\PSEXESVC", made=True)
        shell = m.start(service, "cmd.exe", v.choice(["cmd", f"cmd /c {v.word()}.bat"]), user=owner, integrity="High")
        some_tools(m, shell, 1, 5)
        m.delete(m.base["services.exe"], "C:\\Windows\\PSEXESVC.exe")
    elif kind == "winrm":
        host = m.start("svchost.exe", "wsmprovhost.exe", "C:\\Windows\\system32\\wsmprovhost.exe -Embedding", user=owner, integrity="High")
        m.accept(m.base["System"], source, 5985)
        for _ in range(v.randint(1, 4)):
            m.script(host, admin_script(v))
        m.write(host, f"C:\\Users\\{admin}\\AppData\\Local\\Temp\\__PSScriptPolicyTest_{v.word()}.ps1")
        some_tools(m, host, 0, 4)
    elif kind == "wmi":
        shell = m.start("WmiPrvSE.exe", v.choice(["cmd.exe", "msiexec.exe", SHELL]), v.choice([f"cmd.exe /c {v.word()}.cmd > C:\\Temp\\o.txt", "msiexec /i C:\\Temp\\a.msi /qn", f"powershell -file C:\\Admin\\{v.word()}.ps1"]), user=owner, integrity="High")
        m.accept(m.base["svchost.exe"], source, 135)
        some_tools(m, shell, 0, 2)
    elif kind == "rdp":
        m.logon(admin, 10, source)
        m.accept(m.base["svchost.exe"], source, 3389)
        m.run("svchost.exe", "rdpclip.exe", user=owner)
        shell = m.start("winlogon.exe", "C:\\Windows\\explorer.exe", user=owner, integrity="Medium")
        for image, command in v.some([("mmc.exe", "mmc.exe eventvwr.msc"), ("mmc.exe", "mmc.exe services.msc"), ("Taskmgr.exe", "taskmgr /4"), ("cmd.exe", "cmd.exe"), (SHELL, "powershell.exe"), ("regedit.exe", "regedit"), ("notepad.exe", "notepad C:\\Temp\\x.config"), ("ServerManager.exe", ""), ("inetsrv\\InetMgr.exe", "")], 1, 4):
            window = m.start(shell, image, command, integrity="High")
            if image in ("cmd.exe", SHELL):
                some_tools(m, window, 1, 6)
            if image == "Taskmgr.exe":
                for other in v.some(list(m.base.values())[2:], 2, 8):
                    m.access(window, other, "0x1400")
    elif kind == "mmc":
        for pipe in v.some(["\\svcctl", "\\winreg", "\\eventlog", "\\srvsvc", "\\atsvc", "\\samr", "\\lsarpc"], 1, 5):
            m.pipe(m.base["System"], pipe)
        m.registry_set(m.base["svchost.exe"], f"HKLM\\System\\CurrentControlSet\\Services\\{v.word()}\\Start", "DWORD (0x00000003)")
    else:
        for _ in range(v.randint(1, 6)):
            m.write(m.base["System"], f"C:\\{v.choice(['Temp', 'Admin', 'Windows/Temp', 'inetpub/wwwroot'])}\\{v.word()}.{v.choice(['msi', 'ps1', 'exe', 'dll', 'config', 'bat'])}")
        m.accept(m.base["System"], source, 445)


def admin_workstation(m: Machine) -> None:
    v = m.vary
    owner = f"{m.domain}\\adm-{m.user}"
    shell = m.start("explorer.exe", v.choice(["cmd.exe", SHELL, "C:\\Program Files\\PowerShell\\7\\pwsh.exe", "C:\\Program Files\\WindowsApps\\Microsoft.WindowsTerminal\\WindowsTerminal.exe"]), user=owner, integrity=v.choice(["High", "Medium"]))
    for _ in range(v.randint(1, 5)):
        some_tools(m, shell, 1, 4)
        if v.maybe(0.5):
            m.script(shell, admin_script(v))
        if v.maybe(0.5):
            target = v.private()
            m.run(shell, v.choice(["C:\\Tools\\PsExec64.exe", "C:\\Sysinternals\\PsExec.exe"]), f"psexec \\\\{target} -s cmd /c ipconfig", signed="Sysinternals")
            m.connect(m.base["System"], target, 445)
        if v.maybe(0.3):
            m.run(shell, "mstsc.exe", f"mstsc /v:{v.private()}")
        if v.maybe(0.3):
            m.run(shell, "net.exe", f"net user {v.word()} {v.hex(6)} /add /domain")
            m.run(shell, "dsquery.exe", "dsquery user -inactive 8")
        if v.maybe(0.3):
            m.run(shell, "C:\\Program Files\\PuTTY\\plink.exe", f"plink {v.private()} -l root uptime", signed="Simon Tatham")
        if v.maybe(0.2):
            m.run(shell, "C:\\Sysinternals\\procdump64.exe", f"procdump64 -ma {v.word()}.exe C:\\Dumps", signed="Sysinternals")
        if v.maybe(0.3):
            m.connect(shell, v.private(), v.choice([5985, 5986, 389, 9389]))
        m.wait(1, 25)


def developer(m: Machine) -> None:
    v = m.vary
    project = f"C:\\{v.choice(['src', 'dev', 'repos', 'Users/' + m.user + '/source/repos'])}\\{v.word()}"
    ide = m.start("explorer.exe", v.choice(["C:\\Program Files\\Microsoft Visual Studio\\2022\\Professional\\Common7\\IDE\\devenv.exe", f"C:\\Users\\{m.user}\\AppData\\Local\\Programs\\Microsoft VS Code\\Code.exe", "C:\\Program Files\\JetBrains\\Rider\\bin\\rider64.exe", "C:\\Program Files\\Git\\git-bash.exe", "C:\\Program Files\\Eclipse\\eclipse.exe"]), signed="JetBrains")
    for _ in range(v.randint(3, 9)):
        image, command = v.choice([
            ("C:\\Program Files\\Git\\cmd\\git.exe", "git fetch --all"), ("C:\\Program Files\\Microsoft Visual Studio\\2022\\Professional\\MSBuild\\Current\\Bin\\MSBuild.exe", f"MSBuild.exe {project}\\a.sln /m"), ("C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\MSBuild.exe", f"MSBuild.exe {project}\\a.csproj"), ("C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\csc.exe", f"csc.exe /noconfig @{project}\\o.rsp"), ("C:\\Program Files\\nodejs\\node.exe", "node server.js"), ("cmd.exe", "cmd /d /s /c \"npm run build\""), (f"C:\\Users\\{m.user}\\AppData\\Local\\Programs\\Python\\Python311\\python.exe", "python -m pytest"), (SHELL, "powershell -noexit -command \". 'shellIntegration.ps1'\""), ("C:\\Program Files\\dotnet\\dotnet.exe", "dotnet build"), (f"{project}\\bin\\Debug\\{v.word()}.exe", ""), ("C:\\Program Files\\Docker\\Docker\\resources\\bin\\docker.exe", "docker compose up -d"), ("wsl.exe", "wsl.exe -d Ubuntu"), ("C:\\Program Files\\Java\\jdk-17\\bin\\java.exe", "java -jar gradle-wrapper.jar build"), ("C:\\Program Files\\Git\\usr\\bin\\bash.exe", "bash --login -i"), ("curl.exe", f"curl -sSL https://{v.domain()}/x.zip -o x.zip"), ("tar.exe", "tar -xf x.zip")])
        child = m.start(ide, image, command, signed=v.choice(["Microsoft Corporation", "", "Node.js"]))
        for _ in range(v.randint(0, 12)):
            m.write(child, f"{project}\\{v.choice(['bin', 'obj', 'node_modules/' + v.word(), '.git/objects/' + v.hex(2), 'target'])}\\{v.hex(8)}.{v.choice(['dll', 'obj', 'js', 'pdb', 'exe', 'class', 'pyc', 'tmp'])}")
        if v.maybe(0.3):
            m.connect(child, v.choice([v.public(), "127.0.0.1"]), v.choice([443, 8080, 3000, 22]), v.domain())
        if v.maybe(0.15):
            m.access(ide, child, "0x1fffff")
        if v.maybe(0.3):
            m.run(child, "C:\\Windows\\System32\\conhost.exe", "conhost.exe 0xffffffff -ForceV1")
        m.end(child)
        m.wait(1, 20)


def office_user(m: Machine) -> None:
    v = m.vary
    programs = ["WINWORD.EXE", "EXCEL.EXE", "OUTLOOK.EXE", "POWERPNT.EXE"]
    for _ in range(v.randint(1, 4)):
        program = m.start("explorer.exe", f"C:\\Program Files\\Microsoft Office\\root\\Office16\\{v.choice(programs)}", f"\"C:\\Program Files\\Microsoft Office\\root\\Office16\\X.EXE\" /n \"C:\\Users\\{m.user}\\Documents\\{v.word()}.docx\"")
        for _ in range(v.randint(1, 8)):
            m.write(program, f"C:\\Users\\{m.user}\\{v.choice(['Documents/~$' + v.word() + '.docx', 'AppData/Roaming/Microsoft/Templates/Normal.dotm', 'AppData/Local/Temp/' + v.hex(8) + '.tmp', 'AppData/Local/Microsoft/Windows/INetCache/Content.Outlook/' + v.hex(8).upper() + '/' + v.word() + '.pdf'])}")
        m.connect(program, v.public(), 443, v.choice(["outlook.office365.com", "nexus.officeapps.live.com", v.domain()]))
        if v.maybe(0.4):
            m.run(program, v.choice(["C:\\Program Files\\Adobe\\Acrobat DC\\Acrobat\\Acrobat.exe", "splwow64.exe", "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe", "C:\\Program Files\\Microsoft Office\\root\\Office16\\ADDINS\\" + v.word() + ".exe", "C:\\Windows\\splwow64.exe"]), f"open https://{v.domain()}", signed="Adobe")
        m.registry_set(program, f"HKU\\S-1-5-21\\Software\\Microsoft\\Office\\16.0\\Word\\File MRU\\Item {v.randint(1, 20)}", v.word())
        m.wait(3, 45)


def browsing(m: Machine) -> None:
    v = m.vary
    path = v.choice(["C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe", "C:\\Program Files (x86)\\Microsoft\\Edge\\Application\\msedge.exe", "C:\\Program Files\\Mozilla Firefox\\firefox.exe", f"C:\\Users\\{m.user}\\AppData\\Local\\Programs\\Opera\\opera.exe"])
    browser = m.start("explorer.exe", path, signed="Google LLC")
    for _ in range(v.randint(2, 8)):
        m.start(browser, path, f"\"{path}\" --type={v.choice(['renderer', 'gpu-process', 'utility'])} --lang=en", integrity="Low", signed="Google LLC")
        for _ in range(v.randint(1, 5)):
            m.connect(browser, v.public(), 443, v.domain())
        m.wait(1, 25)
    for _ in range(v.randint(0, 4)):
        m.write(browser, f"C:\\Users\\{m.user}\\Downloads\\{v.word()}.{v.choice(['pdf', 'zip', 'exe', 'docx', 'crdownload', 'msi', 'csv'])}")
    if v.maybe(0.4):
        update = f"C:\\Users\\{m.user}\\AppData\\Local\\{v.word().capitalize()}\\Update.exe"
        child = m.start("explorer.exe", update, f"\"{update}\" --checkForUpdate https://{v.domain()}", signed="Slack")
        m.connect(child, v.public(), 443, v.domain())
        for _ in range(v.randint(1, 9)):
            m.write(child, f"C:\\Users\\{m.user}\\AppData\\Local\\{v.word().capitalize()}\\app-{v.randint(1, 9)}.0.{v.randint(1, 99)}\\{v.word()}.dll")


def build_server(m: Machine) -> None:
    v = m.vary
    agent = m.start("services.exe", v.choice(["C:\\agent\\bin\\Agent.Worker.exe", "C:\\actions-runner\\bin\\Runner.Worker.exe", "C:\\TeamCity\\buildAgent\\jre\\bin\\java.exe", "C:\\Program Files\\Jenkins\\jre\\bin\\java.exe", "C:\\GitLab-Runner\\gitlab-runner.exe"]), user=f"{m.domain}\\svc-build")
    work = f"C:\\{v.choice(['agent/_work', 'actions-runner/_work', 'BuildAgent/work'])}\\{v.randint(1, 60)}"
    for _ in range(v.randint(3, 9)):
        shell = m.start(agent, v.choice(["cmd.exe", SHELL, "C:\\Program Files\\Git\\bin\\bash.exe", "C:\\Program Files\\PowerShell\\7\\pwsh.exe"]), v.choice([f'cmd.exe /D /S /C ""{work}\\_temp\\{v.hex(8)}.cmd""', f"powershell -NoLogo -NoProfile -NonInteractive -ExecutionPolicy Unrestricted -Command \". '{work}\\_temp\\{v.hex(8)}.ps1'\"", f"powershell.exe -enc {wide(admin_script(v))}"]))
        for image, command in v.some([("C:\\Program Files\\dotnet\\dotnet.exe", "dotnet publish -c Release"), ("C:\\Program Files\\Git\\cmd\\git.exe", "git checkout --force"), ("C:\\BuildTools\\MSBuild\\Current\\Bin\\amd64\\MSBuild.exe", f"MSBuild.exe {work}\\s\\a.sln"), ("C:\\BuildTools\\VC\\Tools\\bin\\cl.exe", "cl.exe /c a.cpp"), ("C:\\BuildTools\\VC\\Tools\\bin\\link.exe", "link.exe @a.rsp"), ("C:\\Program Files\\nodejs\\node.exe", "node npm-cli.js ci"), (f"{work}\\_tool\\signtool.exe", f"signtool sign /a {work}\\x.exe"), ("certutil.exe", f"certutil -hashfile {work}\\x.exe SHA256"), ("curl.exe", f"curl -T x.zip https://{v.domain()}/"), ("tar.exe", "tar -czf x.tgz bin"), ("robocopy.exe", "robocopy bin out /e"), (f"{work}\\b\\tests\\{v.word()}.Tests.exe", "")], 1, 5):
            child = m.start(shell, image, command)
            for _ in range(v.randint(0, 10)):
                m.write(child, f"{work}\\{v.choice(['s/obj', 'b', 'a', '_temp'])}\\{v.hex(8)}.{v.choice(['obj', 'dll', 'exe', 'pdb', 'log'])}")
            m.end(child)
        m.end(shell)
    m.connect(agent, v.public(), 443, v.domain())


def database_server(m: Machine) -> None:
    v = m.vary
    server = m.start("services.exe", "C:\\Program Files\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\Binn\\sqlservr.exe", "sqlservr.exe -sMSSQLSERVER", user="NT SERVICE\\MSSQLSERVER")
    agent = m.start("services.exe", "C:\\Program Files\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\Binn\\SQLAGENT.EXE", user="NT SERVICE\\SQLSERVERAGENT")
    for _ in range(v.randint(2, 9)):
        m.accept(server, v.private(), 1433)
        m.write(server, f"D:\\{v.choice(['Data', 'Log', 'Backup'])}\\{v.word()}.{v.choice(['bak', 'ldf', 'mdf', 'trn'])}")
        if v.maybe(0.5):
            m.run(agent, v.choice(["cmd.exe", SHELL, "C:\\Program Files\\Microsoft SQL Server\\150\\DTS\\Binn\\DTExec.exe", "C:\\Program Files\\Microsoft SQL Server\\150\\Tools\\Binn\\SQLPS.exe"]), v.choice([f"cmd.exe /c del D:\\Backup\\{v.word()}*.bak", f"powershell.exe -command \"{admin_script(v)}\"", f"DTExec /SQL {v.word()}", f"cmd.exe /c robocopy D:\\Backup \\\\{v.word()}\\b *.bak"]))
        m.wait(2, 25)


def web_server(m: Machine) -> None:
    v = m.vary
    pool = m.start("svchost.exe", "inetsrv\\w3wp.exe", f"w3wp.exe -ap \"{v.word()}\" -v \"v4.0\"", user=f"IIS APPPOOL\\{v.word()}")
    for _ in range(v.randint(3, 12)):
        m.accept(m.base["System"], v.public(), v.choice([80, 443]))
        m.write(pool, f"C:\\{v.choice(['inetpub/logs/LogFiles/W3SVC1/u_ex.log', 'inetpub/temp/' + v.hex(8), 'Windows/Microsoft.NET/Framework64/v4.0.30319/Temporary ASP.NET Files/root/' + v.hex(8) + '/App_Web_' + v.word() + '.dll'])}")
        if v.maybe(0.4):
            m.connect(pool, v.private(), v.choice([1433, 6379, 443]))
        if v.maybe(0.25):
            compiler = m.start(pool, "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\csc.exe", "csc.exe /noconfig /fullpaths @\"C:\\Windows\\Temp\\x.cmdline\"")
            m.run(compiler, "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\cvtres.exe", "cvtres.exe /NOLOGO")
        if v.maybe(0.1):
            m.run(pool, v.choice(["C:\\Program Files\\wkhtmltopdf\\bin\\wkhtmltopdf.exe", "C:\\Program Files\\ImageMagick\\magick.exe", "cmd.exe"]), f"/c \"C:\\app\\{v.word()}.exe\" {v.hex(4)}", signed="")
        m.wait(0.5, 15)


def domain_controller(m: Machine) -> None:
    v = m.vary
    lsass = m.base["lsass.exe"]
    for _ in range(v.randint(5, 25)):
        m.logon(v.choice([v.person(), v.word().upper() + "$"]), 3, v.private())
        m.accept(lsass, v.private(), v.choice([88, 389, 445, 636, 3268]))
        if v.maybe(0.1):
            m.write(lsass, "C:\\Windows\\NTDS\\edb.log")
        m.wait(0.2, 8)
    if v.maybe(0.6):
        shell = m.start("explorer.exe", v.choice(["mmc.exe", SHELL]), v.choice(["mmc.exe dsa.msc", "mmc.exe gpmc.msc", "powershell.exe"]), user=f"{m.domain}\\Administrator", integrity="High")
        m.connect(shell, v.private(), v.choice([389, 9389]))
        m.script(shell, v.choice(["Get-ADUser -Filter *", "New-ADUser -Name " + v.word(), "Set-ADAccountPassword " + v.word(), "Get-ADReplicationFailure *", "Get-ADGroupMember 'Domain Admins'"]))
        m.write(m.base["svchost.exe"], f"C:\\Windows\\SYSVOL\\sysvol\\{m.domain}\\Policies\\{{{v.hex(8)}}}\\GPT.INI")
        some_tools(m, shell, 0, 4)
        m.run(shell, v.choice(["repadmin.exe", "dcdiag.exe", "ntdsutil.exe", "dnscmd.exe"]), v.choice(["repadmin /replsummary", "dcdiag /q", "ntdsutil files info quit quit", "dnscmd /enumzones"]))


def antivirus(m: Machine) -> None:
    """Endpoint protection opens every process and looks into every file."""
    v = m.vary
    name, home = vendor(v)
    engine = m.start("services.exe", v.choice(["C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18\\MsMpEng.exe", f"{home}{v.word()}sensor.exe", "C:\\Program Files\\CrowdStrike\\CSFalconService.exe", "C:\\Program Files\\SentinelOne\\SentinelAgent.exe", f"{home}edr.exe"]), signed=name)
    for _ in range(v.randint(6, 35)):
        m.access(engine, v.choice(list(m.base.values())[2:]), v.choice(["0x1410", "0x1fffff", "0x1000", "0x1438", "0x1010"]))
        m.wait(0.05, 4)
    for _ in range(v.randint(1, 12)):
        m.write(engine, f"{home}{v.choice(['Scans/', 'Quarantine/', 'Definitions/'])}{v.hex(10)}.{v.choice(['bin', 'vdm', 'dat', 'tmp'])}")
    if v.maybe(0.4):
        m.inject(engine, v.choice([m.base["explorer.exe"], m.base["svchost.exe"]]))
    for image, command in v.some([(SHELL, f"powershell.exe -ExecutionPolicy AllSigned -NoProfile -NonInteractive -Command \"& {{{admin_script(v)}}}\""), ("netsh.exe", "netsh wfp show state"), ("cmd.exe", "cmd /c ver"), ("sc.exe", "sc sdshow scmanager"), ("C:\\ProgramData\\Microsoft\\Windows Defender\\Platform\\4.18\\MpCmdRun.exe", "MpCmdRun.exe SignatureUpdate"), ("auditpol.exe", "auditpol /get /category:*")], 0, 4):
        m.run(engine, image, command)
    m.connect(engine, v.public(), 443, v.domain())


def helpdesk(m: Machine) -> None:
    v = m.vary
    name, home = vendor(v)
    tool = m.start("services.exe", v.choice(["C:\\Program Files\\TeamViewer\\TeamViewer_Service.exe", "C:\\Program Files (x86)\\ScreenConnect Client\\ScreenConnect.ClientService.exe", "C:\\Program Files (x86)\\AnyDesk\\AnyDesk.exe", f"{home}remote.exe", "C:\\Windows\\System32\\msra.exe"]), signed=name)
    m.connect(tool, v.public(), v.choice([443, 5938, 8041]), v.domain())
    shell = m.start(tool, v.choice(["cmd.exe", SHELL]), v.choice(["cmd.exe", f"cmd.exe /c \"C:\\Windows\\Temp\\{v.word()}.cmd\"", "powershell.exe -noprofile"]), integrity="High", user="NT AUTHORITY\\SYSTEM")
    some_tools(m, shell, 2, 8)
    if v.maybe(0.5):
        m.run(shell, "net.exe", f"net user {v.word()} {v.hex(8)} /add")
        m.run(shell, "net.exe", f"net localgroup \"Remote Desktop Users\" {v.word()} /add")
    if v.maybe(0.4):
        m.registry_set(m.base["svchost.exe"], "HKLM\\System\\CurrentControlSet\\Control\\Terminal Server\\fDenyTSConnections", "DWORD (0x00000000)")
    m.write(tool, f"C:\\Users\\{m.user}\\AppData\\Local\\Temp\\{v.word()}.log")


def vendor_tasks(m: Machine) -> None:
    v = m.vary
    for _ in range(v.randint(2, 6)):
        name, home = vendor(v)
        program = m.start("svchost.exe", f"{home}{v.choice(['Update', 'Updater', 'sched', v.word()])}.exe", v.choice(["/c", "--wake", "-silent", "/ua /installsource scheduler", ""]), user=v.choice(["NT AUTHORITY\\SYSTEM", f"{m.domain}\\{m.user}"]), signed=name)
        m.connect(program, v.public(), 443, v.domain())
        for _ in range(v.randint(0, 6)):
            m.write(program, f"{v.choice([home, 'C:/Windows/Temp/', 'C:/Users/' + m.user + '/AppData/Local/Temp/'])}{v.word()}.{v.choice(['tmp', 'exe', 'log', 'json', 'dll'])}")
        if v.maybe(0.4):
            m.run(program, v.choice(["cmd.exe", "rundll32.exe", "regsvr32.exe", "schtasks.exe", SHELL, "wscript.exe"]), v.choice([f"cmd /c \"{home}run.bat\"", f"rundll32 {home}{v.word()}.dll,Entry", f"regsvr32 /s {home}{v.word()}.dll", "schtasks /run /tn " + v.word(), f"powershell -file {home}x.ps1", f"wscript {home}x.vbs"]))
        m.registry_set(program, f"HKLM\\SOFTWARE\\{name}\\Update\\LastChecked", v.hex(8))
        m.end(program)
        m.wait(3, 40)


def inventory(m: Machine) -> None:
    v = m.vary
    name, home = vendor(v)
    agent = m.start(v.choice(["services.exe", "svchost.exe"]), v.choice([f"{home}inventory.exe", "C:\\Program Files\\OCS Inventory Agent\\OCSInventory.exe", "C:\\Program Files\\FusionInventory-Agent\\perl\\bin\\fusioninventory-agent.exe", "C:\\Program Files (x86)\\LANDesk\\LDClient\\LDISCN32.EXE", SYSTEM32 + "CompatTelRunner.exe"]), signed=name)
    some_tools(m, agent, 5, 16)
    for _ in range(v.randint(3, 15)):
        m.registry_make(agent, f"HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\{v.word()}")
    shell = m.start(agent, SHELL, f"powershell.exe -ExecutionPolicy Bypass -NonInteractive -EncodedCommand {wide(admin_script(v))}")
    m.script(shell, admin_script(v))
    m.write(agent, f"C:\\ProgramData\\{v.word()}\\{m.name}.xml")
    m.connect(agent, v.private(), 443, v.domain())


def file_work(m: Machine) -> None:
    """Many files written, renamed and deleted by an ordinary program: sync clients, archivers, media tools."""
    v = m.vary
    program = m.start("explorer.exe", v.choice([f"C:\\Users\\{m.user}\\AppData\\Local\\Microsoft\\OneDrive\\OneDrive.exe", "C:\\Program Files\\7-Zip\\7zG.exe", "C:\\Program Files\\Dropbox\\Client\\Dropbox.exe", "C:\\Program Files\\WinRAR\\WinRAR.exe", f"C:\\Users\\{m.user}\\AppData\\Local\\{v.word()}\\{v.word()}.exe"]), v.choice(["", "7zG.exe a -tzip backup.zip D:\\Work", "/background"]), signed="7-Zip")
    for _ in range(v.randint(15, 90)):
        path = f"C:\\Users\\{m.user}\\{v.choice(['Documents', 'OneDrive', 'Pictures', 'Desktop'])}\\{v.word()}\\{v.word()}.{v.choice(['docx', 'jpg', 'zip', 'tmp', 'xlsx', 'txt'])}"
        m.write(program, path)
        if v.maybe(0.25):
            m.delete(program, path)
        m.wait(0.01, 1.5)
    if v.maybe(0.5):
        m.connect(program, v.public(), 443, v.domain())


FAMILIES: dict[str, Activity] = {
    "software_install": software_install, "managed_deployment": managed_deployment, "windows_update": windows_update, "logon_scripts": logon_scripts, "backup_agent": backup_agent, "monitoring": monitoring, "remote_admin": remote_admin,
    "admin_workstation": admin_workstation, "developer": developer, "office_user": office_user, "browsing": browsing, "build_server": build_server, "database_server": database_server, "web_server": web_server, "domain_controller": domain_controller,
    "antivirus": antivirus, "helpdesk": helpdesk, "vendor_tasks": vendor_tasks, "inventory": inventory, "file_work": file_work,
}
__all__ = ["FAMILIES", "SHELL", "Activity", "encoded", "some_tools", "wide"]
