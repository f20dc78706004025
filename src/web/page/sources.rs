//! The sources: which are read, how far behind, and what is wrong.

use std::fmt::Write;

use super::text::{Text, age, date, size};
use crate::web::SourceStatus;

pub(super) fn render(sources: &[SourceStatus], host_log: &str, now: i64) -> String {
    let mut html = "<section>\n<h2 id=\"sources\">Sources</h2>\n".to_owned();
    if !host_log.is_empty() {
        let _ = writeln!(html, "<p class=\"quiet\">The exporter {}.</p>", Text(host_log));
    }
    if sources.is_empty() {
        html += "<p class=\"quiet\">No source is being read.</p>\n";
    } else {
        html += "<ul class=\"sources\">\n";
        sources.iter().for_each(|source| html += &item(source, now));
        html += "</ul>\n";
    }
    html + "</section>\n"
}

/// Says before all else that who came in is not the whole truth.
pub(super) fn unread(sources: &[SourceStatus]) -> String {
    match sources.iter().filter(|source| !source.up).count() {
        0 => String::new(),
        1 => "<p class=\"notice\">✕ <a href=\"#sources\">A source cannot be read</a>: who came in \
              by it is not shown.</p>\n"
            .to_owned(),
        some => format!(
            "<p class=\"notice\">✕ <a href=\"#sources\">{some} sources cannot be read</a>: who \
             came in by them is not shown.</p>\n"
        ),
    }
}

fn item(source: &SourceStatus, now: i64) -> String {
    let (class, state) = state(source);
    let mut html = format!(
        "<li><b>{name}</b><span class=\"state {class}\">{state}</span> \
         <span class=\"quiet\">{lag}{newest}</span>",
        name = Text(&source.name),
        lag = lag(source),
        newest = newest(source.last_record, now),
    );
    if let Some(problem) = &source.problem {
        let _ = write!(html, "<p>{}</p>", Text(problem));
    }
    html + "</li>\n"
}

/// The sign says the same as the colour, for those who do not see it.
fn state(source: &SourceStatus) -> (&'static str, &'static str) {
    match (source.up, source.caught_up, source.lag_bytes) {
        (false, _, _) => ("down", "✕ Not readable"),
        (true, false, _) => ("behind", "◔ Catching up"),
        (true, true, 0) => ("reading", "● Up to date"),
        (true, true, _) => ("reading", "● Reading"),
    }
}

fn lag(source: &SourceStatus) -> String {
    match source.lag_bytes {
        0 => String::new(),
        bytes => format!("· {} behind ", size(bytes)),
    }
}

fn newest(last_record: Option<i64>, now: i64) -> String {
    last_record.map_or_else(
        || "· no record yet".to_owned(),
        |time| {
            format!("· newest record <time title=\"{} UTC\">{}</time>", date(time), age(now, time))
        },
    )
}
