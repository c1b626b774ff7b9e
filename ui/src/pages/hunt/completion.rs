//! What could come next in the query: fields of the schema, values that occur, queries run before. Drawn as two lines under the
//! bar, so that the histogram stays in sight.

use super::{
    query::{self, Completing, complete, completing},
    state::{Hunt, request},
};
use crate::{
    api::{self, fetch, wire},
    components::number,
    state::preferences::{store, stored},
    words::lower,
};
use gloo_timers::future::TimeoutFuture;
use leptos::{prelude::*, task::spawn_local};
use std::ops::Range;
use watchfloor_shared::search::{Aggregation, AggregationResult, FieldInfo, FieldKind, SearchRequest};

const CHOICES_MAX: usize = 8;
const WAIT_MS: u32 = 120;
const REMEMBERED_MAX: usize = 20;
const REMEMBERED: &str = "hunt.queries";

#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// What stands in the list.
    pub label: String,
    /// Kind of a field, count of a value.
    pub aside: String,
    /// What the second line says about it.
    pub about: String,
    insert: String,
    at: Range<usize>,
}

impl Choice {
    pub fn apply(&self, text: &str) -> (String, usize) {
        complete(text, &self.at, &self.insert)
    }
}

#[derive(Clone, Copy)]
pub struct Completion {
    choices: RwSignal<Vec<Choice>>,
    at: RwSignal<usize>,
    moved: RwSignal<bool>,
}

impl Completion {
    pub fn follow(hunt: Hunt, text: RwSignal<String>, caret: RwSignal<usize>, open: RwSignal<bool>) -> Self {
        let fields = fetch(|| Some(()), |()| api::events::fields());
        let completion = Self {
            choices: RwSignal::new(Vec::new()),
            at: RwSignal::new(0),
            moved: RwSignal::new(false),
        };
        let turns = StoredValue::new(0_u32);
        Effect::new(move |_| {
            let (text, caret) = (text.get(), caret.get());
            if !open.get() {
                return;
            }
            let turn = turns.get_value().wrapping_add(1);
            turns.set_value(turn);
            completion.at.set(0);
            completion.moved.set(false);
            if text.trim().is_empty() {
                completion.choices.set(remembered(&text));
                return;
            }
            match completing(&text, caret.min(text.len())) {
                Some(Completing::Field { prefix, at }) => {
                    let choices = fields
                        .value
                        .with(|all| all.as_deref().map(|all| of_fields(all, &prefix, &at)));
                    completion.choices.set(choices.unwrap_or_default());
                }
                Some(Completing::Value { field, prefix, at }) => {
                    spawn_local(async move {
                        TimeoutFuture::new(WAIT_MS).await;
                        let still = move || turns.try_get_value() == Some(turn);
                        if !still() {
                            return;
                        }
                        let choices = of_values(hunt, &field, &prefix, &at).await;
                        if still() {
                            completion.choices.set(choices);
                        }
                    });
                }
                None => completion.choices.set(Vec::new()),
            }
        });
        completion
    }

    pub fn any(self) -> bool {
        self.choices.with(|choices| !choices.is_empty())
    }
    pub fn any_untracked(self) -> bool {
        self.choices.with_untracked(|choices| !choices.is_empty())
    }
    /// Whether a person went through the list: only then Enter takes from it.
    pub fn moved(self) -> bool {
        self.moved.get_untracked()
    }
    pub fn chosen(self) -> Option<Choice> {
        self.choices
            .with_untracked(|choices| choices.get(self.at.get_untracked()).cloned())
    }
    pub fn step(self, by: i32) {
        let count = self.choices.with_untracked(Vec::len);
        self.moved.set(true);
        self.at.update(|at| {
            *at = if by > 0 {
                (*at + 1) % count.max(1)
            } else {
                (*at + count.max(1) - 1) % count.max(1)
            }
        });
    }
}

const fn kind_word(kind: FieldKind) -> &'static str {
    match kind {
        FieldKind::Keyword => "keyword",
        FieldKind::Text => "text",
        FieldKind::Long => "number",
        FieldKind::Ip => "address",
        FieldKind::Date => "time",
        FieldKind::Boolean => "yes/no",
    }
}

