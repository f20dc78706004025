use super::check_all;

#[test]
fn connections_that_end_before_a_login() {
    check_all(&[
        (
            "7.5p1 to 10.5",
            "Connection closed by invalid user support 192.0.2.1 port 22 [preauth]",
            "login_rejected sshd reason=closed_before_login user=support invalid=yes source=192.0.2.1 port=22",
        ),
        (
            "7.5p1 to 10.5",
            "Connection closed by authenticating user root 192.0.2.1 port 22 [preauth]",
            "login_rejected sshd reason=closed_before_login user=root source=192.0.2.1 port=22",
        ),
        (
            "7.5p1 to 10.5",
            "Connection reset by authenticating user root 192.0.2.1 port 22 [preauth]",
            "login_rejected sshd reason=closed_before_login user=root source=192.0.2.1 port=22",
        ),
        (
            "7.5p1 to 10.5",
            "Disconnected from authenticating user root 192.0.2.1 port 22 [preauth]",
            "login_rejected sshd reason=closed_before_login user=root source=192.0.2.1 port=22",
        ),
        (
            "7.5p1 to 10.5, an empty name",
            "Disconnected from invalid user  192.0.2.1 port 22 [preauth]",
            "login_rejected sshd reason=closed_before_login user= invalid=yes source=192.0.2.1 port=22",
        ),
        (
            "7.4p1 to 10.5",
            "Connection closed by 192.0.2.1 port 22 [preauth]",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1 port=22",
        ),
        (
            "5.9p1 to 6.9p1",
            "Connection closed by 192.0.2.1 [preauth]",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1",
        ),
        (
            "7.4p1 to 10.5",
            "Connection reset by 192.0.2.1 port 22 [preauth]",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1 port=22",
        ),
        (
            "7.4p1",
            "Disconnected from 192.0.2.1 port 22 [preauth]",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1 port=22",
        ),
        (
            "a line that lost its port",
            "Connection closed by authenticating user root 192.0.2.1 [preauth]",
            "login_rejected sshd reason=closed_before_login user=root source=192.0.2.1",
        ),
        (
            "6.6p1",
            "Read error from remote host 192.0.2.1: Connection reset by peer [preauth]",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1",
        ),
        ("6.6p1", "Read error from remote host 192.0.2.1: Connection reset by peer", "ignored"),
        (
            "6.6p1",
            "fatal: Read from socket failed: Connection reset by peer [preauth]",
            "login_rejected sshd reason=closed_before_login",
        ),
        (
            "6.6p1",
            "fatal: Write failed: Broken pipe",
            "login_rejected sshd reason=closed_before_login role=end",
        ),
        (
            "9.6p1",
            "fatal: monitor_read: unpermitted request 104 [preauth]",
            "login_rejected sshd reason=other",
        ),
        (
            "8.9p1",
            "fatal: userauth_finish: send failure packet: Broken pipe [preauth]",
            "login_rejected sshd reason=closed_before_login",
        ),
        (
            "8.9p1",
            "fatal: ssh_packet_send2: Connection timed out [preauth]",
            "login_rejected sshd reason=timeout",
        ),
    ]);
}

#[test]
fn a_goodbye_counts_only_if_nothing_else_does() {
    check_all(&[
        (
            "7.4p1 to 10.5",
            "Received disconnect from 192.0.2.1 port 22:11: Bye Bye [preauth]",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1 port=22 role=echo",
        ),
        (
            "5.9p1 to 6.6p1",
            "Received disconnect from 192.0.2.1: 11: Bye Bye [preauth]",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1 role=echo",
        ),
        (
            "6.6p1",
            "error: Received disconnect from 192.0.2.1: 3: com.jcraft.jsch.JSchException: Auth fail [preauth]",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1 role=echo",
        ),
        (
            "5.3p1, which has no [preauth]: JSch's word for a refused password",
            "Received disconnect from 192.0.2.1: 3: com.jcraft.jsch.JSchException: Auth fail",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1 role=echo",
        ),
        (
            "5.3p1",
            "Received disconnect from 192.0.2.1: 14: No supported authentication methods available",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1 role=echo",
        ),
        (
            "6.6p1, IPv6",
            "Received disconnect from 2001:db8::1: 11:  [preauth]",
            "login_rejected sshd reason=closed_before_login source=2001:db8::1 role=echo",
        ),
        (
            "9.6p1, words that forge an address",
            "Received disconnect from 192.0.2.1 port 22:11: from 8.8.8.8 port 1:11: x [preauth]",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1 port=22 role=echo",
        ),
    ]);
}

