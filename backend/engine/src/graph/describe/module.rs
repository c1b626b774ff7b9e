//! Libraries and drivers: signature, place, and what they are for.

use super::{mark_place, odd_name, process::differs};
use crate::graph::{
    facts::Platform,
    place::{Place, place},
    schema::{NodeKind, OfModule as F},
    shape,
    traits::Traits,
};
use crate::json::{Map, Value};

/// Facts: what each library of Windows is for.
const LIBRARIES: &[(F, &[&str])] = &[
    (
        F::CredentialLibrary,
        &[
            "samlib.dll",
            "vaultcli.dll",
            "cryptdll.dll",
            "wdigest.dll",
            "ntdsapi.dll",
            "samsrv.dll",
            "lsasrv.dll",
            "kerberos.dll",
            "dpapi.dll",
            "netapi32.dll",
            "logoncli.dll",
            "credui.dll",
            "esent.dll",
            "ntdsa.dll",
            "hid.dll",
            "winscard.dll",
        ],
    ),
    (
        F::ScriptLibrary,
        &[
            "amsi.dll",
            "clr.dll",
            "mscoree.dll",
            "mscoreei.dll",
            "mscorlib.ni.dll",
            "system.management.automation.dll",
            "system.management.automation.ni.dll",
            "jscript.dll",
            "jscript9.dll",
            "vbscript.dll",
            "scrobj.dll",
            "scrrun.dll",
            "clrjit.dll",
            "wshom.ocx",
            "vbe7.dll",
            "mshtml.dll",
            "chakra.dll",
        ],
    ),
    (
        F::NetworkLibrary,
        &[
            "winhttp.dll",
            "wininet.dll",
            "ws2_32.dll",
            "webio.dll",
            "dnsapi.dll",
            "urlmon.dll",
            "bitsproxy.dll",
            "rasapi32.dll",
            "mswsock.dll",
            "winsock.dll",
        ],
    ),
    (
        F::WmiLibrary,
        &[
            "wbemcomn.dll",
            "wmiutils.dll",
            "fastprox.dll",
            "wbemprox.dll",
            "wbemdisp.dll",
            "wbemsvc.dll",
            "wmiclnt.dll",
            "framedynos.dll",
        ],
    ),
    (F::TaskLibrary, &["taskschd.dll", "mstask.dll"]),
    (F::DumpLibrary, &["dbghelp.dll", "dbgcore.dll", "comsvcs.dll"]),
];

/// A section of an event: `dll`, or `file` for a driver.
pub(in crate::graph) fn module(section: &Map, path: &str, driver: bool, platform: Platform) -> Traits {
    let mut traits = Traits::new(NodeKind::Module);
    let lower = path.to_lowercase();
    let name = shape::base_name(&lower);
    let place = place(&lower, platform);
    let unusual = Some(F::InUnusual);
    mark_place(
        &mut traits,
        place,
        [
            Some(F::InSystem),
            Some(F::InPrograms),
            Some(F::InUserProfile),
            Some(F::InTemp),
            Some(F::InUserProfile),
            unusual,
            Some(F::InUnusual),
        ],
    );
    traits.mark_if(F::Driver, driver);
    for (feature, names) in LIBRARIES {
        traits.mark_if(*feature, names.contains(&name));
        // What only Windows ships, somewhere else, is loaded because of its name.
        traits.mark_if(
            F::Masquerade,
            names.contains(&name) && !matches!(place, Place::System | Place::Programs),
        );
    }
    traits.share(F::NameEntropy, shape::entropy(name) * 2.0);
    traits.share(F::NameDigits, shape::digit_share(name));
    traits.raise(F::NameOdd, odd_name(name));
    signature(&mut traits, section);
    version(&mut traits, section, name);
    traits
}

fn signature(traits: &mut Traits, section: &Map) {
    let Some(signature) = section.get("code_signature").and_then(Value::as_object) else {
        return;
    };
    match signature.get("exists").and_then(Value::as_bool) {
        Some(true) => traits.mark(F::Signed),
        Some(false) => traits.mark(F::Unsigned),
        None => {}
    }
    let text = |name: &str| {
        signature
            .get(name)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_lowercase()
    };
    traits.mark_if(F::SignatureValid, text("status") == "valid");
    traits.mark_if(F::Microsoft, text("subject_name").contains("microsoft"));
}

fn version(traits: &mut Traits, section: &Map, name: &str) {
    let Some(version) = section.get("pe").and_then(Value::as_object) else {
        return;
    };
    let text = |name: &str| {
        version
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !matches!(*text, "" | "-" | "?"))
    };
    traits.mark_if(F::VersionMissing, text("company").is_none());
    if let Some(original) = text("original_file_name") {
        traits.mark_if(F::OriginalNameDiffers, differs(original, name));
    }
}

/// Loading it is worth looking at, of 255.
pub(in crate::graph) fn weight(traits: &Traits) -> u8 {
    let has = |feature: F| {
        traits
            .as_bytes()
            .get(usize::from(feature))
            .is_some_and(|level| *level > 0)
    };
    match () {
        () if has(F::Unsigned) && (has(F::InTemp) || has(F::InUserProfile) || has(F::InUnusual))
            || has(F::Masquerade) =>
        {
            255
        }
        () if has(F::DumpLibrary) || has(F::CredentialLibrary) => 180,
        () if has(F::Unsigned) => 120,
        () if has(F::ScriptLibrary) || has(F::TaskLibrary) || has(F::WmiLibrary) => 100,
        () => 20,
    }
}
