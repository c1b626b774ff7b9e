//! Programs on Windows. Facts: what Microsoft ships and documents, and the usual software of offices and developers.

use super::{Home::*, Row, is::*};

#[rustfmt::skip]
pub(super) const PROGRAMS: &[Row] = &[
    (CORE, System, "system registry smss.exe csrss.exe wininit.exe services.exe lsass.exe lsaiso.exe winlogon.exe userinit.exe logonui.exe
        dwm.exe fontdrvhost.exe memcompression spoolsv.exe taskhostw.exe taskhost.exe sihost.exe ctfmon.exe conhost.exe audiodg.exe
        runtimebroker.exe searchindexer.exe searchprotocolhost.exe searchfilterhost.exe werfault.exe wermgr.exe consent.exe
        ntoskrnl.exe dashost.exe applicationframehost.exe systemsettings.exe shellexperiencehost.exe startmenuexperiencehost.exe
        searchapp.exe searchui.exe textinputhost.exe lockapp.exe smartscreen.exe securityhealthservice.exe securityhealthsystray.exe
        sppsvc.exe sppextcomobj.exe vds.exe vssvc.exe backgroundtaskhost.exe wudfhost.exe useroobebroker.exe settingsynchost.exe
        compattelrunner.exe devicecensus.exe musnotification.exe usoclient.exe mousocoreworker.exe dfsrs.exe dns.exe ismserv.exe dfssvc.exe
        microsoft.activedirectory.webservices.exe gpupdate.exe upfc.exe wlanext.exe unsecapp.exe mpcmdrun.exe slui.exe wsqmcons.exe
        defrag.exe provtool.exe dstokenclean.exe disksnapshot.exe lpremove.exe sdiagnhost.exe rdpclip.exe tstheme.exe atbroker.exe"),
    (CORE | SERVICE_HOST, System, "svchost.exe dllhost.exe wmiprvse.exe tiworker.exe trustedinstaller.exe wbengine.exe msdtc.exe snmp.exe
        alg.exe locator.exe taskeng.exe wmiapsrv.exe inetinfo.exe"),
    (DESKTOP, System, "explorer.exe"),
    (SHELL, System, "cmd.exe"),
    (SHELL | INTERPRETER | EXECUTES, System, "powershell.exe powershell_ise.exe"),
    (SHELL | INTERPRETER, Any, "pwsh.exe bash.exe wsl.exe sh.exe"),
    (INTERPRETER | EXECUTES, System, "wscript.exe cscript.exe mshta.exe scrcons.exe"),
    (INTERPRETER, Any, "python.exe pythonw.exe py.exe perl.exe ruby.exe node.exe java.exe javaw.exe php.exe php-cgi.exe autoit3.exe
        autohotkey.exe lua.exe tclsh.exe"),
    (EXECUTES, System, "rundll32.exe regsvr32.exe msiexec.exe installutil.exe regasm.exe regsvcs.exe msbuild.exe cmstp.exe forfiles.exe
        pcalua.exe control.exe odbcconf.exe infdefaultinstall.exe presentationhost.exe xwizard.exe mavinject.exe bash.exe scriptrunner.exe
        syncappvpublishingserver.exe wsreset.exe fodhelper.exe eventvwr.exe computerdefaults.exe sdclt.exe slui.exe msconfig.exe
        dfsvc.exe ieexec.exe microsoft.workflow.compiler.exe aspnet_compiler.exe csc.exe vbc.exe jsc.exe ilasm.exe register-cimprovider.exe
        verclsid.exe url.dll ftp.exe hh.exe runonce.exe rasautou.exe appvlp.exe workfolders.exe wmic.exe conhost.exe
        manage-bde.wsf pubprn.vbs tttracer.exe ttdinject.exe mmc.exe diskshadow.exe addinprocess.exe addinprocess32.exe"),
    (DOWNLOADS, System, "certutil.exe bitsadmin.exe curl.exe certreq.exe desktopimgdownldr.exe esentutl.exe expand.exe extrac32.exe
        findstr.exe finger.exe ftp.exe hh.exe ieexec.exe makecab.exe replace.exe xwizard.exe configsecuritypolicy.exe mpcmdrun.exe
        print.exe wsl.exe tftp.exe"),
    (DOWNLOADS, Any, "wget.exe aria2c.exe pscp.exe winscp.exe rclone.exe"),
    (CREDENTIALS, System, "ntdsutil.exe vaultcmd.exe cmdkey.exe dsdbutil.exe rdrleakdiag.exe diskshadow.exe vssadmin.exe esentutl.exe
        reg.exe createdump.exe klist.exe runas.exe keymgr.dll tttracer.exe"),
    (CREDENTIALS, Any, "procdump.exe procdump64.exe sqldumper.exe"),
    (DISCOVERS, System, "whoami.exe net.exe net1.exe ipconfig.exe systeminfo.exe tasklist.exe quser.exe query.exe qwinsta.exe nltest.exe
        dsquery.exe dsget.exe arp.exe route.exe netstat.exe nbtstat.exe nslookup.exe ping.exe tracert.exe pathping.exe hostname.exe
        gpresult.exe driverquery.exe getmac.exe netsh.exe wmic.exe tree.com find.exe findstr.exe where.exe csvde.exe ldifde.exe
        setspn.exe fltmc.exe klist.exe dnscmd.exe sc.exe reg.exe schtasks.exe auditpol.exe wevtutil.exe fsutil.exe mountvol.exe
        quser.exe ver.exe dsac.exe repadmin.exe chcp.com query.exe winver.exe dxdiag.exe msinfo32.exe cmdkey.exe"),
    (PERSISTS, System, "schtasks.exe at.exe sc.exe reg.exe regedit.exe net.exe net1.exe bcdedit.exe mofcomp.exe winrm.vbs wmic.exe
        regini.exe setx.exe instsrv.exe dism.exe"),
    (EVADES, System, "wevtutil.exe auditpol.exe fltmc.exe attrib.exe icacls.exe cacls.exe takeown.exe vssadmin.exe wbadmin.exe
        bcdedit.exe cipher.exe netsh.exe fsutil.exe taskkill.exe sc.exe timeout.exe waitfor.exe choice.exe mpcmdrun.exe reagentc.exe
        diskshadow.exe makecab.exe expand.exe subst.exe sdelete.exe"),
    (REMOTE, System, "mstsc.exe wsmprovhost.exe winrshost.exe winrs.exe rdpclip.exe wmiprvse.exe ssh.exe sshd.exe scp.exe sftp.exe telnet.exe
        raserver.exe msra.exe sessionmsg.exe shutdown.exe tscon.exe rdpinit.exe"),
    (REMOTE, Any, "psexec.exe psexec64.exe psexesvc.exe paexec.exe plink.exe putty.exe teamviewer.exe teamviewer_service.exe anydesk.exe
        vncserver.exe winvnc.exe tvnserver.exe screenconnect.clientservice.exe rutserv.exe logmein.exe ammyy.exe nc.exe ncat.exe"),
    (ARCHIVES, System, "makecab.exe expand.exe tar.exe compact.exe certutil.exe extrac32.exe"),
    (ARCHIVES, Any, "7z.exe 7za.exe 7zfm.exe 7zg.exe winrar.exe rar.exe unrar.exe winzip64.exe winzip32.exe"),
    (BROWSER, Any, "chrome.exe firefox.exe msedge.exe iexplore.exe opera.exe brave.exe vivaldi.exe microsoftedge.exe microsoftedgecp.exe
        msedgewebview2.exe chromium.exe browser_broker.exe"),
    (DOCUMENTS, Any, "winword.exe excel.exe powerpnt.exe outlook.exe onenote.exe msaccess.exe mspub.exe visio.exe winproj.exe eqnedt32.exe
        acrord32.exe acrobat.exe foxitreader.exe foxitpdfreader.exe sumatrapdf.exe soffice.exe soffice.bin swriter.exe scalc.exe
        thunderbird.exe teams.exe ms-teams.exe slack.exe lync.exe zoom.exe olk.exe hxoutlook.exe wordpad.exe"),
    (PLAIN, System, "notepad.exe calc.exe mspaint.exe write.exe snippingtool.exe taskmgr.exe perfmon.exe resmon.exe dxdiag.exe charmap.exe
        cleanmgr.exe printui.exe fc.exe comp.exe sort.exe more.com xcopy.exe robocopy.exe clip.exe label.exe chkdsk.exe chkntfs.exe
        w32tm.exe ie4uinit.exe rundll.exe mctadmin.exe openwith.exe pickerhost.exe wscollect.exe"),
    (PLAIN, Any, "notepad++.exe onedrive.exe calculator.exe microsoft.photos.exe vlc.exe dropbox.exe"),
    (DEVELOPER, Any, "devenv.exe code.exe git.exe cl.exe link.exe cmake.exe ninja.exe make.exe nmake.exe dotnet.exe nuget.exe npm.exe
        idea64.exe pycharm64.exe rider64.exe gradle.exe mvn.exe cargo.exe rustc.exe go.exe gcc.exe g++.exe docker.exe kubectl.exe
        vbcscompiler.exe servicehub.host.clr.exe servicehub.identityhost.exe perfwatson2.exe gdb.exe windbg.exe sublime_text.exe
        git-remote-https.exe vctip.exe mspdbsrv.exe cvtres.exe tsc.exe al.exe"),
    (INSTALLER, System, "msiexec.exe wusa.exe dism.exe dismhost.exe pkgmgr.exe sysprep.exe oobe.exe setupugc.exe drvinst.exe pnputil.exe
        tiworker.exe trustedinstaller.exe poqexec.exe mrt.exe"),
    (INSTALLER, Any, "setup.exe choco.exe winget.exe appinstaller.exe googleupdate.exe microsoftedgeupdate.exe officeclicktorun.exe
        integratedoffice.exe officec2rclient.exe onedrivesetup.exe wuauclt.exe adobearm.exe jusched.exe"),
    (AGENT, Any, "msmpeng.exe nissrv.exe mssense.exe sensecncproxy.exe sysmon.exe sysmon64.exe winlogbeat.exe filebeat.exe metricbeat.exe
        packetbeat.exe nxlog.exe splunkd.exe splunk-admon.exe splunk-winevtlog.exe splunk-regmon.exe splunk-netmon.exe splunk-powershell.exe
        splunk-perfmon.exe splunk-monitornohandle.exe osqueryd.exe ossec-agent.exe wazuh-agent.exe zabbix_agentd.exe telegraf.exe ccmexec.exe
        healthservice.exe monitoringhost.exe cbdefense.exe csfalconservice.exe vmtoolsd.exe vboxservice.exe vboxtray.exe vm3dservice.exe
        vgauthservice.exe qemu-ga.exe puppet.exe chef-client.exe salt-minion.exe ansible.exe waappagent.exe windowsazureguestagent.exe
        velociraptor.exe bacula-fd.exe veeamagent.exe acronis.exe tanium.exe taniumclient.exe lsm.exe"),
    (WEB_SERVER, System, "w3wp.exe"),
    (WEB_SERVER, Any, "httpd.exe nginx.exe apache.exe tomcat.exe tomcat9.exe tomcat8.exe php-cgi.exe iisexpress.exe umworkerprocess.exe caddy.exe"),
    (DATABASE, Any, "sqlservr.exe mysqld.exe postgres.exe oracle.exe mongod.exe sqlagent.exe redis-server.exe"),
    (SCHEDULER, System, "taskeng.exe taskhostw.exe"),
];
