//! Where a call leads: the instance, node, container or space, in a form that stays one label.
//!
//! A task of ECS lives for one deployment, so its label is the cluster and the container; the
//! whole name stands in the history (`resource`).

use std::borrow::Cow;

use super::lenient::Text;
use super::shape::{Pair, Parameters};

/// A call that names more than one.
const SEVERAL: &str = "(several)";

/// A target as a label, and the whole of it where the label leaves something out.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Target<'a> {
    pub name: Option<Cow<'a, str>>,
    pub whole: Option<Cow<'a, str>>,
}

impl<'a> From<Cow<'a, str>> for Target<'a> {
    fn from(name: Cow<'a, str>) -> Self {
        Target { name: Some(name), whole: None }
    }
}

/// What the request names.
pub(super) fn of_request<'a>(request: &Parameters<'a>) -> Target<'a> {
    let named = [&request.target, &request.instance_id, &request.instance_name];
    let address = &request.private_ip_address;
    if let Some(name) = named.into_iter().chain([address]).find_map(|t| t.clone().filled()) {
        return of_name(name);
    }
    if request.cluster.is_filled() || request.task.is_filled() {
        return of_task(&request.cluster, &request.task, &request.container);
    }
    if let Some(space) = request.resource_identifier.clone().filled() {
        return Target::from(of_arn(&space).map_or(space, Cow::Owned));
    }
    of_list(request)
}

/// `ecs:CLUSTER_TASK_RUNTIME` names a container of a task; whatever else is a name is one.
fn of_name(name: Cow<'_, str>) -> Target<'_> {
    let cluster = name.strip_prefix("ecs:").and_then(|rest| {
        let (before, _runtime) = rest.rsplit_once('_')?;
        let (cluster, _task) = before.rsplit_once('_')?;
        Some(format!("ecs:{cluster}"))
    });
    match cluster {
        Some(cluster) => Target { name: Some(cluster.into()), whole: Some(name) },
        None => Target::from(name),
    }
}

/// `ecs:CLUSTER/CONTAINER`; without a cluster it is the one called default.
fn of_task<'a>(cluster: &Text<'a>, task: &Text<'a>, container: &Text<'a>) -> Target<'a> {
    let in_task = task.or_empty().split_once(":task/").and_then(|(_, rest)| rest.split_once('/'));
    let cluster = match (cluster.or_empty(), in_task) {
        ("", Some((cluster, _))) => cluster,
        ("", None) => "default",
        (named, _) => named.rsplit('/').next().unwrap_or(named),
    };
    let name = match container.or_empty() {
        "" => format!("ecs:{cluster}"),
        container => format!("ecs:{cluster}/{container}"),
    };
    Target { name: Some(name.into()), whole: task.clone().filled() }
}

/// A list of instances, or of tags and groups that choose them.
fn of_list<'a>(request: &Parameters<'a>) -> Target<'a> {
    let chosen = request.targets.0.iter().flat_map(|Pair { key, values }| {
        values.0.iter().map(|value| match key.or_empty() {
            "" | "InstanceIds" | "InstanceId" => value.to_string(),
            key => format!("{key}={value}"),
        })
    });
    let mut all: Vec<String> =
        request.instance_ids.0.iter().map(|id| id.to_string()).chain(chosen).collect();
    match all.len() {
        0 => Target::default(),
        1 => Target { name: all.pop().map(Cow::Owned), whole: None },
        _ => Target { name: Some(SEVERAL.into()), whole: Some(all.join(" ").into()) },
    }
}

/// What a refusal names in its text where the request is left out of the record:
/// `User: ARN is not authorized to perform: ssm:StartSession on resource: ARN because …`,
/// `Instances [[i-…]] not in a valid state`, `i-… is not connected.`
pub(super) fn of_refusal(message: &str) -> Option<String> {
    if let Some((_, resource)) = message.split_once(" on resource: ") {
        let arn = resource.split([' ', ',']).next().unwrap_or("");
        return of_arn(arn.trim_end_matches('.'));
    }
    let words = message.split(|c: char| !c.is_ascii_alphanumeric() && !"-:/@.+=_".contains(c));
    words.map(|word| word.trim_end_matches('.')).find(|word| is_node(word)).map(str::to_owned)
}

/// The part of a resource's ARN that this program calls it by; `None` for a document or for every
/// resource.
fn of_arn(arn: &str) -> Option<String> {
    let resource = arn.splitn(6, ':').nth(5)?;
    let (kind, name) = resource.split_once('/')?;
    match kind {
        "instance" | "managed-instance" | "Instance" => Some(name.to_owned()),
        "task" => Some(format!("ecs:{}", name.split('/').next().unwrap_or(name))),
        "cluster" => Some(format!("ecs:{name}")),
        "space" | "app" => Some(resource.to_owned()),
        _ => None,
    }
}

/// `i-` or `mi-` and hexadecimal digits.
fn is_node(word: &str) -> bool {
    let digits = word.strip_prefix("mi-").or_else(|| word.strip_prefix("i-"));
    digits.is_some_and(|d| d.len() >= 8 && d.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Where a tunnel leads: `db.internal:5432`, or `localhost:22` for the target itself.
pub(super) fn tunnel<'a>(request: &Parameters<'a>) -> Option<Cow<'a, str>> {
    let session = request.parameters.0.as_ref();
    let first = |list: Option<&Vec<Cow<'a, str>>>| list.and_then(|l| l.first().cloned());
    let port = first(session.map(|s| &s.port_number.0)).or(request.remote_port.0.clone())?;
    let host = first(session.map(|s| &s.host.0)).or(request.private_ip_address.clone().filled());
    let host = host.unwrap_or(Cow::Borrowed("localhost"));
    Some(Cow::Owned(if host.contains(':') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_names_its_target_in_its_text() {
        let refused = |resource: &str| {
            of_refusal(&format!(
                "User: arn:aws:sts::1:assumed-role/Ops/i-0fedcba9876543210 is not authorized to \
                 perform: ssm:StartSession on resource: {resource} because no identity-based \
                 policy allows the ssm:StartSession action"
            ))
        };
        let table = [
            ("arn:aws:ec2:eu-west-1:1:instance/i-0123456789abcdef0", Some("i-0123456789abcdef0")),
            (
                "arn:aws:ssm:eu-west-1:1:managed-instance/mi-0123456789abcdef0",
                Some("mi-0123456789abcdef0"),
            ),
            ("arn:aws:ecs:eu-west-1:1:task/prod/0123", Some("ecs:prod")),
            ("arn:aws:ecs:eu-west-1:1:cluster/prod", Some("ecs:prod")),
            ("arn:aws:ssm:eu-west-1::document/AWS-StartSSHSession", None),
            ("*", None),
        ];
        for (resource, expected) in table {
            assert_eq!(refused(resource).as_deref(), expected, "{resource}");
        }
        let other = |text| of_refusal(text);
        assert_eq!(
            other("i-0123456789abcdef0 is not connected.").as_deref(),
            Some("i-0123456789abcdef0")
        );
        assert_eq!(
            other("Instances [[mi-0123456789abcdef0]] not in a valid state for account 1")
                .as_deref(),
            Some("mi-0123456789abcdef0")
        );
        // Whoever chose the session's name chose no target.
        assert_eq!(
            other("User arn:aws:sts::1:assumed-role/Ops/i-0123456789abcdef0 is not it"),
            None
        );
        assert_eq!(other("User is not authorized"), None);
    }
}
