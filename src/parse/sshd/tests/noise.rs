use super::told;

#[test]
fn noise_is_known() {
    for line in [
        "Server listening on 0.0.0.0 port 22.",
        "Received signal 15; terminating.",
        "Received SIGHUP; restarting.",
        "Exiting on signal 15",
        "error: Bind to port 22 on 0.0.0.0 failed: Address already in use.",
        "fatal: Cannot bind any address.",
        "error: Could not load host key: /etc/ssh/ssh_host_dsa_key",
        "Unable to load host key: /etc/ssh/ssh_host_dsa_key",
        "sshd: no hostkeys available -- exiting.",
        "Starting session: shell on pts/0 for bob from 192.0.2.1 port 22 id 0",
        "Close session: user ansible from 192.168.1.1 port 34928 id 0",
        "User child is on pid 4711",
        "subsystem request for sftp by user bob",
        "subsystem request for sftp",
        "subsystem request for x by user bob failed, subsystem not found",
        "Timeout, client not responding from user bob 192.0.2.1 port 22",
        "reverse mapping checking getaddrinfo for a.example.org [192.0.2.1] failed.",
        "reverse mapping checking getaddrinfo for a [192.0.2.1] failed - POSSIBLE BREAK-IN ATTEMPT!",
        "Address 192.0.2.1 maps to a.example.org, but this does not map back to the address.",
        "Nasty PTR record \"8.8.8.8\" is set up for 192.0.2.1, ignoring",
        "PAM 2 more authentication failures; logname= uid=0 euid=0 tty=ssh ruser= rhost=192.0.2.1",
        "PAM service(sshd) ignoring max retries; 3 > 2",
        "PAM unable to dlopen(/lib/security/pam_krb5.so)",
        "PAM [dlerror: /lib/security/pam_krb5.so: cannot open shared object file]",
        "PAM adding faulty module: /lib/security/pam_krb5.so",
        "error: AuthorizedKeysCommand /opt/aws/bin/eic_run_authorized_keys bob SHA256:ab failed, status 22",
        "Root login accepted for forced command.",
        "Authorized to bob, krb5 principal bob@EXAMPLE.ORG (krb5_kuserok)",
        "GSSAPI MIC check failed",
        "error: Could not get shadow information for NOUSER",
        "Set /proc/self/oom_score_adj to 0",
        "rexec line 12: Deprecated option KeyRegenerationInterval",
        "Attempt to write login records by non-root user (aborting)",
        "syslogin_perform_logout: logout() returned an error",
        "error: connect_to 10.0.0.1 port 80: failed.",
        "error: channel_setup_fwd_listener_tcpip: cannot listen to port: 80",
        "error: openpty: No such file or directory",
        "error: session_pty_req: session 0 alloc failed",
        "fatal: mm_request_send: write: Broken pipe",
        "debug1: Accepted password for root from 192.0.2.1 port 22 ssh2",
        "error: Connection from 192.0.2.1 port 22: refusing non-sftp session",
        "fatal: Invalid AllowUsers pattern \"[\"",
        "fatal: AuthenticationMethods cannot be satisfied by enabled authentication methods",
        "fatal: config buf not set",
        "fatal: login grace time clear failed",
        "outgoing seqnr wraps around",
        "3 active ipv4 penalties",
        "client 192.0.2.1/32 penalty: failed authentication (14.250 secs left)",
        "child 0: fd=7 pid=12 connection from 192.0.2.1 to 10.0.0.1",
        "Accepted RSA public key SHA256:ab from bob@a.example.org",
        "publickey key type ssh-rsa is not in permitted list ssh-ed25519",
        "User bob, coming from a.example.org, - banner",
        "",
    ] {
        assert_eq!(told(line.as_bytes()), "ignored", "{line}");
    }
}

#[test]
fn what_no_rule_knows_stands_out() {
    for line in [
        "Something that sshd never said",
        "Accepted",
        "Failed to say anything",
        "Connection closed by",
        "Failed password for root from 192.0.2.1 port 99999 ssh2",
    ] {
        assert_eq!(told(line.as_bytes()), "unrecognized sshd", "{line}");
    }
}
