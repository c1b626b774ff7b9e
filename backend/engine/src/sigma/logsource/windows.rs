//! Facts: the channels of Windows' event logs, Sigma's service names for them, and which event ids make a category.

/// One row: event ids (none: every other) and where they tell apart, Sysmon's `EventType`.
pub(super) struct Row {
    pub event_ids: &'static [u64],
    pub event_type: Option<&'static str>,
    pub categories: &'static [&'static str],
}

pub(super) struct Service {
    pub name: &'static str,
    pub channels: &'static [&'static str],
    pub rows: &'static [Row],
}

const fn row(event_ids: &'static [u64], categories: &'static [&'static str]) -> Row {
    Row {
        event_ids,
        event_type: None,
        categories,
    }
}

const fn typed(event_id: &'static [u64], event_type: &'static str, categories: &'static [&'static str]) -> Row {
    Row {
        event_ids: event_id,
        event_type: Some(event_type),
        categories,
    }
}

const fn service(name: &'static str, channels: &'static [&'static str]) -> Service {
    Service {
        name,
        channels,
        rows: &[],
    }
}

const SYSMON: &[Row] = &[
    row(&[1], &["process_creation"]),
    row(&[2], &["file_change"]),
    row(&[3], &["network_connection"]),
    row(&[4, 16], &["sysmon_status"]),
    row(&[5], &["process_termination"]),
    row(&[6], &["driver_load"]),
    row(&[7], &["image_load"]),
    row(&[8], &["create_remote_thread"]),
    row(&[9], &["raw_access_thread"]),
    row(&[10], &["process_access"]),
    row(&[11], &["file_event"]),
    typed(&[12], "CreateKey", &["registry_event", "registry_add"]),
    typed(&[12], "DeleteKey", &["registry_event", "registry_delete"]),
    typed(&[12], "DeleteValue", &["registry_event", "registry_delete"]),
    row(&[12], &["registry_event"]),
    row(&[13], &["registry_event", "registry_set"]),
    row(&[14], &["registry_event", "registry_rename"]),
    row(&[15], &["create_stream_hash"]),
    row(&[17, 18], &["pipe_created"]),
    row(&[19, 20, 21], &["wmi_event"]),
    row(&[22], &["dns_query"]),
    row(&[23], &["file_delete"]),
    row(&[24], &["clipboard_capture"]),
    row(&[25], &["process_tampering"]),
    row(&[26], &["file_delete", "file_delete_detected"]),
    row(&[27], &["file_block_executable"]),
    row(&[28], &["file_block_shredding"]),
    row(&[29], &["file_executable_detected"]),
    row(&[255], &["sysmon_error"]),
];

const DEFENDER: &[Row] = &[row(
    &[
        1006, 1007, 1008, 1009, 1010, 1011, 1012, 1015, 1017, 1018, 1019, 1115, 1116, 1117,
    ],
    &["antivirus"],
)];

/// Sysmon and the audit log first: most events are theirs.
pub(super) const SERVICES: &[Service] = &[
    Service {
        name: "sysmon",
        channels: &["Microsoft-Windows-Sysmon/Operational"],
        rows: SYSMON,
    },
    Service {
        name: "security",
        channels: &["Security"],
        rows: &[row(&[4688], &["process_creation"])],
    },
    service("system", &["System"]),
    Service {
        name: "powershell",
        channels: &["Microsoft-Windows-PowerShell/Operational", "PowerShellCore/Operational"],
        rows: &[row(&[4103], &["ps_module"]), row(&[4104], &["ps_script"])],
    },
    Service {
        name: "powershell-classic",
        channels: &["Windows PowerShell"],
        rows: &[
            row(&[400], &["ps_classic_start"]),
            row(&[600], &["ps_classic_provider_start"]),
            row(&[800], &["ps_classic_script"]),
        ],
    },
    service("application", &["Application"]),
    service("taskscheduler", &["Microsoft-Windows-TaskScheduler/Operational"]),
    service("wmi", &["Microsoft-Windows-WMI-Activity/Operational"]),
    Service {
        name: "windefend",
        channels: &["Microsoft-Windows-Windows Defender/Operational"],
        rows: DEFENDER,
    },
    service(
        "dns-client",
        &[
            "Microsoft-Windows-DNS Client Events/Operational",
            "Microsoft-Windows-DNS-Client/Operational",
        ],
    ),
    service("dns-server", &["DNS Server"]),
    service("dns-server-audit", &["Microsoft-Windows-DNS-Server/Audit"]),
    service("dns-server-analytic", &["Microsoft-Windows-DNS-Server/Analytical"]),
    service(
        "firewall-as",
        &["Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"],
    ),
    service("bits-client", &["Microsoft-Windows-Bits-Client/Operational"]),
    service("ntlm", &["Microsoft-Windows-NTLM/Operational"]),
    service(
        "driver-framework",
        &["Microsoft-Windows-DriverFrameworks-UserMode/Operational"],
    ),
    service("dhcp", &["Microsoft-Windows-DHCP-Server/Operational"]),
    service(
        "applocker",
        &[
            "Microsoft-Windows-AppLocker/MSI and Script",
            "Microsoft-Windows-AppLocker/EXE and DLL",
            "Microsoft-Windows-AppLocker/Packaged app-Deployment",
            "Microsoft-Windows-AppLocker/Packaged app-Execution",
        ],
    ),
    service(
        "codeintegrity-operational",
        &["Microsoft-Windows-CodeIntegrity/Operational"],
    ),
    service(
        "security-mitigations",
        &[
            "Microsoft-Windows-Security-Mitigations/Kernel Mode",
            "Microsoft-Windows-Security-Mitigations/User Mode",
        ],
    ),
    service("printservice-admin", &["Microsoft-Windows-PrintService/Admin"]),
    service(
        "printservice-operational",
        &["Microsoft-Windows-PrintService/Operational"],
    ),
    service("smbclient-security", &["Microsoft-Windows-SmbClient/Security"]),
    service("smbclient-connectivity", &["Microsoft-Windows-SmbClient/Connectivity"]),
    service("smbserver-connectivity", &["Microsoft-Windows-SMBServer/Connectivity"]),
    service("smbserver-security", &["Microsoft-Windows-SMBServer/Security"]),
    service(
        "terminalservices-localsessionmanager",
        &["Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"],
    ),
    service("msexchange-management", &["MSExchange Management"]),
    service(
        "microsoft-servicebus-client",
        &[
            "Microsoft-ServiceBus-Client",
            "Microsoft-ServiceBus-Client/Admin",
            "Microsoft-ServiceBus-Client/Operational",
        ],
    ),
    service(
        "ldap",
        &[
            "Microsoft-Windows-LDAP-Client/Debug",
            "Microsoft-Windows-LDAP-Client/Operational",
        ],
    ),
    service(
        "appxdeployment-server",
        &["Microsoft-Windows-AppXDeploymentServer/Operational"],
    ),
    service("appxpackaging-om", &["Microsoft-Windows-AppxPackaging/Operational"]),
    service("appmodel-runtime", &["Microsoft-Windows-AppModel-Runtime/Admin"]),
    service("lsa-server", &["Microsoft-Windows-LSA/Operational"]),
    service(
        "diagnosis-scripted",
        &["Microsoft-Windows-Diagnosis-Scripted/Operational"],
    ),
    service("shell-core", &["Microsoft-Windows-Shell-Core/Operational"]),
    service("openssh", &["OpenSSH/Operational"]),
    service("bitlocker", &["Microsoft-Windows-BitLocker/BitLocker Management"]),
    service("vhdmp", &["Microsoft-Windows-VHDMP/Operational"]),
    service("capi2", &["Microsoft-Windows-CAPI2/Operational"]),
    service(
        "certificateservicesclient-lifecycle-system",
        &["Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational"],
    ),
    service(
        "kernel-shimengine",
        &[
            "Microsoft-Windows-Kernel-ShimEngine/Operational",
            "Microsoft-Windows-Kernel-ShimEngine/Diagnostic",
        ],
    ),
    service(
        "application-experience",
        &[
            "Microsoft-Windows-Application-Experience/Program-Telemetry",
            "Microsoft-Windows-Application-Experience/Program-Compatibility-Assistant",
        ],
    ),
    service("ntfs", &["Microsoft-Windows-Ntfs/Operational"]),
    service(
        "hyper-v-worker",
        &[
            "Microsoft-Windows-Hyper-V-Worker",
            "Microsoft-Windows-Hyper-V-Worker-Admin",
        ],
    ),
    service(
        "kernel-event-tracing",
        &[
            "Microsoft-Windows-Kernel-EventTracing",
            "Microsoft-Windows-Kernel-EventTracing/Admin",
        ],
    ),
    service("sense", &["Microsoft-Windows-SENSE/Operational"]),
    service("iis-configuration", &["Microsoft-IIS-Configuration/Operational"]),
];

/// Where a sender leaves the channel out, the provider tells it.
pub(super) const PROVIDERS: &[(&str, &str)] = &[
    ("Microsoft-Windows-Sysmon", "Microsoft-Windows-Sysmon/Operational"),
    ("Microsoft-Windows-Security-Auditing", "Security"),
    ("Microsoft-Windows-Eventlog", "Security"),
    ("Service Control Manager", "System"),
    (
        "Microsoft-Windows-PowerShell",
        "Microsoft-Windows-PowerShell/Operational",
    ),
    ("PowerShell", "Windows PowerShell"),
    (
        "Microsoft-Windows-WMI-Activity",
        "Microsoft-Windows-WMI-Activity/Operational",
    ),
    (
        "Microsoft-Windows-TaskScheduler",
        "Microsoft-Windows-TaskScheduler/Operational",
    ),
    (
        "Microsoft-Windows-Windows Defender",
        "Microsoft-Windows-Windows Defender/Operational",
    ),
];
