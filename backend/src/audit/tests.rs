use super::*;
use serde_json::{Value, json};
use watchfloor_shared::audit::ActorKind;

fn tenant() -> TenantId {
    "acme".parse().unwrap()
}

fn act(detail: Value) -> Act<'static> {
    let actor = Actor {
        kind: ActorKind::Person,
        id: "u1".to_owned(),
        name: "Ada".to_owned(),
    };
    let mut act = Act::new("fleet.change", actor, Outcome::Done).on("s1");
    act.record.detail = Some(detail);
    act
}

/// A chain of so many entries, as the database makes them.
fn chain(entries: i64) -> Vec<Kept> {
    let mut before = Hash::default();
    (1..=entries)
        .map(|number| {
            let mut entry = Kept {
                number,
                at: Timestamp::from_millis(1_700_000_000_000 + number),
                action: "fleet.change".to_owned(),
                record: act(json!({"name": format!("probe {number}")})).text(),
                hash: before,
            };
            entry.hash = entry.hash_after(&before, &tenant());
            before = entry.hash;
            entry
        })
        .collect()
}

fn taken(entries: &[Kept]) -> Result<AuditHead, Broken> {
    let mut chain = Chain::of(tenant());
    entries.iter().try_for_each(|entry| chain.take(entry))?;
    Ok(chain.head())
}

fn export(entries: &[Kept], head: &AuditHead) -> String {
    let mut lines: Vec<_> = entries
        .iter()
        .map(|entry| serde_json::to_string(&Exported::entry(&tenant(), entry)).unwrap())
        .collect();
    let end = Exported::End {
        tenant: tenant(),
        head: head.clone(),
    };
    lines.push(serde_json::to_string(&end).unwrap());
    lines.join("\n") + "\n"
}

#[test]
fn whatever_is_changed_shows_where() {
    let whole = chain(5);
    let newest = taken(&whole).unwrap();
    let broken = |change: &dyn Fn(&mut Vec<Kept>)| {
        let mut entries = whole.clone();
        change(&mut entries);
        taken(&entries).unwrap_err()
    };
    assert_eq!(
        broken(&|e| e[2].record = e[2].record.replace("probe 3", "probe 9")),
        Broken::Changed(3)
    );
    assert_eq!(broken(&|e| e[1].at = Timestamp::EPOCH), Broken::Changed(2));
    assert_eq!(broken(&|e| e[3].action = "fleet.revoke".to_owned()), Broken::Changed(4));
    assert_eq!(broken(&|e| e[0].hash[31] ^= 1), Broken::Changed(1));
    assert_eq!(broken(&|e| drop(e.remove(1))), Broken::Gap { expected: 2, found: 3 });
    // Numbered anew, the next does not fit.
    let renumbered = broken(&|e| {
        e.remove(1);
        e[1].number = 2;
    });
    assert_eq!(renumbered, Broken::Changed(2));
    let mut short = Chain::of(tenant());
    whole[..3].iter().for_each(|entry| short.take(entry).unwrap());
    assert_eq!(short.ends_at(&newest), Err(Broken::CutOff { found: 3, newest: 5 }));
    assert_eq!(
        Chain::of("beta".parse().unwrap()).take(&whole[0]),
        Err(Broken::Changed(1))
    );
}

#[test]
fn an_export_is_verified_by_itself() {
    let whole = chain(4);
    let newest = taken(&whole).unwrap();
    let text = export(&whole, &newest);
    let verified = |text: &str, noted: Option<&AuditHead>| verify_export(text.as_bytes(), noted);
    assert_eq!(verified(&text, None).unwrap(), (tenant(), newest.clone()));
    assert_eq!(verified(&text, Some(&taken(&whole[..2]).unwrap())).unwrap().1, newest);
    let said = |text: &str, noted: Option<&AuditHead>| verified(text, noted).unwrap_err().to_string();
    assert!(said("", None).contains("empty"));
    assert!(said(&text.replace("probe 2", "probe 7"), None).starts_with("line 2: entry 2 was changed"));
    assert!(said(&export(&whole[..3], &newest), None).contains("entries after 3 are missing"));
    let cut: String = text.lines().take(3).map(|line| format!("{line}\n")).collect();
    assert!(said(&cut, None).contains("cut off"));
    assert!(said("{}\n", None).contains("line 1"));
    // Made anew from the second on, it is whole, and not what was noted.
    let mut forged = whole.clone();
    let mut before = forged[0].hash;
    for entry in &mut forged[1..] {
        entry.record = entry.record.replace("Ada", "Eve");
        entry.hash = entry.hash_after(&before, &tenant());
        before = entry.hash;
    }
    let forged = export(&forged, &taken(&forged).unwrap());
    assert!(verified(&forged, None).is_ok());
    assert!(said(&forged, Some(&newest)).contains("not the one whose hash was noted"));
    let later = AuditHead { number: 9, ..newest };
    assert!(said(&text, Some(&later)).contains("entries after 4 are missing"));
    for bytes in crate::mutation::mutations(text.as_bytes(), 2_000) {
        let _ = verify_export(bytes.as_slice(), None);
    }
}

#[test]
fn what_is_said_is_bounded() {
    let mut long = act(json!({"name": "x".repeat(1 << 20)}));
    long.record.actor.name = "ä".repeat(1_000);
    let text = long.text();
    assert!(text.contains("left_out") && text.chars().count() < 1_000, "{text}");
}
