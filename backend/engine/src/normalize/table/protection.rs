//! Logs of what guards the host: antivirus, firewall, application control.

use super::{Log, Row, log_of as log, words::*};
use crate::normalize::convert::{Field, How::*, field};

pub(super) const LOGS: [&Log; 4] = [&DEFENDER, &FIREWALL, &APPLOCKER, &CODE_INTEGRITY];

const MALWARE: &[&str] = &["malware"];
const THREAT: &[Field] = &[
    field("Threat Name", "threat.software.name", Text),
    field("Path", "file", File),
    field("Process Name", "process", Program),
    field("Detection User", "user", Account),
];
const DEFENDER: Log = log(
    &["Microsoft-Windows-Windows Defender/Operational"],
    &["Microsoft-Windows-Windows Defender"],
    "windows.windows_defender",
    &[
        Row::new(&[1006, 1015, 1116], MALWARE, INFO, "malware-detected", &[THREAT]).alert(),
        Row::new(
            &[1007, 1117, 1118, 1119],
            MALWARE,
            CHANGE,
            "malware-action-taken",
            &[THREAT],
        )
        .alert(),
        Row::new(
            &[1121, 1122],
            &["intrusion_detection"],
            &["denied"],
            "attack-surface-rule-triggered",
            &[THREAT],
        )
        .alert(),
        Row::new(
            &[1009, 1013, 5007],
            CONFIGURATION,
            CHANGE,
            "antivirus-configuration-changed",
            &[],
        ),
        Row::new(
            &[3002, 3007, 5001, 5010, 5012, 5013, 5101],
            CONFIGURATION,
            CHANGE,
            "antivirus-protection-changed",
            &[],
        ),
    ],
);

const FIREWALL_RULE: &[Field] = &[
    field("RuleName", "rule.name", Text),
    field("RuleId", "rule.id", Text),
    field("ModifyingApplication", "process", Program),
    field("ModifyingUser", "user.id", Text),
];
const FIREWALL: Log = log(
    &["Microsoft-Windows-Windows Firewall With Advanced Security/Firewall"],
    &["Microsoft-Windows-Windows Firewall With Advanced Security"],
    "windows.firewall",
    &[
        Row::new(
            &[2004, 2071, 2097],
            CONFIGURATION,
            CREATION,
            "firewall-rule-added",
            &[FIREWALL_RULE],
        ),
        Row::new(
            &[2005, 2073, 2099],
            CONFIGURATION,
            CHANGE,
            "firewall-rule-changed",
            &[FIREWALL_RULE],
        ),
        Row::new(
            &[2006, 2033, 2052, 2059],
            CONFIGURATION,
            DELETION,
            "firewall-rule-deleted",
            &[FIREWALL_RULE],
        ),
        Row::new(
            &[2002, 2003, 2008, 2009, 2032, 2060, 2082, 2083],
            CONFIGURATION,
            CHANGE,
            "firewall-settings-changed",
            &[FIREWALL_RULE],
        ),
    ],
);

const POLICY_FILE: &[Field] = &[
    field("FullFilePath", "file", File),
    field("FilePath", "file", File),
    field("TargetProcessId", "process.pid", Pid),
    field("RuleName", "rule.name", Text),
    field("TargetUser", "user.id", Text),
];
const APPLOCKER: Log = log(
    &[
        "Microsoft-Windows-AppLocker/EXE and DLL",
        "Microsoft-Windows-AppLocker/MSI and Script",
        "Microsoft-Windows-AppLocker/Packaged app-Deployment",
        "Microsoft-Windows-AppLocker/Packaged app-Execution",
    ],
    &["Microsoft-Windows-AppLocker"],
    "windows.applocker",
    &[
        Row::new(
            &[8002, 8005, 8020, 8023],
            &["process"],
            &["allowed"],
            "application-allowed",
            &[POLICY_FILE],
        ),
        Row::new(
            &[8003, 8006, 8021, 8024],
            &["process"],
            INFO,
            "application-audited",
            &[POLICY_FILE],
        ),
        Row::new(
            &[8004, 8007, 8022, 8025],
            &["process"],
            &["denied"],
            "application-blocked",
            &[POLICY_FILE],
        ),
    ],
);

const CODE: &[Field] = &[
    field("FileNameBuffer", "file", File),
    field("File Name", "file", File),
    field("ProcessNameBuffer", "process", Program),
    field("Process Name", "process", Program),
];
const CODE_INTEGRITY: Log = log(
    &["Microsoft-Windows-CodeIntegrity/Operational"],
    &["Microsoft-Windows-CodeIntegrity"],
    "windows.codeintegrity_operational",
    &[Row::new(
        &[
            3001, 3021, 3022, 3023, 3032, 3033, 3034, 3035, 3036, 3037, 3076, 3077, 3082, 3083, 3104,
        ],
        &["driver"],
        &["denied"],
        "code-integrity-violated",
        &[CODE],
    )],
);
