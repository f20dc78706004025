use super::check_all;

#[test]
fn accepted_with_every_method() {
    check_all(&[
        (
            "7.4p1",
            "Accepted publickey for ec2-user from 123.123.123.123 port 58080 ssh2: RSA SHA256:SAMPLEvSAMPLE4aSAMPLEMSAMPLE8SAMPLE/SAMPLE",
            "login_success sshd user=ec2-user method=publickey source=123.123.123.123 port=58080 key=SHA256:SAMPLEvSAMPLE4aSAMPLEMSAMPLE8SAMPLE/SAMPLE",
        ),
        (
            "9.6p1",
            "Accepted publickey for bob from 192.0.2.1 port 22 ssh2: ED25519 SHA256:kzfj+ps/WFg",
            "login_success sshd user=bob method=publickey source=192.0.2.1 port=22 key=SHA256:kzfj+ps/WFg",
        ),
        (
            "6.6p1, fingerprints in hex",
            "Accepted publickey for bob from 192.0.2.1 port 22 ssh2: RSA 0e:ff:a1:52",
            "login_success sshd user=bob method=publickey source=192.0.2.1 port=22 key=0e:ff:a1:52",
        ),
        (
            "7.4p1, FingerprintHash md5",
            "Accepted publickey for bob from 192.0.2.1 port 22 ssh2: RSA MD5:0e:ff:a1:52",
            "login_success sshd user=bob method=publickey source=192.0.2.1 port=22 key=MD5:0e:ff:a1:52",
        ),
        (
            "5.3p1, without key",
            "Accepted publickey for bob from 192.0.2.1 port 22 ssh2",
            "login_success sshd user=bob method=publickey source=192.0.2.1 port=22",
        ),
        (
            "10.0p1, a security key",
            "Accepted publickey for bob from 192.0.2.1 port 22 ssh2: ED25519-SK SHA256:ab, signature count = 5",
            "login_success sshd user=bob method=publickey source=192.0.2.1 port=22 key=SHA256:ab",
        ),
        (
            "9.6p1, a certificate",
            "Accepted publickey for bob from 192.0.2.1 port 22 ssh2: ED25519-CERT SHA256:ab ID alice@example.org (serial 18446744073709551615) CA RSA SHA256:cd",
            "login_success sshd user=bob method=certificate source=192.0.2.1 port=22 key=SHA256:ab identity=alice@example.org",
        ),
        (
            "6.6p1, a certificate without fingerprint",
            "Accepted publickey for bob from 192.0.2.1 port 22 ssh2: RSA-CERT ID user_key (serial 0) CA RSA aa:bb",
            "login_success sshd user=bob method=certificate source=192.0.2.1 port=22 identity=user_key",
        ),
        (
            "9.6p1, a certificate with an empty key ID",
            "Accepted publickey for bob from 192.0.2.1 port 22 ssh2: RSA-CERT SHA256:ab ID  (serial 0) CA RSA SHA256:cd",
            "login_success sshd user=bob method=certificate source=192.0.2.1 port=22 key=SHA256:ab identity=",
        ),
        (
            "9.6p1, a certificate of a security key",
            "Accepted publickey for bob from 192.0.2.1 port 22 ssh2: ED25519-SK-CERT SHA256:ab ID x (serial 3) CA RSA SHA256:cd, signature count = 9",
            "login_success sshd user=bob method=certificate source=192.0.2.1 port=22 key=SHA256:ab identity=x",
        ),
        (
            "9.6p1",
            "Accepted password for test from 192.168.121.1 port 43124 ssh2",
            "login_success sshd user=test method=password source=192.168.121.1 port=43124",
        ),
        (
            "9.6p1",
            "Accepted keyboard-interactive/pam for bob from 2001:db8::1 port 22 ssh2",
            "login_success sshd user=bob method=keyboard-interactive source=2001:db8::1 port=22",
        ),
        (
            "9.6p1",
            "Accepted hostbased for dan from 192.0.2.1 port 45785 ssh2: RSA SHA256:ab, client user \"dan\", client host \"a.example.org\"",
            "login_success sshd user=dan method=hostbased source=192.0.2.1 port=45785 key=SHA256:ab",
        ),
        (
            "8.7p1 of RHEL",
            "Accepted gssapi-with-mic for bob from 192.0.2.1 port 22 ssh2: bob@EXAMPLE.ORG",
            "login_success sshd user=bob method=gssapi source=192.0.2.1 port=22 identity=bob@EXAMPLE.ORG",
        ),
        (
            "7.4p1",
            "Accepted gssapi-keyex for bob from 192.0.2.1 port 22 ssh2",
            "login_success sshd user=bob method=gssapi source=192.0.2.1 port=22",
        ),
        (
            "9.6p1, PermitEmptyPasswords",
            "Accepted none for bob from 192.0.2.1 port 22 ssh2",
            "login_success sshd user=bob method=none source=192.0.2.1 port=22",
        ),
        (
            "a method of a patch",
            "Accepted smartcard for bob from 192.0.2.1 port 22 ssh2",
            "login_success sshd user=bob method=other source=192.0.2.1 port=22",
        ),
        (
            "4.3p2, protocol 1",
            "Accepted rsa for bob from 192.0.2.1 port 22",
            "login_success sshd user=bob method=publickey source=192.0.2.1 port=22",
        ),
        (
            "3.9p1",
            "Accepted password for bob from ::ffff:192.0.2.1 port 22 ssh1",
            "login_success sshd user=bob method=password source=192.0.2.1 port=22",
        ),
        (
            "9.6p1, link-local",
            "Accepted password for bob from fe80::1%eth0 port 22 ssh2",
            "login_success sshd user=bob method=password source=fe80::1 port=22",
        ),
        (
            "9.6p1, no address known",
            "Accepted password for bob from UNKNOWN port 65535 ssh2",
            "login_success sshd user=bob method=password",
        ),
        (
            "9.6p1, an account of a domain",
            "Accepted password for EXAMPLE\\bob smith from 192.0.2.1 port 22 ssh2",
            "login_success sshd user=EXAMPLE\\bob smith method=password source=192.0.2.1 port=22",
        ),
        (
            "6.6p1, through rsyslog with a line end",
            "Accepted password for bob from 192.0.2.1 port 22 ssh2#015#012",
            "login_success sshd user=bob method=password source=192.0.2.1 port=22",
        ),
    ]);
}

