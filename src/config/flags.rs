//! The flags as data: each one's name, the key of the file that says the same, and its help.

/// The part of `--help` that a flag stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Group {
    General,
    Host,
    CloudTrail,
    Archive,
    Web,
}

impl Group {
    pub(super) fn heading(self) -> &'static str {
        match self {
            Group::General => "General",
            Group::Host => "The host's log",
            Group::CloudTrail => "CloudTrail",
            Group::Archive => "The archive",
            Group::Web => "Web",
        }
    }
}

/// How often a flag may stand, and whether it takes a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    One,
    /// Repeated; its values together take the place of the file's list.
    Many,
    /// Without a value: true.
    Switch,
}

#[derive(Debug)]
pub(super) struct Flag {
    /// Without the dashes.
    pub(super) name: &'static str,
    /// The dotted key of the file; empty for the flag that names the file.
    pub(super) key: &'static str,
    pub(super) shape: Shape,
    pub(super) value: &'static str,
    pub(super) group: Group,
    pub(super) help: &'static str,
}

const fn one(
    group: Group,
    name: &'static str,
    key: &'static str,
    value: &'static str,
    help: &'static str,
) -> Flag {
    Flag { name, key, shape: Shape::One, value, group, help }
}

const fn many(
    group: Group,
    name: &'static str,
    key: &'static str,
    value: &'static str,
    help: &'static str,
) -> Flag {
    Flag { name, key, shape: Shape::Many, value, group, help }
}

const fn switch(group: Group, name: &'static str, key: &'static str, help: &'static str) -> Flag {
    Flag { name, key, shape: Shape::Switch, value: "", group, help }
}

/// The flag that names the file of settings.
pub(super) const CONFIG_FILE: &str = "config.file";

