//! Whether a tool made a session's name up for one run: such a name says nothing of a person and
//! would be a new label each time.
//!
//! A name that a person or machine keeps is none: an e-mail address, an employee's number (fewer
//! than ten digits, with a letter before it or not), an instance's ID.

/// Beginnings of the names that tools make up.
const TOOLS: [&str; 13] = [
    "botocore-session-",
    "aws-sdk-",
    "aws-go-sdk-",
    "aws-dotnet-sdk-session-",
    "aws-cli-session-",
    "assume-role-provider-",
    "assume-role-from-profile-",
    "web-identity-token-",
    "AssumeRoleSession",
    "AWSCodeBuild-",
    "sdk-session-",
    "terraform-run-",
    "credential-provider-",
];

/// Shorter words are names, whatever they are made of.
const LONG_WORD: usize = 12;

/// As short as git and Kubernetes cut their hashes.
const SHORT_HASH: usize = 7;

/// Digits of a number that counts seconds, or is random.
const LONG_NUMBER: usize = 10;

pub(super) fn made_up(name: &str) -> bool {
    if TOOLS.iter().any(|beginning| name.starts_with(beginning)) {
        return true;
    }
    if is_email(name) {
        return false;
    }
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    has_date(&words) || has_uuid(name) || (0..words.len()).any(|at| is_random_at(&words, at))
}

/// One `@` with a domain behind it.
fn is_email(name: &str) -> bool {
    name.split_once('@').is_some_and(|(user, domain)| {
        !user.is_empty()
            && !domain.contains('@')
            && domain.split('.').count() > 1
            && domain.split('.').all(|part| !part.is_empty())
    })
}

fn is_random_at(words: &[&str], at: usize) -> bool {
    let word = words[at];
    let before = at.checked_sub(1).map_or("", |before| words[before]);
    let is_instance = matches!(before, "i" | "mi") && matches!(word.len(), 8 | 17) && is_hex(word);
    !is_instance && is_random(word)
}

/// A long number, a hash, or a word in which letters and digits change as no word's do.
fn is_random(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    if digits == word.len() {
        return digits >= LONG_NUMBER;
    }
    if digits > 0 && is_hex(word) {
        // An employee's number may have a letter before it; a hash changes more often.
        return word.len() >= LONG_WORD || (word.len() >= SHORT_HASH && changes(word) >= 3);
    }
    is_time(word)
        || (word.len() >= LONG_WORD && (changes(word) * 2 >= word.len() || is_jumbled(word)))
}

/// How often upper case, lower case and digits take turns.
fn changes(word: &str) -> usize {
    word.as_bytes().windows(2).filter(|pair| class(pair[0]) != class(pair[1])).count()
}

fn class(byte: u8) -> u8 {
    match byte {
        b'0'..=b'9' => 0,
        b'A'..=b'Z' => 1,
        _ => 2,
    }
}

/// Letters of both cases with a digit where no word has one: `Ec2Instance` and `Route53` set theirs
/// at a word's end.
fn is_jumbled(word: &str) -> bool {
    let inside = word.as_bytes().windows(3).any(|three| {
        let [before, digit, after] = [class(three[0]), class(three[1]), class(three[2])];
        digit == 0 && ((before == 1 && after != 0) || (before != 0 && after == 2))
    });
    let cases = word.bytes().any(|b| b.is_ascii_uppercase())
        && word.bytes().any(|b| b.is_ascii_lowercase());
    inside && cases && changes(word) * 3 >= word.len()
}

fn is_hex(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_hexdigit())
}

/// `20261125T120000Z`
fn is_time(word: &str) -> bool {
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    word.split_once(['T', 't']).is_some_and(|(day, time)| {
        let time = time.trim_end_matches(['Z', 'z']);
        day.len() == 8 && digits(day) && time.len() >= 4 && digits(time)
    })
}

/// `2026-11-25`, with or without a time behind it.
fn has_date(words: &[&str]) -> bool {
    let number = |word: &str| word.parse::<u32>().ok();
    words.windows(3).any(|three| {
        let day: String = three[2].chars().take(2).collect();
        three[0].len() == 4
            && number(three[0]).is_some_and(|year| (1990..2200).contains(&year))
            && three[1].len() == 2
            && number(three[1]).is_some_and(|month| (1..=12).contains(&month))
            && day.len() == 2
            && number(&day).is_some_and(|day| (1..=31).contains(&day))
    })
}

fn has_uuid(text: &str) -> bool {
    text.as_bytes().windows(36).any(|window| {
        window.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    })
}
