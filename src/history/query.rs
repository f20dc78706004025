//! What is asked for, and which rows fit.

use std::net::IpAddr;

use ipnet::IpNet;
use jiff::tz::TimeZone;
use wildmatch::WildMatch;

use crate::config::History;
use crate::event::Time;
use crate::row::{Row, rfc3339};

/// Whence someone came: one address, a network, or the host name that was logged.
#[derive(Clone, Debug, PartialEq)]
pub enum From {
    Network(IpNet),
    Name(WildMatch),
}

impl From {
    /// `203.0.113.9`, `203.0.113.0/24`, `2001:db8::/32`, `*.example.org`.
    pub fn parse(text: &str) -> From {
        let address = text.parse::<IpAddr>().map(|address| IpNet::from(address.to_canonical()));
        match address.ok().or_else(|| text.parse().ok()) {
            Some(net) => From::Network(net),
            None => From::Name(WildMatch::new(text)),
        }
    }

    fn fits(&self, source: &str) -> bool {
        match self {
            From::Name(name) => name.matches(source),
            From::Network(net) => {
                let bare = source.split_once('%').map_or(source, |(bare, _)| bare);
                let address = bare.parse::<IpAddr>().map(|address| address.to_canonical());
                address.is_ok_and(|address| net.contains(&address))
            }
        }
    }
}

/// What is asked for, its times by the clock and zone of this host.
#[derive(Debug)]
pub struct Query {
    pub asked: History,
    pub since: Option<Time>,
    pub until: Option<Time>,
    /// Without the line above the rows.
    pub headless: bool,
    pub series_per_family: usize,
    /// How the table looks.
    pub look: Look,
}

/// How the table looks: as on a terminal, or as for a program.
#[derive(Clone, Debug)]
pub struct Look {
    pub zone: TimeZone,
    /// Columns of the terminal; `None` where it is none.
    pub width: Option<usize>,
    pub colour: bool,
    pub now: Time,
    /// The host that needs not be named.
    pub host: String,
}

/// The query made ready.
#[derive(Debug)]
pub(super) struct Filter<'q> {
    query: &'q Query,
    users: Vec<WildMatch>,
    events: Vec<WildMatch>,
    from: Vec<From>,
    hosts: Vec<WildMatch>,
    /// Bytes that every line that fits holds.
    literal: Option<memchr::memmem::Finder<'static>>,
    /// The seconds of `since` and `until` as a line begins with them.
    window: [Option<String>; 2],
}

/// A line of the archive begins so, and the time follows.
const BEGINNING: &[u8] = b"{\"time\":\"";

/// `2026-11-26T01:02:03`, which sorts as the times do.
const SECONDS: usize = 19;

