use super::check_all;

#[test]
fn users_that_do_not_exist() {
    check_all(&[
        (
            "7.4p1 to 10.5",
            "Invalid user support from 12.123.12.123 port 6280",
            "login_rejected sshd reason=invalid_user user=support invalid=yes source=12.123.12.123 port=6280",
        ),
        (
            "4.3p2 to 6.6p1",
            "Invalid user support from 12.123.12.123",
            "login_rejected sshd reason=invalid_user user=support invalid=yes source=12.123.12.123",
        ),
        (
            "3.8p1",
            "Illegal user support from ::ffff:12.123.12.123",
            "login_rejected sshd reason=invalid_user user=support invalid=yes source=12.123.12.123",
        ),
        (
            "10.0p1, an empty name",
            "Invalid user  from 192.0.2.1 port 22",
            "login_rejected sshd reason=invalid_user user= invalid=yes source=192.0.2.1 port=22",
        ),
        (
            "10.0p1, a name with blanks",
            "Invalid user a b  from 2001:db8::2 port 22",
            "login_rejected sshd reason=invalid_user user=a b  invalid=yes source=2001:db8::2 port=22",
        ),
        (
            "10.0p1, octal escapes of a newline",
            "Invalid user a\\012b from 192.0.2.1 port 22",
            "login_rejected sshd reason=invalid_user user=a\\012b invalid=yes source=192.0.2.1 port=22",
        ),
        (
            "4.3p2 to 7.4p1",
            "input_userauth_request: invalid user support [preauth]",
            "login_rejected sshd reason=invalid_user user=support invalid=yes role=end",
        ),
    ]);
}

#[test]
fn users_that_may_not() {
    check_all(&[
        (
            "4.3p2 to 10.5",
            "User root from 12.123.12.123 not allowed because not listed in AllowUsers",
            "login_rejected sshd reason=not_allowed user=root source=12.123.12.123",
        ),
        (
            "4.3p2 to 10.5, UseDNS",
            "User root from a.example.org not allowed because listed in DenyUsers",
            "login_rejected sshd reason=not_allowed user=root source=a.example.org",
        ),
        (
            "4.3p2 to 10.5",
            "User bob from 192.0.2.1 not allowed because not in any group",
            "login_rejected sshd reason=not_allowed user=bob source=192.0.2.1",
        ),
        (
            "4.3p2 to 10.5",
            "User bob from 192.0.2.1 not allowed because a group is listed in DenyGroups",
            "login_rejected sshd reason=not_allowed user=bob source=192.0.2.1",
        ),
        (
            "4.3p2 to 10.5",
            "User bob from 192.0.2.1 not allowed because none of user's groups are listed in AllowGroups",
            "login_rejected sshd reason=not_allowed user=bob source=192.0.2.1",
        ),
        (
            "4.3p2 to 10.5",
            "User bob not allowed because account is locked",
            "login_rejected sshd reason=account_locked user=bob",
        ),
        (
            "4.3p2 to 10.5",
            "User bob not allowed because shell /bin/none does not exist",
            "login_rejected sshd reason=not_allowed user=bob",
        ),
        (
            "4.3p2 to 10.5",
            "User bob not allowed because shell /etc/motd is not executable",
            "login_rejected sshd reason=not_allowed user=bob",
        ),
        // session.c looks for it after `Accepted`, which counted
        ("4.3p2 to 10.5", "User bob not allowed because /etc/nologin exists", "ignored"),
        (
            "7.4p1 to 10.5",
            "ROOT LOGIN REFUSED FROM 192.0.2.1 port 22",
            "login_rejected sshd reason=root_refused user=root source=192.0.2.1 port=22",
        ),
        (
            "4.3p2 to 6.6p1",
            "ROOT LOGIN REFUSED FROM 192.0.2.1",
            "login_rejected sshd reason=root_refused user=root source=192.0.2.1",
        ),
        (
            "4.3p2 to 10.5",
            "fatal: Access denied for user bob by PAM account configuration [preauth]",
            "login_rejected sshd reason=not_allowed user=bob",
        ),
        (
            "4.3p2 to 10.5, without PAM",
            "Account bob has expired",
            "login_rejected sshd reason=not_allowed user=bob",
        ),
        ("4.3p2 to 10.5", "User bob password has expired (password aged)", "ignored"),
        ("4.3p2 to 10.5", "User bob password has expired (root forced)", "ignored"),
        (
            "8.7p1",
            "fatal: Username too long from 192.0.2.1 port 22",
            "login_rejected sshd reason=other source=192.0.2.1 port=22",
        ),
        (
            "tcp_wrappers",
            "refused connect from example.com (192.168.1.1)",
            "login_rejected sshd reason=not_allowed source=192.168.1.1",
        ),
        (
            "tcp_wrappers with identd",
            "refused connect from _a b (8.8.8.8)_@::ffff:192.0.2.1 (::ffff:192.0.2.1)",
            "login_rejected sshd reason=not_allowed source=192.0.2.1",
        ),
        (
            "tcp_wrappers",
            "refused connect from 192.0.2.1",
            "login_rejected sshd reason=not_allowed source=192.0.2.1",
        ),
    ]);
}

