//! The other Windows logs that detection rules use.

use super::words::*;
use super::{Log, Row, log_of as log};
use crate::normalize::convert::{Field, How::*, field};

pub(super) const LOGS: [&Log; 11] = [
    &SYSTEM,
    &APPLICATION,
    &TASK_SCHEDULER,
    &WMI,
    &BITS,
    &DNS_CLIENT,
    &SESSIONS,
    &APPX,
    &NTLM,
    &SMB_CLIENT,
    &DRIVER_FRAMEWORKS,
];

const SERVICE: &[Field] = &[
    field("ServiceName", "service.name", Text),
    field("ImagePath", "service.path", Text),
];
/// The service control manager numbers its parameters.
const SERVICE_STATE: &[Field] = &[
    field("param1", "service.name", Text),
    field("param2", "service.state", Text),
];
const CLEARED: &[Field] = &[
    field("SubjectUserName", "user.name", UserName),
    field("SubjectDomainName", "user.domain", Text),
];

const SYSTEM: Log = log(
    &["System"],
    &["Service Control Manager"],
    "system.system",
    &[
        Row::new(&[7045], CONFIGURATION, CREATION, "service-installed", &[SERVICE]),
        Row::new(
            &[7036, 7034, 7023],
            &["process"],
            CHANGE,
            "service-state-changed",
            &[SERVICE_STATE],
        ),
        Row::new(
            &[7040],
            CONFIGURATION,
            CHANGE,
            "service-start-type-changed",
            &[SERVICE_STATE],
        ),
        Row::new(&[104], CONFIGURATION, DELETION, "event-log-cleared", &[CLEARED]),
        Row::new(
            &[5805, 5723, 5829],
            &["authentication"],
            &["denied"],
            "netlogon-refused",
            &[],
        ),
    ],
);

const INSTALLER: &[&str] = &["package"];
const APPLICATION: Log = log(
    &["Application"],
    &[],
    "system.application",
    &[
        Row::new(&[1000, 1001], &["process"], &["error"], "application-crashed", &[]),
        Row::new(
            &[1033, 1040, 11707],
            INSTALLER,
            &["installation"],
            "package-installed",
            &[],
        ),
        Row::new(&[1034, 11724], INSTALLER, DELETION, "package-removed", &[]),
        Row::new(
            &[18456],
            &["authentication", "database"],
            &["start"],
            "database-logon-failed",
            &[],
        )
        .outcome("failure"),
        Row::new(
            &[15457, 33205],
            &["database", "configuration"],
            CHANGE,
            "database-configuration-changed",
            &[],
        ),
        Row::new(&[216, 325, 326, 327], &["database"], INFO, "database-engine-event", &[]),
    ],
);

const TASK_USER: &[Field] = &[
    field("UserContext", "user", Account),
    field("UserName", "user", Account),
];
const TASK_PROCESS: &[Field] = &[
    field("Path", "process", Program),
    field("ProcessID", "process.pid", Pid),
];
const TASK_SCHEDULER: Log = log(
    &["Microsoft-Windows-TaskScheduler/Operational"],
    &["Microsoft-Windows-TaskScheduler"],
    "windows.taskscheduler_operational",
    &[
        Row::new(&[106], CONFIGURATION, CREATION, "scheduled-task-created", &[TASK_USER]),
        Row::new(
            &[140, 142],
            CONFIGURATION,
            CHANGE,
            "scheduled-task-changed",
            &[TASK_USER],
        ),
        Row::new(&[141], CONFIGURATION, DELETION, "scheduled-task-deleted", &[TASK_USER]),
        Row::new(
            &[129, 200, 201],
            &["process"],
            &["start"],
            "scheduled-task-process",
            &[TASK_USER, TASK_PROCESS],
        ),
    ],
);

const WMI_CLIENT: &[Field] = &[
    field("User", "user", Account),
    field("ClientMachine", "source.domain", HostName),
    field("ClientProcessId", "process.pid", Pid),
];
const WMI: Log = log(
    &["Microsoft-Windows-WMI-Activity/Operational"],
    &["Microsoft-Windows-WMI-Activity"],
    "windows.wmi_activity_operational",
    &[
        Row::new(&[5857], &["library"], &["start"], "wmi-provider-loaded", &[]),
        Row::new(&[5858], &["process"], &["error"], "wmi-operation-failed", &[WMI_CLIENT]),
        Row::new(
            &[5859, 5860, 5861],
            CONFIGURATION,
            CREATION,
            "wmi-consumer-registered",
            &[WMI_CLIENT],
        ),
    ],
);