impl<'q> Filter<'q> {
    pub(super) fn new(query: &'q Query) -> Filter<'q> {
        let globs = |texts: &[String]| texts.iter().map(|text| WildMatch::new(text)).collect();
        let seconds = |time: Option<Time>| {
            time.map(|time| rfc3339(Time::new(time.seconds(), 0)).chars().take(SECONDS).collect())
        };
        Filter {
            query,
            users: globs(&query.asked.users),
            events: globs(&query.asked.events),
            from: query.asked.from.iter().map(|text| From::parse(text)).collect(),
            hosts: globs(&query.asked.hosts),
            literal: literal(&query.asked)
                .map(|text| memchr::memmem::Finder::new(&text).into_owned()),
            window: [seconds(query.since), seconds(query.until)],
        }
    }

    /// Calls `each` with every line of the block that may fit, without reading the others.
    pub(super) fn candidates<'b, E>(
        &self,
        block: &'b [u8],
        mut each: impl FnMut(&'b [u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut rest = block;
        while !rest.is_empty() {
            let at = match &self.literal {
                None => 0,
                Some(literal) => match literal.find(rest) {
                    None => return Ok(()),
                    Some(at) => memchr::memrchr(b'\n', &rest[..at]).map_or(0, |end| end + 1),
                },
            };
            let end = memchr::memchr(b'\n', &rest[at..]).map_or(rest.len(), |end| at + end);
            let line = &rest[at..end];
            rest = rest.get(end + 1..).unwrap_or_default();
            if !line.is_empty() && self.may_be_in_time(line) {
                each(line)?;
            }
        }
        Ok(())
    }

    /// Whether the seconds that the line begins with may be asked for.
    fn may_be_in_time(&self, line: &[u8]) -> bool {
        let time = line.strip_prefix(BEGINNING).and_then(|rest| rest.get(..SECONDS));
        let Some(time) = time else { return true };
        let [since, until] = &self.window;
        since.as_ref().is_none_or(|since| time >= since.as_bytes())
            && until.as_ref().is_none_or(|until| time <= until.as_bytes())
    }

    /// Whether every row fits.
    pub(super) fn wants_all(&self) -> bool {
        let Query { asked, since, until, .. } = self.query;
        let lists = [&asked.users, &asked.events, &asked.from, &asked.hosts];
        let no_list = lists.iter().all(|list| list.is_empty());
        no_list && since.is_none() && until.is_none() && asked.expected.is_none()
    }

    pub(super) fn wants(&self, row: &Row<'_>) -> bool {
        let Query { asked, since, until, .. } = self.query;
        let expected = row.expected.as_deref().unwrap_or("unset");
        since.is_none_or(|since| row.time >= since)
            && until.is_none_or(|until| row.time < until)
            && any(&self.users, |glob| concerns(row, glob))
            && any(&self.events, |glob| glob.matches(&row.event))
            && any(&self.from, |from| row.source.as_deref().is_some_and(|s| from.fits(s)))
            && any(&self.hosts, |glob| is_host(row.host.as_deref().unwrap_or_default(), glob))
            && asked.expected.as_ref().is_none_or(|wanted| wanted == expected)
    }
}

fn any<T>(list: &[T], fits: impl Fn(&T) -> bool) -> bool {
    list.is_empty() || list.iter().any(fits)
}

/// Whether the event's account, the account it became, or the person behind it is meant.
fn concerns(row: &Row<'_>, who: &WildMatch) -> bool {
    [&row.user, &row.target_user, &row.identity]
        .into_iter()
        .filter_map(|name| name.as_deref())
        .any(|name| who.matches(name))
}

fn is_host(host: &str, wanted: &WildMatch) -> bool {
    let short = host.split('.').next().unwrap_or_default();
    wanted.matches(host) || wanted.matches(short)
}

/// The longest text that a line must hold to fit, as JSON spells it.
fn literal(asked: &History) -> Option<Vec<u8>> {
    let only = |list: &[String]| match list {
        [text] => Some(text.clone()),
        _ => None,
    };
    // An IPv4 address is spelled in one way alone.
    let address = only(&asked.from).and_then(|text| text.parse::<IpAddr>().ok());
    let address = address.map(|address| address.to_canonical()).filter(IpAddr::is_ipv4);
    let address = address.map(|address| address.to_string());
    let plain = |text: String| {
        let stretch = text.split(['*', '?']).max_by_key(|part| part.len())?.to_owned();
        let spelled_so = |b: u8| b.is_ascii_graphic() && !matches!(b, b'"' | b'\\');
        (stretch.len() > 1 && stretch.bytes().all(spelled_so)).then(|| stretch.into_bytes())
    };
    let candidates = [only(&asked.users), only(&asked.hosts), only(&asked.events), address];
    candidates.into_iter().flatten().filter_map(plain).max_by_key(Vec::len)
}

impl Query {
    /// Whether events are put in the order of their times. One file keeps the order of its records.
    pub(super) fn by_time(&self) -> bool {
        self.asked.files.len() != 1
    }

