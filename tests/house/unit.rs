//! The systemd unit stays as tight as it was made, by systemd's own measure.

use std::path::Path;
use std::process::Command;

/// What `systemd-analyze security` calls the exposure, in tenths: 0 is best, 100 worst.
const MOST: u32 = 14;

/// `→ Overall exposure level for login_exporter.service: 1.3 OK`
fn exposure(unit: &Path) -> Option<u32> {
    let output = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(unit)
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let (_, level) = said.lines().last()?.rsplit_once(": ")?;
    let (whole, tenth) = level.split_whitespace().next()?.split_once('.')?;
    Some(whole.parse::<u32>().ok()? * 10 + tenth.parse::<u32>().ok()?)
}

#[test]
fn the_unit_is_not_more_exposed_than_it_was() {
    let unit = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/systemd/login_exporter.service");
    let Some(exposure) = exposure(&unit) else {
        assert!(std::env::var_os("CI").is_none(), "systemd-analyze gives no level");
        eprintln!("skipped: systemd-analyze (Debian's systemd) is needed");
        return;
    };
    assert!(
        exposure <= MOST,
        "{exposure} tenths: systemd-analyze security shows what was loosened"
    );
}
