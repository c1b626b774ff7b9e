//! What the organization says of itself: assets, people and sites. A table is looked through here, taken home as CSV and
//! replaced from a file; the file is refused as a whole, with the row and the reason, or is in force two seconds later.

mod replace;
mod table;

use crate::{
    api::fetch,
    components::{
        Empty, FaultNotice, Find, Shortcut, VirtualList, file, number, pending,
        tabs::{Tab, Tabs},
        use_shortcuts, use_toasts,
    },
    state::use_preferences,
    url::use_address,
};
use leptos::{html, prelude::*};
use replace::Replace;
use table::{Row, Table};

#[component]
pub fn InventoryPage() -> impl IntoView {
    let address = use_address();
    let density = use_preferences().density;
    let chosen = Memo::new(move |_| address.query.with(|q| Table::of(q.get("table").unwrap_or_default())));
    let words = Memo::new(move |_| address.query.with(|q| q.get("q").unwrap_or_default().to_owned()));
    // The table that the rows are of comes with them: while another is fetched, the old rows keep their own columns.
    let rows = fetch(
        move || Some(chosen.get()),
        |table| async move { table.rows().await.map(|rows| (table, rows)) },
    );
    let present = Memo::new(move |_| {
        rows.value
            .with(|all| all.as_ref().map_or(chosen.get(), |(table, _)| *table))
    });
    let shown = Memo::new(move |_| {
        rows.value.with(|all| {
            let rows = all.as_ref().map(|(_, rows)| rows.as_slice());
            table::matching(rows.unwrap_or_default(), &words.get())
        })
    });
    let total = Memo::new(move |_| rows.value.with(|all| all.as_ref().map(|(_, rows)| rows.len())));
    let row = move |at: usize| {
        let row = Memo::new(move |_| shown.with(|rows| rows.get(at).cloned()));
        (move || row.get().map(|row| view! { <Line table=present.get() row/> })).into_any()
    };
    // A table without a row is no table to a screen reader.
    let is_bare = Memo::new(move |_| shown.with(Vec::is_empty));
    let toasts = use_toasts();
    // The whole table; what is searched for does not narrow it, so that it can be sent back.
    let save = move || {
        let whole = rows
            .value
            .with_untracked(|all| all.as_ref().map(|(table, rows)| (table.key(), table.csv(rows))));
        let Some((name, text)) = whole else { return };
        if file::save(&format!("{name}.csv"), "text/csv", &js_sys::Array::of1(&text.into())).is_err() {
            toasts.fault("The browser would not save the file.");
        }
    };
    let none = move || {
        match total.get() {
        Some(0) => Some(view! { <Nothing table=present.get()/> }.into_any()),
        Some(_) if shown.with(Vec::is_empty) => {
            Some(view! { <Empty title="Nothing fits these words" why="Every word has to be in the same row, in any column."/> }.into_any())
        }
        _ => None,
    }
    };
    view! {
        <Head chosen words total save/>
        <p class="lead quiet">{move || chosen.get().use_of()}</p>
        <Replace table=chosen total done=move || rows.again()/>
        <FaultNotice fault=rows.fault again=move || rows.again()/>
        {none}
        {pending(rows)}
        <div class="list" class:without=move || is_bare.get() role="table" aria-label=move || present.get().title()>
            <div role="rowgroup">
                <div class=move || format!("thead cols-{}", present.get().key()) role="row">
                    {move || present.get().columns().iter().map(|column| view! { <span role="columnheader">{column.head}</span> }).collect_view()}
                </div>
            </div>
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
fn Head(
    chosen: Memo<Table>,
    words: Memo<String>,
    total: Memo<Option<usize>>,
    save: impl Fn() + Copy + Send + Sync + 'static,
) -> impl IntoView {
    let address = use_address();
    let search = NodeRef::<html::Input>::new();
    let find = move |_| {
        if let Some(input) = search.get_untracked() {
            let _ = input.focus();
        }
    };
    use_shortcuts("Inventory", vec![Shortcut::new(&["/"], "Find a row", find).hinted()]);
    let tabs = Signal::derive(move || {
        let tab = |table: Table| Tab::new(table.key(), table.title(), None);
        Table::ALL.map(tab).to_vec()
    });
    let choose = move |key: &str| {
        let key = Some(key.to_owned()).filter(|key| Table::of(key) != Table::Assets);
        address.change(|query| {
            query.set("table", key);
            query.set("q", None);
        });
    };
    let sum = move || {
        let (one, many) = chosen.get().noun();
        total
            .get()
            .map(|n| number::counted(i64::try_from(n).unwrap_or(i64::MAX), one, many))
    };
    view! {
        <div class="pagehead">
            <h1>"Inventory"</h1>
            <span class="sum">{sum}</span>
            <span class="grow"></span>
            <Find label="Find a row" placeholder="Name, address, owner, site" words node_ref=search/>
            <button type="button" class="btn small" disabled=move || total.get().unwrap_or(0) == 0 on:click=move |_| save()>"Save as CSV"</button>
        </div>
        <Tabs label="Tables" tabs chosen=Signal::derive(move || chosen.get().key().to_owned()) choose/>
    }
}

#[component]
fn Line(table: Table, row: Row) -> impl IntoView {
    let cells = table.columns().iter().zip(row.iter()).map(|(column, cell)| {
        let class = match column.name {
            "name" => "title",
            "addresses" | "latitude" | "longitude" => "mono cut",
            _ => "cut",
        };
        let text = match (column.name, cell.as_str()) {
            ("privileged", "true") => "yes".to_owned(),
            ("criticality", word) => word.replace("_impact", ""),
            (_, text) => text.to_owned(),
        };
        view! { <span role="cell" class=class title=cell.clone()>{text}</span> }
    });
    view! { <div class=format!("tr cols-{}", table.key()) role="row">{cells.collect_view()}</div> }
}

/// What a file has to hold, where there is no row yet.
#[component]
fn Nothing(table: Table) -> impl IntoView {
    let names: Vec<&str> = table.columns().iter().map(|column| column.name).collect();
    let (_, many) = table.noun();
    let why = format!(
        "Replace the empty table by a CSV file whose first row names its columns ({}; only the first is needed{}), or by a JSON array of the same.",
        names.join(", "),
        if table == Table::Sites {
            " beside the coordinates"
        } else {
            ""
        },
    );
    view! { <Empty title=format!("No {many} yet") why/> }
}
