//! What a graph consists of, and the names of all features: the contract with the training. A change of any name or of their
//! order gives another [`schema_version`], and models made for the old one are refused.

use xxhash_rust::xxh3::Xxh3;

pub const NODE_KINDS: usize = 7;
/// Width of an edge's attributes.
pub const EDGE_WIDTH: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum NodeKind {
    Process,
    File,
    Registry,
    Address,
    User,
    Script,
    Module,
}

impl NodeKind {
    pub const ALL: [NodeKind; NODE_KINDS] = [
        NodeKind::Process,
        NodeKind::File,
        NodeKind::Registry,
        NodeKind::Address,
        NodeKind::User,
        NodeKind::Script,
        NodeKind::Module,
    ];

    pub const fn as_str(self) -> &'static str {
        match self {
            NodeKind::Process => "process",
            NodeKind::File => "file",
            NodeKind::Registry => "registry",
            NodeKind::Address => "address",
            NodeKind::User => "user",
            NodeKind::Script => "script",
            NodeKind::Module => "module",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Relation {
    Spawned,
    Injected,
    Accessed,
    Wrote,
    Read,
    Deleted,
    Executed,
    Loaded,
    Ran,
    Connected,
    Accepted,
    Resolved,
    SetRegistry,
    ReadRegistry,
    Owns,
    LoggedOn,
}

/// Forward relations in the order of their numbers: source, name, destination. The reversed ones follow in the same order.
pub const RELATIONS: [(Relation, NodeKind, &str, NodeKind); 16] = {
    use NodeKind::*;
    [
        (Relation::Spawned, Process, "spawned", Process),
        (Relation::Injected, Process, "injected", Process),
        (Relation::Accessed, Process, "accessed", Process),
        (Relation::Wrote, Process, "wrote", File),
        (Relation::Read, Process, "read", File),
        (Relation::Deleted, Process, "deleted", File),
        (Relation::Executed, Process, "executed", File),
        (Relation::Loaded, Process, "loaded", Module),
        (Relation::Ran, Process, "ran", Script),
        (Relation::Connected, Process, "connected", Address),
        (Relation::Accepted, Process, "accepted", Address),
        (Relation::Resolved, Process, "resolved", Address),
        (Relation::SetRegistry, Process, "set", Registry),
        (Relation::ReadRegistry, Process, "read", Registry),
        (Relation::Owns, User, "owns", Process),
        (Relation::LoggedOn, User, "logged_on", Address),
    ]
};

impl Relation {
    /// Source and destination.
    pub const fn ends(self) -> (NodeKind, NodeKind) {
        let (_, from, _, to) = RELATIONS[self as usize];
        (from, to)
    }

    pub const fn as_str(self) -> &'static str {
        RELATIONS[self as usize].2
    }
}

/// What the columns of an edge's attributes are: times are shares of the window, gaps and counts logarithmic.
pub const EDGE_FEATURES: [&str; EDGE_WIDTH] = ["last", "first", "mean_gap", "count", "weight", "failed", "span", "one"];

macro_rules! features {
    ($name:ident: $($feature:ident)+) => {
        /// Features of one type of node, in the order of their columns.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum $name { $($feature),+ }
        impl $name {
            pub(super) const NAMES: &'static [&'static str] = &[$(stringify!($feature)),+];
        }
        impl From<$name> for usize {
            fn from(feature: $name) -> usize {
                feature as usize
            }
        }
    };
}

features!(OfProcess:
    KnownInPlace Misplaced UnknownProgram Shell Interpreter Browser Documents Developer ServiceHost Installer Agent Remote
    WebServer Database Executes Downloads Credentials Discovers Persists Evades Archives CoreProcess
    InSystem InPrograms InUserProfile InTemp InDownloads InShare InUnusual
    NameEntropy NameDigits NameOdd
    CommandKnown CommandLength CommandEntropy CommandFlags CommandEncoded CommandUrl CommandAddress CommandChained CommandObfuscated
    CommandHidden CommandDownloads CommandSecrets CommandWritablePath CommandSocket CommandInline CommandPersists CommandEvades
    CommandDiscovers
    ParentKnown ParentImplausible
    IntegritySystem IntegrityHigh IntegrityOrdinary IntegrityLow
    VersionKnown VersionMicrosoft OriginalNameDiffers ImageDeleted Started Ended Denied
    Age Brief Children Files Connections PublicPeers Registry Modules Accesses Victim Burst Degree Events);

