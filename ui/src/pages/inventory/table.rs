//! The three tables as rows of texts, and as CSV by the names that the server reads.

use crate::{
    api::{self, Fault},
    words::lower,
};
use std::sync::Arc;
use watchfloor_shared::inventory::{Asset, Criticality, Person, Site};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    Assets,
    People,
    Sites,
}

/// A column: its name in files, and what stands above it.
pub struct Column {
    pub name: &'static str,
    pub head: &'static str,
}

const fn column(name: &'static str, head: &'static str) -> Column {
    Column { name, head }
}

const ASSETS: &[Column] = &[
    column("name", "Asset"),
    column("addresses", "Addresses"),
    column("criticality", "Criticality"),
    column("owner", "Owner"),
    column("role", "Role"),
    column("site", "Site"),
];

const PEOPLE: &[Column] = &[
    column("name", "Account"),
    column("full_name", "Name"),
    column("email", "E-mail"),
    column("department", "Department"),
    column("title", "Title"),
    column("criticality", "Criticality"),
    column("privileged", "Administrator"),
];

const SITES: &[Column] = &[
    column("name", "Site"),
    column("latitude", "Latitude"),
    column("longitude", "Longitude"),
    column("country", "Country"),
];

/// One row's cells in the order of the columns.
pub type Row = Arc<[String]>;

impl Table {
    pub const ALL: [Table; 3] = [Table::Assets, Table::People, Table::Sites];

    /// In addresses and file names.
    pub const fn key(self) -> &'static str {
        match self {
            Table::Assets => "assets",
            Table::People => "people",
            Table::Sites => "sites",
        }
    }

    pub fn of(key: &str) -> Self {
        Self::ALL
            .into_iter()
            .find(|table| table.key() == key)
            .unwrap_or(Table::Assets)
    }

    pub const fn title(self) -> &'static str {
        match self {
            Table::Assets => "Assets",
            Table::People => "People",
            Table::Sites => "Sites",
        }
    }

    pub const fn noun(self) -> (&'static str, &'static str) {
        match self {
            Table::Assets => ("asset", "assets"),
            Table::People => ("account", "accounts"),
            Table::Sites => ("site", "sites"),
        }
    }

    /// What comes of it.
    pub const fn use_of(self) -> &'static str {
        match self {
            Table::Assets => {
                "Hosts and networks: events and alerts get the criticality, owner, role and site of what they touch."
            }
            Table::People => {
                "Accounts: events and alerts say who is behind a user name, and whether it is an administrator's."
            }
            Table::Sites => "Where the organization is: private addresses stand on the live map at their asset's site.",
        }
    }

    pub const fn columns(self) -> &'static [Column] {
        match self {
            Table::Assets => ASSETS,
            Table::People => PEOPLE,
            Table::Sites => SITES,
        }
    }

    pub async fn rows(self) -> Result<Vec<Row>, Fault> {
        match self {
            Table::Assets => Ok(api::inventory::list(self.key()).await?.into_iter().map(asset).collect()),
            Table::People => Ok(api::inventory::list(self.key())
                .await?
                .into_iter()
                .map(person)
                .collect()),
            Table::Sites => Ok(api::inventory::list(self.key()).await?.into_iter().map(site).collect()),
        }
    }

    /// A file that the server takes back as it is.
    pub fn csv(self, rows: &[Row]) -> String {
        let names: Vec<&str> = self.columns().iter().map(|column| column.name).collect();
        let mut text = names.join(",") + "\r\n";
        for row in rows {
            let cells: Vec<String> = row.iter().map(|cell| quoted(cell)).collect();
            text += &cells.join(",");
            text += "\r\n";
        }
        text
    }
}

fn asset(asset: Asset) -> Row {
    let text = Option::unwrap_or_default;
    Arc::from([
        asset.name,
        asset.addresses.join(" "),
        criticality(asset.criticality),
        text(asset.owner),
        text(asset.role),
        text(asset.site),
    ])
}

fn person(person: Person) -> Row {
    let text = Option::unwrap_or_default;
    let privileged = if person.privileged { "true" } else { "" };
    Arc::from([
        person.name,
        text(person.full_name),
        text(person.email),
        text(person.department),
        text(person.title),
        criticality(person.criticality),
        privileged.to_owned(),
    ])
}

fn site(site: Site) -> Row {
    Arc::from([
        site.name,
        site.latitude.to_string(),
        site.longitude.to_string(),
        site.country.unwrap_or_default(),
    ])
}

fn criticality(criticality: Option<Criticality>) -> String {
    criticality.map_or_else(String::new, |criticality| criticality.as_str().to_owned())
}

/// RFC 4180. A cell that a spreadsheet would take for a formula is the name of nothing here: the server refuses none of them,
/// so they go out as they came in.
fn quoted(cell: &str) -> String {
    if cell.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

/// Rows that contain every word, in any cell.
pub fn matching(rows: &[Row], words: &str) -> Vec<Row> {
    let words: Vec<String> = lower(words).split_whitespace().map(str::to_owned).collect();
    let fits = |row: &&Row| {
        words
            .iter()
            .all(|word| row.iter().any(|cell| lower(cell).contains(word)))
    };
    rows.iter().filter(fits).cloned().collect()
}

/// How a file is read, by its name.
pub fn media_type(name: &str) -> Option<&'static str> {
    match lower(name).rsplit_once('.')?.1 {
        "csv" => Some("text/csv"),
        "json" => Some("application/json"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_goes_out_as_it_is_read_back() {
        let row = asset(Asset {
            name: "srv \"1\", old".to_owned(),
            addresses: vec!["10.0.0.1".to_owned(), "10.2.0.0/16".to_owned()],
            criticality: Some(Criticality::HighImpact),
            ..Asset::default()
        });
        assert_eq!(
            Table::Assets.csv(&[row]),
            "name,addresses,criticality,owner,role,site\r\n\"srv \"\"1\"\", old\",10.0.0.1 10.2.0.0/16,high_impact,,,\r\n"
        );
        for table in Table::ALL {
            assert_eq!(Table::of(table.key()), table);
        }
    }

    #[test]
    fn every_word_has_to_be_in_a_row() {
        let rows: Vec<Row> = [["a", "Jakarta"], ["b", "Hamburg"]]
            .map(|row| Arc::from(row.map(str::to_owned)))
            .to_vec();
        assert_eq!(matching(&rows, "").len(), 2);
        assert_eq!(matching(&rows, "jak A").len(), 1);
        assert!(matching(&rows, "a hamburg x").is_empty());
    }

    #[test]
    fn files_are_told_by_their_names() {
        assert_eq!(media_type("Assets.CSV"), Some("text/csv"));
        assert_eq!(media_type("people.json"), Some("application/json"));
        assert_eq!(media_type("assets.xlsx"), None);
    }
}
