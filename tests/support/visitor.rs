//! Someone who comes to sshd from an address and port that the test knows: a relay in front of
//! sshd for a real client, or a bare connection.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddrV4, TcpListener, TcpStream};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU8, Ordering};

use super::Sshd;

/// Where a connection comes from, as sshd sees it.
#[derive(Clone, Debug)]
pub struct Visitor {
    pub source: Ipv4Addr,
    pub port: u16,
}

impl Visitor {
    /// A bare connection to sshd, from a loopback address that nobody used before.
    pub fn connect(sshd: &Sshd) -> (Visitor, TcpStream) {
        static NEXT: AtomicU8 = AtomicU8::new(2);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Visitor::connect_from(sshd, Ipv4Addr::new(127, 9, 0, number))
    }

    /// The same from this loopback address.
    pub fn connect_from(sshd: &Sshd, source: Ipv4Addr) -> (Visitor, TcpStream) {
        let stream = connected(source, sshd.port).unwrap();
        (Visitor { source, port: stream.local_addr().unwrap().port() }, stream)
    }

    /// A client that is told to connect to a port, and reaches sshd through one such connection.
    pub fn through(sshd: &Sshd, client: impl FnOnce(&str) -> Command) -> (Visitor, Output) {
        relay(Visitor::connect(sshd), client)
    }

    /// OpenSSH's client. `arguments` come before the host's name; it types the password wherever
    /// it is asked for one.
    pub fn ssh(sshd: &Sshd, password: Option<&str>, arguments: &[&str]) -> (Visitor, Output) {
        Visitor::through(sshd, |port| client(sshd, port, password, arguments))
    }

    /// The same from the address that this visitor had.
    pub fn again(&self, sshd: &Sshd, password: Option<&str>, arguments: &[&str]) -> Visitor {
        let from = Visitor::connect_from(sshd, self.source);
        relay(from, |port| client(sshd, port, password, arguments)).0
    }
}

fn relay(
    (visitor, to_sshd): (Visitor, TcpStream),
    client: impl FnOnce(&str) -> Command,
) -> (Visitor, Output) {
    let relay = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = relay.local_addr().unwrap().port();
    let relaying = std::thread::spawn(move || {
        let (from_client, _) = relay.accept().unwrap();
        let back = (to_sshd.try_clone().unwrap(), from_client.try_clone().unwrap());
        let forth = std::thread::spawn(move || copy(from_client, to_sshd));
        copy(back.0, back.1);
        forth.join().unwrap();
    });
    let output = client(&port.to_string()).stdin(Stdio::null()).output().unwrap();
    // A client that refused its arguments never came, and the relay waits no longer.
    drop(TcpStream::connect(("127.0.0.1", port)));
    relaying.join().unwrap();
    (visitor, output)
}

fn client(sshd: &Sshd, port: &str, password: Option<&str>, arguments: &[&str]) -> Command {
    let mut command = Command::new("ssh");
    command.args(["-F", "none", "-p", port, "-o", "StrictHostKeyChecking=no"]);
    command.args(["-o", "UserKnownHostsFile=/dev/null", "-o", "IdentitiesOnly=yes"]);
    command.args(["-o", "IdentityAgent=none"]);
    match password {
        None => command.args(["-o", "BatchMode=yes"]),
        Some(password) => {
            let ask = sshd.dir.join("askpass");
            super::write_script(&ask, "#!/bin/sh\nprintf '%s\\n' \"$PASSWORD\"\n");
            command.env("SSH_ASKPASS", ask).env("SSH_ASKPASS_REQUIRE", "force");
            command.env("PASSWORD", password)
        }
    };
    command.args(arguments).args(["127.0.0.1", "true"]);
    command
}

/// Someone who knows no password comes by this name, whatever it is made of. It goes through the client's settings, which take what its arguments refuse; a name with
/// control bytes or brackets and an empty one, which it refuses everywhere, through curl.
pub fn knock(sshd: &Sshd, name: &str) -> Visitor {
    if name.is_empty() || name.contains(|c: char| c.is_control() || "()".contains(c)) {
        return knock_by_curl(sshd, name);
    }
    let user = format!("User=\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""));
    let visitor = Visitor::ssh(
        sshd,
        Some("wrong"),
        &[
            "-o",
            &user,
            "-o",
            "PreferredAuthentications=password",
            "-o",
            "NumberOfPasswordPrompts=1",
        ],
    );
    assert!(
        String::from_utf8_lossy(&visitor.1.stderr).contains("Permission denied"),
        "the client did not ask as {name:?}: {}",
        String::from_utf8_lossy(&visitor.1.stderr)
    );
    sshd.wait_idle();
    visitor.0
}

/// The same through curl, which takes every name.
pub fn knock_by_curl(sshd: &Sshd, name: &str) -> Visitor {
    let (visitor, output) = Visitor::through(sshd, |port| {
        let mut curl = Command::new("curl");
        curl.args(["--silent", "--show-error", "--insecure", "--user", &format!("{name}:wrong")]);
        curl.arg(format!("sftp://127.0.0.1:{port}/"));
        curl
    });
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("Login denied") || said.contains("Authentication"), "{said}");
    sshd.wait_idle();
    visitor
}

/// As `history` shows it.
impl std::fmt::Display for Visitor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "source={} port={}", self.source, self.port)
    }
}

/// Copies until the end, and says so to the other side.
fn copy(mut from: TcpStream, mut to: TcpStream) {
    let mut block = [0; 16_384];
    while let Ok(length @ 1..) = from.read(&mut block) {
        if to.write_all(&block[..length]).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

fn connected(source: Ipv4Addr, port: u16) -> io::Result<TcpStream> {
    let connect = async {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind(SocketAddrV4::new(source, 0).into())?;
        socket.connect(SocketAddrV4::new(Ipv4Addr::LOCALHOST, port).into()).await?.into_std()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let stream = runtime.block_on(connect)?;
    stream.set_nonblocking(false)?;
    Ok(stream)
}
