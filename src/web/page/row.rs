//! One row: when, who, how, from where, and whether that was expected, by word and colour.

use super::View;
use super::fold::{Row, is_fingerprint};
use super::link;
use super::text::{Text, age, date, lasted};
use crate::metrics::recent::{Access, Session};

pub(super) fn render(row: &Row<'_>, own_host: &str, view: &View<'_>) -> String {
    let access = row.newest;
    let (class, verdict) = match access.expected {
        "true" => ("expected", "✓ expected"),
        "false" => ("unexpected", "▲ unexpected"),
        _ => ("unruled", "no rule"),
    };
    format!(
        "<tr class=\"{class}\"><td class=\"when\">{time}<small>{age}</small>{times}</td>\
         <td class=\"who\">{who}</td><td>{how}{session}</td><td>{source}</td>\
         <td class=\"judged\"><span class=\"verdict\">{verdict}</span></td></tr>\n",
        time = time(access.time),
        age = age(view.now, access.time),
        times = times(row),
        who = who(access, view),
        how = how(access, own_host),
        session =
            access.session.as_deref().map_or_else(String::new, |of| session(access, of, view)),
        source = source(access),
    )
}

/// A time that the script may tell in the reader's own zone too.
pub(super) fn time(seconds: i64) -> String {
    let date = date(seconds);
    format!("<time datetime=\"{}Z\">{date}</time>", date.replace(' ', "T"))
}

fn times(row: &Row<'_>) -> String {
    match row.count {
        1 => String::new(),
        count => format!(
            "<small class=\"repeats\"><b>{count} times</b> since {}</small>",
            time(row.since)
        ),
    }
}

/// The person first and the account below, where the person is known; else the account.
fn who(access: &Access, view: &View<'_>) -> String {
    match (access.user.as_str(), access.identity.as_str()) {
        ("", "") => none(),
        ("", identity) => format!("<b>{}</b>", person(identity, view)),
        (user, "") => format!("<b>{}</b>", person(user, view)),
        (user, identity) if user == identity => format!("<b>{}</b>", person(user, view)),
        (user, key) if is_fingerprint(key) => {
            format!("<b>{}</b> <small>{}</small>", person(user, view), person(key, view))
        }
        (user, identity) => {
            format!("<b>{}</b> <small>as {}</small>", person(identity, view), person(user, view))
        }
    }
}

/// The name, as a link to all that is known of it.
pub(super) fn person(name: &str, view: &View<'_>) -> String {
    match link::path(name) {
        Some(path) => format!("<a href=\"{}person/{path}\">{}</a>", view.root, Text(name)),
        None => Text(name).to_string(),
    }
}

/// sudo's lines name no address, so their network is unknown: that is no news.
pub(super) fn source(access: &Access) -> String {
    match (access.source.as_str(), access.network.as_str()) {
        ("", "" | "unknown") => none(),
        (source, "") => format!("<b>{}</b>", Text(source)),
        ("", network) => format!("<small>{}</small>", Text(network)),
        (source, network) => format!("<b>{}</b> <small>{}</small>", Text(source), Text(network)),
    }
}

fn none() -> String {
    "<span class=\"none\">–</span>".to_owned()
}

pub(super) fn how(access: &Access, own_host: &str) -> String {
    let what = access.words();
    let mut html = format!("<span>{what}</span>");
    let program = if access.program == what { "" } else { &access.program };
    let other_host = if access.host == own_host { "" } else { &access.host };
    let means: Vec<String> = [access.method.as_str(), program, other_host]
        .into_iter()
        .filter(|means| !means.is_empty())
        .map(|means| Text(means).to_string())
        .collect();
    if !means.is_empty() {
        html += &format!(" <small>{}</small>", means.join(" · "));
    }
    if !access.detail.is_empty() {
        html += &format!(" <code>{}</code>", Text(&access.detail));
    }
    html
}

/// How long a session lasted, and how late AWS told of it.
fn session(access: &Access, session: &Session, view: &View<'_>) -> String {
    let mut told = Vec::new();
    match (session.ended, session.lasted) {
        (Some(ended), Some(seconds)) => {
            told.push(format!("ended {}, after {}", time(ended), lasted(seconds)));
        }
        (Some(ended), None) => told.push(format!("ended before {}", time(ended))),
        (None, _) if session.by_host => {
            let seconds = view.now.saturating_sub(access.time).max(0).unsigned_abs();
            told.push(format!("<b>open</b> for {}", lasted(seconds)));
        }
        (None, _) => {}
    }
    match (session.by_aws, session.late) {
        (true, Some(late)) if session.by_host => {
            let late = late.max(0).unsigned_abs();
            told.push(format!("CloudTrail told it {} later", lasted(late)));
        }
        (true, _) => {}
        (false, _) => told.push("not told by CloudTrail".to_owned()),
    }
    match told.is_empty() {
        true => String::new(),
        false => format!(" <small>{}</small>", told.join(" · ")),
    }
}
