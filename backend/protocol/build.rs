//! Compiles the `.proto` files without a `protoc` on the machine.

use std::error::Error;

const FILE: &str = "watchfloor/sensor/v1/sensor.proto";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = protox::compile([FILE], ["proto"])?;
    // A record's bytes are shared with the message that brought them, not copied.
    tonic_prost_build::configure()
        .bytes(".")
        .build_transport(false)
        .compile_fds(files)?;
    Ok(())
}
