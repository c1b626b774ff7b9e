//! The spool against what it promises: cut anywhere, resumed equals sent.

use super::*;
use proptest::prelude::*;

const BOOT: &str = "0f9c3c1e-6a1b-4c39-9d0c-000000000001";

const EBPF: Label<'static> = Label {
    source: "ebpf",
    numbered: true,
    place: Place { file: 0, offset: 0 },
};

fn limits(bytes_max: u64, segment_bytes_max: u64) -> Limits {
    Limits {
        bytes_max,
        segment_bytes_max,
    }
}

fn open(dir: &Path) -> Spool {
    Spool::open(dir, limits(1 << 20, 512), BOOT).unwrap()
}

/// All that can be read from here on, as position and text.
fn rest(spool: &mut Spool) -> Vec<(u64, String)> {
    let mut all = Vec::new();
    loop {
        let batch = spool.read(7, 300).unwrap();
        if batch.records.is_empty() {
            return all;
        }
        for (at, record) in batch.records.into_iter().enumerate() {
            all.push((batch.first + at as u64, String::from_utf8(record).unwrap()));
        }
    }
}

#[test]
fn what_was_not_acknowledged_is_there_after_a_restart_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    for n in 0..100 {
        spool.append(EBPF, format!("record {n}").as_bytes()).unwrap();
    }
    spool.flush().unwrap();
    assert_eq!(rest(&mut spool).len(), 100);
    let stream = spool.reading().0;
    spool.ack(&stream, 40).unwrap();
    drop(spool);
    let mut spool = open(dir.path());
    assert_eq!(spool.sequence(), 100, "the boot's numbering goes on");
    let left = rest(&mut spool);
    assert_eq!(left.first(), Some(&(40, "record 40".to_owned())));
    assert_eq!(left.len(), 60);
    spool.append(EBPF, b"record 100").unwrap();
    spool.flush().unwrap();
    assert_eq!(rest(&mut spool), [(100, "record 100".to_owned())]);
}

#[test]
fn a_batch_is_of_one_source() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    for source in ["ebpf", "ebpf", "suricata", "ebpf"] {
        spool.append(Label { source, ..EBPF }, b"x").unwrap();
    }
    spool.flush().unwrap();
    let batches: Vec<_> = std::iter::repeat_with(|| spool.read(10, 1_000).unwrap())
        .map(|batch| (batch.source, batch.first, batch.records.len()))
        .take(4)
        .collect();
    let expected = [("ebpf", 0, 2), ("suricata", 2, 1), ("ebpf", 3, 1), ("", 0, 0)];
    assert_eq!(
        batches,
        expected.map(|(source, first, count)| (source.to_owned(), first, count))
    );
}

#[test]
fn at_the_limit_the_oldest_go_and_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = Spool::open(dir.path(), limits(4_096, 512), BOOT).unwrap();
    for n in 0..1_000 {
        spool.append(EBPF, format!("record {n}").as_bytes()).unwrap();
        spool.flush().unwrap();
    }
    assert!(spool.bytes() <= 4_096, "{}", spool.bytes());
    let kept = rest(&mut spool);
    assert_eq!(kept.last(), Some(&(999, "record 999".to_owned())));
    assert_eq!(spool.dropped(Reason::SpoolFull), 1_000 - kept.len() as u64);
    assert_eq!(kept.first().unwrap().0, spool.dropped(Reason::SpoolFull));
    drop(spool);
    let spool = Spool::open(dir.path(), limits(4_096, 512), BOOT).unwrap();
    assert_eq!(
        spool.dropped(Reason::SpoolFull),
        1_000 - kept.len() as u64,
        "the count survives"
    );
}

#[test]
fn another_boot_is_another_stream_with_its_own_numbers() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    spool.append(EBPF, b"before").unwrap();
    spool.flush().unwrap();
    drop(spool);
    let mut spool = Spool::open(dir.path(), limits(1 << 20, 512), "another").unwrap();
    assert_eq!(spool.sequence(), 0);
    spool.append(EBPF, b"after").unwrap();
    spool.flush().unwrap();
    let (before, after) = (spool.read(10, 1_000).unwrap(), spool.read(10, 1_000).unwrap());
    assert!(before.stream.ends_with(BOOT) && after.stream.ends_with("another"));
    assert_eq!((before.first, after.first), (0, 1));
}