features!(OfFile:
    InSystem InPrograms InUserProfile InTemp InDownloads InShare InUnusual InWebRoot Device Pipe Autostart Log Settings CredentialStore
    Executable Script Library Document Archive Shortcut Dump NoExtension DoubleExtension Hidden Masquerade Stream
    NameEntropy NameDigits NameLength ServiceImage
    WrittenAndRun Writers Degree Events);

features!(OfRegistry:
    MachineHive UserHive RunKey Service ImageHijack Lsa Policy ComClass Winlogon Secrets Task Protection Firewall Proxy EventLogs
    OpenCommand ApplicationLoad Driver RemoteAccess Environment Installer UserTraces NetworkSettings Certificates Subscription
    HasData DataLength DataExecutable DataScript DataWritablePath DataEncoded Removed
    Degree Events);

features!(OfAddress:
    Loopback Private LinkLocal Multicast Public Version6 Named
    PortWeb PortName PortShare PortRpc PortRemote PortSsh PortDirectory PortDatabase PortMail PortEphemeral PortOther PortOdd
    NameLength NameLabels NameEntropy NameDigits NameSingle NameReverse LogonSource Answer Failed
    Peers Degree Events);

features!(OfUser:
    System Service Machine Administrator Ordinary Anonymous Daemon Domain
    Interactive Network Batch ServiceLogon RemoteInteractive NewCredentials Cleartext Explicit
    Failed Privileged AccountChanged GroupChanged Tampered ConfigurationChanged DirectoryAccess TicketWeak Elevated
    Processes Degree Events);

features!(OfScript:
    Length Entropy Encoded Url Address Downloads Native Obfuscated Evaluates Secrets Discovers Persists Evades Socket Compressed Hidden
    ModuleLike Inline FromFile InSystem InPrograms InUserProfile InTemp InUnusual PowerShell Shell Other
    Degree Events);

features!(OfModule:
    Signed Unsigned SignatureValid Microsoft InSystem InPrograms InUserProfile InTemp InUnusual NameEntropy NameDigits NameOdd
    CredentialLibrary ScriptLibrary NetworkLibrary WmiLibrary TaskLibrary DumpLibrary Driver VersionMissing OriginalNameDiffers Masquerade
    WrittenHere Users Degree Events);

/// Names of the columns of a type's tensor.
pub const fn feature_names(kind: NodeKind) -> &'static [&'static str] {
    match kind {
        NodeKind::Process => OfProcess::NAMES,
        NodeKind::File => OfFile::NAMES,
        NodeKind::Registry => OfRegistry::NAMES,
        NodeKind::Address => OfAddress::NAMES,
        NodeKind::User => OfUser::NAMES,
        NodeKind::Script => OfScript::NAMES,
        NodeKind::Module => OfModule::NAMES,
    }
}

/// Columns of a type's tensor.
pub const fn width(kind: NodeKind) -> usize {
    feature_names(kind).len()
}

/// Meanings that can change without a name changing.
const REVISION: u32 = 1;

/// 16 hexadecimal digits that differ when the tensors mean something else.
pub fn schema_version() -> String {
    let mut hash = Xxh3::new();
    let mut word = |text: &str| {
        hash.update(text.as_bytes());
        hash.update(b"\n");
    };
    for kind in NodeKind::ALL {
        word(kind.as_str());
        feature_names(kind).iter().for_each(|name| word(name));
    }
    for (_, from, name, to) in RELATIONS {
        [from.as_str(), name, to.as_str()].into_iter().for_each(&mut word);
    }
    EDGE_FEATURES.into_iter().for_each(&mut word);
    word(&REVISION.to_string());
    format!("{:016x}", hash.digest())
}