/// Every flag. A value given here wins over the file's.
pub(super) const FLAGS: &[Flag] = &[
    one(
        Group::General,
        CONFIG_FILE,
        "",
        "PATH",
        "YAML file of settings; every flag below is also a key of it, and it alone holds networks, identities and the rules of what is expected",
    ),
    one(
        Group::General,
        "state.dir",
        "state.dir",
        "DIR",
        "Folder that remembers how far was read and what was counted [default: $STATE_DIRECTORY, else $XDG_STATE_HOME/login_exporter, else ~/.local/state/login_exporter]",
    ),
    one(
        Group::General,
        "log.level",
        "log.level",
        "LEVEL",
        "error, warn, info, debug or trace [default: info]",
    ),
    one(Group::General, "log.format", "log.format", "FORMAT", "logfmt or json [default: logfmt]"),
    one(
        Group::Host,
        "source",
        "source",
        "SOURCE",
        "auto, file, journal or none; auto takes the journal, else /var/log/secure, else /var/log/auth.log [default: auto]",
    ),
    many(
        Group::Host,
        "auth-log.path",
        "auth_logs",
        "PATH",
        "Authentication log to follow; may be repeated",
    ),
    one(
        Group::Host,
        "auth-log.start",
        "auth_log.start",
        "WHERE",
        "Where the first start begins: beginning or end [default: beginning]",
    ),
    one(
        Group::Host,
        "auth-log.time-zone",
        "auth_log.time_zone",
        "ZONE",
        "Zone of time stamps that name none, such as Asia/Tokyo [default: the host's]",
    ),
    one(
        Group::Host,
        "ssm-agent.dir",
        "ssm_agent.dir",
        "DIR",
        "Folder of amazon-ssm-agent's state, which tells of Session Manager's sessions as they begin and end [default: /var/lib/amazon/ssm, where it is there]",
    ),
    many(
        Group::CloudTrail,
        "cloudtrail.region",
        "cloudtrail.regions",
        "REGION",
        "Region whose Session Manager sessions to ask CloudTrail for; may be repeated; without one CloudTrail is not asked",
    ),
    one(
        Group::CloudTrail,
        "cloudtrail.poll-interval",
        "cloudtrail.poll_interval",
        "DURATION",
        "How often to ask [default: 60s]",
    ),
    one(
        Group::CloudTrail,
        "cloudtrail.lookback",
        "cloudtrail.lookback",
        "DURATION",
        "How far back the first start asks [default: 24h]",
    ),
    many(
        Group::CloudTrail,
        "cloudtrail.path",
        "cloudtrail.paths",
        "FILE_OR_DIR",
        "CloudTrail records in files, as a trail delivers them; may be repeated",
    ),
    one(
        Group::Archive,
        "archive.dir",
        "archive.dir",
        "DIR",
        "Folder of the history that is kept, a file of JSON lines a day; none keeps nothing [default: archive in --state.dir]",
    ),
    one(
        Group::Archive,
        "archive.retention",
        "archive.retention",
        "DURATION",
        "How long it is kept [default: 400d]",
    ),
    one(
        Group::Archive,
        "archive.max-size",
        "archive.max_size",
        "SIZE",
        "How much is kept, the oldest goes first [default: 512MB]",
    ),
    switch(
        Group::Archive,
        "archive.failures",
        "archive.failures",
        "Keep failures and rejections too",
    ),
    many(
        Group::CloudTrail,
        "cloudtrail.queue",
        "cloudtrail.queues",
        "URL",
        "SQS queue of EventBridge's events, or of notices of a trail's files; may be repeated",
    ),
    many(
        Group::Web,
        "web.listen-address",
        "web.listen_addresses",
        "ADDR",
        "Address to listen on, :10922 for every interface; may be repeated [default: 127.0.0.1:10922]",
    ),
    one(
        Group::Web,
        "web.telemetry-path",
        "web.telemetry_path",
        "PATH",
        "Path of the metrics [default: /metrics]",
    ),
    one(
        Group::Web,
        "web.config.file",
        "web.config_file",
        "PATH",
        "TLS and authentication, in the format of Prometheus's exporter-toolkit",
    ),
    one(
        Group::Web,
        "web.max-requests",
        "web.max_requests",
        "NUMBER",
        "Most requests served at once [default: 40]",
    ),
    switch(
        Group::Web,
        "web.disable-recent",
        "web.disable_recent",
        "Leave the last accesses out of the page at /",
    ),
    switch(
        Group::Web,
        "web.openmetrics-created",
        "web.openmetrics_created",
        "Add _created to the OpenMetrics format; a stock Prometheus stores it as series of its own",
    ),
];

#[cfg(test)]
mod tests {
    use super::super::settings::{Environment, Settings};
    use super::super::tree::{Node, Origin, Value};
    use super::*;

    #[test]
    fn every_flag_is_a_key_of_its_own() {
        let mut keys: Vec<&str> = FLAGS.iter().map(|f| f.key).collect();
        keys.sort_unstable();
        let all = keys.len();
        keys.dedup();
        assert_eq!(keys.len(), all);
        assert_eq!(keys.iter().filter(|k| k.is_empty()).count(), 1, "only the file names itself");
    }

    #[test]
    fn every_flag_s_key_is_known_to_the_file() {
        for flag in FLAGS.iter().filter(|flag| flag.name != CONFIG_FILE) {
            let mut tree = Node::empty();
            let node = |value| Node { value, origin: Origin::Flag(flag.name) };
            tree.set(flag.key, node(Value::Text("?".to_owned())));
            let read = Settings::from_tree(&tree, None, &Environment::of_process());
            let said = read.err().map(|problems| problems.to_string()).unwrap_or_default();
            assert!(!said.contains("unknown key"), "{}: {said}", flag.name);
        }
    }

    #[test]
    fn the_sample_names_every_flag() {
        let sample = include_str!("../../deploy/login_exporter.yml");
        for flag in FLAGS.iter().filter(|flag| flag.name != CONFIG_FILE) {
            let named = format!("(--{})", flag.name);
            assert!(sample.contains(&named), "{named} is not in deploy/login_exporter.yml");
        }
    }
}