#[test]
fn failed_with_every_method() {
    check_all(&[
        (
            "9.6p1",
            "Failed password for root from 192.0.2.1 port 22 ssh2",
            "login_failure sshd user=root method=password source=192.0.2.1 port=22",
        ),
        (
            "9.6p1",
            "Failed password for invalid user admin from 192.0.2.1 port 22 ssh2",
            "login_failure sshd user=admin invalid=yes method=password source=192.0.2.1 port=22",
        ),
        (
            "3.8p1",
            "Failed password for illegal user admin from 192.0.2.1 port 22 ssh2",
            "login_failure sshd user=admin invalid=yes method=password source=192.0.2.1 port=22",
        ),
        (
            "9.6p1, an empty name",
            "Failed password for invalid user  from 192.0.2.1 port 22 ssh2",
            "login_failure sshd user= invalid=yes method=password source=192.0.2.1 port=22",
        ),
        (
            "9.6p1, a name with blanks",
            "Failed password for invalid user  a  b  from 192.0.2.1 port 22 ssh2",
            "login_failure sshd user= a  b  invalid=yes method=password source=192.0.2.1 port=22",
        ),
        (
            "5.3p1",
            "Failed none for user1 from 192.168.0.2 port 1195 ssh2",
            "login_failure sshd user=user1 method=none source=192.168.0.2 port=1195",
        ),
        (
            "9.6p1, an empty name that sshd takes for valid",
            "Failed none for  from 192.0.2.1 port 22 ssh2",
            "login_failure sshd user= method=none source=192.0.2.1 port=22",
        ),
        (
            "9.6p1",
            "Failed keyboard-interactive/pam for invalid user x from 192.0.2.1 port 22 ssh2 [preauth]",
            "login_failure sshd user=x invalid=yes method=keyboard-interactive source=192.0.2.1 port=22",
        ),
        (
            "6.6p1",
            "Failed publickey for git from 127.0.0.1 port 57904 ssh2: ECDSA 0e:ff:xf:ff:b6",
            "login_failure sshd user=git method=publickey source=127.0.0.1 port=57904 key=0e:ff:xf:ff:b6",
        ),
        (
            "9.6p1",
            "Failed publickey for invalid user x from 192.0.2.1 port 22 ssh2: RSA-CERT SHA256:ab ID y (serial 1) CA RSA SHA256:cd",
            "login_failure sshd user=x invalid=yes method=certificate source=192.0.2.1 port=22 key=SHA256:ab identity=y",
        ),
        (
            "6.6p1",
            "Failed hostbased for dan from 127.0.0.1 port 45785 ssh2: RSA 8c:e3:aa, client user \"dan\", client host \"localhost.localdomain\"",
            "login_failure sshd user=dan method=hostbased source=127.0.0.1 port=45785 key=8c:e3:aa",
        ),
        (
            "9.6p1",
            "Failed gssapi-with-mic for invalid user x from 192.0.2.1 port 22 ssh2",
            "login_failure sshd user=x invalid=yes method=gssapi source=192.0.2.1 port=22",
        ),
        (
            "9.6p1, the key cut off by log.c or a log daemon",
            "Failed publickey for bob from 192.0.2.1 port 22 ssh2: RSA-CERT SHA256:ab ID a very long",
            "login_failure sshd user=bob method=certificate source=192.0.2.1 port=22 key=SHA256:ab identity=a very long",
        ),
        (
            "Solaris",
            "Failed keyboard-interactive for <invalid username> from 192.0.2.1 port 42742 ssh2",
            "login_failure sshd user=<invalid username> invalid=yes method=keyboard-interactive source=192.0.2.1 port=42742",
        ),
        (
            "a method that sshd does not know",
            "Failed unknown for invalid user bob from 192.0.2.1 port 22 ssh2",
            "login_failure sshd user=bob invalid=yes method=other source=192.0.2.1 port=22",
        ),
        (
            "4.3p2, protocol 1, with what the client called itself",
            "Failed rhosts for bob from 192.0.2.1 port 22 ssh1: ruser x from 8.8.8.8",
            "login_failure sshd user=bob method=hostbased source=192.0.2.1 port=22",
        ),
        (
            "no version, a line of other tools' tests",
            "Failed password for bob from 192.0.2.1 port 22 ssh1: ruser x from 8.8.8.8",
            "login_failure sshd user=bob method=password source=192.0.2.1 port=22",
        ),
        (
            "no version, a line that lost its end",
            "Failed password for invalid user bob from 2001:db8::1",
            "login_failure sshd user=bob invalid=yes method=password source=2001:db8::1",
        ),
        (
            "3.6p1 on a host with UseDNS",
            "Failed password for bob from a.example.org port 22 ssh2",
            "login_failure sshd user=bob method=password source=a.example.org port=22",
        ),
    ]);
}

