//! Models against ONNX Runtime itself. Without the library the tests say so and end, unless `CI` is set.

use watchfloor::infer::{History, ModelBook, Places, Scorer};
use watchfloor_engine::graph::{Graph, NodeKind, Platform, width};
use watchfloor_tests::onnx::{Answer, is_there, manifest, model, put};

fn window(nodes: usize) -> Graph {
    let mut graph = Graph::default();
    graph.counts[0] = nodes;
    graph.features[0] = vec![0.5; nodes * width(NodeKind::Process)];
    graph
}

fn book(folder: &std::path::Path) -> ModelBook {
    ModelBook::open(
        Places {
            folders: vec![folder.to_owned()],
            library: None,
        },
        2,
    )
}

#[test]
fn windows_are_scored_alike_alone_and_together_by_one_worker_and_by_two() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), Platform::Linux, "1", Answer::FewNodes(20.0)).unwrap();
    let book = book(folder.path());
    assert!(
        book.problems()
            .iter()
            .all(|problem| problem.platform != Platform::Linux),
        "{:?}",
        book.problems()
    );
    let model = book.current(Platform::Linux).unwrap();
    let graphs: Vec<Graph> = [1, 5, 300, 300, 20, 700, 2].map(window).into();
    let graphs: Vec<&Graph> = graphs.iter().collect();
    let one = Scorer { workers: 1 }.score(&model, &graphs);
    assert_eq!(one, Scorer { workers: 2 }.score(&model, &graphs));
    for (graph, score) in graphs.iter().zip(one) {
        let wanted = 1.0 / (1.0 + (-20.0 / graph.nodes() as f32).exp());
        assert!((score.unwrap() - wanted).abs() < 1e-5);
    }
}

#[test]
fn a_bad_model_is_refused_with_the_reason_and_the_one_before_goes_on() {
    if !is_there() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let linux = folder.path().join("linux");
    put(folder.path(), Platform::Linux, "1", Answer::Odds(2.0)).unwrap();
    let book = book(folder.path());
    let version = || {
        book.current(Platform::Linux)
            .map(|model| model.manifest.version.clone())
    };
    assert_eq!(version().as_deref(), Some("1"));
    let good = model(Answer::Odds(2.0));
    let other = |change: &dyn Fn(&mut serde_json::Value)| {
        let mut text = manifest(Platform::Linux, "bad", &good);
        change(&mut text);
        text.to_string()
    };
    let fitting = |bytes: &[u8]| manifest(Platform::Linux, "bad", bytes).to_string();
    let (truncated, broken) = (&good[..good.len() / 2], model(Answer::NotANumber));
    let (unfed, unnamed) = (
        model(Answer::WithoutInput("rel")),
        model(Answer::OutputCalled("scores")),
    );
    let cases: [(&[u8], String, &str); 8] = [
        (truncated, fitting(truncated), "cannot be opened"),
        (&broken, fitting(&broken), "no probability"),
        (&unfed, fitting(&unfed), "no input rel"),
        (&unnamed, fitting(&unnamed), "no output probs"),
        (&good, other(&|text| text["sha256"] = "00".into()), "SHA-256"),
        (
            &good,
            other(&|text| text["schema"] = "0".into()),
            "features of version 0",
        ),
        (
            &good,
            other(&|text| text["platform"] = "windows".into()),
            "for windows, not for linux",
        ),
        (&good, "{".to_owned(), "manifest is not valid"),
    ];
    for (bytes, manifest, reason) in cases {
        std::fs::write(linux.join("model.onnx"), bytes).unwrap();
        std::fs::write(linux.join("manifest.json"), manifest).unwrap();
        book.follow();
        let problems = book.problems();
        let said = problems
            .iter()
            .find(|problem| problem.platform == Platform::Linux)
            .unwrap();
        assert!(said.reason.contains(reason), "{reason}: {}", said.reason);
        assert_eq!(version().as_deref(), Some("1"), "{reason}");
    }
    put(folder.path(), Platform::Linux, "2", Answer::Odds(-2.0)).unwrap();
    book.follow();
    assert_eq!(
        version().as_deref(),
        Some("2"),
        "a good one is taken over without a restart"
    );
    assert!(
        book.problems()
            .iter()
            .all(|problem| problem.platform != Platform::Linux)
    );
}

#[test]
fn without_a_model_the_reason_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let places = Places {
        folders: vec![folder.path().to_owned()],
        library: Some("/nowhere/libonnxruntime.so".into()),
    };
    put(folder.path(), Platform::Windows, "1", Answer::Odds(0.0)).unwrap();
    assert_eq!(
        places
            .manifest(Platform::Windows)
            .map(|manifest| manifest.label())
            .as_deref(),
        Some("test@1")
    );
    let book = ModelBook::open(places, 1);
    let Err(reason) = book.required(Platform::Windows) else {
        return;
    };
    assert!(reason.contains("/nowhere"), "{reason}");
}

#[test]
fn a_model_is_put_in_and_taken_back_while_the_server_follows() {
    if !is_there() {
        return;
    }
    let (folder, made) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let history = History::new(folder.path().to_owned());
    let install = |version: &str, answer| {
        put(made.path(), Platform::Linux, version, answer).unwrap();
        history.install(&made.path().join("linux"), None)
    };
    let versions = || -> Vec<String> {
        let manifests = history.manifests(Platform::Linux);
        manifests.into_iter().map(|manifest| manifest.version).collect()
    };
    assert!(
        history.roll_back(Platform::Linux).is_err(),
        "nothing was in force before"
    );
    for version in ["1", "2", "3"] {
        install(version, Answer::Odds(2.0)).unwrap();
    }
    let book = book(folder.path());
    let in_force = || {
        book.follow();
        book.current(Platform::Linux).unwrap().manifest.version.clone()
    };
    assert_eq!(
        (versions(), in_force()),
        (vec!["3".into(), "2".into(), "1".into()], "3".to_owned())
    );
    let refused = install("4", Answer::NotANumber).unwrap_err().to_string();
    assert!(refused.contains("no probability"), "{refused}");
    assert_eq!(in_force(), "3", "what the server would refuse is not put in");
    assert_eq!(history.roll_back(Platform::Linux).unwrap().version, "2");
    assert_eq!((versions(), in_force()), (vec!["2".into(), "1".into()], "2".to_owned()));
    install("5", Answer::Odds(1.0)).unwrap();
    assert_eq!(history.roll_back(Platform::Linux).unwrap().version, "2");
    assert_eq!(history.roll_back(Platform::Linux).unwrap().version, "1");
    assert_eq!(in_force(), "1");
}
