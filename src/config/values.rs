//! Single values: durations, addresses, zones, Regions, roles. Pure; an error says what is
//! allowed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// Stands for every Region that accounts have without enabling it.
pub const ALL_REGIONS: &str = "all";

use crate::parse::cloudtrail::{DOORS, Doors};
use crate::policy::identities::is_usable_name;
use jiff::tz::TimeZone;

const UNITS: [(&str, u64); 6] = [
    ("ms", 1),
    ("s", 1_000),
    ("m", 60_000),
    ("h", 3_600_000),
    ("d", 86_400_000),
    ("w", 604_800_000),
];

/// `60s`, `24h`, `1h30m`, `400d`.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!(
            "{text:?} is not a duration: write numbers with ms, s, m, h, d or w, such as 60s, 24h or 1h30m"
        )
    };
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let (part, after) = duration_part(rest).ok_or_else(wrong)?;
        total = total.checked_add(part).ok_or_else(wrong)?;
        rest = after;
    }
    if text.is_empty() { Err(wrong()) } else { Ok(Duration::from_millis(total)) }
}

/// The milliseconds of one number with its unit, and what follows.
fn duration_part(text: &str) -> Option<(u64, &str)> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, rest) = text.split_at(digits);
    let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    let (unit, after) = rest.split_at(letters);
    let (_, milliseconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
    Some((number.parse::<u64>().ok()?.checked_mul(*milliseconds)?, after))
}

/// The shortest form that [`duration`] reads back.
pub(super) fn show_duration(duration: Duration) -> String {
    let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    let whole = UNITS.iter().rev().find(|(name, size)| *name != "w" && milliseconds % size == 0);
    match whole {
        Some((name, size)) if milliseconds > 0 => format!("{}{name}", milliseconds / size),
        _ => "0s".to_owned(),
    }
}

/// A duration within bounds, both allowed.
pub(super) fn duration_within(
    least: Duration,
    most: Duration,
) -> impl Fn(&str) -> Result<Duration, String> {
    move |text| {
        let value = duration(text)?;
        if value >= least && value <= most {
            return Ok(value);
        }
        let (least, most) = (show_duration(least), show_duration(most));
        Err(format!("{text:?} is out of range: {least} to {most} is allowed"))
    }
}

const SIZES: [(&str, u64); 7] = [
    ("kB", 1_000),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("MiB", 1 << 20),
    ("GB", 1_000_000_000),
    ("GiB", 1 << 30),
    ("B", 1),
];

/// `512MB`, `2GiB`, from a megabyte on.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let wrong =
        || format!("{text:?} is not a size: write a number with MB, MiB, GB or GiB, such as 512MB");
    let (number, factor) = SIZES
        .iter()
        .find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))
        .ok_or_else(wrong)?;
    let bytes = number.trim().parse::<u64>().ok().and_then(|n| n.checked_mul(*factor));
    match bytes.ok_or_else(wrong)? {
        ..1_000_000 => Err(format!("{text:?} is too small: 1MB is the least")),
        bytes => Ok(bytes),
    }
}

/// The shortest form that [`size`] reads back.
pub(super) fn show_size(bytes: u64) -> String {
    let whole = SIZES.iter().filter(|(_, factor)| bytes.is_multiple_of(*factor));
    let (unit, factor) = whole.max_by_key(|(_, factor)| *factor).unwrap_or(&("B", 1));
    format!("{}{unit}", bytes / factor)
}

/// A whole number within bounds, both allowed.
pub(super) fn number_within(least: u64, most: u64) -> impl Fn(&str) -> Result<u64, String> {
    move |text| match text.parse::<u64>() {
        Ok(value) if value >= least && value <= most => Ok(value),
        Ok(_) => Err(format!("{text:?} is out of range: {least} to {most} is allowed")),
        Err(_) => Err(format!("{text:?} is not a whole number: {least} to {most} is allowed")),
    }
}

/// `true` or `false`.
pub(super) fn truth(text: &str) -> Result<bool, String> {
    choice("truth value", &[("true", true), ("false", false)])(text)
}

/// One of a closed set of words.
pub(super) fn choice<T: Copy>(
    what: &str,
    allowed: &[(&str, T)],
) -> impl Fn(&str) -> Result<T, String> {
    move |text| match allowed.iter().find(|(name, _)| *name == text) {
        Some((_, value)) => Ok(*value),
        None => {
            let names: Vec<&str> = allowed.iter().map(|(name, _)| *name).collect();
            Err(format!("{text:?} is not a {what}: {} is allowed", names.join(", ")))
        }
    }
}

/// A file or folder.
pub(super) fn path(text: &str) -> Result<PathBuf, String> {
    match text {
        "" => Err("is empty: name a file or folder".to_owned()),
        _ => Ok(PathBuf::from(text)),
    }
}

/// `127.0.0.1:10922`, `[::1]:10922`, `localhost:10922`; `:10922` is every interface, IPv4 and
/// IPv6 (`[::]`).
pub(super) fn listen_address(text: &str) -> Result<SocketAddr, String> {
    if let Ok(address) = text.parse() {
        return Ok(address);
    }
    let parts = text.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    match parts {
        Some(("", port)) => Ok(SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port)),
        Some(("localhost", port)) => Ok(SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port)),
        _ => Err(format!(
            "{text:?} is not an address: write an IP address and a port, such as 127.0.0.1:10922 or [::1]:10922, or :10922 for every interface"
        )),
    }
}

/// The path of the metrics page, which must not hide the other pages.
pub(super) fn telemetry_path(text: &str) -> Result<String, String> {
    let fits = text.starts_with('/')
        && text.len() > 1
        && text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b'?' | b'#' | b'%'));
    if !fits {
        return Err(format!("{text:?} is not a path: write one such as /metrics"));
    }
    if text.starts_with("/-/") {
        return Err(format!("{text:?} is taken: paths below /-/ tell the exporter's health"));
    }
    Ok(text.to_owned())
}