    /// What is asked for, in words.
    pub fn words(&self) -> String {
        let asked = &self.asked;
        let mut words = Vec::new();
        words.extend(self.since.map(|time| format!("since {}", rfc3339(time))));
        words.extend(self.until.map(|time| format!("until {}", rfc3339(time))));
        for (what, list) in [
            ("user", &asked.users),
            ("event", &asked.events),
            ("from", &asked.from),
            ("host", &asked.hosts),
        ] {
            words.extend((!list.is_empty()).then(|| format!("{what} {}", list.join(" or "))));
        }
        words.extend(asked.expected.as_ref().map(|expected| format!("expected {expected}")));
        words.join(", ")
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::history) fn query() -> Query {
        Query {
            asked: History::default(),
            since: None,
            until: None,
            headless: false,
            series_per_family: 1_000,
            look: Look {
                zone: TimeZone::UTC,
                width: None,
                colour: false,
                now: Time::new(1_795_000_000, 0),
                host: "web-1".to_owned(),
            },
        }
    }

    const LINES: &str = concat!(
        r#"{"time":"2026-11-18T09:00:00.5Z","host":"web-1.example.org","event":"login_success","user":"alice","source":"203.0.113.9","expected":"true"}"#,
        "\n",
        r#"{"time":"2026-11-18T09:00:01Z","host":"web-2","event":"sudo_command","user":"bob","target_user":"root","expected":"false"}"#,
        "\n",
        r#"{"time":"2026-11-18T09:00:02Z","event":"login_success","user":"deploy","identity":"alice","source":"2001:db8::7"}"#,
        "\n",
    );

    /// The numbers of the lines that fit.
    fn fitting(query: &Query) -> Vec<usize> {
        let filter = Filter::new(query);
        let mut found = Vec::new();
        let all: Vec<&str> = LINES.lines().collect();
        let fits = |line: &[u8]| -> Result<(), ()> {
            let row = Row::from_json(line).unwrap();
            if filter.wants(&row) {
                let text = std::str::from_utf8(line).unwrap();
                found.push(all.iter().position(|one| *one == text).unwrap());
            }
            Ok(())
        };
        filter.candidates(LINES.as_bytes(), fits).unwrap();
        found
    }

    fn asking(ask: impl FnOnce(&mut History)) -> Vec<usize> {
        let mut query = query();
        ask(&mut query.asked);
        fitting(&query)
    }

    fn of(text: &str) -> Vec<String> {
        vec![text.to_owned()]
    }

    #[test]
    fn each_question_finds_its_lines() {
        assert_eq!(fitting(&query()), [0, 1, 2]);
        assert!(Filter::new(&query()).wants_all());
        assert_eq!(asking(|asked| asked.users = of("alice")), [0, 2]);
        assert_eq!(asking(|asked| asked.users = of("a*ce")), [0, 2]);
        assert_eq!(asking(|asked| asked.users = of("root")), [1]);
        assert_eq!(asking(|asked| asked.events = of("login_*")), [0, 2]);
        assert_eq!(asking(|asked| asked.from = of("203.0.113.0/24")), [0]);
        assert_eq!(asking(|asked| asked.from = of("::ffff:203.0.113.9")), [0]);
        assert_eq!(asking(|asked| asked.from = of("2001:db8::/32")), [2]);
        assert_eq!(asking(|asked| asked.hosts = of("web-1")), [0]);
        assert_eq!(asking(|asked| asked.hosts = of("web-*")), [0, 1]);
        assert_eq!(asking(|asked| asked.expected = Some("false".to_owned())), [1]);
        assert_eq!(asking(|asked| asked.expected = Some("unset".to_owned())), [2]);
    }

    #[test]
    fn a_time_is_held_to_its_fraction() {
        let at = |text: &str| {
            let stamp: jiff::Timestamp = text.parse().unwrap();
            Some(Time::from_nanoseconds(i64::try_from(stamp.as_nanosecond()).unwrap()))
        };
        assert_eq!(fitting(&Query { since: at("2026-11-18T09:00:00.5Z"), ..query() }), [0, 1, 2]);
        assert_eq!(fitting(&Query { since: at("2026-11-18T09:00:00.6Z"), ..query() }), [1, 2]);
        assert_eq!(fitting(&Query { until: at("2026-11-18T09:00:01Z"), ..query() }), [0]);
        assert_eq!(fitting(&Query { until: at("2026-11-18T09:00:01.1Z"), ..query() }), [0, 1]);
    }
}
