//! The last accesses, newest first: people, then what is automation's; or only what was not
//! expected; or each by itself.

use super::fold::{Folded, Row, fold};
use super::row;
use super::{Show, View};
use crate::metrics::recent::Access;
use crate::web::Overview;

pub(super) fn render(overview: &Overview, view: &View<'_>) -> String {
    let all: Vec<&Access> = overview.recent.iter().collect();
    let mut html = "<section>\n<h2>Last accesses</h2>\n".to_owned();
    html += &summary(&all);
    if !all.is_empty() {
        html += &choices(view.show, &[Show::People, Show::Unexpected, Show::Each]);
    }
    match view.show {
        Show::People => {
            let Folded { people, automation } = fold(&all);
            html += &table(people, overview, view);
            if !automation.is_empty() {
                html += "</section>\n<section>\n<h2>Again and again</h2>\n\
                         <p class=\"quiet\">Comes in the same way each time and names nobody: \
                         mostly automation. Nothing unexpected is among it.</p>\n";
                html += &table(automation, overview, view);
            }
        }
        Show::Unexpected => html += &unexpected(&all, overview, view),
        Show::Each => html += &table(each(&all), overview, view),
    }
    html + "</section>\n"
}

/// The rows of what was not expected, or that there are none.
pub(super) fn unexpected(all: &[&Access], overview: &Overview, view: &View<'_>) -> String {
    let rows = all.iter().copied().filter(|access| access.expected == "false");
    let rows = each(&rows.collect::<Vec<_>>());
    match rows.is_empty() && !all.is_empty() {
        true => "<p class=\"quiet\">None of them was unexpected.</p>\n".to_owned(),
        false => table(rows, overview, view),
    }
}

pub(super) fn each<'a>(accesses: &[&'a Access]) -> Vec<Row<'a>> {
    let alone = |access: &&'a Access| Row { newest: access, since: access.time, count: 1 };
    accesses.iter().map(alone).collect()
}

pub(super) fn table(rows: Vec<Row<'_>>, overview: &Overview, view: &View<'_>) -> String {
    if rows.is_empty() {
        return String::new();
    }
    let mut html = "<table>\n<thead><tr><th>When (UTC)</th><th>Who</th><th>How</th><th>From</th>\
                    <th>Expected</th></tr></thead>\n<tbody>\n"
        .to_owned();
    rows.iter().for_each(|row| html += &row::render(row, &overview.host, view));
    html + "</tbody>\n</table>\n"
}

/// Links to the same page with other rows of it: no script is needed.
pub(super) fn choices(shown: Show, offered: &[Show]) -> String {
    let links = offered.iter().map(|show| {
        let current = if *show == shown { " aria-current=\"page\"" } else { "" };
        format!("<a href=\"?{}\"{current}>{}</a>", show.query(), show.words())
    });
    format!("<p class=\"choices\">{}</p>\n", links.collect::<Vec<_>>().join(" "))
}

/// The answer at a glance.
pub(super) fn summary(accesses: &[&Access]) -> String {
    let unexpected = accesses.iter().filter(|access| access.expected == "false").count();
    let unruled = accesses.iter().all(|access| access.expected == "unset");
    let (class, text) = match (accesses.len(), unexpected) {
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