const TRANSFER: &[Field] = &[
    field("processPath", "process", Program),
    field("processId", "process.pid", Pid),
    field("User", "user", Account),
    field("jobOwner", "user", Account),
    field("RemoteName", "url.full", Text),
    field("url", "url.full", Text),
    field("LocalName", "file", File),
];
const BITS: Log = log(
    &["Microsoft-Windows-Bits-Client/Operational"],
    &["Microsoft-Windows-Bits-Client"],
    "windows.bits_client_operational",
    &[
        Row::new(&[3], &["network"], &["start"], "transfer-job-created", &[TRANSFER]),
        Row::new(
            &[59, 60, 61, 16403],
            &["network"],
            &["connection"],
            "transfer-started",
            &[TRANSFER],
        ),
    ],
);

const QUERY: &[Field] = &[
    field("QueryName", "dns.question.name", Text),
    field("QueryResults", "dns.resolved_ip", DnsAnswers),
];
const DNS_CLIENT: Log = log(
    &[
        "Microsoft-Windows-DNS-Client/Operational",
        "Microsoft-Windows-DNS Client Events/Operational",
    ],
    &["Microsoft-Windows-DNS-Client"],
    "windows.dns_client_operational",
    &[Row::new(
        &[3006, 3008, 3020],
        &["network"],
        &["protocol", "info"],
        "dns-query",
        &[QUERY],
    )],
);

const SESSION: &[Field] = &[field("User", "user", Account), field("Address", "source.ip", Ip)];
const SESSIONS: Log = log(
    &["Microsoft-Windows-TerminalServices-LocalSessionManager/Operational"],
    &["Microsoft-Windows-TerminalServices-LocalSessionManager"],
    "windows.terminalservices_localsessionmanager",
    &[
        Row::new(&[21, 22, 25], &["session"], &["start"], "session-started", &[SESSION]),
        Row::new(&[23, 24], &["session"], &["end"], "session-ended", &[SESSION]),
    ],
);

const APPX: Log = log(
    &["Microsoft-Windows-AppXDeploymentServer/Operational"],
    &["Microsoft-Windows-AppXDeployment-Server"],
    "windows.appxdeployment_server",
    &[Row::new(
        &[400, 401, 412, 441, 442, 453, 454, 603, 854],
        INSTALLER,
        &["installation"],
        "package-deployment",
        &[],
    )],
);

const NTLM_CLIENT: &[Field] = &[
    field("UserName", "user.name", UserName),
    field("DomainName", "user.domain", Text),
    field("WorkstationName", "source.domain", HostName),
    field("ProcessName", "process", Program),
];
const NTLM: Log = log(
    &["Microsoft-Windows-NTLM/Operational"],
    &["Microsoft-Windows-NTLM", "Microsoft-Windows-Security-Netlogon"],
    "windows.ntlm_operational",
    &[Row::new(
        &[8001, 8002, 8003, 8004],
        &["authentication"],
        INFO,
        "ntlm-audited",
        &[NTLM_CLIENT],
    )],
);

const SMB_SERVER: &[Field] = &[
    field("ServerName", "destination.domain", HostName),
    field("UserName", "user.name", UserName),
];
const SMB_CLIENT: Log = log(
    &[
        "Microsoft-Windows-SmbClient/Security",
        "Microsoft-Windows-SmbClient/Connectivity",
    ],
    &["Microsoft-Windows-SMBClient"],
    "windows.smb_client",
    &[
        Row::new(
            &[31017],
            &["network"],
            &["denied"],
            "smb-guest-logon-refused",
            &[SMB_SERVER],
        ),
        Row::new(
            &[30803, 30804, 30806],
            &["network"],
            &["connection"],
            "smb-connection-changed",
            &[SMB_SERVER],
        ),
    ],
);

const DRIVER_FRAMEWORKS: Log = log(
    &["Microsoft-Windows-DriverFrameworks-UserMode/Operational"],
    &["Microsoft-Windows-DriverFrameworks-UserMode"],
    "windows.driverframeworks_usermode",
    &[Row::new(
        &[2003, 2100, 2102],
        &["driver"],
        &["start"],
        "device-connected",
        &[],
    )],
);
