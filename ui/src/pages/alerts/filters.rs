//! Facets at the left, chips above.

use super::{choice, list::AlertList, text};
use crate::{
    components::{Chip, Facet, Glyph, Icon, SeverityMark, StatusMark, number, severity, source, status},
    pages::parts,
    url::use_address,
    words::lower,
};
use leptos::{ev::KeyboardEvent, html, prelude::*};
use watchfloor_shared::alert::{AlertFacets, AlertStatus, DetectionSource, FacetCount, Severity};

/// Every known value, also those with no alert at the moment, in the given order.
fn complete(counts: &[FacetCount], all: impl Iterator<Item = (&'static str, &'static str)>) -> Vec<FacetCount> {
    all.map(|(value, label)| {
        let known = counts.iter().find(|c| c.value == value);
        FacetCount {
            value: value.to_owned(),
            label: label.to_owned(),
            count: known.map_or(0, |c| c.count),
            oldest_open: known.and_then(|c| c.oldest_open),
        }
    })
    .collect()
}

#[component]
pub fn Facets(list: AlertList) -> impl IntoView {
    let address = use_address();
    let values = move |read: fn(&AlertFacets) -> Vec<FacetCount>| {
        Signal::derive(move || list.facets.with(|f| f.as_ref().map(read).unwrap_or_default()))
    };
    let toggle = move |key: &'static str| move |value: &str| address.step(|q| choice::toggle(q, key, value));
    let chosen = move |key: &'static str| {
        Signal::derive(move || {
            address.query.with(|q| match (key, q.get("status")) {
                ("status", None) => choice::TRIAGE.iter().map(|s| s.as_str().to_owned()).collect(),
                _ => q.list(key),
            })
        })
    };
    let severities = values(|f| {
        complete(
            &f.severity,
            Severity::ALL.into_iter().rev().map(|s| (s.as_str(), severity::word(s))),
        )
    });
    let statuses = values(|f| {
        complete(
            &f.status,
            AlertStatus::ALL.into_iter().map(|s| (s.as_str(), status::word(s))),
        )
    });
    let sources = values(|f| complete(&f.source, SOURCES.into_iter().map(|s| (s.as_str(), source::word(s)))));
    let severity_mark = Callback::new(|(value,): (FacetCount,)| match Severity::parse(&value.value) {
        Some(severity) => view! { <SeverityMark severity=severity worded=true/> }.into_any(),
        None => value.label.into_any(),
    });
    let status_mark = Callback::new(|(value,): (FacetCount,)| match AlertStatus::parse(&value.value) {
        Some(status) => view! { <StatusMark status=status worded=true/> }.into_any(),
        None => value.label.into_any(),
    });
    let machine = Callback::new(|(value,): (FacetCount,)| {
        view! { <span class="mono" title=value.value.clone()>{short(&value.label)}</span> }.into_any()
    });
    let technique = Callback::new(|(value,): (FacetCount,)| {
        let name = parts::technique::name(&value).to_owned();
        view! { <span title=value.label><span class="mono">{value.value}</span>" "{name}</span> }.into_any()
    });
    let titled = Callback::new(|(value,): (FacetCount,)| {
        view! { <span title=value.label.clone()>{value.label.clone()}</span> }.into_any()
    });
    view! {
        <aside class="facets" aria-label="Filters" tabindex="0">
            <Facet title="Severity" values=severities chosen=chosen("severity") toggle=toggle("severity") mark=severity_mark/>
            <Facet title="Status" values=statuses chosen=chosen("status") toggle=toggle("status") mark=status_mark/>
            <Facet title="Found by" values=sources chosen=chosen("source") toggle=toggle("source")/>
            <Facet title="Host" values=values(|f| f.endpoint.clone()) chosen=chosen("endpoint") toggle=toggle("endpoint") mark=machine/>
            <Facet title="Technique" values=values(|f| f.technique.clone()) chosen=chosen("technique") toggle=toggle("technique") mark=technique/>
            <Facet title="Rule" values=values(|f| f.rule.clone()) chosen=chosen("rule") toggle=toggle("rule") mark=titled/>
            <Facet title="User" values=values(|f| f.user.clone()) chosen=chosen("user") toggle=toggle("user") mark=machine/>
        </aside>
    }
}

const SOURCES: [DetectionSource; 3] = [DetectionSource::Sigma, DetectionSource::Model, DetectionSource::Intel];

