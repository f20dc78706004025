//! Arguments in, exit code out. All else is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    login_exporter::app::run(std::env::args_os())
}
