//! A person's or an account's own page: where from, how, when, and on which hosts, as far as this
//! exporter knows.

use std::collections::HashMap;

use super::accesses::{choices, each, summary, table, unexpected};
use super::row::{person, source};
use super::text::Text;
use super::{Show, View};
use crate::metrics::recent::Access;
use crate::web::Overview;

/// Those that came in by this name: the person's, or the account's.
pub(super) fn accesses<'a>(overview: &'a Overview, name: &str) -> Vec<&'a Access> {
    let is_of = |access: &&Access| access.identity == name || access.user == name;
    overview.recent.iter().filter(is_of).collect()
}

pub(super) fn render(overview: &Overview, name: &str, view: &View<'_>) -> String {
    let all = accesses(overview, name);
    if all.is_empty() {
        return "<section>\n<p class=\"quiet\">Nobody of this name is among the last accesses that \
                are kept here.</p>\n</section>\n"
            .to_owned();
    }
    let mut html = "<section>\n".to_owned() + &summary(&all) + &facts(&all, name, view);
    html += "<p class=\"quiet\">As far as this exporter reads: of its last accesses only, and of no \
             host that another exporter watches. <code>login_exporter history</code> asks the \
             archive.</p>\n</section>\n<section>\n<h2>Each access</h2>\n";
    html += &choices(view.show, &[Show::People, Show::Unexpected]);
    html += &match view.show {
        Show::Unexpected => unexpected(&all, overview, view),
        Show::People | Show::Each => table(each(&all), overview, view),
    };
    html + "</section>\n"
}

/// What all of them have been, the most frequent first.
fn facts(all: &[&Access], name: &str, view: &View<'_>) -> String {
    let other = |access: &Access| match (access.identity.as_str(), access.user.as_str()) {
        ("", _) | (_, "") => String::new(),
        (identity, user) if identity == user => String::new(),
        (identity, user) if identity == name => person(user, view),
        (identity, _) => person(identity, view),
    };
    let mut html = "<dl class=\"facts\">\n".to_owned();
    html += &fact("From", all, |access| match access.source.as_str() {
        "" if access.network == "unknown" => String::new(),
        _ => source(access),
    });
    html += &fact("How", all, means);
    html += &fact("On", all, place);
    html += &fact("Also as", all, other);
    html + "</dl>\n"
}

fn means(access: &Access) -> String {
    let what = access.words();
    match [&access.method, &access.program].into_iter().find(|means| !means.is_empty()) {
        Some(means) if means != what => format!("{what} <small>{}</small>", Text(means)),
        _ => what.to_owned(),
    }
}

/// The host; for a call to AWS, what it was about.
fn place(access: &Access) -> String {
    match (access.host.as_str(), access.detail.as_str()) {
        ("", "") => String::new(),
        ("", target) => Text(target).to_string(),
        (host, _) => Text(host).to_string(),
    }
}

fn fact(title: &str, all: &[&Access], of: impl Fn(&Access) -> String) -> String {
    let mut counts: Vec<(String, usize)> = Vec::new();
    let mut places = HashMap::new();
    for value in all.iter().map(|access| of(access)).filter(|value| !value.is_empty()) {
        let place = *places.entry(value.clone()).or_insert(counts.len());
        if place == counts.len() {
            counts.push((value, 0));
        }
        counts[place].1 += 1;
    }
    if counts.is_empty() {
        return String::new();
    }
    // Among those of the same count the newest stays first.
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let values = counts.iter().map(|(value, count)| {
        format!("<dd>{value} <span class=\"times\">×\u{a0}{count}</span></dd>")
    });
    format!("<div><dt>{title}</dt>{}</div>\n", values.collect::<String>())
}
