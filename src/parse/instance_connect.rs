//! EC2 Instance Connect: whose key the host was given a moment before a login.
//!
//! `aws-ec2-instance-connect-config`, `src/bin/eic_parse_authorized_keys`, logs through `logger`
//! from sshd's AuthorizedKeysCommand, twice a login. The principal joins a shared account's login
//! to the person of the IAM world.

use super::rows::Tells::Hint;
use super::rows::Versions::All;
use super::rows::{Index, Known, Line, PROOF, Row, Table, noise, row};
use super::words::{split_once, trim};
use super::{Envelope, Parsed, principal};
use crate::event::HintKind;

pub(super) static TABLE: Table =
    Table::new("ec2-instance-connect", "ec2-instance-connect", TABLES, || Index::of(TABLES));
const TABLES: &[&[Row]] = &[ROWS];

pub(super) fn parse<'a>(envelope: &Envelope<'a>, into: &mut Parsed<'a>) {
    let mut line = Line::new(envelope, "ec2-instance-connect", trim(envelope.message));
    TABLE.read(&mut line, None, into);
}

#[rustfmt::skip]
const ROWS: &[Row] = &[
    row("Providing ssh key from EC2 Instance Connect with fingerprint: ", All, provided, Hint, PROOF,
        "Providing ssh key from EC2 Instance Connect with fingerprint: SHA256:abc, request-id: 1f-2, for IAM principal: arn:aws:iam::123456789012:user/alice",
        "hint KeyProvided { fingerprint: \"SHA256:abc\", principal: \"user:alice\", trusted: false }"),
    noise("Querying EC2 Instance Connect keys ", All, "Querying EC2 Instance Connect keys for matching fingerprint: SHA256:abc"),
    noise("EC2 Instance Connect ", All, "EC2 Instance Connect was invoked on a non-instance and will do nothing."),
    noise("Unable to run EC2 Instance Connect: ", All, "Unable to run EC2 Instance Connect: insufficient args provided.  Please check your sshd configuration."),
];

/// `F[.][, request-id: R][, for IAM principal: ARN]`; without a principal the line helps nobody.
fn provided<'a>(line: &Line<'_, 'a>, rest: &'a [u8], into: &mut Parsed<'a>) -> Known {
    let (fingerprint, rest) = split_once(rest, b",")?;
    let (_, arn) = split_once(rest, b"for IAM principal: ")?;
    let fingerprint = fingerprint.strip_suffix(b".").unwrap_or(fingerprint);
    let principal = line.envelope.texts.copy(&principal::of_arn(std::str::from_utf8(arn).ok()?)?);
    line.hint(
        into,
        HintKind::KeyProvided { fingerprint: line.text(fingerprint), principal, trusted: false },
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::words::{framed, read, told};

    fn check(message: &str, expected: &str) {
        let envelope = framed("ec2-instance-connect", Some(7), message.as_bytes());
        assert_eq!(told(&read(parse, &envelope)), expected, "{message}");
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