#[test]
fn what_ends_after_a_login_is_no_rejection() {
    check_all(&[
        ("7.4p1", "Received disconnect from 192.0.2.1 port 22:11: disconnected by user", "ignored"),
        ("5.3p1", "Received disconnect from 192.0.2.1: 11: disconnected by user", "ignored"),
        ("7.5p1 to 10.5", "Disconnected from user bob 192.0.2.1 port 22", "ignored"),
        ("7.4p1", "Disconnected from 192.0.2.1 port 22", "ignored"),
        ("7.5p1 to 10.5", "Connection closed by user bob 192.0.2.1 port 22", "ignored"),
        ("7.5p1 to 10.5", "Connection reset by user bob 192.0.2.1 port 22", "ignored"),
        ("7.5p1 to 10.5", "fatal: Connection from user bob 192.0.2.1 port 22 timed out", "ignored"),
        (
            "10.6p1",
            "fatal: send DEBUG: Connection from user bob 192.0.2.1 port 22: Broken pipe",
            "ignored",
        ),
        (
            "8.0p1 to 10.5",
            "ssh_dispatch_run_fatal: Connection from user bob 192.0.2.1 port 22: Broken pipe",
            "ignored",
        ),
        ("5.3p1", "Closing connection to 192.0.2.1", "ignored"),
        ("9.6p1", "Closing connection to 192.0.2.1 port 22", "ignored"),
        ("9.6p1", "Transferred: sent 3664, received 3328 bytes", "ignored"),
        (
            "9.6p1, between `Accepted` and the session",
            "Connection closed by user bob 192.0.2.1 port 22 [preauth]",
            "login_rejected sshd reason=closed_before_login user=bob source=192.0.2.1 port=22 role=end",
        ),
        // 5.3 to 7.4 write it after a login, 8 and later when the banner does not come
        (
            "5.3p1 and 9.6p1",
            "Connection closed by 192.0.2.1 port 22",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1 port=22 role=end",
        ),
        (
            "4.3p2",
            "Connection closed by 192.0.2.1",
            "login_rejected sshd reason=closed_before_login source=192.0.2.1 role=end",
        ),
    ]);
}

#[test]
fn banners_and_protocol_errors() {
    check_all(&[
        (
            "7.4p1",
            "Did not receive identification string from 192.0.2.1 port 22",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1 port=22",
        ),
        (
            "4.3p2 to 6.6p1",
            "Did not receive identification string from 192.0.2.1",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1",
        ),
        (
            "5.3p1",
            "Did not receive identification string from UNKNOWN",
            "login_rejected sshd reason=bad_protocol",
        ),
        (
            "7.4p1",
            "Bad protocol version identification 'GET / HTTP/1.1' from 192.0.2.1 port 22",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1 port=22",
        ),
        (
            "4.3p2, with a forged address",
            "Bad protocol version identification 'x' from 8.8.8.8' from 192.0.2.1",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1",
        ),
        (
            "8.7p1",
            "error: kex_exchange_identification: client sent invalid protocol identifier \"GET / HTTP/1.1\"",
            "login_rejected sshd reason=bad_protocol",
        ),
        (
            "8.7p1",
            "error: kex_exchange_identification: Connection closed by remote host",
            "login_rejected sshd reason=bad_protocol",
        ),
        (
            "9.6p1",
            "error: kex_exchange_identification: read: Connection reset by peer",
            "login_rejected sshd reason=bad_protocol",
        ),
        (
            "8.7p1 of FreeBSD",
            "error: Fssh_kex_exchange_identification: Connection closed by remote host",
            "login_rejected sshd reason=bad_protocol",
        ),
        (
            "8.0p1 to 10.5",
            "banner exchange: Connection from 59.91.122.57 port 34388: invalid format",
            "login_rejected sshd reason=bad_protocol source=59.91.122.57 port=34388",
        ),
        (
            "8.0p1 to 10.5",
            "error: Protocol major versions differ: 2 vs. 1",
            "login_rejected sshd reason=bad_protocol",
        ),
        (
            "7.4p1",
            "Protocol major versions differ for 192.0.2.1 port 22: SSH-2.0-OpenSSH_7.4 vs. SSH-1.5-x",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1 port=22",
        ),
        (
            "8.0p1 to 10.5",
            "error: Bad remote protocol version identification: 'x'",
            "login_rejected sshd reason=bad_protocol",
        ),
        (
            "8.0p1 to 10.5",
            "scanned from 192.0.2.1 port 22 with SSH-1.0-SSH_Version_Mapper.  Don't panic.",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1 port=22",
        ),
        (
            "5.3p1",
            "probed from 192.0.2.1 with SSH-9.9-x.  Don't panic.",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1",
        ),
        (
            "8.7p1",
            "ssh_dispatch_run_fatal: Connection from 192.168.9.213 port 48680: message authentication code incorrect [preauth]",
            "login_rejected sshd reason=bad_protocol source=192.168.9.213 port=48680",
        ),
        (
            "8.7p1",
            "fatal: ssh_dispatch_run_fatal: Connection from authenticating user root 192.0.2.1 port 22: Broken pipe [preauth]",
            "login_rejected sshd reason=closed_before_login user=root source=192.0.2.1 port=22",
        ),
        (
            "9.6p1",
            "fatal: ssh_packet_write_wait: Connection from invalid user x 192.0.2.1 port 22: Connection timed out [preauth]",
            "login_rejected sshd reason=timeout user=x invalid=yes source=192.0.2.1 port=22",
        ),
        (
            "4.3p2 to 10.5",
            "Corrupted MAC on input. [preauth]",
            "login_rejected sshd reason=bad_protocol",
        ),
        (
            "4.3p2 to 10.5",
            "Bad packet length 1349676916. [preauth]",
            "login_rejected sshd reason=bad_protocol",
        ),
        (
            "4.3p2, before or after",
            "Bad packet length 134967.",
            "login_rejected sshd reason=bad_protocol role=end",
        ),
        (
            "9.6p1",
            "padding error: need 12 block 8 mod 4 [preauth]",
            "login_rejected sshd reason=bad_protocol",
        ),
        (
            "9.6p1",
            "Finished discarding for 192.0.2.1 port 22 [preauth]",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1 port=22",
        ),
        (
            "9.6p1, the connection goes on",
            "error: kex_protocol_error: type 30 seq 1 [preauth]",
            "login_rejected sshd reason=bad_protocol role=end",
        ),
        (
            "7.4p1, the connection goes on",
            "error: Hm, kex protocol error: type 30 seq 1 [preauth]",
            "login_rejected sshd reason=bad_protocol role=end",
        ),
        (
            "7.4p1, the connection goes on",
            "dispatch_protocol_error: type 90 seq 3 [preauth]",
            "login_rejected sshd reason=bad_protocol role=end",
        ),
        (
            "9.6p1",
            "fatal: Connection from 192.0.2.1 port 22 with IP opts: 83.03",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1 port=22",
        ),
    ]);
}

