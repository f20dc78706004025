//! Which rule reads which line, by how it begins: the table of sshd's words.

use crate::parse::Parsed;

use super::line::{Level, Line};
use super::{attempt, closing, listener, refusal};

/// What a line begins with, and what reads the rest of it.
type Rule = (&'static [u8], for<'e, 'a> fn(&Line<'e, 'a>, &'a [u8]) -> Option<Parsed<'a>>);

/// What the line says; `None` where no rule knows it.
pub(super) fn apply<'a>(line: &Line<'_, 'a>) -> Option<Parsed<'a>> {
    if line.level == Level::Debug {
        return Some(Parsed::Ignored);
    }
    let by_start = by_first_byte(*line.text.first()?).iter().find_map(|(start, read)| {
        let rest = line.text.strip_prefix(*start)?;
        read(line, rest)
    });
    by_start.or_else(|| by_middle(line))
}

/// The commonest first. Of two that begin alike the longer stands first.
fn by_first_byte(first: u8) -> &'static [Rule] {
    match first {
        b'A' => &STARTING_WITH_A,
        b'B' | b'D' => &STARTING_WITH_B_AND_D,
        b'C' => &STARTING_WITH_C,
        b'F' | b'I' => &STARTING_WITH_F_AND_I,
        b'P' => &STARTING_WITH_P,
        b'R' | b'S' => &STARTING_WITH_R_AND_S,
        b'T' | b'U' | b'W' => &STARTING_WITH_T_TO_W,
        _ => &OTHERS,
    }
}

const STARTING_WITH_A: [Rule; 5] = [
    (b"Accepted ", attempt::accepted),
    (b"Access denied for user ", refusal::account_refused),
    (b"Account ", refusal::account),
    (b"Authentication key ", refusal::revoked_key),
    (b"Authentication refused", refusal::bad_modes),
];

const STARTING_WITH_B_AND_D: [Rule; 6] = [
    (b"Disconnected from ", closing::disconnected),
    (b"Did not receive identification string from ", closing::no_identification),
    (b"Disconnecting", refusal::disconnecting),
    (b"Bad protocol version identification '", closing::bad_identification),
    (b"Bad remote protocol version identification: '", closing::bad_protocol),
    (b"Bad packet length ", closing::bad_packet),
];

const STARTING_WITH_C: [Rule; 8] = [
    (b"Connection closed by ", closing::closed),
    (b"Connection reset by ", closing::closed),
    (b"Connection from ", closing::connection),
    (b"Connection timed out during banner exchange", closing::banner_timeout),
    (b"Corrupted MAC on input", closing::bad_packet),
    (b"Certificate invalid: ", refusal::key),
    (b"Certificate does not contain an authorized principal", refusal::key),
    (b"Certificate lacks principal list", refusal::key),
];

const STARTING_WITH_F_AND_I: [Rule; 4] = [
    (b"Failed ", attempt::failed),
    (b"Invalid user ", refusal::invalid_user),
    (b"Illegal user ", refusal::invalid_user),
    (b"Finished discarding for ", closing::bad_protocol_at),
];

const STARTING_WITH_P: [Rule; 6] = [
    (b"Postponed ", ignored),
    (b"Partial ", ignored),
    (b"PAM: ", attempt::pam_error),
    (b"Protocol major versions differ for ", closing::bad_protocol_at),
    (b"Protocol major versions differ: ", closing::bad_protocol),
    (b"Packet corrupt", closing::bad_packet),
];

const STARTING_WITH_R_AND_S: [Rule; 9] = [
    (b"Received disconnect from ", closing::received),
    (b"ROOT LOGIN REFUSED FROM ", refusal::root),
    (b"Refusing certificate ID ", refusal::key),
    (b"Refused by ", refusal::key),
    (b"Read from socket failed: ", closing::broken),
    (b"Read error from remote host ", closing::read_error),
    (b"RekeyLimit exceeded before authentication completed", closing::bad_packet),
    (b"Session process ", listener::crashed),
    (b"SSH: Server;", closing::remote),
];

const STARTING_WITH_T_TO_W: [Rule; 8] = [
    (b"Unable to negotiate with ", closing::no_common),
    (b"User ", refusal::user),
    (b"Timeout before authentication for ", closing::timeout),
    (b"Unable to negotiate a key exchange method", closing::no_common_unnamed),
    (b"Unable to negotiate ", closing::no_common_unnamed),
    (b"Username too long from ", refusal::long_name),
    (b"Write failed: ", closing::broken),
    (b"WARNING: revoked key for ", refusal::key),
];

const OTHERS: [Rule; 29] = [
    (b"kex_exchange_identification: ", closing::bad_protocol),
    (b"maximum authentication attempts exceeded for ", refusal::too_many),
    (b"drop connection #", listener::dropped),
    (b"beginning MaxStartups throttling", listener::throttling_began),
    (b"in MaxStartups throttling for ", listener::throttling_on),
    (b"exited MaxStartups throttling after ", listener::throttling_over),
    (b"input_userauth_request: invalid user ", refusal::invalid_request),
    (b"input_userauth_request: illegal user ", refusal::invalid_request),
    (b"refused connect from ", refusal::connect),
    (b"probed from ", closing::bad_protocol_at),
    (b"scanned from ", closing::bad_protocol_at),
    (b"no matching ", closing::no_common_unnamed),
    (b"no hostkey alg", closing::no_common_unnamed),
    (b"no kex alg", closing::no_common_unnamed),
    (b"padding error: need ", closing::bad_packet),
    (b"Hm, kex protocol error: ", closing::unexpected_type),
    (b"kex protocol error: ", closing::unexpected_type),
    (b"kex_protocol_error: ", closing::unexpected_type),
    (b"dispatch_protocol_error: ", closing::unexpected_type),
    (b"refusing ", refusal::key),
    (b"public key ", refusal::signature),
    (b"key type ", ignored),
    (b"userauth_pubkey: signature algorithm ", refusal::key),
    (b"userauth_pubkey: key type ", refusal::key),
    (b"userauth_pubkey: unsupported public key algorithm: ", refusal::key),
    (b"userauth_pubkey: certificate signature algorithm ", refusal::key),
    (b"srclimit_penalise: ", ignored),
    (b"cert: ", refusal::of_authority),
    (b"session process ", ignored),
];

fn ignored<'a>(_: &Line<'_, 'a>, _: &'a [u8]) -> Option<Parsed<'a>> {
    Some(Parsed::Ignored)
}

/// Lines whose first word is a function's name, a version string or a file's.
fn by_middle<'a>(line: &Line<'_, 'a>) -> Option<Parsed<'a>> {
    closing::failed_in(line)
        .or_else(|| listener::dropped_unlogged(line))
        .or_else(|| closing::scanned(line))
        .or_else(|| refusal::elsewhere(line))
        .or_else(|| refusal::certificate(line))
        .or_else(|| closing::died_before_login(line))
}
