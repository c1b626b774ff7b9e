//! What happened, the fields that made the rule match, and which rule says so.

use super::case::Case;
use crate::components::{At, SourceTag, number, pending};
use leptos::prelude::*;
use watchfloor_shared::alert::{AlertDetail, AlertSummary, MatchedField, Phrase};

#[component]
pub fn Why(case: Case) -> impl IntoView {
    let detail = case.detail.value;
    view! {
        <div class="why">
            <section aria-label="What happened" tabindex="0">
                <h2 class="lead">"What happened"</h2>
                {pending(case.detail)}
                <p class="what">{move || detail.with(|d| d.as_ref().map(|d| sentence(&d.what_happened)))}</p>
                {move || case.with_summary(where_and_since)}
            </section>
            <section class="matched" aria-label="Matched fields" tabindex="0">
                <h2 class="lead">"Matched fields"</h2>
                {move || detail.with(|d| d.as_ref().map(|d| d.matched.iter().map(matched).collect_view()))}
            </section>
            <section class="said" aria-label="Said by" tabindex="0">
                <h2 class="lead">"Said by"</h2>
                {move || detail.with(|d| d.as_ref().map(said_by))}
            </section>
        </div>
    }
}

fn sentence(phrases: &[Phrase]) -> impl IntoView + use<> {
    let piece = |phrase: &Phrase| match phrase {
        Phrase::Words(words) => words.clone().into_any(),
        Phrase::Machine(word) => view! { <code>{word.clone()}</code> }.into_any(),
    };
    phrases.iter().map(piece).collect_view()
}

fn where_and_since(alert: &AlertSummary) -> impl IntoView + use<> {
    let user = alert
        .user
        .clone()
        .map(|user| view! { " under " <b class="mono">{user}</b> });
    let times = if alert.count == 1 {
        "once".to_owned()
    } else {
        format!("{} times", number::count(alert.count))
    };
    let since = if alert.count == 1 { " at " } else { " since " };
    view! {
        <p class="quiet">
            "On " <b class="mono">{alert.endpoint_id.to_string()}</b> {user} ", " {times} {since} <At at=alert.first_seen />
        </p>
    }
}

/// Pieces of the value, each with whether the pattern covers it. Spans that do not fit the value are left out.
fn pieces(value: &str, spans: &[(u32, u32)]) -> Vec<(String, bool)> {
    if spans.is_empty() {
        return vec![(value.to_owned(), true)];
    }
    let mut pieces = Vec::new();
    let mut at = 0;
    for (from, to) in spans {
        let (from, to) = (*from as usize, *to as usize);
        let (Some(before), Some(covered)) = (value.get(at..from), value.get(from..to)) else {
            continue;
        };
        pieces.push((before.to_owned(), false));
        pieces.push((covered.to_owned(), true));
        at = to;
    }
    pieces.push((value.get(at..).unwrap_or_default().to_owned(), false));
    pieces.retain(|(text, _)| !text.is_empty());
    pieces
}

fn matched(field: &MatchedField) -> impl IntoView + use<> {
    let piece = |(text, covered): (String, bool)| {
        if covered {
            view! { <mark>{text}</mark> }.into_any()
        } else {
            text.into_any()
        }
    };
    let value = pieces(&field.value, &field.spans).into_iter().map(piece).collect_view();
    view! {
        <dl class="match">
            <dt title=field.field.clone()>{field.field.clone()}</dt>
            <dd>{value} <span class="condition">{field.condition.clone()}</span></dd>
        </dl>
    }
}

fn said_by(detail: &AlertDetail) -> impl IntoView + use<> {
    let rule = &detail.rule;
    let search = format!("/rules?q={}", crate::url::encode(&rule.title));
    let author = rule.author.clone().map(|author| format!(" by {author}"));
    let false_positives = (!rule.false_positives.is_empty()).then(|| {
        view! { <p class="quiet"><b>"Also seen when: "</b>{rule.false_positives.join("; ")}</p> }
    });
    let reference = |address: &String| {
        let name = address
            .trim_start_matches("https://")
            .trim_start_matches("http://")
            .to_owned();
        let is_web = address.starts_with("https://") || address.starts_with("http://");
        view! {
            <li class="cut" title=address.clone()>
                {if is_web {
                    view! { <a href=address.clone() target="_blank" rel="noreferrer noopener">{name}</a> }.into_any()
                } else {
                    name.into_any()
                }}
            </li>
        }
    };
    view! {
        <div class="source">
            <SourceTag source=detail.summary.source />
            <a class="cut" href=search title=rule.title.clone()>{rule.title.clone()}</a>
            <span class="quiet">{rule.level.clone()}</span>
        </div>
        <p class="rule-text">{rule.description.clone()}<span class="quiet">{author}</span></p>
        {false_positives}
        <ul class="references">{rule.references.iter().map(reference).collect_view()}</ul>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_stays_whole_whatever_the_spans() {
        let value = r"C:\Wïn\rundll32.exe";
        for spans in [
            vec![],
            vec![(8, 20)],
            vec![(0, 3), (8, 20)],
            vec![(5, 6)],
            vec![(50, 60)],
            vec![(9, 3)],
        ] {
            let joined: String = pieces(value, &spans).into_iter().map(|(text, _)| text).collect();
            assert_eq!(joined, value, "{spans:?}");
        }
        assert_eq!(
            pieces("abc", &[(1, 2)]),
            [("a".into(), false), ("b".into(), true), ("c".into(), false)]
        );
    }
}
