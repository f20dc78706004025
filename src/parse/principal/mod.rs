//! Who an AWS principal is: one name a person or role, the same whichever record tells it.
//!
//! CloudTrail tells a principal's kind and much about it; EC2 Instance Connect's line and the
//! state of amazon-ssm-agent tell an ARN alone. All come here, so that a rule means the same
//! caller in all three. No kind of caller shares a form with another, since no role, session or
//! IAM user has a colon in its name:
//!
//! | form | who |
//! |---|---|
//! | `role/session` | an assumed role; `role/*` where a tool made the session's name up |
//! | `alice@example.com`, `sso:alice` | a user of IAM Identity Center |
//! | `user:NAME`, `root:ACCOUNT`, `federated:NAME`, `role:NAME` | IAM and STS |
//! | `saml:NAME`, `web:NAME` | whom an identity provider vouches for |
//! | `account:ID`, `service:NAME` | a caller that AWS names no closer |
//! | `unknown:ID` | a kind that came after this was written |
//!
//! Source: "CloudTrail userIdentity element" of the CloudTrail User Guide, "IAM identifiers" and
//! "IAM and STS character quotas" of the IAM User Guide.

mod made_up;
#[cfg(test)]
mod tests;

use made_up::made_up;

/// IAM Identity Center makes one such role for each permission set; its sessions are named after
/// the user who signed in.
const CENTER_ROLE: &str = "AWSReservedSSO_";

/// Only AWS itself makes roles under this path. Anyone with IAM's rights can make a role of the
/// name alone.
const CENTER_PATH: &str = "role/aws-reserved/sso.amazonaws.com/";

/// What a record tells of a principal. A part that it does not tell is empty.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Caller<'a> {
    /// CloudTrail's `type`; empty where an ARN is all that is told.
    pub kind: &'a str,
    pub arn: &'a str,
    pub account: &'a str,
    pub principal_id: &'a str,
    pub user_name: &'a str,
    pub invoked_by: &'a str,
    /// The role behind a session, where the record names it.
    pub issuer: Option<Issuer<'a>>,
    /// What else may name a user of Identity Center.
    pub center_names: [&'a str; 2],
    pub center_id: &'a str,
}

#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Issuer<'a> {
    pub arn: &'a str,
    pub user_name: &'a str,
}

/// The name of the principal with this ARN; `None` where it is not one of a principal.
pub fn of_arn(arn: &str) -> Option<String> {
    name(&Caller { arn, ..Caller::default() })
}

/// The name of a principal; `None` where nothing is told that tells it from others.
pub(super) fn name(caller: &Caller<'_>) -> Option<String> {
    let known = match caller.kind {
        "Root" => prefixed("root:", caller.account),
        "IAMUser" => prefixed("user:", caller.user_name),
        "IdentityCenterUser" => center_user(caller),
        "SAMLUser" => prefixed("saml:", user_or_end_of_id(caller)),
        "WebIdentityUser" => prefixed("web:", user_or_end_of_id(caller)),
        "AWSAccount" => prefixed("account:", caller.account),
        "AWSService" => prefixed("service:", service(caller)),
        _ => None,
    };
    known.or_else(|| by_arn(caller)).or_else(|| session_without_arn(caller)).or_else(|| {
        let id = [caller.principal_id, caller.account];
        id.into_iter().find_map(|id| prefixed("unknown:", id))
    })
}

fn prefixed(prefix: &str, name: &str) -> Option<String> {
    (!name.is_empty()).then(|| format!("{prefix}{name}"))
}

