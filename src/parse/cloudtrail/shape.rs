//! The parts of a CloudTrail record that are read, borrowed from its JSON.
//!
//! What stands in a record differs from call to call and from year to year: a parameter block may
//! be null, a text or a list, and its names begin in upper case where the service's own do (GUI
//! Connect's). So every part is read leniently ([`super::lenient`]).

use serde::Deserialize;

use super::lenient::{Flag, List, Number, Object, Text, Texts};

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Record<'a> {
    #[serde(borrow)]
    pub event_source: Text<'a>,
    #[serde(borrow)]
    pub event_name: Text<'a>,
    #[serde(borrow)]
    pub event_time: Text<'a>,
    #[serde(borrow)]
    pub event_type: Text<'a>,
    #[serde(borrow, rename = "eventID")]
    pub event_id: Text<'a>,
    #[serde(borrow)]
    pub aws_region: Text<'a>,
    #[serde(borrow, rename = "sourceIPAddress")]
    pub source_ip_address: Text<'a>,
    #[serde(borrow)]
    pub user_agent: Text<'a>,
    #[serde(borrow)]
    pub error_code: Text<'a>,
    #[serde(borrow)]
    pub error_message: Text<'a>,
    #[serde(borrow)]
    pub recipient_account_id: Text<'a>,
    /// The mark of a digest file, which lies beside a trail's own.
    #[serde(borrow)]
    pub digest_start_time: Text<'a>,
    #[serde(borrow)]
    pub user_identity: Object<UserIdentity<'a>>,
    #[serde(borrow)]
    pub request_parameters: Object<Parameters<'a>>,
    #[serde(borrow)]
    pub response_elements: Object<Response<'a>>,
    #[serde(borrow)]
    pub additional_event_data: Object<Additional<'a>>,
    /// Of a record that corrects another, or came late.
    #[serde(borrow)]
    pub addendum: Object<Addendum<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Addendum<'a> {
    #[serde(borrow, rename = "originalEventID", alias = "originaleventid")]
    pub original_event_id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct UserIdentity<'a> {
    #[serde(borrow, rename = "type")]
    pub kind: Text<'a>,
    #[serde(borrow)]
    pub arn: Text<'a>,
    #[serde(borrow, alias = "principalid")]
    pub principal_id: Text<'a>,
    #[serde(borrow, alias = "accountid")]
    pub account_id: Text<'a>,
    #[serde(borrow, alias = "username")]
    pub user_name: Text<'a>,
    #[serde(borrow, alias = "invokedby")]
    pub invoked_by: Text<'a>,
    #[serde(borrow, alias = "sessioncontext")]
    pub session_context: Object<SessionContext<'a>>,
    #[serde(borrow, alias = "onbehalfof")]
    pub on_behalf_of: Object<OnBehalfOf<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SessionContext<'a> {
    #[serde(borrow, alias = "sessionissuer")]
    pub session_issuer: Object<Issuer<'a>>,
    #[serde(borrow, alias = "sourceidentity")]
    pub source_identity: Text<'a>,
    pub attributes: Object<Attributes>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Issuer<'a> {
    #[serde(borrow)]
    pub arn: Text<'a>,
    #[serde(borrow, alias = "username")]
    pub user_name: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Attributes {
    #[serde(alias = "mfaauthenticated")]
    pub mfa_authenticated: Flag,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct OnBehalfOf<'a> {
    #[serde(borrow, alias = "username")]
    pub user_name: Text<'a>,
    #[serde(borrow, alias = "userid")]
    pub user_id: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Parameters<'a> {
    #[serde(borrow, alias = "Target")]
    pub target: Text<'a>,
    #[serde(borrow, alias = "DocumentName")]
    pub document_name: Text<'a>,
    #[serde(borrow, alias = "SessionId")]
    pub session_id: Text<'a>,
    #[serde(borrow, alias = "InstanceId")]
    pub instance_id: Text<'a>,
    #[serde(borrow, rename = "instanceOSUser", alias = "InstanceOSUser")]
    pub instance_os_user: Text<'a>,
    #[serde(borrow, alias = "PrivateIpAddress")]
    pub private_ip_address: Text<'a>,
    #[serde(borrow, rename = "sSHPublicKey", alias = "SSHPublicKey")]
    pub ssh_public_key: Text<'a>,
    #[serde(borrow, alias = "InstanceIds")]
    pub instance_ids: Texts<'a>,
    #[serde(borrow, alias = "InstanceName")]
    pub instance_name: Text<'a>,
    #[serde(borrow, alias = "Targets")]
    pub targets: List<Pair<'a>>,
    #[serde(borrow, alias = "Cluster")]
    pub cluster: Text<'a>,
    #[serde(borrow, alias = "Task")]
    pub task: Text<'a>,
    #[serde(borrow, alias = "Container")]
    pub container: Text<'a>,
    #[serde(borrow, alias = "ResourceIdentifier")]
    pub resource_identifier: Text<'a>,
    #[serde(borrow, alias = "AccessRequestId")]
    pub access_request_id: Text<'a>,
    #[serde(alias = "RemotePort")]
    pub remote_port: Number<'a>,
    #[serde(borrow, alias = "Parameters")]
    pub parameters: Object<SessionParameters<'a>>,
    #[serde(borrow, alias = "Reason")]
    pub reason: Text<'a>,
    #[serde(borrow, alias = "Tags")]
    pub tags: List<Tag<'a>>,
    /// CloudTrail left the parameters out, since they were too long; its `reason` says so.
    #[serde(alias = "Omitted")]
    pub omitted: Flag,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Response<'a> {
    #[serde(borrow, alias = "SessionId")]
    pub session_id: Text<'a>,
    #[serde(borrow, alias = "AccessRequestId")]
    pub access_request_id: Text<'a>,
    /// Of ECS.
    #[serde(borrow, alias = "Session")]
    pub session: Object<Session<'a>>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Session<'a> {
    #[serde(borrow, alias = "SessionId")]
    pub session_id: Text<'a>,
}

/// What a session's document is told; each is a list of one.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SessionParameters<'a> {
    #[serde(borrow, alias = "Host")]
    pub host: Texts<'a>,
    #[serde(borrow, alias = "PortNumber")]
    pub port_number: Texts<'a>,
}

/// What chooses the nodes of a call.
#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Pair<'a> {
    #[serde(borrow, alias = "Key")]
    pub key: Text<'a>,
    #[serde(borrow, alias = "Values")]
    pub values: Texts<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Tag<'a> {
    #[serde(borrow, alias = "Key")]
    pub key: Text<'a>,
    #[serde(borrow, alias = "Value")]
    pub value: Text<'a>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
pub(super) struct Additional<'a> {
    /// How sign-in calls of an Identity Center user name that user.
    #[serde(borrow, rename = "UserName")]
    pub user_name: Text<'a>,
}
