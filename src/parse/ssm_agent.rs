//! The state that amazon-ssm-agent keeps of a document: who opened a session, as which account,
//! by which document, and where a tunnel leads.
//!
//! The JSON is agent/contracts/docstate.go, `DocumentState`, as agent/docmanager/docmanager.go
//! writes it: `DocumentType` tells a session (`StartSession`) from Run Command's documents, which
//! are of no interest here. `SessionOwner` stands in it from 3.0.356.0 on. Fields that are not
//! known are left alone; strings that others chose (parameters, commands) are read by their place
//! only, never searched for.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::Parsed;
use crate::event::{AwsCall, Event, EventKind, Method, SSM_AGENT, Texts, Time};

/// Whom a shell runs as where the document names nobody (agent/appconfig, `DefaultRunAsUserName`).
const DEFAULT_USER: &str = "ssm-user";

/// The plugin that forwards ports: it runs as root and opens no shell.
const PORT: &str = "Port";

/// What a service does for someone else names nobody: ECS exec's owner is its role.
const SERVICE_ROLE: &str = "AWSServiceRoleFor";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct State {
    document_type: Option<String>,
    #[serde(default, deserialize_with = "lenient")]
    document_information: Option<Information>,
    #[serde(default, deserialize_with = "lenient")]
    instance_plugins_information: Option<Vec<Plugin>>,
}

/// A field of another shape than expected counts as absent: it does not take the session with it.
fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    Value::deserialize(deserializer).map(|value| serde_json::from_value(value).ok())
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Information {
    #[serde(deserialize_with = "lenient")]
    document_name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    run_as_user: Option<String>,
    #[serde(deserialize_with = "lenient")]
    session_owner: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Plugin {
    #[serde(deserialize_with = "lenient")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    configuration: Option<Configuration>,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Configuration {
    #[serde(deserialize_with = "lenient")]
    plugin_name: Option<String>,
    #[serde(deserialize_with = "lenient")]
    run_as_enabled: Option<bool>,
    #[serde(deserialize_with = "lenient")]
    run_as_user: Option<String>,
    #[serde(deserialize_with = "lenient")]
    session_owner: Option<String>,
    properties: Option<Value>,
}

/// What is known of a document by its place.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub host: &'a str,
    pub instance: &'a str,
    pub id: &'a str,
    /// When its file was born.
    pub time: Time,
}

/// Reads one file of the agent's state.
pub fn document<'a>(place: Place<'a>, state: &[u8], texts: &'a Texts<'a>) -> Parsed<'a> {
    let Ok(state) = serde_json::from_slice::<State>(state) else {
        return Parsed::Unrecognized { program: SSM_AGENT };
    };
    match state.document_type.as_deref() {
        Some("StartSession") => Parsed::Event(session(place, state, texts)),
        Some(_) => Parsed::Ignored,
        None => Parsed::Unrecognized { program: SSM_AGENT },
    }
}

fn session<'a>(place: Place<'a>, state: State, texts: &'a Texts<'a>) -> Event<'a> {
    let kept = |text: Option<String>| text.map(|text| texts.copy(&text));
    let information = state.document_information.unwrap_or_default();
    let plugin = state.instance_plugins_information.unwrap_or_default().into_iter().next();
    let Plugin { name, configuration } = plugin.unwrap_or_default();
    let configuration = configuration.unwrap_or_default();
    let kind = filled(configuration.plugin_name.clone()).or(filled(name)).unwrap_or_default();
    let owner =
        filled(information.session_owner.clone()).or(filled(configuration.session_owner.clone()));
    let tunnel = kind == PORT;

    let mut event = Event::new(EventKind::LoginSuccess, SSM_AGENT);
    event.time = place.time;
    event.host = place.host;
    event.method = Some(Method::SessionManager);
    event.identity = kept(owner.as_deref().and_then(identity));
    event.user = (!tunnel).then(|| texts.copy(&user(&information, &configuration)));
    event.command = kept(command(&configuration));
    event.aws = Some(texts.call(AwsCall {
        target: Some(place.instance),
        document: kept(filled(information.document_name)),
        account: kept(owner.as_deref().and_then(account)),
        session_id: Some(place.id),
        destination: kept(tunnel.then(|| destination(&configuration)).flatten()),
        ..AwsCall::default()
    }));
    event
}

/// As agent/session/shell/shell_unix.go chooses: root where the document runs elevated, the
/// RunAs account where that is switched on, else the agent's own.
fn user(information: &Information, configuration: &Configuration) -> String {
    if property(configuration, "runAsElevated").and_then(Value::as_bool) == Some(true) {
        return "root".to_owned();
    }
    let named =
        filled(configuration.run_as_user.clone()).or(filled(information.run_as_user.clone()));
    match configuration.run_as_enabled {
        Some(false) => DEFAULT_USER.to_owned(),
        _ => named.unwrap_or_else(|| DEFAULT_USER.to_owned()),
    }
}