/// `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION`, `arn:aws:iam::ACCOUNT:user/PATH/NAME`, …
fn by_arn(caller: &Caller<'_>) -> Option<String> {
    let (account, resource) = resource(caller.arn)?;
    if resource == "root" {
        return prefixed("root:", account);
    }
    let (kind, rest) = resource.split_once('/')?;
    let last = rest.rsplit('/').next().unwrap_or(rest);
    match kind {
        "assumed-role" => match rest.split_once('/') {
            Some((role, session)) => of_session(role, session, caller.issuer),
            // Some services' records leave the session out.
            None if caller.kind == "AssumedRole" => {
                session_without_arn(caller).or_else(|| prefixed("role:", rest))
            }
            None => None,
        },
        "user" => prefixed("user:", last),
        "role" => prefixed("role:", last),
        "federated-user" if made_up(rest) => Some("federated:*".to_owned()),
        "federated-user" => prefixed("federated:", rest),
        _ => None,
    }
}

/// Account and resource of an ARN of IAM or STS.
fn resource(arn: &str) -> Option<(&str, &str)> {
    let mut parts = arn.splitn(6, ':');
    let (marker, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
    let known = marker == "arn" && partition.starts_with("aws") && matches!(service, "iam" | "sts");
    let (_region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
    known.then_some((account, resource))
}

/// A record without its ARN: the issuer names the role, and the end of the principal's ID the
/// session.
fn session_without_arn(caller: &Caller<'_>) -> Option<String> {
    let issuer = caller.issuer?;
    let (_, session) = caller.principal_id.rsplit_once(':')?;
    let role = match issuer.user_name {
        "" => issuer.arn.rsplit('/').next().unwrap_or(""),
        name => name,
    };
    of_session(role, session, Some(issuer))
}

fn of_session(role: &str, session: &str, issuer: Option<Issuer<'_>>) -> Option<String> {
    if !is_iam_name(role) || !is_iam_name(session) {
        return None;
    }
    if role.starts_with(CENTER_ROLE) && issuer.is_none_or(is_center) {
        return Some(center_name(session));
    }
    Some(format!("{role}/{}", if made_up(session) { "*" } else { session }))
}

/// Letters, digits and `_+=,.@-`: what IAM and STS let a role's and a session's name be made of.
fn is_iam_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-".contains(&b))
}

fn is_center(issuer: Issuer<'_>) -> bool {
    resource(issuer.arn).is_some_and(|(_, resource)| resource.starts_with(CENTER_PATH))
}

/// The e-mail address wherever it stands, else the best name there is, else the user's ID in the
/// identity store, which AWS gives and which looks like no other form.
fn center_user(caller: &Caller<'_>) -> Option<String> {
    let id_end = caller.principal_id.rsplit(':').next().unwrap_or("");
    let [additional, behalf] = caller.center_names;
    let names = [caller.user_name, additional, behalf, id_end];
    let filled = || names.into_iter().filter(|name| !name.is_empty());
    let named = filled().find(|name| name.contains('@')).or_else(|| filled().next());
    named.map(center_name).or_else(|| match is_store_id(caller.center_id) {
        true => Some(caller.center_id.to_owned()),
        false => prefixed("sso:", caller.center_id),
    })
}

/// An e-mail address stands alone, unless it could be read as another form.
fn center_name(name: &str) -> String {
    match name.contains('@') && !name.contains([':', '/']) {
        true => name.to_owned(),
        false => format!("sso:{name}"),
    }
}

/// A UUID, in older stores behind ten digits of hexadecimal.
fn is_store_id(id: &str) -> bool {
    id.len() >= 36 && id.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}

/// `accounts.google.com:app:user` ends in the name.
fn user_or_end_of_id<'a>(caller: &Caller<'a>) -> &'a str {
    match caller.user_name {
        "" => caller.principal_id.rsplit(':').next().unwrap_or(""),
        name => name,
    }
}

/// `cloud9.amazonaws.com` is `cloud9`.
fn service<'a>(caller: &Caller<'a>) -> &'a str {
    let name = if caller.invoked_by.is_empty() { caller.principal_id } else { caller.invoked_by };
    let bare = name.strip_suffix(".cn").unwrap_or(name);
    bare.strip_suffix(".amazonaws.com").unwrap_or(name)
}
