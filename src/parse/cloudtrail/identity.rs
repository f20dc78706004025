//! Who called: one name a person or role, the same whichever record tells it.
//!
//! A role's session is `role/session`, since the session name is what the caller chose or the
//! identity provider set. A name that a tool made up for one run says nothing and would be a new
//! label each time, so it becomes `role/*`. An instance's session bears the instance's ID: that
//! says which machine called, so it stays.

use std::borrow::Cow;

use super::shape::{Additional, Text, UserIdentity};

/// IAM Identity Center makes one such role for each permission set; its sessions are named after
/// the user who signed in.
const IDENTITY_CENTER_ROLE: &str = "AWSReservedSSO_";

/// Beginnings of session names that a tool makes up for one run.
const MADE_UP: [&str; 10] = [
    "botocore-session-",
    "aws-sdk-",
    "aws-go-sdk-",
    "aws-dotnet-sdk-session-",
    "assume-role-provider-",
    "assume-role-from-profile-",
    "web-identity-token-",
    "AssumeRoleSession",
    "AWSCodeBuild-",
    "sdk-session-",
];

/// The name of who made the call; `None` where the record names nobody.
pub(super) fn of_caller<'a>(
    user: UserIdentity<'a>,
    additional: Option<Additional<'a>>,
) -> Option<Cow<'a, str>> {
    match user.kind.0.as_deref().unwrap_or("") {
        "Root" => Some(Cow::Borrowed("root")),
        "IAMUser" => user.user_name.clone().filled().or_else(|| from_arn(&user)),
        "AssumedRole" => of_session(&user),
        "IdentityCenterUser" => of_identity_center(user, additional),
        "SAMLUser" | "WebIdentityUser" => {
            user.user_name.filled().or_else(|| after_colon(user.principal_id))
        }
        "AWSService" => user.invoked_by.filled(),
        _ => of_other(user),
    }
}

fn from_arn<'a>(user: &UserIdentity<'a>) -> Option<Cow<'a, str>> {
    match user.arn.0.as_ref()? {
        Cow::Borrowed(arn) => identity_of_arn(arn),
        Cow::Owned(arn) => identity_of_arn(arn).map(|name| Cow::Owned(name.into_owned())),
    }
}

/// The ARN names role and session. Where it does not, the issuer names the role and the end of
/// the principal's ID the session.
fn of_session<'a>(user: &UserIdentity<'a>) -> Option<Cow<'a, str>> {
    from_arn(user).or_else(|| {
        let session = after_colon(user.principal_id.clone())?;
        let issuer = user.session_context.0.as_ref()?.session_issuer.0.as_ref()?;
        Some(Cow::Owned(role_session(issuer.user_name.0.as_deref()?, &session).into_owned()))
    })
}

/// The e-mail address wherever it stands, else the best name there is.
fn of_identity_center<'a>(
    user: UserIdentity<'a>,
    additional: Option<Additional<'a>>,
) -> Option<Cow<'a, str>> {
    let behalf = user.on_behalf_of.0.unwrap_or_default();
    let names = [
        user.user_name.filled(),
        additional.and_then(|data| data.user_name.filled()),
        behalf.user_name.filled(),
        after_colon(user.principal_id),
        behalf.user_id.filled(),
    ];
    let mut names: Vec<Cow<'a, str>> = names.into_iter().flatten().collect();
    let email = names.iter().position(|name| name.contains('@')).unwrap_or(0);
    (!names.is_empty()).then(|| names.swap_remove(email))
}

/// Another account's caller is known by its ARN at most, else by the account.
fn of_other(user: UserIdentity<'_>) -> Option<Cow<'_, str>> {
    let named = user.user_name.clone().filled().or_else(|| from_arn(&user));
    named.or(user.account_id.filled()).or(user.principal_id.filled())
}

/// `AROA…:session` and `accounts.google.com:app:user` end in the name.
fn after_colon(principal: Text<'_>) -> Option<Cow<'_, str>> {
    Text(Some(match principal.filled()? {
        Cow::Borrowed(id) => Cow::Borrowed(id.rsplit(':').next().unwrap_or(id)),
        Cow::Owned(id) => Cow::Owned(id.rsplit(':').next().unwrap_or(&id).to_owned()),
    }))
    .filled()
}

/// The name in an ARN: `arn:aws:sts::1:assumed-role/R/S` is `R/S`, `arn:aws:iam::1:user/path/N`
/// is `N`, `arn:aws:iam::1:root` is `root`.
pub(super) fn identity_of_arn(arn: &str) -> Option<Cow<'_, str>> {
    let mut parts = arn.splitn(6, ':');
    if parts.next() != Some("arn") {
        return None;
    }
    let resource = parts.nth(4)?;
    if resource == "root" {
        return Some(Cow::Borrowed("root"));
    }
    let (kind, name) = resource.split_once('/')?;
    match kind {
        "assumed-role" => {
            let (role, session) = name.split_once('/')?;
            (!role.is_empty() && !session.is_empty()).then(|| role_session_in(name, role, session))
        }
        "user" | "role" | "federated-user" => {
            let last = name.rsplit('/').next().unwrap_or(name);
            (!last.is_empty()).then_some(Cow::Borrowed(last))
        }
        _ => None,
    }
}

/// As [`role_session`], borrowing where both stand side by side.
fn role_session_in<'a>(whole: &'a str, role: &str, session: &'a str) -> Cow<'a, str> {
    if role.starts_with(IDENTITY_CENTER_ROLE) {
        return Cow::Borrowed(session);
    }
    if made_up(session) { Cow::Owned(format!("{role}/*")) } else { Cow::Borrowed(whole) }
}

fn role_session<'a>(role: &str, session: &'a str) -> Cow<'a, str> {
    if role.starts_with(IDENTITY_CENTER_ROLE) {
        return Cow::Borrowed(session);
    }
    Cow::Owned(format!("{role}/{}", if made_up(session) { "*" } else { session }))
}

/// Whether a tool made this session name up: by its beginning, digits only, long hexadecimal, or
/// such an end behind a dash (`aws-go-sdk-1722375070115152000`, `AWSCodeBuild-<UUID>`).
fn made_up(session: &str) -> bool {
    MADE_UP.iter().any(|beginning| session.starts_with(beginning))
        || all_digits(session)
        || long_hex(session)
        || ends_in_uuid(session)
        || session.rsplit_once(['-', '_', '.']).is_some_and(|(before, end)| {
            before != "i" && ((end.len() >= 10 && all_digits(end)) || long_hex(end))
        })
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Twelve digits or more, as short container IDs have; a word of the letters a to f has no digit.
fn long_hex(text: &str) -> bool {
    text.len() >= 12
        && text.bytes().all(|b| b.is_ascii_hexdigit())
        && text.bytes().any(|b| b.is_ascii_digit())
}

fn ends_in_uuid(text: &str) -> bool {
    let Some(start) = text.len().checked_sub(36) else { return false };
    let end = text.as_bytes().get(start..).unwrap_or_default();
    end.iter().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}
