//! Every detection rule: what it looks for, whether it runs and why not, how often it spoke.

mod models;
mod row;

use crate::{
    api::{self, fetch},
    components::{Empty, FaultNotice, Find, Segments, Shortcut, VirtualList, number, pending, use_shortcuts},
    state::use_preferences,
    url::use_address,
    words::lower,
};
use leptos::{html, prelude::*};
use std::sync::Arc;
use watchfloor_shared::rule::{RuleState, RuleSummary};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    All,
    Spoke,
    Unsupported,
}

fn which(name: Option<&str>) -> Which {
    match name {
        Some("spoke") => Which::Spoke,
        Some("unsupported") => Which::Unsupported,
        _ => Which::All,
    }
}

/// Rules that contain every word, those that spoke most first.
fn matching(rules: &[Arc<RuleSummary>], words: &str, which: Which) -> Vec<Arc<RuleSummary>> {
    let words: Vec<String> = lower(words).split_whitespace().map(str::to_owned).collect();
    let fits = |rule: &&Arc<RuleSummary>| {
        let kept = match which {
            Which::All => true,
            Which::Spoke => rule.alerts > 0,
            Which::Unsupported => matches!(rule.state, RuleState::Unsupported(_)),
        };
        kept && words.iter().all(|word| contains(rule, word))
    };
    let mut rules: Vec<Arc<RuleSummary>> = rules.iter().filter(fits).cloned().collect();
    rules.sort_by(|a, b| {
        b.alerts
            .cmp(&a.alerts)
            .then_with(|| b.severity.cmp(&a.severity))
            .then_with(|| a.title.cmp(&b.title))
    });
    rules
}

fn contains(rule: &RuleSummary, word: &str) -> bool {
    let texts = [
        rule.title.as_str(),
        &rule.logsource,
        &rule.path,
        &rule.pack,
        &rule.level,
        rule.id.as_str(),
    ];
    let technique =
        |t: &watchfloor_shared::alert::Technique| lower(&t.id).contains(word) || lower(&t.name).contains(word);
    texts.iter().any(|text| lower(text).contains(word)) || rule.techniques.iter().any(technique)
}

#[component]
pub fn RulesPage() -> impl IntoView {
    let address = use_address();
    let density = use_preferences().density;
    let rules = fetch(
        || Some(()),
        |()| async move {
            api::rules::list()
                .await
                .map(|rules| rules.into_iter().map(Arc::new).collect::<Vec<_>>())
        },
    );
    let words = Memo::new(move |_| address.query.with(|q| q.get("q").unwrap_or_default().to_owned()));
    let chosen = Memo::new(move |_| address.query.with(|q| which(q.get("show"))));
    let shown = Memo::new(move |_| {
        rules
            .value
            .with(|all| matching(all.as_deref().unwrap_or_default(), &words.get(), chosen.get()))
    });
    let sum = Signal::derive(move || rules.value.with(|all| all.as_ref().map(|all| sum(all))));
    let row = move |at: usize| {
        let rule = Memo::new(move |_| shown.with(|rules| rules.get(at).cloned()));
        (move || rule.get().map(|rule| view! { <row::RuleRow rule /> })).into_any()
    };
    let none = move || {
        let loaded = rules.value.with(Option::is_some);
        (loaded && shown.with(Vec::is_empty)).then(|| {
            view! { <Empty title="No rule here" why="No rule fits these words and this choice. Folders of Sigma rules are named in the settings." /> }
        })
    };
    view! {
        <Head words chosen sum />
        <models::Models/>
        <FaultNotice fault=rules.fault again=move || rules.again() />
        {none}
        {pending(rules)}
        <div class="list" class:without=move || shown.with(Vec::is_empty) role="table" aria-label="Rules">
            <Columns />
            <VirtualList
                label="Rows"
                rows=Signal::derive(move || shown.with(Vec::len))
                row_px=Signal::derive(move || density.get().row_px())
                current=Signal::derive(|| None)
                row
            />
        </div>
    }
}

#[component]
fn Head(words: Memo<String>, chosen: Memo<Which>, sum: Signal<Option<String>>) -> impl IntoView {
    let address = use_address();
    let search = NodeRef::<html::Input>::new();
    let find = move |_| {
        if let Some(input) = search.get_untracked() {
            let _ = input.focus();
        }
    };
    use_shortcuts("Rules", vec![Shortcut::new(&["/"], "Find a rule", find).hinted()]);
    let choose = move |of: Which| {
        let name = match of {
            Which::All => None,
            Which::Spoke => Some("spoke"),
            Which::Unsupported => Some("unsupported"),
        };
        address.change(|query| query.set("show", name.map(str::to_owned)));
    };
    view! {
        <div class="pagehead">
            <h1>"Detections"</h1>
            <span class="sum">{sum}</span>
            <span class="grow"></span>
            <Find label="Find a rule" placeholder="Title, technique, log source, pack" words node_ref=search/>
            <Segments label="Which rules" options=vec![(Which::All, "All"), (Which::Spoke, "With alerts"), (Which::Unsupported, "Not run")] chosen choose />
        </div>
    }
}

#[component]
fn Columns() -> impl IntoView {
    view! {
        <div role="rowgroup">
            <div class="thead cols-rules" role="row">
                <span role="columnheader"><span class="visually-hidden">"Level"</span></span>
                <span role="columnheader">"Rule"</span>
                <span role="columnheader">"Techniques"</span>
                <span role="columnheader">"Log source"</span>
                <span role="columnheader">"Pack"</span>
                <span role="columnheader">"State"</span>
                <span role="columnheader" class="num sorted">"Alerts ↓"</span>
            </div>
        </div>
    }
}

fn sum(rules: &[Arc<RuleSummary>]) -> String {
    let unsupported = rules
        .iter()
        .filter(|rule| matches!(rule.state, RuleState::Unsupported(_)))
        .count();
    let total = i64::try_from(rules.len()).unwrap_or(0);
    let not_run = i64::try_from(unsupported).unwrap_or(0);
    format!(
        "{}, {} run, {} not",
        number::counted(total, "rule", "rules"),
        number::count(total - not_run),
        number::count(not_run)
    )
}
