//! The people of an organization, and the log of what they do; the log that the browser takes home is verified.

use super::{artefacts, browser_is_here, link, script};
use std::{fs::File, io::BufReader};
use watchfloor::{audit::verify_export, startup::Doors};
use watchfloor_tests::product;

#[tokio::test(flavor = "multi_thread")]
async fn somebody_is_invited_and_removed_and_it_is_on_record() {
    if !browser_is_here() {
        return;
    }
    let dir = product::folder();
    let running = product::start(dir.path(), Doors::Open).await;
    let link = link(&running).await;
    let passed = script("people.mjs", &link).await;
    let tenant = running.tenant.clone();
    running.stop().await;
    assert!(passed, "see above; pictures in {}", artefacts().display());
    let export = File::open(artefacts().join("audit.ndjson")).unwrap();
    let (of, head) = verify_export(BufReader::new(export), None).unwrap();
    assert!(of == tenant && head.number >= 6, "{of}: {head:?}");
}