/// Fields that begin with the prefix, then those that contain it, each in the order of their use.
fn of_fields(fields: &[FieldInfo], prefix: &str, at: &Range<usize>) -> Vec<Choice> {
    let prefix = lower(prefix);
    let begins = fields.iter().filter(|field| field.name.starts_with(&prefix));
    let contains = fields
        .iter()
        .filter(|field| !field.name.starts_with(&prefix) && field.name.contains(&prefix));
    let choice = |field: &FieldInfo| {
        let examples = field.examples.join(", ");
        let about = if examples.is_empty() {
            field.description.clone()
        } else {
            format!("{}. Lately: {examples}", field.description.trim_end_matches('.'))
        };
        Choice {
            label: field.name.clone(),
            aside: kind_word(field.kind).to_owned(),
            about,
            insert: format!("{}:", field.name),
            at: at.clone(),
        }
    };
    begins.chain(contains).take(CHOICES_MAX).map(choice).collect()
}

/// The most frequent values of the field in the range, and how many events have each.
async fn of_values(hunt: Hunt, field: &str, prefix: &str, at: &Range<usize>) -> Vec<Choice> {
    let Some(asked) = hunt.asked.try_get_untracked().flatten() else {
        return Vec::new();
    };
    let plain = prefix.trim_matches(['*', '"']);
    let mut ask: SearchRequest = request(&asked);
    ask.query = match plain.chars().all(|c| c.is_alphanumeric() || "._-".contains(c)) && !plain.is_empty() {
        true => format!("{field}:*{plain}*"),
        false => format!("{field}:*"),
    };
    ask.aggregations = vec![Aggregation::Terms {
        field: field.to_owned(),
        size: CHOICES_MAX as u32,
    }];
    let Ok(response) = api::events::search(&ask).await else {
        return Vec::new();
    };
    let choice = |value: &str, count: i64| Choice {
        label: value.to_owned(),
        aside: number::count(count),
        about: number::counted(count, "event in the range has it", "events in the range have it"),
        insert: format!("{} ", query::quote(value)),
        at: at.clone(),
    };
    response
        .aggregations
        .iter()
        .filter_map(|result| match result {
            AggregationResult::Terms { buckets, .. } => Some(buckets),
            AggregationResult::DateHistogram { .. } => None,
        })
        .flatten()
        .map(|bucket| choice(&bucket.value, bucket.count))
        .collect()
}

fn remembered_queries() -> Vec<String> {
    stored(REMEMBERED)
        .and_then(|text| wire::read(&text).ok())
        .unwrap_or_default()
}

/// Keeps the query for the next time, newest first.
pub fn remember(query: &str) {
    let query = query.trim();
    if query.is_empty() {
        return;
    }
    let mut all = remembered_queries();
    all.retain(|old| old != query);
    all.insert(0, query.to_owned());
    all.truncate(REMEMBERED_MAX);
    if let Ok(text) = serde_json::to_string(&all) {
        store(REMEMBERED, &text);
    }
}

fn remembered(text: &str) -> Vec<Choice> {
    let choice = |query: String| Choice {
        label: query.clone(),
        aside: "run before".to_owned(),
        about: query.clone(),
        insert: query,
        at: 0..text.len(),
    };
    remembered_queries().into_iter().take(CHOICES_MAX).map(choice).collect()
}

#[component]
pub fn CompletionList(completion: Completion, take: impl Fn(&Choice) + Copy + Send + Sync + 'static) -> impl IntoView {
    let option = move |(at, choice): (usize, Choice)| {
        let (label, aside) = (choice.label.clone(), choice.aside.clone());
        view! {
            <li
                role="option"
                aria-selected=move || (completion.at.get() == at).to_string()
                on:pointerdown=move |event| {
                    event.prevent_default();
                    take(&choice);
                }
            >
                <span class="mono cut">{label}</span>
                <span class="quiet">{aside}</span>
            </li>
        }
    };
    let about = move || {
        completion
            .choices
            .with(|all| all.get(completion.at.get()).map(|choice| choice.about.clone()))
    };
    view! {
        <Show when=move || completion.any()>
            <div class="complete">
                <ul id="completions" role="listbox" aria-label="Completions" aria-orientation="horizontal">
                    {move || completion.choices.get().into_iter().enumerate().map(option).collect_view()}
                </ul>
                <p class="about"><span class="cut">{about}</span>
                    <span class="complete-keys"><kbd>"Tab"</kbd> "take " <kbd>"↑"</kbd><kbd>"↓"</kbd> "choose"</span>
                </p>
            </div>
        </Show>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_that_begin_with_the_word_come_before_those_that_contain_it() {
        let field = |name: &str| FieldInfo {
            name: name.to_owned(),
            kind: FieldKind::Keyword,
            description: "d".to_owned(),
            examples: Vec::new(),
        };
        let fields = [field("process.name"), field("name.first"), field("host.ip")];
        let labels: Vec<String> = of_fields(&fields, "name", &(0..4))
            .into_iter()
            .map(|c| c.label)
            .collect();
        assert_eq!(labels, ["name.first", "process.name"]);
    }
}
