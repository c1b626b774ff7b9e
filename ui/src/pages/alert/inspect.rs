//! The process whose box is current, with everything that is known about it.

use super::case::{Case, current_process};
use crate::{
    components::{Glyph, Icon, SeverityMark, event_table::exact_time, number, time},
    pages::hunt::query,
    state::use_preferences,
    url::Query,
};
use leptos::prelude::*;
use watchfloor_shared::{
    Timestamp,
    tree::{Artifact, ProcessNode},
};

#[component]
pub fn ProcessInspector(case: Case) -> impl IntoView {
    let shown = move || {
        let (loaded, key) = current_process(case.tree)?;
        let node = loaded.node(&key)?;
        let host = case
            .with_summary(|alert| alert.endpoint_id.to_string())
            .unwrap_or_default();
        let at = loaded.forest.find(&node.entity_id)?;
        let parent = loaded.forest.parent[at].map(|parent| loaded.tree.nodes[parent].clone());
        let touched = loaded.forest.artifacts[at]
            .iter()
            .map(|at| loaded.tree.artifacts[*at].clone())
            .collect();
        Some(view! { <Process case node=node.clone() host parent touched children=loaded.forest.children[at].len() /> })
    };
    view! {
        <div class="inspect" aria-live="polite">
            {move || shown().map_or_else(
                || view! { <p class="block quiet">"Choose a process in the tree."</p> }.into_any(),
                IntoAny::into_any,
            )}
        </div>
    }
}

#[component]
fn Process(
    case: Case,
    node: ProcessNode,
    host: String,
    parent: Option<ProcessNode>,
    touched: Vec<Artifact>,
    children: usize,
) -> impl IntoView {
    let title = node.name.clone();
    let mark = node
        .severity
        .map(|severity| view! { <SeverityMark severity worded=true /> });
    let missing = node.missing.then(|| {
        view! { <p class="fault-text">"Its start was never seen. What is known comes from its children and other events."</p> }
    });
    let line = node
        .command_line
        .clone()
        .map(|line| view! { <code class="commandline">{line}</code> });
    let children = i64::try_from(children).unwrap_or(0);
    let artifact = |artifact: Artifact| {
        view! { <li><span class="mono strong cut" title=artifact.label.clone()>{artifact.label.clone()}</span><span class="cut">{artifact.detail}</span></li> }
    };
    let touched = (!touched.is_empty()).then(|| {
        view! { <div class="block"><h3>"Touched"</h3><ul class="related">{touched.into_iter().map(artifact).collect_view()}</ul></div> }
    });
    let counts = counts(&node, children);
    let links = links(&node, &host);
    let facts = facts(&node, parent);
    view! {
        <div class="block">
            <div class="row-flex">
                <h2 class="mono">{title}</h2>
                {mark}
                <span class="grow"></span>
                <button type="button" class="btn ghost icon small" aria-label="Close (Esc)" on:click=move |_| case.inspecting.set(false)>
                    <Icon glyph=Glyph::Close />
                </button>
            </div>
            {missing}
            {line}
        </div>
        <div class="block">{facts}</div>
        <div class="block">{counts}</div>
        {touched}
        <div class="block golist"><h3>"Go on"</h3><ul>{links}</ul></div>
    }
}

fn fact(name: &'static str, value: Option<String>) -> Option<impl IntoView> {
    let value = value.filter(|value| !value.is_empty())?;
    Some(view! { <dt>{name}</dt><dd title=value.clone()><span class="mono">{value.clone()}</span></dd> })
}

fn instant(name: &'static str, at: Option<Timestamp>, none: &'static str) -> impl IntoView {
    let zone = use_preferences().zone;
    let text = move || at.map_or_else(|| none.to_owned(), |at| exact_time(at, zone.get(), false));
    view! { <dt>{name}</dt><dd title=at.map(time::tip)><span class="mono">{text}</span></dd> }
}

fn facts(node: &ProcessNode, parent: Option<ProcessNode>) -> impl IntoView + use<> {
    let lived = node
        .started
        .zip(node.ended)
        .map(|(started, ended)| number::duration_ms(ended.since(started).as_secs_f64() * 1_000.0));
    view! {
        <dl class="facts">
            {fact("Process id", node.pid.map(|pid| pid.to_string()))}
            {fact("Executable", node.executable.clone())}
            {fact("User", node.user.clone())}
            {fact("Integrity", node.integrity_level.clone())}
            {fact("Parent", parent.map(|parent| parent.name))}
            {instant("Started", node.started, "not seen")}
            {instant("Ended", node.ended, "not seen to end")}
            {fact("Lived", lived)}
            {fact("SHA-256", node.sha256.clone())}
        </dl>
    }
}

fn counts(node: &ProcessNode, children: i64) -> impl IntoView + use<> {
    let count = |n: i64, label: &'static str| {
        view! { <div><span class="n">{number::count(n)}</span><span class="l">{label}</span></div> }
    };
    view! {
        <div class="touch-counts">
            {count(node.files, "files")}
            {count(node.network, "network")}
            {count(node.registry, "registry")}
            {count(node.modules, "modules")}
            {count(children, "children")}
        </div>
    }
}

fn links(node: &ProcessNode, host: &str) -> impl IntoView + use<> {
    let hunt = |clause: String, all: bool| {
        let mut query = Query::default().with("q", clause);
        query.set("range", all.then(|| "all".to_owned()));
        format!("/hunt{query}")
    };
    let own = format!(
        "{} and {}",
        query::clause("host.id", host),
        query::clause("process.entity_id", node.entity_id.as_str())
    );
    let hash = node
        .sha256
        .as_ref()
        .map(|hash| hunt(query::clause("process.hash.sha256", hash), true));
    let name = hunt(query::clause("process.name", &node.name), true);
    view! {
        <li><a href=hunt(own, true)>"Its events"</a></li>
        {hash.map(|to| view! { <li><a href=to>"This hash on all hosts"</a></li> })}
        <li><a href=name>"This name on all hosts"</a></li>
    }
}
