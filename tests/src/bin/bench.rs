//! `cargo xtask bench` runs this.

use anyhow::{Context, Result, bail};
use std::path::PathBuf;
use watchfloor_tests::{bench, fixtures};

const SMOKE_INPUT: &str = "data/train/windows/otrf/credential_access/psh_lsass_memory_dump_comsvcs.jsonl.zst";

#[tokio::main]
async fn main() -> Result<()> {
    let mut arguments = std::env::args().skip(1);
    let (mut input, mut rules, mut json, mut smoke, mut events_max) = (None, Vec::new(), false, false, u64::MAX >> 1);
    match arguments.next().as_deref() {
        Some("pipeline") => {}
        Some("sources") => return sources(arguments).await,
        Some("gnn") => return gnn(arguments),
        Some("skew") => return skew(arguments),
        Some("map") => return map(arguments).await,
        _ => bail!(
            "bench pipeline --input DIR [--json], bench sources [--json], bench gnn [--models DIR] [--peer PYTHON] [--json], bench map [--json], or bench skew [--json]"
        ),
    }
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

fn gnn(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let (mut json, mut models, mut python) = (false, None, None::<PathBuf>);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--models" => models = Some(PathBuf::from(arguments.next().context("--models needs a value")?)),
            "--peer" => python = Some(PathBuf::from(arguments.next().context("--peer needs a value")?)),
            other => bail!("{other} is not an option"),
        }
    }
    let report = bench::gnn::run(models, python.as_deref())?;
    match json {
        true => println!("{}", serde_json::to_string(&report)?),
        false => println!("{report:#?}"),
    }
    Ok(())
}

/// The map and the wall in a browser; the soaks answer JSON in any case.
async fn map(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let (mut json, mut soak, mut wall, mut rate, mut hours) = (false, None, None, None, 12);
    let mut options = bench::map::Options {
        arcs: vec![500, 2_000, 5_000],
        seconds: 20,
        rate: 200,
        alone: false,
    };
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<u64> {
            let value = arguments.next().with_context(|| format!("{argument} needs a value"))?;
            Ok(value.parse()?)
        };
        match argument.as_str() {
            "--json" => json = true,
            "--alone" => options.alone = true,
            "--arcs" => options.arcs = vec![u32::try_from(number()?)?],
            "--seconds" => options.seconds = number()?,
            "--rate" => rate = Some(number()?),
            "--soak" => soak = Some(number()?),
            "--wall" => wall = Some(number()?),
            "--hours" => hours = number()?,
            other => bail!("{other} is not an option"),
        }
    }
    if let Some(minutes) = soak {
        println!("{}", bench::map::soak_map(minutes, rate.unwrap_or(500)).await?);
        return Ok(());
    }
    if let Some(minutes) = wall {
        println!("{}", bench::map::soak_wall(minutes, hours).await?);
        return Ok(());
    }
    options.rate = rate.unwrap_or(options.rate);
    let report = bench::map::run(&options).await?;
    match json {
        true => println!("{}", serde_json::to_string(&report)?),
        false => println!("{report:#?}"),
    }
    Ok(())
}

fn skew(mut arguments: impl Iterator<Item = String>) -> Result<()> {
    let rows = bench::skew::run();
    match arguments.next().as_deref() {
        Some("--json") => println!("{}", serde_json::to_string(&rows)?),
        Some(other) => bail!("{other} is not an option"),
        None => {
            println!("endpoints  zipf  partitions  replicas  busiest host  hottest partition  replica  after a loss");
            for row in rows {
                println!(
                    "{:>9}  {:>4}  {:>10}  {:>8}  {:>11.2}%  {:>17.2}  {:>7.2}  {:>12.2}",
                    row.endpoints,
                    row.zipf,
                    row.partitions,
                    row.replicas,
                    row.busiest_endpoint_share * 100.0,
                    row.hottest_partition,
                    row.hottest_replica,
                    row.hottest_after_loss
                );
            }
        }
    }
    Ok(())
}

async fn sources(arguments: impl Iterator<Item = String>) -> Result<()> {
    let (mut json, mut doors) = (false, true);
    for argument in arguments {
        match argument.as_str() {
            "--json" => json = true,
            "--no-doors" => doors = false,
            other => bail!("{other} is not an option"),
        }
    }
    let report = bench::sources::run(doors).await?;
    if json {
        println!("{}", serde_json::to_string(&report)?);
        return Ok(());
    }
    println!(
        "{:<56} {:>8} {:>8} {:>9}  dead letters",
        "recording", "lines", "events", "events/s"
    );
    for (name, fates) in &report.recordings {
        let dead: Vec<String> = fates
            .dead_letters
            .iter()
            .map(|(reason, count)| format!("{count} {reason}"))
            .collect();
        let dead = dead.join(", ");
        println!(
            "{name:<56} {:>8} {:>8} {:>9.0}  {dead}",
            fates.lines, fates.events, fates.events_per_second
        );
    }
    for (title, costs) in [("normalizer", &report.normalizers), ("door", &report.doors)] {
        println!(
            "\n{title:<24} {:>8} {:>8} {:>10} {:>12}",
            "records", "bytes", "events/s", "CPU µs each"
        );
        for (name, cost) in costs {
            println!(
                "{name:<24} {:>8} {:>8.0} {:>10.0} {:>12.2}",
                cost.records, cost.bytes, cost.events_per_second, cost.cpu_us_per_event
            );
        }
    }
    Ok(())
}
