//! sshd

use super::{Envelope, Parsed};

pub(super) fn parse<'a>(_envelope: &Envelope<'a>) -> Parsed<'a> {
    Parsed::Ignored
}
