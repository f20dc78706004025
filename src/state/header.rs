//! The first line of a snapshot: what it is, which version, and whether it is whole.

/// The form of what follows. A later version is not read: it may mean something else.
const VERSION: u32 = 1;

const MAGIC: &str = "login_exporter snapshot ";

/// The line has the same length whatever it says, so that it can be written last.
pub(super) const LENGTH: usize = 65;

/// Writes the line into the room left for it, about the bytes behind it.
pub(super) fn fill(bytes: &mut [u8]) {
    let (header, body) = bytes.split_at_mut(LENGTH);
    header.copy_from_slice(line(body).as_bytes());
}

fn line(body: &[u8]) -> String {
    let crc = crc32fast::hash(body);
    format!("{MAGIC}{VERSION} crc32 {crc:08x} length {:016}\n", body.len())
}

/// The JSON behind the line, or why it cannot be trusted.
pub(super) fn check(bytes: &[u8]) -> Result<&[u8], String> {
    let text = bytes.split(|&b| b == b'\n').next().unwrap_or_default();
    let text = std::str::from_utf8(text).unwrap_or_default();
    let version = text.strip_prefix(MAGIC).ok_or("it is no snapshot of login_exporter")?;
    let version = version.split(' ').next().unwrap_or_default();
    if version != VERSION.to_string() {
        return Err(format!("it has version {version}, and this exporter reads {VERSION}"));
    }
    let (header, body) = bytes.split_at_checked(LENGTH).ok_or("it is cut off")?;
    if header == line(body).as_bytes() {
        return Ok(body);
    }
    Err("it is cut off or damaged: length or checksum do not fit".to_owned())
}
