//! What each form of the language finds.

use super::*;

async fn processes(backend: &dyn Backend) -> Arc<dyn SearchIndex> {
    let process = |n, executable: &str, pid: i64| {
        let name = executable.rsplit('\\').next().unwrap_or_default();
        event(
            n,
            json!({"process": {"executable": executable, "name": name, "pid": pid}}),
        )
    };
    let events = vec![
        process(1, r"C:\Windows\System32\cmd.exe", 4),
        process(2, r"C:\Windows\System32\WindowsPowerShell\v1.0\PowerShell.EXE", 400),
        process(3, r"C:\Program Files\Tool (x86)\tool.exe", -1),
        process(4, r"\\server\share\evil.exe", 70_000),
    ];
    filled(backend, events).await
}

pub async fn values_match_whole_and_without_case(backend: &dyn Backend) {
    let index = processes(backend).await;
    assert_eq!(found(&index, "process.name:POWERSHELL.exe").await, [2]);
    assert_eq!(found(&index, "process.name:powershell").await, NONE);
    let accents = vec![event(7, json!({"user": {"name": "ÉLODIE Straße"}}))];
    index.add(&tenant(), EncodedEvent::all(&accents)).await.expect("added");
    index.commit().await.expect("committed");
    assert_eq!(found(&index, "user.name:\"élodie straße\"").await, [7]);
}

pub async fn wildcards_match_at_both_ends(backend: &dyn Backend) {
    let index = processes(backend).await;
    assert_eq!(found(&index, "process.name:*.exe").await, [1, 2, 3, 4]);
    assert_eq!(found(&index, "process.name:c*").await, [1]);
    assert_eq!(found(&index, "process.name:*o*l*").await, [2, 3]);
    assert_eq!(found(&index, "process.name:?md.e?e").await, [1]);
    assert_eq!(found(&index, "process.name:?cmd.exe").await, NONE);
    assert_eq!(
        found(&index, "process.name:\"c*\"").await,
        NONE,
        "quoted wildcards are plain"
    );
}

