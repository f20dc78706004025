//! EC2 Instance Connect: whose key the host was given a moment before a login.
//!
//! `aws-ec2-instance-connect-config`, `src/bin/eic_parse_authorized_keys`, logs through `logger`
//! from sshd's AuthorizedKeysCommand, twice a login. The principal joins a shared account's login
//! to the person of the IAM world.

use std::borrow::Cow;

use super::words::{hint, split_once, starts_with_any, text, trim};
use super::{Envelope, Parsed};
use crate::event::HintKind;

const PROVIDING: &[u8] = b"Providing ssh key from EC2 Instance Connect with fingerprint: ";

pub(super) fn parse<'a>(envelope: &Envelope<'a>) -> Parsed<'a> {
    provided(envelope).unwrap_or(Parsed::Ignored)
}

/// `…fingerprint: F[.][, request-id: R][, for IAM principal: ARN]`; without a principal the line
/// helps nobody.
fn provided<'a>(envelope: &Envelope<'a>) -> Option<Parsed<'a>> {
    let rest = trim(envelope.message).strip_prefix(PROVIDING)?;
    let (fingerprint, rest) = split_once(rest, b",")?;
    let (_, arn) = split_once(rest, b"for IAM principal: ")?;
    let fingerprint = fingerprint.strip_suffix(b".").unwrap_or(fingerprint);
    let arn = std::str::from_utf8(arn).ok()?;
    let principal = aws_identity_from_arn(arn)?;
    let kind = HintKind::KeyProvided { fingerprint: text(fingerprint), principal, trusted: false };
    Some(Parsed::Hint(hint(envelope, "ec2-instance-connect", kind)))
}

/// The person behind an ARN, as the label `identity` names it: `role/session` of an assumed role,
/// `user` of an IAM user, `root`, and of an `AWSReservedSSO_…` role the session name alone, which
/// Identity Center sets to the user. A session name that a tool made up becomes `*`.
pub(super) fn aws_identity_from_arn(arn: &str) -> Option<Cow<'_, str>> {
    let mut parts = arn.splitn(6, ':');
    let (Some("arn"), Some(_), Some(_)) = (parts.next(), parts.next(), parts.next()) else {
        return None;
    };
    let resource = parts.nth(2)?;
    let (kind, name) = match resource.split_once('/') {
        Some(pair) => pair,
        None => return (resource == "root").then_some(Cow::Borrowed("root")),
    };
    let identity = match kind {
        "assumed-role" => assumed_role(name)?,
        _ => Cow::Borrowed(name.rsplit('/').next()?),
    };
    (!identity.is_empty()).then_some(identity)
}

fn assumed_role(name: &str) -> Option<Cow<'_, str>> {
    let (role, session) = name.rsplit_once('/')?;
    if role.starts_with("AWSReservedSSO_") {
        return Some(Cow::Borrowed(session));
    }
    if made_up(session) {
        return Some(Cow::Owned(format!("{role}/*")));
    }
    Some(Cow::Borrowed(name))
}

/// Names that SDKs generate: a new one for each call would be a new series for each call.
fn made_up(session: &str) -> bool {
    const TOOLS: &[&[u8]] = &[b"botocore-session-", b"aws-go-sdk-", b"aws-sdk-"];
    let bytes = session.as_bytes();
    let digits = bytes.iter().all(u8::is_ascii_digit);
    let hex = bytes.len() >= 16 && bytes.iter().all(|b| b.is_ascii_hexdigit() || *b == b'-');
    digits || hex || starts_with_any(bytes, TOOLS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::words::{framed, told};

    fn check(message: &str, expected: &str) {
        let envelope = framed("ec2-instance-connect", Some(7), message.as_bytes());
        assert_eq!(told(&parse(&envelope)), expected, "{message}");
    }

    #[test]
    fn names_the_principal_of_a_key() {
        let user = "hint KeyProvided { fingerprint: \"SHA256:abc\", principal: \"alice\", trusted: false }";
        // aws-ec2-instance-connect-config 1.1
        check(
            "Providing ssh key from EC2 Instance Connect with fingerprint: SHA256:abc, request-id: 1f-2, for IAM principal: arn:aws:iam::123456789012:user/people/alice",
            user,
        );
        // The Python rewrites, with a dot behind the fingerprint.
        check(
            "Providing ssh key from EC2 Instance Connect with fingerprint: SHA256:abc., request-id: 1f-2, for IAM principal: arn:aws:iam::123456789012:user/alice",
            user,
        );
        check(
            "Providing ssh key from EC2 Instance Connect with fingerprint: SHA256:abc, for IAM principal: arn:aws:iam::123456789012:user/alice",
            user,
        );
    }

    #[test]
    fn ignores_what_names_nobody() {
        check("Querying EC2 Instance Connect keys for matching fingerprint: SHA256:abc", "ignored");
        check(
            "Providing ssh key from EC2 Instance Connect with fingerprint: SHA256:abc, request-id: 1f-2",
            "ignored",
        );
        check("anything else", "ignored");
    }

    #[test]
    fn an_arn_becomes_an_identity() {
        let rows = [
            ("arn:aws:iam::123456789012:user/alice", Some("alice")),
            ("arn:aws-cn:iam::123456789012:user/a/b/alice", Some("alice")),
            ("arn:aws:iam::123456789012:root", Some("root")),
            ("arn:aws:sts::123456789012:assumed-role/Ops/alice", Some("Ops/alice")),
            (
                "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Admin_0a1b/al@example.org",
                Some("al@example.org"),
            ),
            ("arn:aws:sts::1:assumed-role/Ops/botocore-session-1697040000", Some("Ops/*")),
            ("arn:aws:sts::1:assumed-role/Ops/1697040000123", Some("Ops/*")),
            ("arn:aws:sts::1:assumed-role/Ops/0a1b2c3d4e5f60718293", Some("Ops/*")),
            ("arn:aws:sts::1:assumed-role/Ops/1f0c4d2e-8a55-4c1b-9d6f-7f2b1c3d4e5f", Some("Ops/*")),
            (
                "arn:aws:sts::1:assumed-role/Web/i-0123456789abcdef0",
                Some("Web/i-0123456789abcdef0"),
            ),
            ("arn:aws:sts::1:federated-user/bob", Some("bob")),
            ("arn:aws:iam::1:user/", None),
            ("alice", None),
            ("", None),
        ];
        for (arn, expected) in rows {
            assert_eq!(aws_identity_from_arn(arn).as_deref(), expected, "{arn}");
        }
    }
}
