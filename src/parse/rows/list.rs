//! The rows as README shows them: which lines are read, of which versions, and what they tell.

use super::{Row, Tells, Versions};
use crate::parse::tables;

/// A table in Markdown of every line that tells something; what is known as noise is only counted.
pub fn markdown() -> String {
    let mut list = String::from("| tag | line | versions | tells |\n|---|---|---|---|\n");
    let mut noise = 0;
    for table in tables() {
        for sample in table.samples() {
            match tells(sample.row) {
                Some(tells) => {
                    let (line, versions) = (line(sample.row), versions(sample.row.versions));
                    list += &format!("| {} | `{line}` | {versions} | {tells} |\n", sample.tag);
                }
                None => noise += 1,
            }
        }
    }
    list + &format!("\nBesides, {noise} lines that count nothing are known by name.\n")
}

/// How the line begins; a whole one where someone else chose its first words.
fn line(row: &Row) -> String {
    let line = match row.begins {
        "" => row.sample.replace(['‹', '›'], ""),
        begins => format!("{begins}…"),
    };
    line.replace('|', "\\|").replace('`', "'")
}

fn versions(versions: Versions) -> String {
    match versions {
        Versions::All => "all".to_owned(),
        Versions::Since(first) => format!("{first} on"),
        Versions::Until(last) => format!("to {last}"),
        Versions::Between(first, last) => format!("{first} to {last}"),
        Versions::In(known) => known.to_owned(),
    }
}

fn tells(row: &Row) -> Option<String> {
    Some(match row.tells {
        Tells::Nothing => return None,
        Tells::Hint => "what another line needs".to_owned(),
        Tells::Event(kind) => format!("`{kind}`"),
        Tells::Rejected(reason) => format!("`login_rejected`, `{reason}`"),
        Tells::Refused(reason) => format!("`sudo_failure`, `{reason}`"),
        Tells::Changed(change) => format!("`account_change`, `{change}`"),
    })
}
