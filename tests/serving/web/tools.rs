//! Programs from Debian's packages that the tests ask for help.

use std::path::Path;
use std::process::{Command, Output};

/// The program, or `None` with a printed reason where it is not installed. Under CI=true nothing
/// is skipped.
pub(crate) fn tool(name: &str) -> Option<Command> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    if std::env::split_paths(&path).any(|directory| directory.join(name).is_file()) {
        return Some(Command::new(name));
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "{name} is not installed: apt-get install {name}"
    );
    eprintln!("skipped: {name} is not installed (apt-get install {name})");
    None
}

/// What the program printed, once it has ended well.
pub(crate) fn run(command: &mut Command) -> String {
    let output = output(command);
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn output(command: &mut Command) -> Output {
    command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"))
}

/// A certificate of `name`, signed by `signer` or by itself, as `name.crt` and `name.key`.
/// `None` where openssl is not installed.
pub(crate) fn certificate(directory: &Path, name: &str, signer: Option<&str>) -> Option<()> {
    let mut openssl = tool("openssl")?;
    openssl.current_dir(directory).args(["req", "-x509", "-nodes", "-days", "2"]);
    openssl.args(["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]);
    openssl.args(["-subj", &format!("/CN={name}"), "-out", &format!("{name}.crt")]);
    openssl.args(["-keyout", &format!("{name}.key")]);
    let names = format!(
        "subjectAltName=DNS:localhost,DNS:{name}.example,IP:127.0.0.1,email:{name}@example.org,\
         URI:spiffe://example.org/{name}"
    );
    openssl.args(["-addext", &names]);
    if let Some(signer) = signer {
        openssl.args(["-CA", &format!("{signer}.crt"), "-CAkey", &format!("{signer}.key")]);
        openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    }
    run(&mut openssl);
    Some(())
}
