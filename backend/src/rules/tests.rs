use super::*;
use std::time::{Duration, Instant};

const GOOD: &str =
    "title: A\nid: a\nlogsource: {product: windows, service: security}\ndetection: {s: {EventID: 1}, condition: s}\n";

fn wait_for(what: impl Fn() -> bool) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(20) {
        if what() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

fn titles(book: &RuleBook) -> Vec<String> {
    book.summaries().into_iter().map(|rule| rule.title).collect()
}

#[test]
fn the_starter_pack_is_inside_and_all_of_it_runs() {
    let book = RuleBook::open(true, &[]).unwrap();
    let counts = book.current().counts();
    assert!(counts.total >= 60 && counts.unsupported == 0, "{counts:?}");
    assert!(book.summaries().iter().all(|rule| rule.pack == STARTER_PACK));
    for folder in ["linux/", "network/", "windows/"] {
        assert!(
            book.summaries().iter().any(|rule| rule.path.starts_with(folder)),
            "{folder}"
        );
    }
}

#[test]
fn a_folder_is_followed_and_a_bad_edit_leaves_the_file_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.yml");
    std::fs::write(&file, GOOD).unwrap();
    let book = RuleBook::open(false, &[folder.path().to_owned()]).unwrap();
    assert_eq!(titles(&book), ["A"]);

    std::fs::write(
        folder.path().join("b.yml"),
        GOOD.replace("title: A\nid: a", "title: B\nid: b"),
    )
    .unwrap();
    assert!(wait_for(|| titles(&book) == ["A", "B"]), "{:?}", titles(&book));

    std::fs::write(&file, "title: A\nlogsource: [").unwrap();
    assert!(wait_for(|| !book.problems().is_empty()));
    assert_eq!(titles(&book), ["A", "B"]);
    assert_eq!(book.problems()[0].path, "a.yml");

    std::fs::write(&file, GOOD.replace("title: A", "title: A2")).unwrap();
    assert!(wait_for(|| titles(&book) == ["A2", "B"]), "{:?}", titles(&book));
    assert!(book.problems().is_empty());

    std::fs::remove_file(&file).unwrap();
    assert!(wait_for(|| titles(&book) == ["B"]), "{:?}", titles(&book));
}

#[test]
fn a_file_that_is_no_text_is_named_and_the_others_load() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.yml"), GOOD).unwrap();
    std::fs::write(folder.path().join("b.yml"), [0xff, 0xfe, 0]).unwrap();
    let book = RuleBook::open(false, &[folder.path().to_owned()]).unwrap();
    assert_eq!(titles(&book), ["A"]);
    assert!(book.problems()[0].reason.contains("not UTF-8"));
    assert!(RuleBook::open(false, &[folder.path().join("gone")]).is_err());
}
