//! What sshd says that is neither a login nor a refusal: starts and stops, sessions and channels
//! after a login, name lookups, faulty files. Known, so that what is not known stands out.

use super::line::Line;

pub(super) fn is_known(line: &Line<'_, '_>) -> bool {
    let begins = |word: &&[u8]| line.text.starts_with(word);
    line.text.is_empty()
        || LOGIN.iter().any(begins)
        || DAEMON.iter().any(begins)
        || LOOKUP.iter().any(begins)
        || SESSION.iter().any(begins)
        || is_accepted_host_key(line.text)
        || is_function_error(line.text)
        || is_about_throttling(line.text)
        || is_info(line.text)
}

/// Notes about a login that another line tells, in `auth*.c`, and of the libraries that it loads.
const LOGIN: [&[u8]; 34] = [
    b"Accepted key ",
    b"Accepted certificate ID ",
    b"Found matching ",
    b"Root login accepted for forced command.",
    b"Authorized to ",
    b"AuthorizedKeysCommand ",
    b"AuthorizedPrincipalsCommand ",
    b"Could not stat Authorized",
    b"Unsafe AuthorizedKeysCommand",
    b"Unsafe AuthorizedPrincipalsCommand",
    b"No user for AuthorizedKeysCommand",
    b"No user for AuthorizedPrincipalsCommand",
    b"GSSAPI MIC check failed",
    b"Could not get shadow information for ",
    b"password change not supported",
    b"userauth_hostbased mismatch: ",
    b"wrong user name passed to monitor: ",
    b"PAM ",
    b"pam_",
    b"Deprecated pam_stack",
    b"nss_",
    b"libnss",
    b"Authentication methods list ",
    b"No AuthenticationMethods left",
    b"Inconsistent authentication options: ",
    b"Error checking authentication key ",
    b"No supported key exchange",
    b"Internal error: PAM auth succeeded when it should have failed",
    b"publickey key type ",
    b"hostbased key type ",
    b"No authentication or GSSAPI context",
    b"sshpam_",
    b"SSH2_MSG_EXT_INFO",
    b"too many SSH2_MSG_EXT_INFO",
];

/// Starts, stops and settings of the daemon, in `sshd.c` and `servconf.c`.
const DAEMON: [&[u8]; 64] = [
    b"Server listening on ",
    b"Received signal ",
    b"Received SIG",
    b"Exiting on signal",
    b"Bind to port ",
    b"Cannot bind any address",
    b"Could not load host ",
    b"Could not connect to agent ",
    b"Could not demote key",
    b"Unable to load host key",
    b"Host key ",
    b"No matching private key for certificate",
    b"Certificate file is not a certificate",
    b"Public key for ",
    b"Disabling protocol version ",
    b"sshd: no hostkeys available",
    b"Privilege separation user ",
    b"Missing privilege separation directory",
    b"Set /proc/self/oom_",
    b"error writing /proc/self/oom_",
    b"Couldn't create pid file",
    b"daemon() failed",
    b"Generating ",
    b"RSA key generation complete",
    b"rexec line ",
    b"reprocess config line ",
    b"/etc/ssh/",
    b"Unsupported option ",
    b"Deprecated option ",
    b"Bad configuration option",
    b"Bad prime description ",
    b"WARNING: ",
    b"Warning: ",
    b"warning: /etc/hosts.",
    b"key_load_",
    b"Too many listen sockets",
    b"-r option is deprecated",
    b"-R not supported here",
    b"socket: ",
    b"accept: ",
    b"listen on ",
    b"fork: ",
    b"Invalid DenyUsers pattern",
    b"Invalid AllowUsers pattern",
    b"Invalid config SetEnv",
    b"Invalid routing domain ",
    b"Unable to set routing domain",
    b"Unable to create connection",
    b"Could not get agent socket",
    b"Config test connection parameter",
    b"AuthenticationMethods cannot be satisfied",
    b"sshkey_fingerprint failed",
    b"sshd requires execution with an absolute path",
    b"sshd-session should not be executed directly",
    b"sshd-auth should not be executed directly",
    b"test/dump modes not supported",
    b"rexec_argc ",
    b"config buf ",
    b"could not demote host ",
    b"stdfd_devnull failed",
    b"allocation failed",
    b"login grace time ",
    b"privsep_preauth failed",
    b"packet_disconnect called recursively",
];

