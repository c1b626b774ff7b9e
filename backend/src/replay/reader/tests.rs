use super::*;
use std::io::Write;

fn read(name: &str, bytes: &[u8]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    texts(&path)
}

fn texts(path: &Path) -> Vec<String> {
    let lines: Vec<RawLine> = open(path).unwrap().map(Result::unwrap).collect();
    for (index, line) in lines.iter().enumerate() {
        assert_eq!(line.position, index as u64);
    }
    lines
        .iter()
        .map(|line| String::from_utf8_lossy(&line.bytes).into_owned())
        .collect()
}

#[test]
fn lines_lists_and_pretty_objects_are_told_apart() {
    assert_eq!(
        read("a", b"{\"a\":1}\r\n\n{\"b\":\"}\"}"),
        ["{\"a\":1}", "{\"b\":\"}\"}"]
    );
    assert_eq!(
        read("a", b" [ {\"a\":[1,2]},\n {\"b\":\"x]\\\"}\"} ]\n"),
        ["{\"a\":[1,2]}", "{\"b\":\"x]\\\"}\"}"]
    );
    assert_eq!(
        read("a", b"{\n  \"a\": {\"b\": 1}\n}\n{\n  \"c\": 2\n}"),
        ["{\n  \"a\": {\"b\": 1}\n}", "{\n  \"c\": 2\n}"]
    );
    assert_eq!(read("a", b"\xef\xbb\xbf{\"a\":1}\n"), ["{\"a\":1}"]);
    assert_eq!(read("a", b""), Vec::<String>::new());
}

#[test]
fn a_broken_line_is_a_record_and_the_others_stay() {
    assert_eq!(read("a", b"{\"a\":\n{\"b\":1}\n"), ["{\"a\":", "{\"b\":1}"]);
    assert_eq!(read("a", b"\0\0\n{\"b\":1}\n"), ["\0\0", "{\"b\":1}"]);
}

#[test]
fn a_line_without_end_is_cut_and_does_not_fill_the_memory() {
    let mut bytes = vec![b'x'; 8 * RECORD_BYTES_MAX];
    bytes.extend_from_slice(b"\n{\"b\":1}\n");
    let lines = read("a", &bytes);
    assert_eq!(lines[0].len(), KEPT_BYTES_MAX);
    assert_eq!(lines[1], "{\"b\":1}");
}

#[test]
fn compressed_files_are_known_by_their_first_bytes() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(b"{\"a\":1}\n").unwrap();
    assert_eq!(read("a.log", &gzip.finish().unwrap()), ["{\"a\":1}"]);
    assert_eq!(
        read("a.log", &zstd::encode_all(&b"{\"a\":1}\n"[..], 1).unwrap()),
        ["{\"a\":1}"]
    );
}

#[test]
fn a_folder_is_read_by_name_and_what_is_no_recording_is_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("b.json", "{\"b\":1}\n");
    write("a.jsonl", "{\"a\":1}\n{\"a\":2}\n");
    write("README.md", "# Recordings\n");
    assert_eq!(texts(folder.path()), ["{\"a\":1}", "{\"a\":2}", "{\"b\":1}"]);
    let empty = tempfile::tempdir().unwrap();
    assert!(matches!(open(empty.path()), Err(ReadError::NoRecording { .. })));
    assert!(matches!(open(&empty.path().join("gone")), Err(ReadError::Io { .. })));
}

#[test]
fn a_cut_gzip_gives_what_it_has_and_then_says_so() {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    (0..20_000).for_each(|i| writeln!(gzip, "{{\"a\":{i}}}").unwrap());
    let mut bytes = gzip.finish().unwrap();
    bytes.truncate(bytes.len() - 9_000);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.gz");
    std::fs::write(&path, bytes).unwrap();
    let records: Vec<_> = open(&path).unwrap().collect();
    assert!(records.len() > 10_000);
    assert!(records.last().unwrap().is_err());
}

#[test]
fn an_evtx_that_is_cut_or_garbage_is_reported_in_its_place() {
    let mut file = vec![0u8; 4_096 + 1_000];
    file[..8].copy_from_slice(EVTX);
    file[4_096..].fill(7);
    let lines = read("a.evtx", &file);
    assert!(
        !lines.is_empty() && lines.iter().all(|line| line.starts_with("unreadable EVTX: ")),
        "{lines:?}"
    );
}
