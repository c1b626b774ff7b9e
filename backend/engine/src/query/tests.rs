use super::*;
use proptest::prelude::*;

fn now() -> Timestamp {
    "2022-02-03T04:05:06Z".parse().unwrap()
}

fn ok(text: &str) -> Query {
    parse(text, Some(now())).unwrap_or_else(|error| panic!("{text:?}: {error}"))
}

fn error(text: &str) -> QueryError {
    match parse(text, Some(now())) {
        Ok(query) => panic!("{text:?} parsed as {query}"),
        Err(error) => error,
    }
}

fn equals(field: &str, value: &str) -> Query {
    Query::equals(field, value)
}

fn pattern(pieces: &[&str]) -> Pattern {
    Pattern::new(pieces.iter().map(|piece| match *piece {
        "*" => Piece::Many,
        "?" => Piece::One,
        text => Piece::Text(text.to_owned()),
    }))
}

fn field(name: &str, pieces: &[&str]) -> Query {
    Query::Field {
        field: name.to_owned(),
        value: pattern(pieces),
    }
}

#[test]
fn operators_bind_as_people_expect_in_any_spelling() {
    let (a, b, c) = (equals("a", "1"), equals("b", "2"), equals("c", "3"));
    let expected = Query::or(vec![Query::and(vec![a.clone(), b.clone().negate()]), c.clone()]);
    for text in [
        "a:1 and not b:2 or c:3",
        "a:1 AND NOT b:2 OR c:3",
        "a:1 && !b:2 || c:3",
        "a:1 not b:2 or c:3",
        "(a:1 and (not (b:2))) or c:3",
        "  a: 1   Not b:2\n or\tc:3 ",
    ] {
        assert_eq!(ok(text), expected, "{text}");
    }
    assert_eq!(ok(""), Query::All);
    assert_eq!(ok(" * "), Query::All);
    assert_eq!(ok("*:*"), Query::All);
    assert_eq!(ok("a:1 b:2 c:3"), Query::and(vec![a, b, c]));
}

#[test]
fn a_value_group_gives_its_field_to_every_value() {
    let user = |name| equals("user.name", name);
    assert_eq!(
        ok("user.name:(alice or \"bob b\" or not eve)"),
        Query::or(vec![user("alice"), user("bob b"), user("eve").negate()])
    );
    assert_eq!(
        ok("user.name:(a b) and x:y"),
        Query::and(vec![user("a"), user("b"), equals("x", "y")])
    );
}

