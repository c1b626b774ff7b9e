//! One box of the tree: a process, a fold of like siblings, or a thing that was touched.

use super::model::{Drawing, TreeModel};
use crate::{
    components::{severity, time},
    layout::tree::{Item, Kind},
    state::use_preferences,
};
use leptos::prelude::*;
use std::sync::Arc;
use watchfloor_shared::{
    Timestamp,
    alert::Severity,
    tree::{Artifact, ArtifactKind, ProcessNode},
};

/// Width of one letter of the monospaced face at 12 px.
const LETTER: f64 = 7.2;

fn cut(text: &str, width: f64) -> String {
    let room = (width / LETTER).floor().max(1.0) as usize;
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// The command line without the path of its own executable: what tells two calls apart.
fn arguments(node: &ProcessNode) -> String {
    let line = node.command_line.as_deref().unwrap_or_default().trim();
    let rest = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once('"').map_or("", |(_, rest)| rest),
        None => line.split_once(' ').map_or("", |(_, rest)| rest),
    };
    rest.trim().to_owned()
}

/// `212`, `1.2k`, `38k`
fn compact(count: i64) -> String {
    match count {
        n if n < 1_000 => n.to_string(),
        n if n < 10_000 => format!("{}.{}k", n / 1_000, n % 1_000 / 100),
        n => format!("{}k", n / 1_000),
    }
}

fn shape(name: &str) -> impl IntoView + use<> {
    let path = match name {
        "file" => "M4 2.5h5l3 3v8H4ZM9 2.5v3h3",
        "network" => "M2.5 5.5h9L9 3M13.5 10.5h-9L7 13",
        "registry" => "M3 3h4v4H3ZM9 3h4v4H9ZM3 9h4v4H3ZM9 9h4v4H9Z",
        _ => "M2.5 3h11v10h-11ZM2.5 6h11",
    };
    view! { <path d=path /> }
}

const fn mark_class(severity: Severity) -> &'static str {
    match severity {
        Severity::Low => "fill-low",
        Severity::Medium => "fill-medium",
        Severity::High => "fill-high",
        Severity::Critical => "fill-critical",
    }
}

fn alive(node: &ProcessNode, at: Timestamp) -> bool {
    node.started.is_none_or(|started| started <= at) && node.ended.is_none_or(|ended| ended > at)
}

pub fn item_id(key: &str) -> String {
    let plain: String = key
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .collect();
    format!("pn-{plain}")
}

#[component]
pub fn TreeBox(model: TreeModel, drawing: Arc<Drawing>, at: usize) -> impl IntoView {
    let (x, y) = drawing.spot(at);
    let item = drawing.items[at].clone();
    let (width, height) = (drawing.grid.box_width, drawing.grid.box_height);
    let key = item.key.clone();
    let node = drawing.process(at).cloned();
    let lifetime = node.clone();
    let asleep = move || match (model.instant.get(), &lifetime) {
        (Some(instant), Some(node)) => !alive(node, instant),
        _ => false,
    };
    let ring = move || model.is_current(&key).then(|| ring(width, height));
    let label = label(&drawing, &item);
    let body = match &item.kind {
        Kind::Process(_) => node.map(|node| process(&node, &item, &drawing).into_any()),
        Kind::Fold { name, members } => Some(fold(name.as_deref(), members.len(), &item, width, height).into_any()),
        Kind::Artifact(artifact) => Some(touched(&drawing.loaded.tree.artifacts[*artifact], width, height).into_any()),
        Kind::MoreArtifacts(count) => Some(more(*count, width, height).into_any()),
    };
    let level = (item.depth + 1).to_string();
    let expanded = item.open.map(|open| open.to_string());
    let key = item.key.clone();
    let selected = move || model.is_current(&key).to_string();
    let class = class_of(&drawing, at);
    view! {
        <g
            id=item_id(&item.key)
            class=class
            class:asleep=asleep
            transform=format!("translate({x} {y})")
            role="treeitem"
            aria-level=level
            aria-expanded=expanded
            aria-selected=selected
            aria-label=label
            data-at=at.to_string()
        >
            {body}
            {ring}
        </g>
    }
}