/// The command of a session that runs one instead of a shell. It may hold secrets: it stands in
/// the history as sudo's do, and in no label.
fn command(configuration: &Configuration) -> Option<String> {
    filled(property(configuration, "commands")?.as_str().map(str::to_owned))
}

/// A property of a shell stands below the system's name since 2.3.668.0.
fn property<'a>(configuration: &'a Configuration, name: &str) -> Option<&'a Value> {
    let properties = configuration.properties.as_ref()?;
    properties.get("linux").and_then(|linux| linux.get(name)).or_else(|| properties.get(name))
}

/// Where a tunnel leads from here: this host where the document names none.
fn destination(configuration: &Configuration) -> Option<String> {
    let properties = configuration.properties.as_ref()?;
    let host = properties.get("host").and_then(text).unwrap_or_else(|| "localhost".to_owned());
    let port = properties.get("portNumber").and_then(text)?;
    Some(if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") })
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => filled(Some(text.clone())),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn identity(arn: &str) -> Option<String> {
    let role = arn.split('/').nth(1).unwrap_or_default();
    if role.starts_with(SERVICE_ROLE) {
        return None;
    }
    super::principal::of_arn(arn)
}

/// `arn:aws:sts::ACCOUNT:…`
fn account(arn: &str) -> Option<String> {
    filled(arn.split(':').nth(4).map(str::to_owned))
}

fn filled(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.trim().is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const OWNER: &str = "arn:aws:sts::123456789012:assumed-role/Ops/alice";

    fn read(state: &[u8]) -> Parsed<'static> {
        let place = Place {
            host: "web-1",
            instance: "i-0abcdef1234567890",
            id: "alice-0a1b2c3d4e5f60001",
            time: Time::new(1_700_000_000, 0),
        };
        document(place, state, Texts::for_ever())
    }

    fn event(state: &Value) -> Event<'static> {
        match read(state.to_string().as_bytes()) {
            Parsed::Event(event) => event,
            other => panic!("{other:?}"),
        }
    }

    fn state(plugin: &str, configuration: Value) -> Value {
        let mut configuration = configuration;
        configuration["PluginName"] = json!(plugin);
        json!({
            "DocumentInformation": {
                "DocumentID": "alice-0a1b2c3d4e5f60001",
                "DocumentName": "SSM-SessionManagerRunShell",
                "CreatedDate": "55847-05-09 11:31:49 +0000 UTC",
                "RunAsUser": "",
                "SessionOwner": OWNER,
            },
            "DocumentType": "StartSession",
            "InstancePluginsInformation": [{"Name": plugin, "Configuration": configuration}],
            "SomethingNew": {"DocumentType": "SendCommand"},
        })
    }

    fn aws<'e>(event: &'e Event<'_>) -> &'e AwsCall<'e> {
        event.aws.unwrap()
    }

    #[test]
    fn a_shell_is_a_login_of_the_agents_own_account() {
        let event =
            event(&state("Standard_Stream", json!({"RunAsEnabled": false, "RunAsUser": ""})));
        assert_eq!(event.kind, EventKind::LoginSuccess);
        assert_eq!((event.program, event.method), ("ssm-agent", Some(Method::SessionManager)));
        assert_eq!(event.user, Some("ssm-user"));
        assert_eq!(event.identity, Some("Ops/alice"));
        assert_eq!(event.source, None);
        assert_eq!(event.time, Time::new(1_700_000_000, 0));
        let call = aws(&event);
        assert_eq!(call.target, Some("i-0abcdef1234567890"));
        assert_eq!(call.session_id, Some("alice-0a1b2c3d4e5f60001"));
        assert_eq!(call.document, Some("SSM-SessionManagerRunShell"));
        assert_eq!(call.account, Some("123456789012"));
    }

    #[test]
    fn the_account_is_the_one_that_the_agent_would_choose() {
        let user =
            |configuration: Value| event(&state("Standard_Stream", configuration)).user.unwrap();
        assert_eq!(user(json!({"RunAsEnabled": true, "RunAsUser": "deploy"})), "deploy");
        assert_eq!(user(json!({"RunAsEnabled": false, "RunAsUser": "deploy"})), "ssm-user");
        assert_eq!(user(json!({"RunAsUser": "deploy"})), "deploy");
        assert_eq!(user(json!({"RunAsEnabled": true})), "ssm-user");
        let elevated = json!({"linux": {"runAsElevated": true, "commands": ""}});
        assert_eq!(user(json!({"RunAsEnabled": false, "Properties": elevated})), "root");
    }

    #[test]
    fn a_tunnel_has_no_user_and_tells_where_it_leads() {
        let tunnel = |properties: Value| event(&state("Port", json!({"Properties": properties})));
        let remote = tunnel(
            json!({"type": "LocalPortForwarding", "portNumber": "3306", "host": "db.internal"}),
        );
        assert_eq!(remote.user, None);
        assert_eq!(aws(&remote).destination, Some("db.internal:3306"));
        assert_eq!(aws(&tunnel(json!({"portNumber": 22}))).destination, Some("localhost:22"));
        let v6 = tunnel(json!({"portNumber": "22", "host": "2001:db8::1"}));
        assert_eq!(aws(&v6).destination, Some("[2001:db8::1]:22"));
        assert_eq!(aws(&tunnel(json!({}))).destination, None);
    }

    #[test]
    fn a_command_stands_in_the_event() {
        let properties = json!({"linux": {"commands": "top -n 1", "runAsElevated": false}});
        let event = event(&state("InteractiveCommands", json!({"Properties": properties})));
        assert_eq!(event.command, Some("top -n 1"));
        assert_eq!(event.user, Some("ssm-user"));
    }

    #[test]
    fn an_owner_that_is_a_services_role_names_nobody() {
        let mut state = state("InteractiveCommands", json!({}));
        for owner in [
            json!(
                "arn:aws:sts::123456789012:assumed-role/AWSServiceRoleForECS/ecs-execute-command"
            ),
            json!(""),
            json!(null),
            json!("alice"),
        ] {
            state["DocumentInformation"]["SessionOwner"] = owner;
            assert_eq!(event(&state).identity, None);
        }
    }

    #[test]
    fn a_parameter_that_quotes_a_field_is_a_parameter() {
        let quoted = r#"","SessionOwner":"arn:aws:iam::1:user/mallory"#;
        let properties =
            json!({"linux": {"commands": quoted}, "SessionOwner": "arn:aws:iam::1:root"});
        let event = event(&state("InteractiveCommands", json!({"Properties": properties})));
        assert_eq!(event.identity, Some("Ops/alice"));
    }

    /// A newer agent may write a field otherwise; a session is a session all the same.
    #[test]
    fn a_field_of_another_shape_takes_only_itself_away() {
        let shapes = [json!(null), json!(7), json!(true), json!("x"), json!([1]), json!({"a": 1})];
        let whole = state("Standard_Stream", json!({"RunAsEnabled": true, "RunAsUser": "deploy"}));
        let mut places = Vec::new();
        for top in ["DocumentInformation", "InstancePluginsInformation", "SomethingNew"] {
            places.push(format!("/{top}"));
        }
        for name in ["DocumentName", "RunAsUser", "CreatedDate", "DocumentID"] {
            places.push(format!("/DocumentInformation/{name}"));
        }
        for name in [
            "Name",
            "Configuration",
            "Configuration/PluginName",
            "Configuration/RunAsUser",
            "Configuration/RunAsEnabled",
        ] {
            places.push(format!("/InstancePluginsInformation/0/{name}"));
        }
        for place in &places {
            for shape in &shapes {
                let mut odd = whole.clone();
                *odd.pointer_mut(place).unwrap_or(&mut Value::Null) = shape.clone();
                let event = event(&odd);
                assert_eq!(event.kind, EventKind::LoginSuccess, "{place} {shape}");
                if place != "/DocumentInformation" {
                    assert_eq!(event.identity, Some("Ops/alice"), "{place} {shape}");
                }
            }
        }
    }

    #[test]
    fn a_document_of_run_command_is_no_session() {
        for kind in [
            "SendCommand",
            "CancelCommand",
            "SendCommandOffline",
            "Association",
            "TerminateSession",
        ] {
            let state =
                json!({"DocumentType": kind, "DocumentInformation": {"SessionOwner": OWNER}});
            assert_eq!(read(state.to_string().as_bytes()), Parsed::Ignored, "{kind}");
        }
    }

    #[test]
    fn what_is_no_document_is_told_of_and_never_ends_the_program() {
        let unknown = Parsed::Unrecognized { program: "ssm-agent" };
        for text in
            ["{}", "[]", "null", "7", "\"x\"", "{\"DocumentType\":7}", "{\"DocumentType\":null}"]
        {
            assert_eq!(read(text.as_bytes()), unknown, "{text}");
        }
        let bare = event(&json!({"DocumentType": "StartSession", "DocumentInformation": {}}));
        assert_eq!((bare.user, bare.identity), (Some("ssm-user"), None));
        let odd = json!({"DocumentType": "StartSession", "InstancePluginsInformation": null});
        assert_eq!(event(&odd).user, Some("ssm-user"));
    }
}
