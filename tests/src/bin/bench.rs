//! `cargo xtask bench` runs this.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use watchfloor_tests::{bench, fixtures};

const SMOKE_INPUT: &str = "data/train/windows/otrf/credential_access/psh_lsass_memory_dump_comsvcs.jsonl.zst";

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (mut input, mut rules, mut json, mut smoke, mut events_max) = (None, Vec::new(), false, false, u64::MAX >> 1);
    anyhow::ensure!(
        arguments.next().as_deref() == Some("pipeline"),
        "bench pipeline --input DIR [--json]"
    );
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().with_context(|| format!("{argument} needs a value"));
        match argument.as_str() {
            "--input" => input = Some(PathBuf::from(value()?)),
            "--rules" => rules.push(PathBuf::from(value()?)),
            "--events-max" => events_max = value()?.parse()?,
            "--json" => json = true,
            "--smoke" => smoke = true,
            other => bail!("{other} is not an option"),
        }
    }
    let input = match (input, smoke) {
        (Some(input), _) => input,
        (None, true) => match fixtures::recording(SMOKE_INPUT) {
            Some(input) => input,
            None => return Ok(()),
        },
        (None, false) => bail!("--input is missing"),
    };
    let latency_seconds = if smoke { 2 } else { 20 };
    let report = bench::run(&bench::Options {
        input,
        rules,
        events_max,
        latency_seconds,
        latency_rate: 1_000,
    })
    .await?;
    if json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        println!("{report:#?}");
    }
    Ok(())
}