/// A host without its domain, an account without its realm.
fn short(label: &str) -> String {
    let label = label.rsplit('\\').next().unwrap_or(label);
    label
        .split('.')
        .next()
        .filter(|first| first.len() > 1 && label.matches('.').count() > 1)
        .unwrap_or(label)
        .to_owned()
}

#[component]
pub fn FilterBar(list: AlertList, search: NodeRef<html::Input>) -> impl IntoView {
    let address = use_address();
    let chips = move || {
        let query = address.query.get();
        let shown = list.choice.with(|c| c.filter.status.clone());
        choice::FILTER_KEYS.into_iter().filter(|key| *key != "q").filter_map(|key| {
            let value = match key {
                "status" => shown.iter().map(|s| lower(status::word(*s))).collect::<Vec<_>>().join(", "),
                "rule" => rule_titles(list, &query.list("rule")),
                key => query.list(key).join(", "),
            };
            let machine = matches!(key, "endpoint" | "technique" | "user");
            let name = if key == "endpoint" { "host" } else { key };
            (!value.is_empty()).then(|| view! { <Chip name=name value=value machine=machine remove=move || address.step(|q| choice::clear(q, key))/> })
        }).collect_view()
    };
    let hidden = move || {
        list.facets
            .with(|f| f.as_ref().and_then(|f| list.choice.with(|c| hidden_words(f, c))))
    };
    let typed = RwSignal::new(
        address
            .query
            .with_untracked(|q| q.get("q").unwrap_or_default().to_owned()),
    );
    Effect::new(move |_| typed.set(address.query.with(|q| q.get("q").unwrap_or_default().to_owned())));
    let keydown = move |event: KeyboardEvent| {
        if event.key() == "Enter" {
            let text = typed.get_untracked();
            address.step(|q| q.set("q", Some(text.trim().to_owned()).filter(|t| !t.is_empty())));
            if let Some(field) = search.get() {
                let _ = field.blur();
            }
        }
    };
    view! {
        <div class="filterbar">
            <div class="field find"><Icon glyph=Glyph::Search small=true/>
                <input type="text" node_ref=search aria-label="Search in alerts" placeholder="Title, evidence, host or user" spellcheck="false" autocomplete="off"
                    prop:value=move || typed.get() on:input=move |e| typed.set(event_target_value(&e)) on:keydown=keydown/>
                <kbd>"/"</kbd>
            </div>
            <div class="chips">{chips}</div>
            <span class="grow"></span>
            <span class="quiet cut">{hidden}</span>
        </div>
    }
}

fn rule_titles(list: AlertList, ids: &[String]) -> String {
    list.facets.with(|f| {
        let title = |id: &String| {
            f.as_ref()
                .and_then(|f| f.rule.iter().find(|r| r.value == *id))
                .map_or(id.clone(), |r| r.label.clone())
        };
        ids.iter().map(title).collect::<Vec<_>>().join(", ")
    })
}

/// What the filters by severity and status leave out.
fn hidden_words(facets: &AlertFacets, choice: &choice::Choice) -> Option<String> {
    let mut parts = Vec::new();
    if !choice.filter.severity.is_empty() {
        let left_out = facets
            .severity
            .iter()
            .filter_map(|c| Some((c.count, Severity::parse(&c.value)?)));
        parts.extend(
            left_out
                .filter(|(n, s)| *n > 0 && !choice.filter.severity.contains(s))
                .map(|(n, s)| (n, severity::word(s).to_owned())),
        );
    }
    if !choice.filter.status.is_empty() {
        let left_out = facets
            .status
            .iter()
            .filter_map(|c| Some((c.count, AlertStatus::parse(&c.value)?)));
        parts.extend(
            left_out
                .filter(|(n, s)| *n > 0 && !choice.filter.status.contains(s))
                .map(|(n, s)| (n, status::word(s).to_owned())),
        );
    }
    text::hides(&parts)
}

/// The sentence below the rows.
pub fn foot(list: AlertList) -> String {
    let alerts = list.sections.with(super::sections::Sections::alerts);
    let groups = list.sections.with(|s| s.list.iter().filter(|s| s.headed).count());
    let alerts = number::counted(i64::try_from(alerts).unwrap_or(0), "alert", "alerts");
    if groups == 0 {
        alerts
    } else {
        format!(
            "{alerts} in {}",
            number::counted(i64::try_from(groups).unwrap_or(0), "group", "groups")
        )
    }
}
