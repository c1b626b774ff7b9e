//! One rule in one line.

use crate::components::{SeverityMark, number};
use leptos::prelude::*;
use std::sync::Arc;
use watchfloor_shared::rule::{RuleState, RuleSummary};

#[component]
pub fn RuleRow(rule: Arc<RuleSummary>) -> impl IntoView {
    let all = rule.techniques.iter().map(|t| format!("{} {}", t.id, t.name));
    let all = all.collect::<Vec<_>>().join("\n");
    let techniques = rule.techniques.iter().map(|technique| {
        view! { <span class="tag">{technique.id.clone()}</span> }
    });
    let techniques = techniques.collect_view();
    let state = match &rule.state {
        RuleState::Active => view! { <span class="state on"><i></i>"Runs"</span> }.into_any(),
        RuleState::Unsupported(why) => {
            view! { <span class="state off cut" title=why.clone()><i></i>{format!("Not run: {why}")}</span> }.into_any()
        }
    };
    let to = format!("/alerts?rule={}", crate::url::encode(rule.id.as_str()));
    let alerts = match rule.alerts {
        0 => view! { <span class="quiet">"0"</span> }.into_any(),
        n => view! { <a href=to>{number::count(n)}</a> }.into_any(),
    };
    let correlation = rule
        .correlation
        .then(|| view! { <span class="tag">"correlation"</span> });
    view! {
        <div class="tr cols-rules" role="row">
            <span role="cell"><SeverityMark severity=rule.severity /></span>
            <span role="cell" class="title" title=rule.path.clone()>{rule.title.clone()} " " {correlation}</span>
            <span role="cell" class="row-flex techniques" title=all>{techniques}</span>
            <span role="cell" class="mono cut quiet" title=rule.logsource.clone()>{rule.logsource.clone()}</span>
            <span role="cell" class="cut">{rule.pack.clone()}</span>
            <span role="cell" class="cut">{state}</span>
            <span role="cell" class="num">{alerts}</span>
        </div>
    }
}
