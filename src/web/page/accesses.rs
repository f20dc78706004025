//! The last accesses as a table, newest first, what was not expected marked by word and colour.

use super::text::{Text, age, date};
use crate::metrics::recent::Access;
use crate::web::Overview;

pub(super) fn render(overview: &Overview, now: i64) -> String {
    let mut html = "<section>\n<h2>Last accesses</h2>\n".to_owned();
    html += &summary(&overview.recent);
    if !overview.recent.is_empty() {
        html += "<table>\n<thead><tr><th>When (UTC)</th><th>Who</th><th>How</th><th>From</th>\
                 <th>Expected</th></tr></thead>\n<tbody>\n";
        overview.recent.iter().for_each(|access| html += &row(access, &overview.host, now));
        html += "</tbody>\n</table>\n";
    }
    html + "</section>\n"
}

/// The answer at a glance.
fn summary(recent: &[Access]) -> String {
    let unexpected = recent.iter().filter(|access| access.expected == "false").count();
    let unruled = recent.iter().all(|access| access.expected == "unset");
    let (class, text) = match (recent.len(), unexpected) {
        (0, _) => ("quiet", "Nobody has come in yet.".to_owned()),
        (_, 0) if unruled => ("quiet", "No rule says what is expected.".to_owned()),
        (1, 0) => ("calm", "✓ The only one was expected.".to_owned()),
        (all, 0) => ("calm", format!("✓ None of the last {all} was unexpected.")),
        (1, 1) => ("alarm", "▲ The only one was not expected.".to_owned()),
        (all, 1) => ("alarm", format!("▲ 1 of the last {all} was not expected.")),
        (all, some) => ("alarm", format!("▲ {some} of the last {all} were not expected.")),
    };
    format!("<p class=\"{class}\">{text}</p>\n")
}

fn row(access: &Access, own_host: &str, now: i64) -> String {
    let (class, verdict) = match access.expected {
        "true" => ("expected", "✓ expected"),
        "false" => ("unexpected", "▲ unexpected"),
        _ => ("unruled", "no rule"),
    };
    let date = date(access.time);
    format!(
        "<tr class=\"{class}\"><td class=\"when\"><time datetime=\"{machine}Z\">{date}</time>\
         <small>{age}</small></td><td class=\"who\">{who}</td><td>{how}</td><td>{source}</td>\
         <td class=\"judged\"><span class=\"verdict\">{verdict}</span></td></tr>\n",
        machine = date.replace(' ', "T"),
        age = age(now, access.time),
        who = who(access),
        how = how(access, own_host),
        source = source(access),
    )
}

/// The person first and the account below, where the person is known; else the account.
fn who(access: &Access) -> String {
    let fingerprint = ["SHA256:", "MD5:"].iter().any(|kind| access.identity.starts_with(kind));
    match (access.user.as_str(), access.identity.as_str()) {
        (user, identity) if fingerprint => main_and_small(user, identity),
        (user, "") => main_and_small(user, ""),
        ("", identity) => main_and_small(identity, ""),
        (user, identity) if user == identity => main_and_small(user, ""),
        (user, identity) => {
            format!("<b>{}</b> <small>as {}</small>", Text(identity), Text(user))
        }
    }
}

/// sudo's lines name no address, so their network is unknown: that is no news.
fn source(access: &Access) -> String {
    match (access.source.as_str(), access.network.as_str()) {
        ("", "unknown") => main_and_small("", ""),
        (source, network) => main_and_small(source, network),
    }
}

fn main_and_small(main: &str, small: &str) -> String {
    match (main, small) {
        ("", "") => "<span class=\"none\">–</span>".to_owned(),
        (main, "") => format!("<b>{}</b>", Text(main)),
        ("", small) => format!("<small>{}</small>", Text(small)),
        (main, small) => format!("<b>{}</b> <small>{}</small>", Text(main), Text(small)),
    }
}

fn how(access: &Access, own_host: &str) -> String {
    let what = what(access.event);
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

fn what(event: &str) -> &str {
    match event {
        "login_success" => "Login",
        "login_failure" => "Failed login",
        "login_rejected" => "Refused connection",
        "session_opened" => "Session opened",
        "session_closed" => "Session closed",
        "sudo_command" => "sudo",
        "sudo_failure" => "sudo refused",
        "su_success" => "su",
        "su_failure" => "su refused",
        "account_change" => "Account changed",
        "aws_success" => "AWS",
        "aws_failure" => "AWS refused",
        _ => "Other",
    }
}