#[test]
fn what_is_neither_accepted_nor_failed() {
    check_all(&[
        ("9.6p1", "Postponed publickey for bob from 192.0.2.1 port 22 ssh2 [preauth]", "ignored"),
        (
            "9.6p1",
            "Partial publickey for bob from 192.0.2.1 port 22 ssh2: RSA SHA256:ab",
            "ignored",
        ),
        (
            "9.6p1",
            "Accepted key RSA SHA256:ab found at /home/bob/.ssh/authorized_keys:1",
            "ignored",
        ),
        (
            "9.6p1, a key ID that forges a login",
            "Accepted certificate ID \"x for root from 8.8.8.8 port 22 ssh2\" (serial 1) signed by RSA CA SHA256:ab via /etc/ssh/ca.pub",
            "ignored",
        ),
        ("9.6p1", "Accepted RSA public key SHA256:ab from bob@a.example.org", "ignored"),
        (
            "9.6p1",
            "Accepted RSA certificate ID \"x\" signed by RSA CA SHA256:ab from bob@a.example.org",
            "ignored",
        ),
    ]);
}

#[test]
fn pams_error_is_a_failure_that_a_failed_line_tells_better() {
    check_all(&[
        (
            "4.3p2 to 10.5",
            "error: PAM: Authentication failure for root from 192.0.2.1",
            "login_failure sshd user=root method=keyboard-interactive source=192.0.2.1 role=echo",
        ),
        (
            "9.6p1",
            "error: PAM: User not known to the underlying authentication module for illegal user x from a.example.org",
            "login_failure sshd user=x invalid=yes method=keyboard-interactive source=a.example.org role=echo",
        ),
        (
            "9.6p1, a message that holds the word for",
            "error: PAM: Have exhausted maximum number of retries for service for bob from 192.0.2.1",
            "login_failure sshd user=bob method=keyboard-interactive source=192.0.2.1 role=echo",
        ),
        (
            "9.6p1, an empty name",
            "error: PAM: Permission denied for illegal user  from 192.0.2.1 [preauth]",
            "login_failure sshd user= invalid=yes method=keyboard-interactive source=192.0.2.1 role=echo",
        ),
        (
            "5.2p1 of macOS",
            "error: PAM: authentication error for james from a.example.org via 192.168.1.201",
            "login_failure sshd user=james method=keyboard-interactive source=a.example.org role=echo",
        ),
        ("9.6p1", "error: PAM: pam_open_session(): Permission denied", "ignored"),
        ("9.6p1", "fatal: PAM: pam_setcred(): Failure setting user credentials", "ignored"),
    ]);
}
