//! The evidence of an alert: the sentence, the matched fields, the attack path, related hosts, history.

use crate::{
    components::{Age, At, Empty, SeverityMark, number},
    state::use_range,
    url::Query,
};
use leptos::prelude::*;
use watchfloor_shared::{
    alert::{HistoryAction, HistoryEntry, MatchedField, Phrase, RelatedEndpoint, Severity},
    tree::{ProcessNode, ProcessTree},
};

#[component]
pub fn Sentence(phrases: Vec<Phrase>) -> impl IntoView {
    let parts = phrases.into_iter().map(|phrase| match phrase {
        Phrase::Words(text) => text.into_any(),
        Phrase::Machine(text) => view! { <code>{text}</code> }.into_any(),
    });
    view! { <p class="what">{parts.collect_view()}</p> }
}

/// The value as recorded, with the part that matched marked by line and weight.
#[component]
pub fn Matched(fields: Vec<MatchedField>, severity: Severity) -> impl IntoView {
    if fields.is_empty() {
        return view! { <p class="quiet">"The rule counted events and looked at no single field."</p> }.into_any();
    }
    let rows = fields.into_iter().map(|field| {
        view! { <dl class="match" title=field.condition.clone()><dt title=field.field.clone()>{field.field.clone()}</dt><dd>{pieces(&field)}</dd></dl> }
    });
    view! { <div class=format!("mark-{}", severity.as_str())>{rows.collect_view()}</div> }.into_any()
}

/// Spans that do not lie on character boundaries of the value are not marked: nothing panics, nothing is cut wrongly.
fn pieces(field: &MatchedField) -> Vec<AnyView> {
    let value = field.value.as_str();
    if field.spans.is_empty() {
        return vec![view! { <mark>{value.to_owned()}</mark> }.into_any()];
    }
    let mut out = Vec::new();
    let mut at = 0_usize;
    for (begin, end) in &field.spans {
        let (Ok(begin), Ok(end)) = (usize::try_from(*begin), usize::try_from(*end)) else {
            continue;
        };
        let (Some(before), Some(hit)) = (value.get(at..begin), value.get(begin..end)) else {
            continue;
        };
        out.push(before.to_owned().into_any());
        out.push(view! { <mark>{hit.to_owned()}</mark> }.into_any());
        at = end;
    }
    out.push(value.get(at..).unwrap_or_default().to_owned().into_any());
    out
}

const PATH_MAX: usize = 12;

/// From the root to the matched process, one line each, then what it touched.
#[component]
pub fn AttackPath(tree: ProcessTree) -> impl IntoView {
    let path: Vec<ProcessNode> = tree.nodes.iter().filter(|n| n.on_path).cloned().collect();
    if path.is_empty() {
        let why = tree
            .empty_because
            .unwrap_or_else(|| "The event names no process, so there is no path to draw.".to_owned());
        return view! { <Empty title="No path" why=why/> }.into_any();
    }
    let skipped = path.len().saturating_sub(PATH_MAX);
    let lit_from = path.iter().position(|n| n.matched).unwrap_or(path.len());
    let rows = path.into_iter().enumerate().skip(skipped).map(|(i, node)| {
        let class = match i {
            i if i == lit_from && i > 0 => "lit first-lit",
            i if i >= lit_from => "lit",
            _ => "",
        };
        let detail = if node.missing {
            Some("start not seen".to_owned())
        } else {
            node.command_line.as_deref().and_then(arguments)
        };
        view! {
            <li class=class class:unseen=node.missing title=node.command_line.clone()>
                <span>{node.name}</span><span class="quiet cut">{detail}</span>
                {node.started.map(|at| view! { <span class="num"><At at=at/></span> })}
            </li>
        }
    });
    let touched = tree.artifacts.into_iter().take(4).map(|a| {
        view! { <li class="touched"><span class="cut" title=a.label.clone()>{a.label.clone()}</span><span class="quiet cut">{a.detail}</span><span class="num"><At at=a.at/></span></li> }
    });
    view! {
        {(skipped > 0).then(|| view! { <p class="quiet">{format!("{} above are not shown", number::count(i64::try_from(skipped).unwrap_or(0)))}</p> })}
        <ol class="chain">{rows.collect_view()}{touched.collect_view()}</ol>
    }
    .into_any()
}

/// The command line without the program, which stands beside it already.
fn arguments(command_line: &str) -> Option<String> {
    let rest = match command_line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"')?.1,
        None => command_line.split_once(' ')?.1,
    };
    Some(rest.trim().to_owned()).filter(|text| !text.is_empty())
}

#[component]
pub fn Related(related: Vec<RelatedEndpoint>) -> impl IntoView {
    let range = use_range();
    let rows = related.into_iter().map(|r| {
        let host = r.endpoint_id.to_string();
        let link = Query::default().with("endpoint", host.clone());
        let shared = if r.shared.is_empty() { "same time only".to_owned() } else { r.shared.join(", ") };
        let short = host.split('.').next().unwrap_or(&host).to_owned();
        view! {
            <li>
                <a class="mono link cut" title=host href=move || range.link("/alerts", link.clone())>{short}</a>
                <span class="quiet cut">{shared}</span>
                <span class="row-flex"><SeverityMark severity=r.severity/><span class="num">{number::counted(r.alerts, "alert", "alerts")}</span></span>
            </li>
        }
    });
    view! { <ul class="related">{rows.collect_view()}</ul> }
}

#[component]
pub fn History(entries: Vec<HistoryEntry>) -> impl IntoView {
    let rows = entries.into_iter().map(|entry| {
        let machine = entry.actor == "watchfloor";
        let face = if machine {
            view! { <span class="sys" aria-hidden="true">"·"</span> }.into_any()
        } else {
            let initials: String = entry.actor.split_whitespace().filter_map(|w| w.chars().next()).take(2).collect();
            view! { <span class="avatar" aria-hidden="true">{initials}</span> }.into_any()
        };
        view! {
            <li>{face}<span><span class="strong">{said(&entry)}</span>{entry.note.clone().map(|note| view! { <q class="note-text">{note}</q> })}</span><Age at=entry.at/></li>
        }
    });
    view! { <ol class="history">{rows.collect_view()}</ol> }
}

fn said(entry: &HistoryEntry) -> String {
    let who = &entry.actor;
    let to = entry.to.as_deref().unwrap_or_default().replace('_', " ");
    match entry.action {
        HistoryAction::Raised => "Raised".to_owned(),
        HistoryAction::Folded => format!("Seen again, {to} in all"),
        HistoryAction::StatusChanged => {
            let from = entry.from.as_deref().unwrap_or("open").replace('_', " ");
            format!("{who}: {from} → {to}")
        }
        HistoryAction::Noted => format!("{who} noted"),
        HistoryAction::Assigned if to.is_empty() => format!("{who} gave it back"),
        HistoryAction::Assigned => format!("{who} gave it to {to}"),
        HistoryAction::Undone => format!("{who} took it back to {to}"),
    }
}
