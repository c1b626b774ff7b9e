//! Searches by name: those that everyone has, and those that this person keeps in this browser. A search is its part of the
//! address, so a link shares it.

use super::{choice, list::AlertList};
use crate::{
    components::{
        Button, Glyph, Icon, Look,
        tabs::{Tab, Tabs},
    },
    state::{
        preferences::{store, stored},
        use_session,
    },
    url::{Query, use_address},
};
use leptos::{ev::KeyboardEvent, html, prelude::*};

/// Name, and the address that it stands for.
const BUILT_IN: [(&str, &str); 5] = [
    ("Triage", ""),
    ("Critical and high", "severity=critical,high"),
    ("Model and intel", "source=model,intel"),
    ("Closed", "status=resolved,false_positive"),
    ("All", "status=any"),
];
const SAVED_MAX: usize = 20;
const NAME_CHARS_MAX: usize = 40;

/// What of an address is a search.
fn search_of(query: &Query) -> Query {
    let mut only = Query::default();
    for key in choice::FILTER_KEYS {
        only.set(key, query.get(key).map(str::to_owned));
    }
    only
}

/// Of one person on this browser: names with their addresses.
#[derive(Clone, Copy)]
struct Saved {
    all: RwSignal<Query>,
    place: Memo<Option<String>>,
}

impl Saved {
    fn load() -> Self {
        let me = use_session().me;
        let place = Memo::new(move |_| me.with(|me| me.as_ref().map(|me| format!("searches.{}", me.id))));
        let all = RwSignal::new(Query::default());
        Effect::new(move |_| {
            if let Some(text) = place.get().and_then(|place| stored(&place)) {
                all.set(Query::parse(&text));
            }
        });
        Self { all, place }
    }
    fn change(self, edit: impl FnOnce(&mut Query)) {
        self.all.update(edit);
        if let Some(place) = self.place.get_untracked() {
            store(&place, &self.all.with_untracked(Query::to_string));
        }
    }
}

#[component]
pub fn Searches(list: AlertList) -> impl IntoView {
    let address = use_address();
    let saved = Saved::load();
    let now = Memo::new(move |_| address.query.with(search_of));
    let known = Memo::new(move |_| {
        let built_in = BUILT_IN.map(|(name, text)| (name.to_owned(), Query::parse(text)));
        let mine = saved.all.with(|all| {
            let pairs = all.iter().map(|(name, text)| (name.to_owned(), Query::parse(text)));
            pairs.collect::<Vec<_>>()
        });
        built_in.into_iter().chain(mine).collect::<Vec<_>>()
    });
    let chosen = Signal::derive(move || {
        let now = now.get();
        known.with(|known| {
            let found = known.iter().find(|(_, search)| *search == now);
            found.map(|(name, _)| name.clone()).unwrap_or_default()
        })
    });
    let tabs = Signal::derive(move || {
        let chosen = chosen.get();
        let matching = list.facets.with(|f| f.as_ref().map(|f| f.matching));
        known.with(|known| {
            let tab = |(name, _): &(String, Query)| Tab::new(name, name, matching.filter(|_| chosen == *name));
            known.iter().map(tab).collect::<Vec<_>>()
        })
    });
    let choose = move |name: &str| {
        let search = known.with_untracked(|known| known.iter().find(|(n, _)| n == name).map(|(_, s)| s.clone()));
        if let Some(search) = search {
            address.step(|q| {
                for key in choice::FILTER_KEYS {
                    q.set(key, search.get(key).map(str::to_owned));
                }
            });
        }
    };
    view! {
        <div class="searches">
            <Tabs label="Searches" tabs=tabs chosen=chosen choose=choose/>
            <Keep saved=saved now=now chosen=chosen/>
        </div>
    }
}

/// Gives the present search a name, or forgets a name.
#[component]
fn Keep(saved: Saved, now: Memo<Query>, chosen: Signal<String>) -> impl IntoView {
    let naming = RwSignal::new(false);
    let field = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if let (true, Some(field)) = (naming.get(), field.get()) {
            let _ = field.focus();
        }
    });
    Effect::new(move |_| {
        now.track();
        naming.set(false);
    });
    let mine = move || saved.all.with(|all| chosen.with(|name| all.get(name).is_some()));
    let room = move || saved.all.with(|all| all.iter().count() < SAVED_MAX);
    let save = move || {
        let name = field
            .get_untracked()
            .map(|f| f.value().trim().to_owned())
            .unwrap_or_default();
        let taken = BUILT_IN.iter().any(|(built_in, _)| *built_in == name);
        if !name.is_empty() && !taken {
            let search = now.get_untracked().to_string();
            saved.change(|all| all.set(&name, Some(search)));
            naming.set(false);
        }
    };
    let keydown = move |event: KeyboardEvent| match event.key().as_str() {
        "Enter" => save(),
        "Escape" => naming.set(false),
        _ => {}
    };
    let forget = move |_| {
        let name = chosen.get_untracked();
        saved.change(|all| all.set(&name, None));
    };
    move || {
        if naming.get() {
            view! {
                <input type="text" class="field" node_ref=field aria-label="Name of this search" placeholder="Name, then Enter" maxlength=NAME_CHARS_MAX
                    spellcheck="false" autocomplete="off" on:keydown=keydown/>
                <Button look=Look::Small press=move |_| save()>"Save"</Button>
            }
            .into_any()
        } else if chosen.with(String::is_empty) {
            view! {
                <button type="button" class="quietly" prop:disabled=move || !room() title="Kept in this browser, for you"
                    on:click=move |_| naming.set(true)>
                    <Icon glyph=Glyph::Plus small=true/> "Save this search"
                </button>
            }
            .into_any()
        } else if mine() {
            view! {
                <button type="button" class="quietly" aria-label=move || format!("Forget the search {}", chosen.get()) title="Forget this search" on:click=forget>
                    <Icon glyph=Glyph::Close small=true/>
                </button>
            }
            .into_any()
        } else {
            ().into_any()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_its_filters_and_nothing_else() {
        let at = Query::parse("?severity=high&alert=a1&tab=history&range=7d&q=lsass");
        assert_eq!(search_of(&at), Query::parse("severity=high&q=lsass"));
    }

    #[test]
    fn searches_survive_being_kept() {
        let mut all = Query::default();
        let finance = Query::parse("endpoint=fin-01,fin-02&q=100%25 & more");
        all.set("Finance & audit = 1", Some(finance.to_string()));
        let back = Query::parse(&all.to_string());
        assert_eq!(back.get("Finance & audit = 1").map(Query::parse), Some(finance));
    }
}