/// What name lookups say of an address (`canohost.c`, later `packet.c`).
const LOOKUP: [&[u8]; 5] = [
    b"reverse mapping checking getaddrinfo for ",
    b"Address ",
    b"Nasty PTR record ",
    b"getnameinfo failed",
    b"get_remote_hostname",
];

/// After a login: sessions, channels, forwarding, transfers.
const SESSION: [&[u8]; 49] = [
    b"Starting session: ",
    b"Close session: ",
    b"Closing connection to ",
    b"Connection closed by remote host",
    b"Transferred: sent ",
    b"User child is on pid ",
    b"User 'root' ",
    b"subsystem request for ",
    b"Changed root directory to ",
    b"Timeout, client not responding",
    b"Received window ",
    b"Exit on ",
    b"Attempt to write login records by non-root user",
    b"Could not set ",
    b"Failed to set uids ",
    b"Failed to disconnect from socket",
    b"Environment ",
    b"SELinux",
    b"ssh_selinux_",
    b"Unable to get valid context",
    b"rekeyed ",
    b"lastlog_",
    b"mm_",
    b"openpty",
    b"chown ",
    b"chmod ",
    b"chroot ",
    b"bad ownership or modes for chroot directory",
    b"set_id(",
    b"ioctl(",
    b"setsockopt ",
    b"getsockopt ",
    b"getpeername failed",
    b"get_socket_address",
    b"connect_to ",
    b"bind: ",
    b"bind[",
    b"channel ",
    b"no more sessions",
    b"no user for session ",
    b"no channel for session ",
    b"server lacks privileges to chroot",
    b"Too many lines in environment file",
    b"outgoing seqnr wraps around",
    b"incoming seqnr wraps around",
    b"non-transport message ",
    b"authentication forwarding requested twice",
    b"Invalid X11 forwarding data",
    b"Can't get IP address for X11 DISPLAY",
];

/// `Accepted RSA public key FP from U@H`, `Accepted certificate …` of auth2-hostbased.c.
fn is_accepted_host_key(text: &[u8]) -> bool {
    let words = text.strip_prefix(b"Accepted ").unwrap_or_default();
    let mut words = words.split(|b| *b == b' ').skip(1);
    matches!(
        (words.next(), words.next()),
        (Some(b"public"), Some(b"key")) | (Some(b"certificate"), Some(b"ID"))
    )
}

/// `function_name: …`, as `_f` of `log.h` writes it: errors within, which end nothing by
/// themselves before a login (a fatal one there is a rejection and was read before).
fn is_function_error(text: &[u8]) -> bool {
    let Some(end) = memchr::memchr(b':', text) else { return false };
    let name = &text[..end];
    let letters = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'_';
    name.contains(&b'_') && name.len() <= 64 && name.iter().all(letters)
}

/// What the daemon tells on SIGINFO, of its children and of penalties, and files that it does not
/// run.
fn is_info(text: &[u8]) -> bool {
    const ENDS: [&[u8]; 6] = [
        b" active startups",
        b" penalties",
        b" (expired)",
        b" secs left)",
        b" does not exist or is not executable",
        b" must be owned by root and not group or world-writable.",
    ];
    text.starts_with(b"child ") || ENDS.iter().any(|end| text.ends_with(end))
}

/// The single drops are counted, see [`super::listener`].
fn is_about_throttling(text: &[u8]) -> bool {
    const BEGINNINGS: [&[u8]; 3] =
        [b"beginning MaxStartups throttling", b"in MaxStartups throttling", b"exited MaxStartups"];
    BEGINNINGS.iter().any(|begin| text.starts_with(begin))
}
