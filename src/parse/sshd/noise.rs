//! What sshd says that is neither a login nor a refusal: starts and stops, sessions and channels
//! after a login, name lookups, faulty files. Known, so that what is not known stands out.
//!
//! `In` names a version whose source holds the line, where it was not looked for in older ones.

use crate::parse::Parsed;
use crate::parse::rows::Versions::{All, In, Since, Until};
use crate::parse::rows::{Known, Line, PROOF, Row, Tells, noise, nothing, row};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // Notes about a login that another line tells: auth*.c, monitor.c, and the libraries it loads
    noise("Postponed ", All, "Postponed keyboard-interactive for invalid user ‹x› from 192.0.2.1 port 22 ssh2 [preauth]"),
    noise("Partial ", Since("6.2"), "Partial publickey for bob from 192.0.2.1 port 22 ssh2: ED25519 SHA256:ab"),
    noise("Accepted key ", Since("6.9"), "Accepted key ED25519 SHA256:ab found at /home/bob/.ssh/authorized_keys:1"),
    noise("Accepted certificate ID ", All, "Accepted certificate ID \"x\" (serial 1) signed by RSA CA SHA256:ab via /etc/ssh/ca.pub"),
    noise("Found matching ", Until("6.8"), "Found matching RSA key: 0e:ff:a1:52"),
    noise("Root login accepted for forced command.", All, "Root login accepted for forced command."),
    noise("Authorized to ", All, "Authorized to bob, krb5 principal bob@EXAMPLE.ORG (krb5_kuserok)"),
    noise("AuthorizedKeysCommand ", Since("6.2"), "error: AuthorizedKeysCommand /opt/aws/bin/eic_run_authorized_keys bob SHA256:ab failed, status 22"),
    noise("AuthorizedPrincipalsCommand ", Since("6.9"), "fatal: AuthorizedPrincipalsCommand set without AuthorizedPrincipalsCommandUser"),
    noise("Could not stat Authorized", In("7.4"), "error: Could not stat AuthorizedKeysCommand \"/x\": No such file or directory"),
    noise("Unsafe AuthorizedKeysCommand", In("7.4"), "error: Unsafe AuthorizedKeysCommand \"/x\": bad ownership or modes for directory /"),
    noise("Unsafe AuthorizedPrincipalsCommand", In("7.4"), "error: Unsafe AuthorizedPrincipalsCommand \"/x\": bad ownership or modes for directory /"),
    noise("No user for AuthorizedKeysCommand", In("10.5"), "error: No user for AuthorizedKeysCommand specified, skipping"),
    noise("No user for AuthorizedPrincipalsCommand", In("10.5"), "error: No user for AuthorizedPrincipalsCommand specified, skipping"),
    noise("GSSAPI MIC check failed", In("10.5"), "GSSAPI MIC check failed"),
    noise("No authentication or GSSAPI context", In("10.5"), "fatal: No authentication or GSSAPI context"),
    noise("Could not get shadow information for ", All, "error: Could not get shadow information for NOUSER"),
    noise("password change not supported", In("10.5"), "password change not supported"),
    noise("userauth_hostbased mismatch: ", All, "userauth_hostbased mismatch: client sends a, but we resolve 192.0.2.1 to b"),
    noise("wrong user name passed to monitor: ", All, "wrong user name passed to monitor: expected a != b"),
    noise("PAM ", All, "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1"),
    noise("pam_", All, "pam_putenv: Permission denied"),
    noise("Deprecated pam_stack", Until("6.6"), "Deprecated pam_stack module called from service \"sshd\""),
    noise("gkr-pam: ", All, "gkr-pam: unable to locate daemon control file"),
    noise("nss_", All, "nss_ldap: could not search LDAP server - Server is unavailable"),
    noise("libnss", All, "libnss_ldap: reconnected to LDAP server"),
    noise("Authentication methods list ", Since("6.2"), "Authentication methods list \"publickey,x\" contains disabled method, skipping"),
    noise("No AuthenticationMethods left", Since("6.2"), "error: No AuthenticationMethods left after eliminating disabled methods"),
    noise("Inconsistent authentication options: ", Since("7.8"), "error: Inconsistent authentication options: conflicting options"),
    noise("Error checking authentication key ", In("10.5"), "error: Error checking authentication key RSA SHA256:ab in revoked keys file /etc/ssh/revoked: invalid format"),
    noise("No supported key exchange", All, "No supported key exchange algorithms"),
    noise("Internal error: PAM auth succeeded when it should have failed", All, "fatal: Internal error: PAM auth succeeded when it should have failed"),
    noise("publickey key type ", In("10.5"), "error: publickey key type ssh-rsa is not in permitted list ssh-ed25519"),
    noise("hostbased key type ", In("10.5"), "error: hostbased key type ssh-rsa is not in permitted list ssh-ed25519"),
    noise("key type ", In("7.4"), "key type ssh-dss not in PubkeyAcceptedKeyTypes [preauth]"),
    noise("SSH2_MSG_EXT_INFO", In("10.5"), "error: SSH2_MSG_EXT_INFO: server-sig-algs value contains nul byte"),
    noise("too many SSH2_MSG_EXT_INFO", In("10.5"), "error: too many SSH2_MSG_EXT_INFO messages sent by peer"),
    row("Accepted ", All, accepted_host_key, Tells::Nothing, PROOF,
        "Accepted RSA public key SHA256:ab from bob@a.example.org", "ignored"),

    // Starts, stops and settings of the daemon: sshd.c, servconf.c, srclimit.c
    noise("Server listening on ", All, "Server listening on 0.0.0.0 port 22."),
    noise("Received signal ", All, "Received signal 15; terminating."),
    noise("Received SIG", All, "Received SIGHUP; restarting."),
    noise("Exiting on signal", All, "Exiting on signal 15"),
    noise("Bind to port ", All, "error: Bind to port 22 on 0.0.0.0 failed: Address already in use."),
    noise("Cannot bind any address", All, "fatal: Cannot bind any address."),
    noise("Could not load host ", All, "error: Could not load host key: /etc/ssh/ssh_host_dsa_key"),
    noise("Could not connect to agent ", In("10.5"), "error: Could not connect to agent \"/x\": No such file or directory"),
    noise("Could not demote key", In("10.5"), "fatal: Could not demote key: \"/etc/ssh/k\": invalid format"),
    noise("could not demote host ", In("10.5"), "fatal: could not demote host RSA key: invalid format"),
    noise("Unable to load host key", Since("7.9"), "Unable to load host key: /etc/ssh/ssh_host_dsa_key"),
    noise("main: Host key ", In("10.5"), "error: main: Host key /etc/ssh/k: invalid format"),
    noise("Host key ", In("10.5"), "error: Host key /etc/ssh/k: invalid format"),
    noise("No matching private key for certificate", In("10.5"), "error: No matching private key for certificate: /etc/ssh/k-cert.pub"),
    noise("Certificate file is not a certificate", In("10.5"), "error: Certificate file is not a certificate: /etc/ssh/k"),
    noise("Public key for ", In("10.5"), "error: Public key for /etc/ssh/k does not match private key"),
    noise("Disabling protocol version ", Until("7.3"), "Disabling protocol version 1. Could not load host key"),
    noise("sshd: no hostkeys available", All, "sshd: no hostkeys available -- exiting."),
    noise("Privilege separation user ", All, "fatal: Privilege separation user sshd does not exist"),
    noise("Missing privilege separation directory", All, "fatal: Missing privilege separation directory: /run/sshd"),
    noise("Set /proc/self/oom_", All, "Set /proc/self/oom_score_adj to 0"),
    noise("error writing /proc/self/oom_", All, "error writing /proc/self/oom_score_adj: Permission denied"),
    noise("Couldn't create pid file", All, "error: Couldn't create pid file \"/run/sshd.pid\": Permission denied"),
    noise("daemon() failed", All, "fatal: daemon() failed: No such device"),
    noise("Generating ", Until("7.3"), "Generating new 768 bit RSA key."),
    noise("RSA key generation complete", Until("7.3"), "RSA key generation complete."),
    noise("rexec line ", All, "rexec line 12: Deprecated option KeyRegenerationInterval"),
    noise("rexec_argc ", In("10.5"), "fatal: rexec_argc -1 < 0"),
    noise("reprocess config line ", All, "reprocess config line 12: Deprecated option RSAAuthentication"),
    noise("Unsupported option ", All, "Unsupported option GSSAPIAuthentication"),
    noise("Deprecated option ", All, "Deprecated option UsePrivilegeSeparation"),
    noise("Bad configuration option", All, "error: Bad configuration option: x"),
    noise("Bad prime description ", All, "error: Bad prime description in line 1"),
    noise("WARNING: ", All, "WARNING: could not open /etc/ssh/moduli (No such file or directory), using fixed modulus"),
    noise("Warning: ", All, "error: Warning: x"),
    noise("warning: /etc/hosts.", All, "warning: /etc/hosts.allow, line 2: missing \":\" separator"),
    noise("Too many listen sockets", All, "fatal: Too many listen sockets. Enlarge MAX_LISTEN_SOCKS"),
    noise("-r option is deprecated", In("10.5"), "-r option is deprecated"),
    noise("-R not supported here", In("10.5"), "fatal: -R not supported here"),
    noise("socket: ", All, "error: socket: Address family not supported by protocol"),
    noise("accept: ", All, "error: accept: Software caused connection abort"),
    noise("listen on ", All, "error: listen on 22: Address already in use"),
    noise("fork: ", All, "error: fork: Resource temporarily unavailable"),
    noise("Invalid DenyUsers pattern", All, "fatal: Invalid DenyUsers pattern \"[\""),
    noise("Invalid AllowUsers pattern", All, "fatal: Invalid AllowUsers pattern \"[\""),
    noise("Invalid config SetEnv", In("10.5"), "fatal: Invalid config SetEnv: x"),
    noise("Invalid routing domain ", In("10.5"), "fatal: Invalid routing domain \"x\": No such device"),
    noise("Unable to set routing domain", In("10.5"), "fatal: Unable to set routing domain: not supported in this platform"),
    noise("Unable to create connection", In("10.5"), "fatal: Unable to create connection"),
    noise("Could not get agent socket", In("10.5"), "error: Could not get agent socket: No such file or directory"),
    noise("Config test connection parameter", In("10.5"), "fatal: Config test connection parameter (-C) provided without test mode (-T)"),
    noise("AuthenticationMethods cannot be satisfied", Since("6.2"), "fatal: AuthenticationMethods cannot be satisfied by enabled authentication methods"),
    noise("sshkey_fingerprint failed", In("10.5"), "fatal: sshkey_fingerprint failed"),
    noise("sshd requires execution with an absolute path", All, "fatal: sshd requires execution with an absolute path"),
    noise("sshd-session should not be executed directly", Since("9.8"), "fatal: sshd-session should not be executed directly"),
    noise("sshd-auth should not be executed directly", Since("10.0"), "fatal: sshd-auth should not be executed directly"),
    noise("test/dump modes not supported", Since("9.8"), "fatal: test/dump modes not supported"),
    noise("config buf ", Since("9.8"), "fatal: config buf not set"),
    noise("stdfd_devnull failed", In("10.5"), "error: stdfd_devnull failed"),
    noise("allocation failed", In("10.5"), "fatal: allocation failed"),
    noise("login grace time ", In("10.5"), "fatal: login grace time clear failed"),
    noise("privsep_preauth failed", In("10.5"), "fatal: privsep_preauth failed"),
    noise("packet_disconnect called recursively", All, "fatal: packet_disconnect called recursively."),
    noise("srclimit_penalise: ", Since("9.8"), "srclimit_penalise: ipv4: new 192.0.2.1/32 active penalty of 15 seconds for penalty: failed authentication"),
    noise("session process ", Since("9.8"), "error: session process 99 for connection from 192.0.2.1 to 10.0.0.1 killed by signal 11"),
    noise("child ", Since("9.8"), "child 0: fd=7 pid=12 connection from 192.0.2.1 to 10.0.0.1"),
    noise("client ", Since("9.8"), "client 192.0.2.1/32 penalty: failed authentication (14.250 secs left)"),

    // What name lookups say of an address: canohost.c, later packet.c
    noise("reverse mapping checking getaddrinfo for ", All, "reverse mapping checking getaddrinfo for a.example.org [192.0.2.1] failed - POSSIBLE BREAK-IN ATTEMPT!"),
    noise("Address ", All, "Address 192.0.2.1 maps to a.example.org, but this does not map back to the address."),
    noise("Nasty PTR record ", All, "Nasty PTR record \"8.8.8.8\" is set up for 192.0.2.1, ignoring"),
    noise("getnameinfo failed", All, "error: getnameinfo failed: Name or service not known"),
    noise("get_remote_hostname", Until("7.1"), "get_remote_hostname failed"),

    // After a login: sessions, channels, forwarding, transfers: session.c, channels.c, loginrec.c
    noise("Starting session: ", All, "Starting session: shell on pts/0 for bob from 192.0.2.1 port 22 id 0"),
    noise("Close session: ", All, "Close session: user ansible from 192.0.2.1 port 34928 id 0"),
    noise("Closing connection to ", All, "Closing connection to 192.0.2.1 port 22"),
    noise("Connection closed by remote host", All, "Connection closed by remote host"),
    noise("Transferred: sent ", All, "Transferred: sent 2000, received 3000 bytes"),
    noise("User child is on pid ", All, "User child is on pid 4711"),
    noise("subsystem request for ", All, "subsystem request for sftp by user bob"),
    noise("Changed root directory to ", All, "Changed root directory to \"/srv\""),
    noise("Timeout, client not responding", All, "Timeout, client not responding from user bob 192.0.2.1 port 22"),
    noise("Received window ", All, "Received window adjust for nonexistent channel 3."),
    noise("Exit on ", All, "Exit on signal"),
    noise("Attempt to write login records by non-root user", All, "Attempt to write login records by non-root user (aborting)"),
    noise("Could not set ", All, "error: Could not set limit"),
    noise("Failed to set uids ", All, "fatal: Failed to set uids to 1000."),
    noise("Failed to disconnect from socket", All, "error: Failed to disconnect from socket"),
    noise("Failed to allocate ", All, "error: Failed to allocate internet-domain X11 display socket."),
    noise("Environment ", All, "Environment variable name too long"),
    noise("SELinux", All, "SELinux context set"),
    noise("Unable to get valid context", All, "error: Unable to get valid context for bob"),
    noise("rekeyed ", All, "rekeyed outbound cipher"),
    noise("openpty", All, "error: openpty: No such file or directory"),
    noise("chown ", All, "error: chown /dev/pts/0 0 0 failed: Operation not permitted"),
    noise("chmod ", All, "error: chmod /dev/pts/0 0622 failed: Operation not permitted"),
    noise("chroot ", All, "fatal: chroot path does not begin at root"),
    noise("bad ownership or modes for chroot directory", All, "fatal: bad ownership or modes for chroot directory component \"/srv/\""),
    noise("set_id(", All, "fatal: set_id(bob) Failed"),
    noise("ioctl(", All, "error: ioctl(TIOCSCTTY): Operation not permitted"),
    noise("setsockopt ", All, "error: setsockopt SO_KEEPALIVE: Bad file descriptor"),
    noise("getsockopt ", All, "error: getsockopt TCP_NODELAY: Bad file descriptor"),
    noise("getpeername failed", All, "getpeername failed: Transport endpoint is not connected"),
    noise("get_socket_address", All, "error: get_socket_address: getnameinfo 8 failed"),
    noise("connect_to ", All, "error: connect_to 10.0.0.1 port 80: failed."),
    noise("bind: ", All, "error: bind: Address already in use"),
    noise("bind[", All, "error: bind[0]: Address already in use"),
    noise("bind [", All, "error: bind [127.0.0.1]:7890: Address already in use"),
    noise("channel ", All, "error: channel 3: chan_shutdown_read: shutdown() failed"),
    noise("X11 ", Since("10.4"), "error: X11 forwarding opened before X11 forwarding requested"),
    noise("internal error: can't split internal-sftp arguments", Since("10.4"), "error: internal error: can't split internal-sftp arguments"),
    noise("no more sessions", All, "error: no more sessions"),
    noise("no user for session ", All, "fatal: no user for session 0"),
    noise("no channel for session ", All, "fatal: no channel for session 0"),
    noise("server lacks privileges to chroot", All, "fatal: server lacks privileges to chroot to ChrootDirectory"),
    noise("Too many lines in environment file", All, "fatal: Too many lines in environment file /home/bob/.ssh/environment"),
    noise("outgoing seqnr wraps around", All, "outgoing seqnr wraps around"),
    noise("incoming seqnr wraps around", All, "incoming seqnr wraps around"),
    noise("non-transport message ", Since("10.4"), "error: non-transport message 90 received from peer during key exchange"),
    noise("authentication forwarding requested twice", All, "error: authentication forwarding requested twice."),
    noise("Invalid X11 forwarding data", All, "error: Invalid X11 forwarding data"),
    noise("Can't get IP address for X11 DISPLAY", All, "error: Can't get IP address for X11 DISPLAY."),

    // Lines whose first words are a function's name, a number or a file's
    row("", All, of_function, Tells::Nothing, PROOF,
        "error: channel_setup_fwd_listener_tcpip: cannot listen to port: 80", "ignored"),
    row("", All, of_file, Tells::Nothing, PROOF,
        "/etc/ssh/sshd_config line 86: Deprecated option UsePrivilegeSeparation", "ignored"),
    row("", Since("9.8"), of_siginfo, Tells::Nothing, PROOF,
        "3 active ipv4 penalties", "ignored"),
];