/// A zone of the IANA database.
pub(super) fn zone(text: &str) -> Result<TimeZone, String> {
    TimeZone::get(text)
        .map_err(|_| format!("{text:?} is not a time zone: write a name such as Asia/Tokyo or UTC"))
}

/// What people call an account.
pub(super) fn account_name(text: &str) -> Result<String, String> {
    match is_usable_name(text) {
        true => Ok(text.to_owned()),
        false => Err(format!("{text:?} is not a name: give one without brackets")),
    }
}

/// The number of an account, as it is printed in full.
pub(super) fn account_number(text: &str) -> Result<String, String> {
    match is_account(text) {
        true => Ok(text.to_owned()),
        false => Err(format!("{text:?} is not the number of an account: write its twelve digits")),
    }
}

/// The name of a role of IAM, with its path where it has one: `audit/login-exporter-read`.
pub(super) fn role_name(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-/".contains(c);
    match text.chars().all(allowed) && text.split('/').all(|part| !part.is_empty()) {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "{text:?} is not the name of a role: write it without the rest of its ARN, such as \
             login-exporter-read"
        )),
    }
}

/// `ap-northeast-1`, `us-gov-west-1`; `all` is every Region that the account has.
pub(super) fn region(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.split('-').collect();
    let word = |p: &&str| !p.is_empty() && p.bytes().all(|b| b.is_ascii_lowercase());
    let fits = match parts.split_last() {
        Some((number, words)) => {
            words.len() >= 2
                && words.iter().all(word)
                && !number.is_empty()
                && number.bytes().all(|b| b.is_ascii_digit())
        }
        None => false,
    };
    match fits || text == ALL_REGIONS {
        true => Ok(text.to_owned()),
        false => Err(format!("{text:?} is not a Region: write one such as ap-northeast-1, or all")),
    }
}

/// `arn:aws:iam::123456789012:role/NAME`, in any partition.
pub(super) fn role_arn(text: &str) -> Result<String, String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let fits = matches!(parts[..], ["arn", partition, "iam", "", account, role]
        if partition.starts_with("aws") && is_account(account)
            && role.strip_prefix("role/").is_some_and(|name| !name.is_empty()));
    match fits {
        true => Ok(text.to_owned()),
        false => Err(format!(
            "{text:?} is not a role: write its ARN, such as arn:aws:iam::123456789012:role/login-exporter-read"
        )),
    }
}

/// `https://sqs.eu-west-1.amazonaws.com/123456789012/NAME`, or of an endpoint of one's own.
pub(super) fn queue_url(text: &str) -> Result<String, String> {
    let parts = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let parts: Vec<&str> = parts.unwrap_or("").split('/').collect();
    match parts[..] {
        [host, account, name] if !host.is_empty() && is_account(account) && !name.is_empty() => {
            Ok(text.to_owned())
        }
        _ => Err(format!(
            "{text:?} is not a queue: write its URL, such as https://sqs.eu-west-1.amazonaws.com/123456789012/login-exporter"
        )),
    }
}

/// A call that counts, or may: `SendCommand`, `sagemaker:StartSession`.
pub(super) fn door(text: &str) -> Result<String, String> {
    match Doors::default().with(text, true) {
        Some(_) => Ok(text.to_owned()),
        None => {
            let mut names: Vec<&str> = DOORS.iter().map(|door| door.event_name).collect();
            names.sort_unstable();
            names.dedup();
            Err(format!("{text:?} is no call that can count: {} is allowed", names.join(", ")))
        }
    }
}

/// The number of an AWS account: twelve digits.
pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_add_up_and_print_back() {
        let read = |text| duration(text).map(show_duration);
        assert_eq!(read("60s").as_deref(), Ok("1m"));
        assert_eq!(read("1h30m").as_deref(), Ok("90m"));
        assert_eq!(read("400d").as_deref(), Ok("400d"));
        assert_eq!(read("2w").as_deref(), Ok("14d"));
        assert_eq!(read("250ms").as_deref(), Ok("250ms"));
        assert_eq!(read("0").as_deref(), Ok("0s"));
        for text in ["", "60", "60x", "s", "1h 30m", "-1h", "1.5h", "99999999999999999999d"] {
            assert!(duration(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn an_address_without_a_host_is_every_interface() {
        let read = |text| listen_address(text).map(|a| a.to_string());
        assert_eq!(read(":10922").as_deref(), Ok("[::]:10922"));
        assert_eq!(read("localhost:1").as_deref(), Ok("127.0.0.1:1"));
        assert_eq!(read("[::1]:10922").as_deref(), Ok("[::1]:10922"));
        for text in ["10922", "127.0.0.1", "host.example:1", ":99999", "::1:10922", ""] {
            assert!(listen_address(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn regions_and_roles_have_a_shape() {
        for text in ["ap-northeast-1", "us-gov-west-1", "eusc-de-east-1"] {
            assert!(region(text).is_ok(), "{text}");
        }
        for text in ["tokyo", "ap-northeast", "AP-NORTHEAST-1", "ap-northeast-1a", ""] {
            assert!(region(text).is_err(), "{text:?}");
        }
        assert!(role_arn("arn:aws:iam::123456789012:role/a/b").is_ok());
        assert!(role_arn("arn:aws-cn:iam::123456789012:role/b").is_ok());
        for text in ["arn:aws:iam::12:role/b", "arn:aws:iam::123456789012:user/b", "b", ""] {
            assert!(role_arn(text).is_err(), "{text:?}");
        }
    }
}