#[test]
fn too_many_attempts() {
    check_all(&[
        (
            "6.8p1 to 10.5",
            "error: maximum authentication attempts exceeded for root from 192.0.2.1 port 22 ssh2 [preauth]",
            "login_rejected sshd reason=too_many_attempts user=root source=192.0.2.1 port=22",
        ),
        (
            "6.8p1 to 10.5",
            "error: maximum authentication attempts exceeded for invalid user x from 192.0.2.1 port 22 ssh2 [preauth]",
            "login_rejected sshd reason=too_many_attempts user=x invalid=yes source=192.0.2.1 port=22",
        ),
        (
            "7.5p1 to 10.5",
            "Disconnecting authenticating user root 192.0.2.1 port 22: Too many authentication failures [preauth]",
            "login_rejected sshd reason=too_many_attempts user=root source=192.0.2.1 port=22",
        ),
        (
            "7.5p1 to 10.5",
            "Disconnecting invalid user  192.0.2.1 port 22: Too many authentication failures [preauth]",
            "login_rejected sshd reason=too_many_attempts user= invalid=yes source=192.0.2.1 port=22",
        ),
        (
            "7.1p1 to 7.4p1",
            "Disconnecting: Too many authentication failures [preauth]",
            "login_rejected sshd reason=too_many_attempts",
        ),
        (
            "6.7p1",
            "Disconnecting: Too many authentication failures for root from 115.249.163.77 port 51353 ssh2 [preauth]",
            "login_rejected sshd reason=too_many_attempts user=root source=115.249.163.77 port=51353",
        ),
        (
            "5.3p1, 6.6p1",
            "Disconnecting: Too many authentication failures for root [preauth]",
            "login_rejected sshd reason=too_many_attempts user=root",
        ),
    ]);
}

#[test]
fn other_disconnections_by_sshd() {
    check_all(&[
        (
            "7.5p1 to 10.5",
            "Disconnecting authenticating user a 192.0.2.1 port 22: Change of username or service not allowed: (a,ssh-connection) -> (b,ssh-connection) [preauth]",
            "login_rejected sshd reason=other user=a source=192.0.2.1 port=22",
        ),
        (
            "5.9p1 to 7.4p1",
            "Disconnecting: Change of username or service not allowed: (a,ssh-connection) -> (b,ssh-connection) [preauth]",
            "login_rejected sshd reason=other",
        ),
        (
            "8.0p1",
            "Disconnecting 192.0.2.1 port 22: bad service request x 8.8.8.8 port 1: y [preauth]",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1 port=22",
        ),
        (
            "9.6p1",
            "Disconnecting 192.0.2.1 port 22: Packet corrupt [preauth]",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1 port=22",
        ),
        (
            "9.6p1",
            "Disconnecting 192.0.2.1 port 22: strict KEX violation: unexpected packet type 2 (seqnr 1) [preauth]",
            "login_rejected sshd reason=bad_protocol source=192.0.2.1 port=22",
        ),
        (
            "words of a version to come",
            "Disconnecting invalid user x: y 192.0.2.1 port 22: something new [preauth]",
            "login_rejected sshd reason=other user=x: y invalid=yes source=192.0.2.1 port=22",
        ),
        (
            "9.6p1",
            "Disconnecting invalid user x 192.0.2.1 port 22: no authentication methods enabled [preauth]",
            "login_rejected sshd reason=not_allowed user=x invalid=yes source=192.0.2.1 port=22",
        ),
        (
            "5.3p1, before or after a login",
            "Disconnecting: Corrupted MAC on input.",
            "login_rejected sshd reason=bad_protocol role=end",
        ),
        (
            "9.6p1, after a login",
            "Disconnecting user bob 192.0.2.1 port 22: Packet corrupt",
            "ignored",
        ),
    ]);
}