pub async fn windows_paths_match(backend: &dyn Backend) {
    let index = processes(backend).await;
    assert_eq!(found(&index, r"process.executable:C:\Windows\*").await, [1, 2]);
    assert_eq!(found(&index, r"process.executable:C:\\windows\\*\\*.exe").await, [1, 2]);
    assert_eq!(
        found(&index, r#"process.executable:"C:\Program Files\Tool (x86)\tool.exe""#).await,
        [3]
    );
    assert_eq!(found(&index, r"process.executable:\\server\share\*").await, [4]);
}

pub async fn numbers_match_and_have_ranges(backend: &dyn Backend) {
    let index = processes(backend).await;
    assert_eq!(found(&index, "process.pid:400").await, [2]);
    assert_eq!(found(&index, "process.pid >= 400").await, [2, 4]);
    assert_eq!(found(&index, "process.pid:[-1 TO 4}").await, [3]);
    assert_eq!(found(&index, "process.pid < 5").await, [1, 3]);
    assert_eq!(found(&index, "process.pid:{4 TO 70000]").await, [2, 4]);
}

pub async fn dates_have_ranges(backend: &dyn Backend) {
    let created = |n: u32| event(n, json!({"file": {"created": at(i64::from(n) * 10).to_string()}}));
    let index = filled(backend, (1..=4).map(created).collect()).await;
    let text = format!("@timestamp:[{} TO {}}}", at(2), at(4));
    assert_eq!(found(&index, &text).await, [2, 3]);
    let text = format!("file.created > {}", at(20));
    assert_eq!(found(&index, &text).await, [3, 4]);
    assert_eq!(found(&index, "@timestamp > now+3s").await, [4]);
}

pub async fn blocks_hold_addresses_of_both_families(backend: &dyn Backend) {
    let ips = [
        "10.0.0.1",
        "10.255.255.255",
        "11.0.0.1",
        "2001:db8::1",
        "2001:db9::1",
        "::ffff:10.9.9.9",
    ];
    let events = ips
        .iter()
        .zip(1..)
        .map(|(ip, n)| event(n, json!({"source": {"ip": ip}})));
    let index = filled(backend, events.collect()).await;
    assert_eq!(found(&index, "source.ip:10.0.0.0/8").await, [1, 2, 6]);
    assert_eq!(found(&index, "source.ip:2001:db8::/32").await, [4]);
    assert_eq!(found(&index, "source.ip:10.0.0.1/32").await, [1]);
    assert_eq!(found(&index, "source.ip:0.0.0.0/0").await, [1, 2, 3, 6]);
    assert_eq!(found(&index, "source.ip:[10.1.0.0 TO 11.0.0.1]").await, [2, 3, 6]);
    assert_eq!(found(&index, "source.ip:10.*").await, [1, 2, 6]);
}

pub async fn addresses_match_in_any_spelling(backend: &dyn Backend) {
    let events = vec![event(1, json!({"source": {"ip": "2001:0DB8:0:0::1"}}))];
    let index = filled(backend, events).await;
    assert_eq!(found(&index, "source.ip:2001:db8::1").await, [1]);
    assert_eq!(found(&index, "source.ip:\"2001:db8:0:0:0:0:0:1\"").await, [1]);
}

pub async fn existence(backend: &dyn Backend) {
    let events = vec![
        event(1, json!({"user": {"name": "a"}})),
        event(2, json!({"user": {"named": "b"}, "message": "words"})),
        event(3, json!({"user": null})),
    ];
    let index = filled(backend, events).await;
    assert_eq!(found(&index, "user.name:*").await, [1]);
    assert_eq!(found(&index, "not user.name:*").await, [2, 3]);
    assert_eq!(found(&index, "message:*").await, [2]);
    assert_eq!(found(&index, "event.id:*").await, [1, 2, 3]);
}

pub async fn operators(backend: &dyn Backend) {
    let index = processes(backend).await;
    assert_eq!(
        found(&index, "process.name:(cmd.exe or tool.exe) and process.pid > 0").await,
        [1]
    );
    assert_eq!(found(&index, "not process.name:cmd.exe").await, [2, 3, 4]);
    assert_eq!(
        found(&index, "not (process.pid:4 or process.pid:400) process.name:*").await,
        [3, 4]
    );
    assert_eq!(found(&index, "not not process.pid:4").await, [1]);
    assert_eq!(found(&index, "not *").await, NONE);
    assert_eq!(found(&index, "").await, [1, 2, 3, 4]);
}

pub async fn value_groups(backend: &dyn Backend) {
    let index = processes(backend).await;
    assert_eq!(found(&index, "process.name:(cmd.exe or power*)").await, [1, 2]);
    assert_eq!(
        found(&index, "process.name:(*.exe and not (cmd* or tool*))").await,
        [2, 4]
    );
}

pub async fn lists_match_by_any_item(backend: &dyn Backend) {
    let events = vec![event(
        1,
        json!({"event": {"category": ["process", "File"]}, "related": {"ip": ["10.0.0.1", "192.0.2.1"]}}),
    )];
    let index = filled(backend, events).await;
    for text in [
        "event.category:file",
        "event.category:process",
        "related.ip:192.0.2.0/24",
    ] {
        assert_eq!(found(&index, text).await, [1], "{text}");
    }
}

pub async fn words_of_the_message_and_of_values(backend: &dyn Backend) {
    let events = vec![
        event(
            1,
            json!({"message": "Process Create:\r\nImage: C:\\Temp\\Mimikatz.exe"}),
        ),
        event(
            2,
            json!({"process": {"command_line": "powershell -enc SQBFAFgA; Invoke-Mimikatz"}}),
        ),
        event(
            3,
            json!({"message": "nothing", "winlog": {"event_data": {"ScriptBlockText": "function Get-It {}"}}}),
        ),
    ];
    let index = filled(backend, events).await;
    assert_eq!(found(&index, "mimikatz").await, [1, 2]);
    assert_eq!(found(&index, "MIMIKATZ.exe").await, [1]);
    assert_eq!(found(&index, r"C:\Temp\mimikatz.exe").await, [1]);
    assert_eq!(found(&index, "invoke-mimikatz and not message:*").await, [2]);
    assert_eq!(found(&index, "get-it").await, [3]);
    assert_eq!(found(&index, "message:mimikatz").await, [1], "only the message");
    assert_eq!(found(&index, "kat").await, NONE, "words match whole");
}

pub async fn phrases_keep_their_order(backend: &dyn Backend) {
    let events = vec![
        event(1, json!({"message": "the quick brown fox"})),
        event(2, json!({"message": "brown the quick fox"})),
    ];
    let index = filled(backend, events).await;
    assert_eq!(found(&index, "\"quick brown\"").await, [1]);
    assert_eq!(found(&index, "message:\"Quick, BROWN fox\"").await, [1]);
    assert_eq!(found(&index, "quick brown").await, [1, 2]);
}

pub async fn wildcards_within_words(backend: &dyn Backend) {
    let events = vec![
        event(1, json!({"message": "run Invoke-Mimikatz now"})),
        event(2, json!({"process": {"command_line": "mimidrv.sys"}})),
    ];
    let index = filled(backend, events).await;
    assert_eq!(found(&index, "mimi*").await, [1, 2]);
    assert_eq!(found(&index, "*katz").await, [1]);
    assert_eq!(found(&index, "*imi*").await, [1, 2]);
    assert_eq!(found(&index, "invoke-m*z").await, [1]);
    assert_eq!(found(&index, "message:mimi*").await, [1]);
}

pub async fn fields_that_no_table_knows(backend: &dyn Backend) {
    let events = vec![
        event(1, json!({"acme": {"score": 7, "flag": true, "name": "Seven"}})),
        event(2, json!({"acme": {"score": "7", "flag": false}})),
    ];
    let index = filled(backend, events).await;
    assert_eq!(found(&index, "acme.score:7").await, [1, 2]);
    assert_eq!(found(&index, "acme.score > 6").await, [1]);
    assert_eq!(found(&index, "acme.flag:true").await, [1]);
    assert_eq!(found(&index, "acme.name:s*n").await, [1]);
    assert_eq!(found(&index, "acme.none:x").await, NONE);
}

pub async fn the_sources_own_fields(backend: &dyn Backend) {
    let events = vec![
        event(
            1,
            json!({"winlog": {"event_data": {"GrantedAccess": "0x1FFFFF", "LogonType": 3}}}),
        ),
        event(2, json!({"winlog": {"event_data": {"GrantedAccess": "0x1000"}}})),
    ];
    let index = filled(backend, events).await;
    assert_eq!(found(&index, "winlog.event_data.GrantedAccess:0x1fffff").await, [1]);
    assert_eq!(found(&index, "winlog.event_data.GrantedAccess:0x1*").await, [1, 2]);
    assert_eq!(found(&index, "winlog.event_data.LogonType:3").await, [1]);
}

pub async fn ids_match_whole(backend: &dyn Backend) {
    let index = filled(backend, vec![event(1, json!({})), event(2, json!({}))]).await;
    assert_eq!(found(&index, &format!("event.id:{}", id(2))).await, [2]);
    assert_eq!(found(&index, "event.id:nonsense").await, NONE);
}

pub async fn keywords_have_an_order(backend: &dyn Backend) {
    let events = ["Alice", "bob", "Carol"].iter().zip(1..);
    let events = events.map(|(name, n)| event(n, json!({"user": {"name": name}})));
    let index = filled(backend, events.collect()).await;
    assert_eq!(found(&index, "user.name:[ALICE TO bob]").await, [1, 2]);
    assert_eq!(found(&index, "user.name > bob").await, [3]);
}
