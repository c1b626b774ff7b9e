use super::{lines::Line, tail::Tail, *};
use std::io::Write;
use watchfloor_shared::Timestamp;

fn open(path: &Path, before: Option<Checkpoint>) -> Tail {
    let file = File::open(path).unwrap();
    let metadata = file.metadata().unwrap();
    let Begun::Log(head) = tail::begun(&file).unwrap() else {
        panic!("nothing there")
    };
    match before {
        Some(before) => {
            let kinship = tail::kinship(&before, &file, &metadata, path, head).unwrap();
            assert_ne!(kinship, Kinship::None);
            Tail::resume(file, &metadata, path, before, Timestamp::EPOCH).unwrap()
        }
        None => Tail::new(file, &metadata, path, head, 0, Timestamp::EPOCH),
    }
}

/// The records that are there now, with their positions.
fn read(tail: &mut Tail) -> Vec<(u64, String)> {
    let (mut out, mut buffer) = (Vec::new(), vec![0; 7]);
    while tail.read(&mut buffer, &mut out).unwrap() > 0 {}
    tail.rest();
    tail.taken().unwrap();
    let text = |line: &Line| match &line.frame {
        Frame::Record(bytes) => String::from_utf8(bytes.to_vec()).unwrap(),
        Frame::TooLong { .. } => panic!("{line:?}"),
    };
    out.iter()
        .map(|line| (tail.position(line.offset), text(line)))
        .collect()
}

fn texts(records: &[(u64, String)]) -> Vec<&str> {
    records.iter().map(|(_, text)| text.as_str()).collect()
}

fn append(path: &Path, text: &str) {
    let mut file = File::options().create(true).append(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

#[test]
fn a_file_goes_on_where_it_was_with_the_same_positions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("eve.json");
    append(&path, "{\"a\":1}\n{\"a\":1}\n{\"b\"");
    let mut tail = open(&path, None);
    let first = read(&mut tail);
    assert_eq!(texts(&first), ["{\"a\":1}", "{\"a\":1}"]);
    assert_ne!(first[0].0, first[1].0, "equal lines are two");
    append(&path, ":2}\n");
    let before = tail.checkpoint().clone();
    let next = read(&mut tail);
    assert_eq!(texts(&next), ["{\"b\":2}"]);
    // The server ended before the checkpoint: the line comes again, and is the same one.
    assert_eq!(read(&mut open(&path, Some(before))), next);
    // Renaming changes nothing.
    let renamed = folder.path().join("eve.json.1");
    std::fs::rename(&path, &renamed).unwrap();
    append(&renamed, "{\"c\":3}\n");
    let before = tail.checkpoint().clone();
    assert_eq!(read(&mut open(&renamed, Some(before))), read(&mut tail));
}

#[test]
fn an_emptied_file_begins_anew_even_when_it_is_longer_by_now() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    append(&path, "first\nsecond\n");
    let mut tail = open(&path, None);
    let before = read(&mut tail);
    assert!(!tail.was_emptied().unwrap());
    std::fs::write(&path, "").unwrap();
    assert!(tail.was_emptied().unwrap());
    assert!(tail.anew(Timestamp::EPOCH).unwrap().is_none(), "nothing is there yet");
    std::fs::write(&path, "first\nanother, and a longer one\n").unwrap();
    assert!(tail.was_emptied().unwrap());
    let mut anew = tail.anew(Timestamp::EPOCH).unwrap().unwrap();
    let after = read(&mut anew);
    assert_eq!(texts(&after), ["first", "another, and a longer one"]);
    assert_ne!(after[0].0, before[0].0, "an equal line of another time is another one");
}

#[test]
fn a_copy_that_a_rotation_made_is_known_by_its_content() {
    let folder = tempfile::tempdir().unwrap();
    let (path, copy) = (folder.path().join("a.log"), folder.path().join("a.log.1"));
    append(&path, &"0123456789abcdef\n".repeat(30));
    let mut tail = open(&path, None);
    assert_eq!(read(&mut tail).len(), 30);
    append(&path, "late\n");
    std::fs::copy(&path, &copy).unwrap();
    std::fs::write(&path, "").unwrap();
    let rest = read(&mut open(&copy, Some(tail.checkpoint().clone())));
    assert_eq!(texts(&rest), ["late"]);
}

#[test]
fn zeeks_header_is_found_again() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("conn.log");
    append(
        &path,
        "#separator \\x09\n#path\tconn\n#fields\tuid\tn\n#types\tstring\tcount\nC1\t1\n",
    );
    let mut tail = open(&path, None);
    assert_eq!(texts(&read(&mut tail)), ["{\"_path\":\"conn\",\"uid\":\"C1\",\"n\":1}"]);
    append(&path, "C2\t2\n#close\tx\n");
    let mut resumed = open(&path, Some(tail.checkpoint().clone()));
    assert_eq!(
        texts(&read(&mut resumed)),
        ["{\"_path\":\"conn\",\"uid\":\"C2\",\"n\":2}"]
    );
}

#[test]
fn what_is_packed_or_not_there_yet_is_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    for (content, is_packed) in [(&[0x1f, 0x8b, 8, 0][..], true), (b"half a li", false), (b"", false)] {
        std::fs::write(&path, content).unwrap();
        let begun = tail::begun(&File::open(&path).unwrap()).unwrap();
        assert_eq!(matches!(begun, Begun::Packed), is_packed);
        assert!(!matches!(begun, Begun::Log(_)));
    }
}

#[test]
fn checkpoints_are_read_as_they_were_stored() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.log");
    append(&path, "a\n");
    let mut tail = open(&path, None);
    read(&mut tail);
    let checkpoints = Checkpoints::new(folder.path()).unwrap();
    assert_eq!(checkpoints.load().unwrap(), []);
    checkpoints.store(vec![tail.checkpoint().clone()]).unwrap();
    assert_eq!(checkpoints.load().unwrap(), [tail.checkpoint().clone()]);
    std::fs::write(folder.path().join("follow/checkpoints.json"), "{").unwrap();
    assert!(checkpoints.load().is_err(), "what is damaged is not taken for nothing");
}

#[test]
fn zeeks_logs_are_named_by_their_files() {
    assert_eq!(source_of("zeek", Path::new("/z/conn.log")), "zeek.conn");
    assert_eq!(
        source_of("zeek", Path::new("/z/http.11:00:00-12:00:00.log")),
        "zeek.http"
    );
    assert_eq!(source_of("auditd", Path::new("/var/log/audit/audit.log")), "auditd");
}