#[test]
fn keys_that_are_not_taken_decide_only_if_nothing_else_does() {
    check_all(&[
        (
            "7.4p1 to 10.5",
            "error: Authentication key RSA SHA256:ab revoked by file /etc/ssh/revoked [preauth]",
            "login_rejected sshd reason=key_refused key=SHA256:ab role=end",
        ),
        (
            "8.7p1",
            "error: Refusing certificate ID \"x\" serial=1 signed by RSA CA SHA256:ab: Certificate invalid: expired",
            "login_rejected sshd reason=key_refused role=end",
        ),
        (
            "7.4p1",
            "error: Certificate invalid: name is not a listed principal",
            "login_rejected sshd reason=key_refused role=end",
        ),
        (
            "4.3p2 to 10.5",
            "error: WARNING: revoked key for a.example.org attempted authentication",
            "login_rejected sshd reason=key_refused role=end",
        ),
        (
            "4.3p2 to 10.5",
            "Authentication refused: bad ownership or modes for directory /home/bob",
            "login_rejected sshd reason=key_refused role=end",
        ),
        (
            "4.3p2 to 10.5",
            "Authentication refused for bob: bad owner or modes for /home/bob/.shosts",
            "login_rejected sshd reason=key_refused user=bob role=end",
        ),
        (
            "9.6p1",
            "error: Certificate does not contain an authorized principal at /home/bob/.ssh/authorized_keys:1",
            "login_rejected sshd reason=key_refused role=end",
        ),
        (
            "9.6p1",
            "error: /home/bob/.ssh/authorized_keys:1: Certificate source-address invalid",
            "login_rejected sshd reason=key_refused role=end",
        ),
        (
            "9.6p1",
            "refusing previously-used RSA key [preauth]",
            "login_rejected sshd reason=key_refused role=end",
        ),
        (
            "9.6p1",
            "refusing RSA key: Invalid key length [preauth]",
            "login_rejected sshd reason=key_refused role=end",
        ),
        (
            "8.7p1",
            "userauth_pubkey: key type ssh-rsa not in PubkeyAcceptedAlgorithms [preauth]",
            "login_rejected sshd reason=key_refused role=end",
        ),
        (
            "9.6p1",
            "userauth_pubkey: signature algorithm ssh-rsa not in PubkeyAcceptedAlgorithms [preauth]",
            "login_rejected sshd reason=key_refused role=end",
        ),
        (
            "9.6p1",
            "error: public key RSA SHA256:ab signature for invalid user x from 192.0.2.1 port 22 rejected: user presence (authenticator touch) requirement not met ",
            "login_rejected sshd reason=key_refused user=x invalid=yes source=192.0.2.1 port=22 role=end",
        ),
        (
            "9.6p1",
            "/home/bob/.ssh/authorized_keys:1: Authentication tried for bob with correct key but not from a permitted host (host=a.example.org, ip=192.0.2.1, required=10.0.0.1).",
            "login_rejected sshd reason=not_allowed user=bob source=192.0.2.1 role=end",
        ),
        (
            "6.6p1",
            "Authentication tried for bob with correct key but not from a permitted host (host=a.example.org, ip=192.0.2.1).",
            "login_rejected sshd reason=not_allowed user=bob source=192.0.2.1 role=end",
        ),
        (
            "9.6p1",
            "/k:1: Authentication tried for bob with valid certificate but not from a permitted source address (192.0.2.1).",
            "login_rejected sshd reason=not_allowed user=bob source=192.0.2.1 role=end",
        ),
        (
            "9.2p1, with TrustedUserCAKeys",
            "cert: Authentication tried for bob with valid certificate but not from a permitted source address (192.0.2.1).",
            "login_rejected sshd reason=not_allowed user=bob source=192.0.2.1 role=end",
        ),
        (
            "9.2p1",
            "error: Refused by key options",
            "login_rejected sshd reason=key_refused role=end",
        ),
        (
            "9.2p1",
            "error: Refused by certificate options",
            "login_rejected sshd reason=key_refused role=end",
        ),
    ]);
}

