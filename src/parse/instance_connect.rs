//! EC2 Instance Connect: whose key the host was given a moment before a login.
//!
//! `aws-ec2-instance-connect-config`, `src/bin/eic_parse_authorized_keys`, logs through `logger`
//! from sshd's AuthorizedKeysCommand, twice a login. The principal joins a shared account's login
//! to the person of the IAM world.

use std::borrow::Cow;

use super::words::{hint, split_once, text, trim};
use super::{Envelope, Parsed, principal};
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
    let principal = Cow::Owned(principal::of_arn(arn)?);
    let kind = HintKind::KeyProvided { fingerprint: text(fingerprint), principal, trusted: false };
    Some(Parsed::Hint(hint(envelope, "ec2-instance-connect", kind)))
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
        let user = "hint KeyProvided { fingerprint: \"SHA256:abc\", principal: \"user:alice\", trusted: false }";
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
    fn what_names_no_principal_helps_nobody() {
        let line = |arn: &str| {
            format!(
                "Providing ssh key from EC2 Instance Connect with fingerprint: SHA256:abc, for IAM principal: {arn}"
            )
        };
        check(&line("alice"), "ignored");
        check(&line("arn:aws:iam::1:user/"), "ignored");
        check(&line("arn:aws:s3:::bucket/alice"), "ignored");
    }
}