fn class_of(drawing: &Drawing, at: usize) -> &'static str {
    match (&drawing.items[at].kind, drawing.process(at)) {
        (Kind::Process(_), Some(node)) if node.missing && node.on_path => "pn unseen lit",
        (Kind::Process(_), Some(node)) if node.missing => "pn unseen",
        (Kind::Process(_), Some(node)) if node.matched => "pn lit matched",
        (Kind::Process(_), Some(node)) if node.on_path => "pn lit",
        (Kind::Fold { .. } | Kind::MoreArtifacts(_), _) => "pn fold",
        (Kind::Artifact(_), _) => "pn lit touched",
        _ => "pn",
    }
}

fn label(drawing: &Drawing, item: &Item) -> String {
    match &item.kind {
        Kind::Process(node) => {
            let node = &drawing.loaded.tree.nodes[*node];
            let pid = node.pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
            let path = if node.matched {
                ", matched"
            } else if node.on_path {
                ", on the attack path"
            } else {
                ""
            };
            let missing = if node.missing { ", its start was never seen" } else { "" };
            format!("{}{pid}{path}{missing}", node.name)
        }
        Kind::Fold {
            name: Some(name),
            members,
        } => format!("{} {name}, folded", members.len()),
        Kind::Fold { name: None, members } => format!("{} others, folded", members.len()),
        Kind::Artifact(at) => {
            let artifact = &drawing.loaded.tree.artifacts[*at];
            format!("{}: {}", artifact.label, artifact.detail)
        }
        Kind::MoreArtifacts(count) => format!("{count} more things touched"),
    }
}

fn ring(width: f64, height: f64) -> impl IntoView {
    view! { <rect class="selring" x="-3.5" y="-3.5" width=width + 7.0 height=height + 7.0 rx="4" /> }
}

fn frame(width: f64, height: f64) -> impl IntoView {
    view! { <rect class="box" width=width height=height rx="2" /> }
}

fn process(node: &ProcessNode, item: &Item, drawing: &Drawing) -> impl IntoView + use<> {
    let (width, height) = (drawing.grid.box_width, drawing.grid.box_height);
    let hidden = match (item.open, item.kind.clone()) {
        (Some(false), Kind::Process(at)) => Some(drawing.loaded.forest.below[at]),
        _ => None,
    };
    let mark_room = if node.severity.is_some() { 18.0 } else { 0.0 };
    let name = cut(&node.name, width - 16.0 - mark_room);
    let severity = node.severity.map(|severity| {
        let place = format!("translate({} 5)", width - 19.0);
        view! { <g transform=place><path class=mark_class(severity) fill-rule="evenodd" d=severity::shape(severity) /></g> }
    });
    let room_behind = if hidden.is_some() { 60.0 } else { 16.0 };
    let third = drawing.grid.roomy.then(|| {
        let text = Some(arguments(node))
            .filter(|text| !text.is_empty())
            .or_else(|| node.user.clone());
        view! { <text class="args" x="8" y="46">{cut(&text.unwrap_or_default(), width - room_behind)}</text> }
    });
    let caption = item.captioned.then(|| caption(drawing, height));
    let back = node
        .missing
        .then(|| view! { <rect class="bg" width=width height=height rx="2" /> });
    let plate = node.missing.then(|| {
        let width = (name.chars().count() as f64 * LETTER).min(width - 12.0) + 8.0;
        view! { <rect class="plate" x="4" y="4" width=width height="16" rx="2" /> }
    });
    view! {
        {back}
        {frame(width, height)}
        {plate}
        <text class="name" x="8" y="16">{name}</text>
        {second_line(node, width - if hidden.is_some() { 44.0 } else { 0.0 })}
        {third}
        {severity}
        {hidden.map(|count| closed(count, width, height))}
        {caption}
    }
}