#[test]
fn windows_paths_mean_what_a_person_expects() {
    let executable = "process.executable";
    assert_eq!(
        ok(r"process.executable:C:\Windows\*"),
        field(executable, &[r"C:\Windows\", "*"])
    );
    assert_eq!(
        ok(r"process.executable:C:\\Windows\\*"),
        field(executable, &[r"C:\Windows\", "*"])
    );
    assert_eq!(
        ok(r"process.executable:C:\Temp\ x:y"),
        Query::and(vec![equals(executable, r"C:\Temp\"), equals("x", "y")])
    );
    assert_eq!(
        ok(r#"process.executable:"C:\Program Files\a b.exe""#),
        equals(executable, r"C:\Program Files\a b.exe")
    );
    assert_eq!(
        ok(r#"process.executable:C:\\"Program Files"\*\x.exe"#),
        field(executable, &[r"C:\Program Files\", "*", r"\x.exe"])
    );
    assert_eq!(
        ok(r"file.path:\\server\share\*"),
        field("file.path", &[r"\\server\share\", "*"])
    );
    assert_eq!(
        ok(r"file.path:\\\\server\\share"),
        equals("file.path", r"\\server\share")
    );
    assert_eq!(
        ok(r"C:\Windows\Temp"),
        Query::Text(Pattern::literal(r"C:\Windows\Temp"))
    );
    assert_eq!(
        ok(r"file.path:*\temp\?.exe"),
        field("file.path", &["*", r"\temp\", "?", ".exe"])
    );
}

#[test]
fn quotes_take_wildcards_and_operators_as_they_are() {
    assert_eq!(ok(r#"a:"*""#), equals("a", "*"));
    assert_eq!(ok(r#"a:"x \"y\" and z""#), equals("a", r#"x "y" and z"#));
    assert_eq!(ok(r#""and""#), Query::Text(Pattern::literal("and")));
    assert_eq!(ok(r#"a:*"-enc JAB"*"#), field("a", &["*", "-enc JAB", "*"]));
    assert_eq!(ok(r#"a:"""#), equals("a", ""));
    assert_eq!(ok(r"a:f\(x\)"), equals("a", "f(x)"));
}

#[test]
fn text_with_a_colon_is_not_always_a_field() {
    for text in ["https://example.test/x", "12:30:00", r"D:\x", r"foo\:bar"] {
        assert!(matches!(ok(text), Query::Text(_)), "{text}");
    }
    assert_eq!(ok("SHA256=AB"), Query::Text(Pattern::literal("SHA256=AB")));
}

#[test]
fn ranges_and_comparisons_take_their_fields_type() {
    let port = |lower, upper| Query::Range {
        field: "destination.port".to_owned(),
        lower,
        upper,
    };
    let long = Scalar::Long;
    assert_eq!(
        ok("destination.port:[1 TO 1024}"),
        port(Bound::Included(long(1)), Bound::Excluded(long(1024)))
    );
    for text in [
        "destination.port >= 5",
        "destination.port:>=5",
        "destination.port>=5",
        "destination.port:[5 to *]",
    ] {
        assert_eq!(ok(text), port(Bound::Included(long(5)), Bound::Unbounded), "{text}");
    }
    assert_eq!(
        ok("destination.port:< 5"),
        port(Bound::Unbounded, Bound::Excluded(long(5)))
    );
    let hour_ago = Scalar::Date("2022-02-03T03:05:06Z".parse().unwrap());
    assert_eq!(
        ok("@timestamp >= now-1h"),
        Query::Range {
            field: "@timestamp".to_owned(),
            lower: Bound::Included(hour_ago),
            upper: Bound::Unbounded,
        }
    );
    assert!(parse("@timestamp >= now-1h", None).is_err());
    assert!(matches!(
        ok("@timestamp:[2022-01-01 TO 2022-01-02T00:00:00.5Z]"),
        Query::Range { .. }
    ));
    assert_eq!(
        ok("destination.port:*"),
        Query::Exists {
            field: "destination.port".to_owned()
        }
    );
}

#[test]
fn blocks_of_addresses() {
    let Query::Network { network, .. } = ok("source.ip:10.0.0.0/8") else {
        panic!("not a network")
    };
    assert!(network.contains("10.255.0.1".parse().unwrap()));
    assert!(network.contains("::ffff:10.1.2.3".parse().unwrap()));
    assert!(!network.contains("11.0.0.1".parse().unwrap()));
    let everything: Network = "0.0.0.0/0".parse().unwrap();
    assert!(everything.contains("255.255.255.255".parse().unwrap()));
    let six: Network = "2001:db8::/32".parse().unwrap();
    assert!(six.contains("2001:db8:1::1".parse().unwrap()));
    assert!(!six.contains("10.0.0.1".parse().unwrap()));
    assert_eq!(error("source.ip:10.0.0.0/33").position, 10);
    assert!(matches!(ok("source.ip:10.1.*"), Query::Field { .. }));
}

#[test]
fn an_error_points_at_its_place_and_says_what_to_do() {
    for (text, position, words) in [
        ("a:(b or c", 2, "never closed"),
        ("a:b)", 3, "no opening"),
        ("a:\"b", 2, "never closed"),
        ("a:", 2, "value was expected"),
        ("a:b and", 7, "must follow"),
        ("a:b or", 6, "ends where"),
        ("or a:b", 0, "quotes"),
        ("destination.port:abc", 17, "whole number"),
        ("destination.port:[1 5]", 20, "TO"),
        ("destination.port:[1 TO 5", 17, "never closed"),
        ("@timestamp > yesterday", 13, "a date"),
        ("source.ip:nowhere", 10, "10.0.0.0/8"),
        ("process.*:x", 0, "no wildcard"),
        ("message > 5", 10, "no order"),
        ("é:x (", 6, "ends where"),
    ] {
        let error = error(text);
        assert_eq!(error.position, position, "{text}: {error}");
        assert!(error.message.contains(words), "{text}: {error}");
    }
}

#[test]
fn length_depth_and_clauses_are_bounded() {
    assert!(error(&"x".repeat(LENGTH_BYTES_MAX + 1)).message.contains("longer"));
    assert!(error(&"(".repeat(5_000)).message.contains("nested"));
    assert!(error(&"!".repeat(5_000)).message.contains("nested"));
    assert!(error(&"x ".repeat(CLAUSES_MAX + 1)).message.contains("clauses"));
    let deep = format!("{}x{}", "(".repeat(DEPTH_MAX), ")".repeat(DEPTH_MAX));
    assert_eq!(ok(&deep), Query::Text(Pattern::literal("x")));
}

#[test]
fn patterns_match_like_a_shell_and_stay_fast() {
    let matches = |text: &str, value: &str| {
        let Query::Field { value: pattern, .. } = ok(&format!("f:{text}")) else {
            panic!("{text}")
        };
        pattern.matches(value)
    };
    assert!(matches("a*c?e", "abbcde"));
    assert!(matches("*.exe", ".exe"));
    assert!(matches("?é*", "xéé"));
    assert!(!matches("a?", "a"));
    assert!(!matches("*a", "ab"));
    assert!(matches("*ab", "aab"));
    assert!(matches("a*b*c", "a_b_b_c"));
    let hard = "*a".repeat(100) + "b";
    assert!(!matches(&hard, &"a".repeat(10_000)));
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9._]{1,8}",
        r#"[a-zA-Z0-9 ."\\():*?<>é/-]{1,12}"#,
        Just(r"\\server\x".to_owned()),
        Just(r"\one".to_owned()),
        Just("and".to_owned()),
    ]
}

fn patterns() -> impl Strategy<Value = Pattern> {
    let piece = prop_oneof![
        3 => texts().prop_map(Piece::Text),
        1 => Just(Piece::Many),
        1 => Just(Piece::One),
    ];
    prop::collection::vec(piece, 1..5)
        .prop_map(Pattern::new)
        .prop_filter("a lone * is its own clause", |pattern| !pattern.is_anything())
}

fn scalars() -> impl Strategy<Value = (&'static str, Scalar)> {
    prop_oneof![
        any::<i64>().prop_map(|n| ("process.pid", Scalar::Long(n))),
        any::<i64>().prop_map(|n| ("@timestamp", Scalar::Date(Timestamp::from_nanos(n)))),
        any::<std::net::Ipv4Addr>().prop_map(|a| ("source.ip", Scalar::Ip(a.into()))),
        texts().prop_map(|text| ("user.name", Scalar::Text(text))),
    ]
}

fn clauses() -> impl Strategy<Value = Query> {
    prop_oneof![
        4 => patterns().prop_map(|value| Query::Field { field: "process.name".to_owned(), value }),
        2 => patterns().prop_map(Query::Text),
        1 => Just(Query::Exists { field: "file.path".to_owned() }),
        1 => Just(Query::All),
        1 => (any::<std::net::IpAddr>(), 0u8..=32).prop_filter_map("mapped", |(address, prefix)| {
            let network = format!("{address}/{prefix}").parse().ok()?;
            Some(Query::Network { field: "source.ip".to_owned(), network })
        }),
        2 => (scalars(), 0..4u8).prop_map(|((field, value), shape)| {
            let (lower, upper) = match shape {
                0 => (Bound::Included(value.clone()), Bound::Excluded(value)),
                1 => (Bound::Excluded(value.clone()), Bound::Included(value)),
                2 => (Bound::Unbounded, Bound::Included(value)),
                _ => (Bound::Excluded(value), Bound::Unbounded),
            };
            Query::Range { field: field.to_owned(), lower, upper }
        }),
    ]
}

fn queries() -> impl Strategy<Value = Query> {
    clauses().prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            inner.clone().prop_map(Query::negate),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Query::and),
            prop::collection::vec(inner, 2..4).prop_map(Query::or),
        ]
    })
}

#[test]
fn a_field_of_an_operators_name_is_printed_as_it_must_be_written() {
    for text in ["a and and>=2", "a or OR<7", "a not not>3", "and<=1"] {
        let query = parse(text, None).unwrap();
        assert_eq!(parse(&query.to_string(), None), Ok(query), "{text}");
    }
}

proptest! {
    #[test]
    fn a_printed_query_parses_to_itself(query in queries()) {
        let printed = query.to_string();
        prop_assert_eq!(parse(&printed, None), Ok(query), "{}", printed);
    }

    #[test]
    fn no_text_breaks_the_parser(text in "\\PC*") {
        if let Err(error) = parse(&text, Some(now())) {
            prop_assert!(error.position <= text.len());
        }
    }

    #[test]
    fn nor_does_a_text_of_the_languages_own_signs(text in r#"[a:"\\()\[\]{}*?<>=!&| /.-]{0,40}"#) {
        if let Ok(query) = parse(&text, Some(now())) {
            prop_assert_eq!(parse(&query.to_string(), None), Ok(query), "{}", text);
        }
    }
}
