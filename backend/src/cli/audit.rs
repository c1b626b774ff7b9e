//! `watchfloor audit …`: whether the log of who did what is whole.

use super::{SettingsArguments, terminal};
use crate::{
    audit::verify_export,
    clock::Clock,
    store::{Database, StoreError, audit, identity},
};
use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use std::{
    fs::File,
    io::BufReader,
    path::{Path, PathBuf},
    process::ExitCode,
};
use watchfloor_shared::{TenantId, audit::AuditHead};

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Make every entry's hash again, and say what was changed, left out or cut off
    Verify(VerifyArguments),
}

#[derive(Args)]
pub struct VerifyArguments {
    /// An export (NDJSON) from the console or the API; without it the database of the settings, while no server runs on it
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// An entry's number and hash, noted before: it has to be there unchanged
    #[arg(long, value_name = "NUMBER:HASH", value_parser = head, requires = "file")]
    head: Option<AuditHead>,
    /// Only this organization's log, in a database
    #[arg(long, value_name = "TENANT", conflicts_with = "file")]
    tenant: Option<TenantId>,
}

fn head(text: &str) -> Result<AuditHead, String> {
    let wrong = || "a number, a colon and 64 hexadecimal digits, as the console shows it".to_owned();
    let (number, hash) = text.trim().split_once(':').ok_or_else(wrong)?;
    let is_hash = hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (number.parse(), is_hash) {
        (Ok(number), true) => Ok(AuditHead {
            number,
            hash: hash.to_ascii_lowercase(),
        }),
        _ => Err(wrong()),
    }
}

pub async fn run(settings: &SettingsArguments, command: &AuditCommand) -> Result<ExitCode> {
    let AuditCommand::Verify(arguments) = command;
    match &arguments.file {
        Some(file) => of_file(file, arguments.head.as_ref()),
        None => of_database(settings, arguments.tenant.as_ref()).await,
    }
}

fn of_file(path: &Path, noted: Option<&AuditHead>) -> Result<ExitCode> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    let (tenant, head) =
        verify_export(BufReader::new(file), noted).with_context(|| format!("{} is not whole", path.display()))?;
    whole(&tenant, &head)?;
    Ok(ExitCode::SUCCESS)
}

async fn of_database(settings: &SettingsArguments, only: Option<&TenantId>) -> Result<ExitCode> {
    let config = settings.load()?;
    let opened = Database::open(&config.database, &config.data_dir, &Clock::system()).await;
    let db = match opened {
        Err(error @ StoreError::Locked(_)) => {
            return Err(error)
                .context("a server works with this database: export the log from its console, and verify the file");
        }
        opened => opened?,
    };
    let tenants = match only {
        Some(tenant) => vec![tenant.clone()],
        None => identity::tenants(&db).await?,
    };
    if tenants.is_empty() {
        bail!("there is no organization in this database");
    }
    let mut code = ExitCode::SUCCESS;
    for tenant in tenants {
        let mut tx = db.tenant(&tenant).await?;
        match audit::verify(&mut tx).await? {
            (head, None) => whole(&tenant, &head)?,
            (_, Some(broken)) => {
                terminal::result(format!("{tenant}: NOT whole: {broken}"))?;
                code = ExitCode::FAILURE;
            }
        }
        tx.commit().await?;
    }
    db.close().await;
    Ok(code)
}

fn whole(tenant: &TenantId, head: &AuditHead) -> Result<()> {
    let entries = terminal::thousands(u64::try_from(head.number).unwrap_or_default());
    terminal::result(format!(
        "{tenant}: whole, {entries} entries; the newest is {}:{}",
        head.number, head.hash
    ))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::head;

    #[test]
    fn a_head_is_read_as_it_is_shown() {
        let hash = "0A".repeat(32);
        let read = head(&format!(" 12:{hash}\n")).unwrap();
        assert_eq!((read.number, read.hash), (12, hash.to_lowercase()));
        for wrong in ["", "12", "12:ab", &format!("x:{hash}"), &format!("1:{hash}0")] {
            assert!(head(wrong).unwrap_err().contains("64 hexadecimal"), "{wrong}");
        }
    }
}