/// Pid and what it touched, as far as there is room.
fn second_line(node: &ProcessNode, width: f64) -> impl IntoView + use<> {
    let pid = node.pid.map(|pid| pid.to_string()).unwrap_or_default();
    let mut x = 8.0 + (pid.chars().count() as f64 * LETTER) + 9.0;
    let counts = [
        ("file", node.files),
        ("network", node.network),
        ("registry", node.registry),
    ];
    let mut drawn = Vec::new();
    for (name, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
        let text = compact(count);
        let room = 13.0 + text.chars().count() as f64 * LETTER;
        if x + room > width - 6.0 {
            break;
        }
        let place = format!("translate({x} 22) scale(0.6875)");
        drawn.push(view! {
            <g class="cnt" transform=place>{shape(name)}</g>
            <text x=x + 13.0 y="31">{text}</text>
        });
        x += room + 7.0;
    }
    view! {
        <text x="8" y="31">{pid}</text>
        {drawn}
    }
}

/// How many are behind a closed process.
fn closed(count: usize, width: f64, height: f64) -> impl IntoView {
    let text = format!("+{}", compact(i64::try_from(count).unwrap_or(i64::MAX)));
    view! { <text class="behind" x=width - 8.0 y=height - 7.0>{text}</text> }
}

fn caption(drawing: &Drawing, height: f64) -> impl IntoView + use<> {
    let begins = drawing.loaded.tree.telemetry_begins;
    let zone = use_preferences().zone;
    let time = move || begins.map(|at| time::clock_time(at, zone.get())).unwrap_or_default();
    let lines = move || match begins {
        Some(_) => vec![
            "Parent never seen:".to_owned(),
            "telemetry of this".to_owned(),
            format!("host begins {}", time()),
        ],
        None => vec!["Its start was".to_owned(), "never seen".to_owned()],
    };
    move || {
        let line = |(at, text): (usize, String)| {
            view! { <text class="gap-text" x="0" y=height + 16.0 + at as f64 * 16.0>{text}</text> }
        };
        lines().into_iter().enumerate().map(line).collect_view()
    }
}

fn fold(name: Option<&str>, count: usize, item: &Item, width: f64, height: f64) -> impl IntoView + use<> {
    let open = item.open == Some(true);
    let title = name.map_or_else(|| "others".to_owned(), |name| cut(name, width - 16.0));
    let words = match (name, open) {
        (_, true) => format!("{count} shown, fold them"),
        (Some(_), false) => format!("+{count} like this"),
        (None, false) => format!("+{count} not on the path"),
    };
    let behind = (!open).then(|| {
        view! {
            <rect x="6" y="5" width=width height=height rx="2" />
            <rect x="3" y="2.5" width=width height=height rx="2" />
        }
    });
    view! {
        {behind}
        {frame(width, height)}
        <text class="name" x="8" y="16">{title}</text>
        <text x="8" y="31">{cut(&words, width - 16.0)}</text>
    }
}

fn touched(artifact: &Artifact, width: f64, height: f64) -> impl IntoView + use<> {
    let name = match artifact.kind {
        ArtifactKind::File | ArtifactKind::Module => "file",
        ArtifactKind::Network | ArtifactKind::Dns => "network",
        ArtifactKind::Registry | ArtifactKind::Pipe => "registry",
        ArtifactKind::Process => "process",
    };
    view! {
        {frame(width, height)}
        <text class="name" x="8" y="16">{cut(&artifact.label, width - 34.0)}</text>
        <g class="cnt" transform=format!("translate({} 7) scale(0.6875)", width - 19.0)>{shape(name)}</g>
        <text x="8" y="31">{cut(&artifact.detail, width - 16.0)}</text>
    }
}

fn more(count: usize, width: f64, height: f64) -> impl IntoView {
    view! {
        {frame(width, height)}
        <text class="name" x="8" y="16">{format!("+{count} more")}</text>
        <text x="8" y="31">"touched by it"</text>
    }
}

/// Boxes too small for letters, as four paths: plain, lit, folds, never seen.
pub fn bare(drawing: &Drawing, seen: &[usize]) -> [String; 4] {
    use std::fmt::Write;
    let mut paths: [String; 4] = Default::default();
    let (width, height) = (drawing.grid.box_width, drawing.grid.box_height);
    for at in seen {
        let (x, y) = drawing.spot(*at);
        let class = match class_of(drawing, *at) {
            "pn" => 0,
            "pn fold" => 2,
            "pn unseen" | "pn unseen lit" => 3,
            _ => 1,
        };
        // Writing to a String cannot fail.
        let _ = write!(paths[class], "M{x} {y}h{width}v{height}h-{width}z");
    }
    paths
}
