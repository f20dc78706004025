//! The line before each part of a snapshot: what it is, which version, and whether it is whole.

/// The form of what follows. Another version is not read: it may mean something else.
const VERSION: u32 = 3;

/// The line has the same length whatever it says, so that it can be written last.
pub(super) const LENGTH: usize = 74;

/// What a part is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Everything, at the beginning of the file.
    Whole,
    /// What changed since the part before.
    Change,
}

impl Kind {
    fn magic(self) -> &'static str {
        match self {
            Kind::Whole => "login_exporter snapshot ",
            Kind::Change => "login_exporter changes  ",
        }
    }
}

/// What stands at the beginning of some bytes.
pub(super) enum Found<'b> {
    /// A part that is whole, and what comes behind it.
    Part(&'b [u8], &'b [u8]),
    /// A part that ends early: the power went away, or the process, while it was written. What it
    /// would have said was shown to nobody.
    CutOff,
    /// Why it cannot be trusted.
    Damaged(String),
}

/// Writes the line into the room left for it, about what comes behind it and then in `behind`.
pub(super) fn fill(bytes: &mut [u8], behind: &[u8], kind: Kind) {
    let (header, body) = bytes.split_at_mut(LENGTH);
    let mut crc = crc32fast::Hasher::new();
    crc.update(body);
    crc.update(behind);
    let line = line(kind, crc.finalize(), body.len() + behind.len());
    header.copy_from_slice(line.as_bytes());
}

/// It ends in a checksum of its own, so that a damaged length is not taken for a part cut off.
fn line(kind: Kind, crc: u32, length: usize) -> String {
    let said = format!("{}{VERSION} crc32 {crc:08x} length {length:016}", kind.magic());
    format!("{said} {:08x}\n", crc32fast::hash(said.as_bytes()))
}

/// Reads the part at the beginning of the bytes.
pub(super) fn read(bytes: &[u8], kind: Kind) -> Found<'_> {
    let magic = kind.magic().as_bytes();
    let start = &bytes[..bytes.len().min(magic.len())];
    if !magic.starts_with(start) {
        return unsynced(bytes, kind)
            .unwrap_or_else(|| damaged("it is no snapshot of login_exporter"));
    }
    let line_end = bytes.iter().position(|byte| *byte == b'\n');
    if let Some(version) = line_end.and_then(|end| other_version(&bytes[magic.len()..end])) {
        return Found::Damaged(format!(
            "it has version {version}, and this exporter reads {VERSION}"
        ));
    }
    let Some((header, rest)) = bytes.split_at_checked(LENGTH) else { return Found::CutOff };
    let Some((crc, length)) = numbers(header) else { return damaged("its header is damaged") };
    if header != line(kind, crc, length).as_bytes() {
        return damaged("its header is damaged");
    }
    match rest.split_at_checked(length) {
        None => Found::CutOff,
        Some((body, behind)) if crc32fast::hash(body) == crc => Found::Part(body, behind),
        Some((body, _)) => unsynced(body, kind)
            .unwrap_or_else(|| damaged("it is damaged: the checksum does not fit")),
    }
}

fn damaged(why: &str) -> Found<'_> {
    Found::Damaged(why.to_owned())
}

/// A file system may give back zeros for what was appended last before the power went away.
fn unsynced(bytes: &[u8], kind: Kind) -> Option<Found<'_>> {
    (kind == Kind::Change && bytes.ends_with(&[0])).then_some(Found::CutOff)
}

fn other_version(line: &[u8]) -> Option<&str> {
    let version = std::str::from_utf8(line).ok()?.split(' ').next()?;
    let number: u32 = version.parse().ok()?;
    (number != VERSION).then_some(version)
}

/// The checksum and the length that a header tells.
fn numbers(header: &[u8]) -> Option<(u32, usize)> {
    let mut words = std::str::from_utf8(header).ok()?.split_ascii_whitespace().rev();
    let length = words.nth(1)?.parse().ok()?;
    let crc = u32::from_str_radix(words.nth(1)?, 16).ok()?;
    Some((crc, length))
}
