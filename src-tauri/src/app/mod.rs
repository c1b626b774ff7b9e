//! The window and what surrounds it.

mod desktop;
mod import;
mod keyring;
mod menu;
mod notify;
mod tray;
mod window;

use crate::{
    arguments::Arguments,
    instance::{self, Claim, First, Handed},
    links::Wanted,
    profile::Profile,
    settings::{self, Server, Settings},
    shell::{Desk, Shell},
};
use anyhow::{Context, Result};
use clap::Parser;
use desktop::Desktop;
use std::{
    fs::File,
    io::Write,
    os::unix::process::CommandExt,
    process::ExitCode,
    sync::{Arc, Mutex},
};
use tauri::{RunEvent, WindowEvent};
use tokio::sync::mpsc;
use tracing_subscriber::EnvFilter;

/// Pages ask for little.
const COMMANDS: usize = 16;

/// Runs the app. An error is said once, here.
pub fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(error = format!("{error:#}"), "the app ends");
            let _ = writeln!(std::io::stderr(), "error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let folder = std::env::current_dir()?;
    let wanted = arguments.wanted.iter().map(|argument| Wanted::of(argument, &folder));
    let handed = Handed {
        wanted: wanted.collect::<Result<_, _>>()?,
    };
    let profile = Profile::open(arguments.profile.as_deref())?;
    match instance::claim(profile.folder(), &handed)? {
        Claim::Second => Ok(()),
        Claim::First(first) => start(arguments, profile, first, handed),
    }
}

fn start(arguments: &Arguments, profile: Profile, first: First, handed: Handed) -> Result<()> {
    log(&profile)?;
    let mut settings = Settings::load(profile.folder())?;
    if let Some(server) = &arguments.server {
        let address = settings::address(server)?;
        if settings.server.as_ref().is_none_or(|known| known.address != address) {
            settings.server = Some(Server {
                address,
                certificate_sha256: None,
            });
            settings.save(profile.folder())?;
        }
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let _entered = runtime.enter();
    tauri::async_runtime::set(runtime.handle().clone());
    let (commands, asked) = mpsc::channel(COMMANDS);
    let desk = Desk::new(profile, settings, Arc::new(keyring::Keyring), commands);
    let shell = runtime.block_on(Shell::open(desk))?;
    let hidden = arguments.hidden;
    let app = tauri::Builder::default()
        .menu(menu::bar)
        .on_menu_event(|app, event| menu::chosen(app, event.id().as_ref()))
        .setup(move |app| {
            let desktop = Desktop::new(app.handle().clone(), shell);
            desktop.begin(hidden, first, handed, asked)?;
            Ok(())
        })
        .build(tauri::generate_context!())?;
    app.run(|app, event| on_event(app, &event));
    Ok(())
}

fn on_event(app: &tauri::AppHandle, event: &RunEvent) {
    let Some(desktop) = desktop::of(app) else { return };
    match event {
        RunEvent::WindowEvent {
            label,
            event: WindowEvent::CloseRequested { api, .. },
            ..
        } if label == window::MAIN => {
            api.prevent_close();
            match desktop.desk.settings().stay_in_tray {
                true => window::hide(app),
                false => app.exit(0),
            }
        }
        #[cfg(target_os = "macos")]
        RunEvent::Opened { urls } => {
            let here = std::path::Path::new("/");
            let wanted = urls.iter().map(|url| Wanted::of(url.as_str().as_ref(), here));
            desktop.take(wanted.flatten().collect());
        }
        // The windows are still there.
        RunEvent::ExitRequested { .. } => window::remember(app, &desktop.desk),
        // Now they are gone; the rest ends in order before the process does.
        RunEvent::Exit => {
            desktop.stop();
            if desktop.is_to_restart() {
                again(&desktop);
            }
        }
        _ => {}
    }
}

/// Takes our own place, so that the lock is free for the new start and nobody waits for two.
fn again(desktop: &Desktop) {
    let Ok(program) = std::env::current_exe() else { return };
    let mut command = std::process::Command::new(program);
    let error = command.arg("--profile").arg(desktop.desk.profile.folder()).exec();
    tracing::error!(%error, "could not start again");
}

/// Into the profile: an app without a terminal has nowhere else to say it. The log of the last start is kept beside it.
fn log(profile: &Profile) -> Result<()> {
    let path = profile.log_file();
    let _ = std::fs::rename(&path, path.with_extension("log.old"));
    let file = File::create(&path).with_context(|| format!("{}", path.display()))?;
    let filter = std::env::var("WATCHFLOOR__LOG__FILTER").unwrap_or_else(|_| "info".to_owned());
    let filter = EnvFilter::try_new(&filter).with_context(|| format!("log.filter {filter:?}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_ansi(false);
    let outcome = builder.with_writer(Mutex::new(file)).try_init();
    outcome.map_err(|error| anyhow::anyhow!("logging: {error}"))
}