#[test]
fn no_algorithm_in_common() {
    check_all(&[
        (
            "7.4p1 to 10.5",
            "Unable to negotiate with 123.57.135.134 port 45626: no matching key exchange method found. Their offer: a,b [preauth] ",
            "login_rejected sshd reason=no_common_algorithm source=123.57.135.134 port=45626",
        ),
        (
            "6.8p1",
            "fatal: Unable to negotiate with 192.0.2.1: no matching host key type found. Their offer: ssh-dss [preauth]",
            "login_rejected sshd reason=no_common_algorithm source=192.0.2.1",
        ),
        (
            "9.6p1, an offer that forges an address",
            "Unable to negotiate with 192.0.2.1 port 22: no matching MAC found. Their offer: 8.8.8.8 port 1: no matching MAC found. [preauth]",
            "login_rejected sshd reason=no_common_algorithm source=192.0.2.1 port=22",
        ),
        (
            "6.6p1",
            "fatal: no matching cipher found: client blowfish-cbc server aes128-ctr [preauth]",
            "login_rejected sshd reason=no_common_algorithm",
        ),
        (
            "6.6p1",
            "fatal: Unable to negotiate a key exchange method [preauth]",
            "login_rejected sshd reason=no_common_algorithm",
        ),
        (
            "6.6p1",
            "fatal: no hostkey alg [preauth]",
            "login_rejected sshd reason=no_common_algorithm",
        ),
    ]);
}

#[test]
fn timeouts() {
    check_all(&[
        (
            "7.4p1 to 9.7",
            "fatal: Timeout before authentication for 192.168.9.212 port 47056",
            "login_rejected sshd reason=timeout source=192.168.9.212 port=47056",
        ),
        (
            "5.3p1, 6.6p1",
            "fatal: Timeout before authentication for 192.168.9.212",
            "login_rejected sshd reason=timeout source=192.168.9.212",
        ),
        (
            "9.8 on: the listener speaks of another process",
            "Timeout before authentication for connection from 192.0.2.1 to 10.0.0.1, pid = 4711",
            "login_rejected sshd reason=timeout source=192.0.2.1 pid=Some(4711)",
        ),
        (
            "9.8 on",
            "Timeout before authentication for connection from 2001:db8::1 to 2001:db8::2, pid = 4711 (early)",
            "login_rejected sshd reason=timeout source=2001:db8::1 pid=Some(4711)",
        ),
        (
            "7.4p1 to 10.5",
            "fatal: Connection from authenticating user root 192.0.2.1 port 22 timed out [preauth]",
            "login_rejected sshd reason=timeout user=root source=192.0.2.1 port=22",
        ),
        (
            "9.6p1",
            "error: Connection timed out during banner exchange",
            "login_rejected sshd reason=timeout",
        ),
        (
            "10.0 on",
            "Session process 12 unpriv child crash for connection from 192.0.2.1 to 10.0.0.1",
            "login_rejected sshd reason=other source=192.0.2.1 role=end pid=Some(12)",
        ),
    ]);
}

#[test]
fn the_address_of_a_connection() {
    check_all(&[
        (
            "9.6p1, VERBOSE",
            "Connection from 192.0.2.1 port 32846 on 10.0.0.1 port 22 rdomain \"\"",
            "hint Connection { source: \"192.0.2.1\", port: Some(32846) }",
        ),
        (
            "6.6p1 with the High Performance patches",
            "SSH: Server;Ltype: Authname;Remote: 192.0.2.1-1780;Name: x;Remote: 8.8.8.8-1 [preauth]",
            "hint Connection { source: \"192.0.2.1\", port: Some(1780) }",
        ),
        (
            "4.3p2, VERBOSE",
            "Connection from 192.0.2.1 port 32846",
            "hint Connection { source: \"192.0.2.1\", port: Some(32846) }",
        ),
    ]);
}