/// `RSA public key FP from U@H`, `certificate ID …` of auth2-hostbased.c.
fn accepted_host_key<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let mut words = rest.split(|byte| *byte == b' ').skip(1);
    let known = matches!(
        (words.next(), words.next()),
        (Some(b"public"), Some(b"key")) | (Some(b"certificate"), Some(b"ID"))
    );
    if known { nothing(line, rest, into) } else { None }
}

/// `function_name: …`, as `_f` of `log.h` writes it: errors within, which end nothing by
/// themselves before a login (a fatal one there is a rejection and was read before).
fn of_function<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let name = &text[..memchr::memchr(b':', text)?];
    let letters = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
    let known = name.contains(&b'_') && name.len() <= 64 && name.iter().all(letters);
    if known { nothing(line, text, into) } else { None }
}

/// A setting at its place in the daemon's files, and files that it does not run.
fn of_file<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    const ENDS: [&[u8]; 2] = [
        b" does not exist or is not executable",
        b" must be owned by root and not group or world-writable.",
    ];
    let known = text.starts_with(b"/etc/ssh/") || ENDS.iter().any(|end| text.ends_with(end));
    if known || text.is_empty() { nothing(line, text, into) } else { None }
}

/// What the daemon tells on SIGINFO of its children and of penalties.
fn of_siginfo<'a>(line: &Line<'_, 'a>, text: &'a [u8], into: &mut Parsed<'a>) -> Known {
    const ENDS: [&[u8]; 4] = [b" active startups", b" penalties", b" (expired)", b" secs left)"];
    if ENDS.iter().any(|end| text.ends_with(end)) { nothing(line, text, into) } else { None }
}
