//! What is missing is installed from Debian's packages, where this process may do that: on a machine that is there for
//! building, as a rule, where one command is to run everything.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

/// Set to `no`, nothing is installed.
const SWITCH: &str = "ANNALS_TEST_INSTALL";

/// Installs a package, if this process is the administrator's and the machine has `apt-get`. Whoever asks looks for the
/// program again, whatever came of it.
pub(crate) fn install(package: &str) {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let administrator = std::fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let may = std::env::var_os(SWITCH).is_none_or(|value| value != "no");
    if !administrator || !may || !Path::new("/usr/bin/apt-get").is_file() {
        return;
    }
    eprintln!("installing the Debian package {package} for tests; {SWITCH}=no keeps this away");
    // Another process of the same test run may be at it.
    let apt = |arguments: &[&str]| {
        let mut command = Command::new("/usr/bin/apt-get");
        command.args(["-q", "-y", "-o", "DPkg::Lock::Timeout=300"]).args(arguments);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        let ran = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        ran.is_ok_and(|status| status.success())
    };
    let wanted = ["install", "--no-install-recommends", package];
    let installed = apt(&wanted) || (apt(&["update"]) && apt(&wanted));
    if !installed {
        eprintln!("{package} could not be installed");
    }
}