#[test]
fn connections_that_the_listener_drops_are_one_each() {
    check_all(&[
        (
            "7.4p1 to 9.9",
            "drop connection #10 from [192.0.2.1]:5 on [10.0.0.1]:22 past MaxStartups",
            "login_rejected sshd reason=throttled source=192.0.2.1 port=5 pid=None",
        ),
        (
            "10.0 on",
            "drop connection #10 from [2001:db8::1]:5 on [::]:22 Maxstartups",
            "login_rejected sshd reason=throttled source=2001:db8::1 port=5 pid=None",
        ),
        (
            "10.0 on",
            "drop connection #0 from [192.0.2.1]:5 on [10.0.0.1]:22 PerSourceMaxStartups",
            "login_rejected sshd reason=throttled source=192.0.2.1 port=5 pid=None",
        ),
        (
            "9.8 on",
            "drop connection #0 from [192.0.2.1]:5 on [10.0.0.1]:22 penalty: failed authentication",
            "login_rejected sshd reason=penalty source=192.0.2.1 port=5 pid=None",
        ),
        (
            "9.8 on",
            "drop connection #0 from [192.0.2.1]:5 on [10.0.0.1]:22 penalty: connection prohibited by RefuseConnection",
            "login_rejected sshd reason=penalty source=192.0.2.1 port=5 pid=None",
        ),
        (
            "9.8 on, no peer any more",
            "drop connection #0 from [UNKNOWN]:65535 on [10.0.0.1]:22 penalty: exceeded LoginGraceTime",
            "login_rejected sshd reason=penalty pid=None",
        ),
        (
            "10.0 on",
            "Maxstartups logging rate-limited: additional 5 connections dropped",
            "login_rejected sshd reason=throttled count=5 pid=None",
        ),
        (
            "10.0 on",
            "PerSourcePenalties logging rate-limited: additional 7 connections dropped",
            "login_rejected sshd reason=penalty count=7 pid=None",
        ),
        ("10.0 on", "penalty logging rate-limited: additional 0 connections dropped", "ignored"),
        ("8.5p1 to 9.7", "error: beginning MaxStartups throttling", "hint ThrottlingBegan"),
        (
            "8.5p1 to 9.7",
            "error: in MaxStartups throttling for 00:05:01, 312 connections dropped",
            "login_rejected sshd reason=throttled count=311 role=sum pid=None",
        ),
        (
            "8.5p1 to 9.7",
            "exited MaxStartups throttling after 00:00:21, 29 connections dropped",
            "login_rejected sshd reason=throttled count=29 role=sum pid=None",
        ),
        (
            "9.8 on",
            "srclimit_penalise: ipv4: new 192.0.2.1/32 active penalty of 15 seconds for penalty: failed authentication",
            "ignored",
        ),
        (
            "10.5",
            "srclimit_penalise: 192.0.2.1/32: activating ipv4 penalty of 15.250 seconds for penalty: failed authentication",
            "ignored",
        ),
    ]);
}
