//! The `watchfloor` binary.

fn main() -> std::process::ExitCode {
    watchfloor::cli::main()
}