#[test]
fn a_damaged_segment_is_counted_and_stepped_over() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    for n in 0..100 {
        spool.append(EBPF, format!("record {n:03}").as_bytes()).unwrap();
        spool.flush().unwrap();
    }
    let second = &spool.sealed[1];
    let (first, end) = (second.first, second.end.unwrap());
    let mut bytes = fs::read(&second.path).unwrap();
    bytes[100] ^= 1;
    fs::write(&second.path, bytes).unwrap();
    let read = rest(&mut spool);
    assert_eq!(read.len() as u64, 100 - (end - first));
    assert_eq!(spool.dropped(Reason::SpoolDamaged), end - first);
}

#[test]
fn two_sensors_do_not_share_a_spool() {
    let dir = tempfile::tempdir().unwrap();
    let _one = open(dir.path());
    assert!(matches!(
        Spool::open(dir.path(), limits(1, 1), BOOT),
        Err(SpoolError::Locked(_))
    ));
}

#[test]
fn a_record_that_is_too_long_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let mut spool = open(dir.path());
    spool.append(EBPF, &vec![0; RECORD_BYTES_MAX + 1]).unwrap();
    spool.append(EBPF, &vec![b'x'; 10_000]).unwrap();
    spool.flush().unwrap();
    assert_eq!(spool.dropped(Reason::TooLong), 1);
    assert_eq!(spool.read(10, 100).unwrap().records[0].len(), 10_000);
}

#[derive(Debug, Clone)]
enum Step {
    Append(usize),
    /// Reads and acknowledges a part of what was read.
    Send(usize),
    /// The process ends here; so many bytes of the last segment are lost with the power.
    Cut(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => (0usize..400).prop_map(Step::Append),
        3 => (1usize..20).prop_map(Step::Send),
        1 => prop_oneof![Just(0), 0usize..600].prop_map(Step::Cut),
    ];
    prop::collection::vec(step, 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Every record arrives once, in order, except those whose bytes were cut off the disk.
    #[test]
    fn cut_anywhere_resumed_equals_sent(steps in steps()) {
        let dir = tempfile::tempdir().unwrap();
        let mut spool = open(dir.path());
        // By record: how it was spelled.
        let mut written: Vec<String> = Vec::new();
        let mut arrived: Vec<String> = Vec::new();
        let mut boot = 0;
        for step in steps {
            match step {
                Step::Append(bytes) => {
                    let record = format!("{}/{}", written.len(), "x".repeat(bytes));
                    spool.append(EBPF, record.as_bytes()).unwrap();
                    spool.flush().unwrap();
                    written.push(record);
                }
                Step::Send(records) => {
                    let batch = spool.read(records, 2_000).unwrap();
                    let next = batch.first + batch.records.len() as u64;
                    if !batch.records.is_empty() {
                        arrived.extend(batch.records.into_iter().map(|record| String::from_utf8(record).unwrap()));
                        spool.ack(&batch.stream, next).unwrap();
                    }
                }
                Step::Cut(bytes) => {
                    let path = spool.writing.segment.path.clone();
                    drop(spool);
                    let length = fs::metadata(&path).unwrap().len().saturating_sub(bytes as u64);
                    fs::File::options().write(true).open(&path).unwrap().set_len(length).unwrap();
                    boot += usize::from(bytes > 0);
                    spool = Spool::open(dir.path(), limits(1 << 20, 512), &format!("boot-{boot}")).unwrap();
                    // What was cut off and had not arrived yet is gone with the power.
                    let mut kept = arrived.clone();
                    kept.extend(rest(&mut spool).into_iter().map(|(_, record)| record));
                    spool.rewind();
                    prop_assert!(bytes > 0 || kept == written);
                    prop_assert_eq!(&kept, &written[..kept.len()].to_vec());
                    written = kept;
                }
            }
        }
        arrived.extend(rest(&mut spool).into_iter().map(|(_, record)| record));
        prop_assert_eq!(arrived, written);
        let lost = Reason::ALL.iter().map(|reason| spool.dropped(*reason)).sum::<u64>();
        prop_assert_eq!(lost, 0);
    }
}
