//! The parts of a CloudTrail record that are read, borrowed from its JSON.
//!
//! What stands in a record differs from call to call and from year to year: a parameter block may
//! be null, a text or a list, and its names begin in upper case where the service's own do (GUI
//! Connect's). So every part is read leniently. One of another shape than expected
//! counts as absent, and never takes the rest of the record with it.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

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

/// A text, or absent. A whole number is one too: some who pass records on write accounts and ports
/// so.
#[derive(Clone, Debug, Default)]
pub(super) struct Text<'a>(pub Option<Cow<'a, str>>);

impl<'a> Text<'a> {
    pub(super) fn is_filled(&self) -> bool {
        !self.or_empty().is_empty()
    }

    pub(super) fn or_empty(&self) -> &str {
        self.0.as_deref().unwrap_or("")
    }

    /// The text where one stands that is not empty.
    pub(super) fn filled(self) -> Option<Cow<'a, str>> {
        self.0.filter(|text| !text.is_empty())
    }
}

/// A block of fields, or absent.
#[derive(Debug)]
pub(super) struct Object<T>(pub Option<T>);

impl<T> Default for Object<T> {
    fn default() -> Self {
        Object(None)
    }
}

/// Texts, or one alone; what is none is left out. No call names more than [`MOST`].
#[derive(Debug, Default)]
pub(super) struct Texts<'a>(pub Vec<Cow<'a, str>>);

/// Blocks of fields; what is none is left out.
#[derive(Debug)]
pub(super) struct List<T>(pub Vec<T>);

impl<T> Default for List<T> {
    fn default() -> Self {
        List(Vec::new())
    }
}

/// Of a longer list the rest is left out.
const MOST: usize = 50;

/// A whole number, quoted or not, as its digits.
#[derive(Debug, Default)]
pub(super) struct Number<'a>(pub Option<Cow<'a, str>>);

/// `true` and `false`, which CloudTrail quotes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Flag(pub Option<bool>);

macro_rules! none {
    ($($method:ident: $type:ty),*) => {
        $(fn $method<E>(self, _: $type) -> Result<Self::Value, E> {
            Ok(Default::default())
        })*
    };
}

/// What is no value of the wanted shape: read to its end and dropped.
macro_rules! absent {
    ($($method:ident: $type:ty),*) => {
        none!($($method: $type),*);
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok(Default::default())
        }
        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
            while list.next_element::<IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
}

macro_rules! skip_map {
    () => {
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
            Ok(Default::default())
        }
    };
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Borrowed(text))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(text.to_owned()))))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Text(Some(Cow::Owned(number.to_string()))))
    }

    absent!(visit_bool: bool, visit_i64: i64, visit_f64: f64);
    skip_map!();
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct FlagVisitor;

impl<'de> Visitor<'de> for FlagVisitor {
    type Value = Flag;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true or false")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Flag(Some(value)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Flag(text.parse().ok()))
    }

    absent!(visit_i64: i64, visit_u64: u64, visit_f64: f64);
    skip_map!();
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(FlagVisitor)
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a block of fields")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(|value| Object(Some(value)))
    }

    absent!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Texts(vec![Cow::Borrowed(text)]))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Texts(vec![Cow::Owned(text.to_owned())]))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Texts(vec![Cow::Owned(number.to_string())]))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Texts::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut texts = Vec::new();
        while let Some(text) = list.next_element::<Text<'de>>()? {
            texts.extend(text.filled().filter(|_| texts.len() < MOST));
        }
        Ok(Texts(texts))
    }

    none!(visit_bool: bool, visit_i64: i64, visit_f64: f64);
    skip_map!();
}

impl<'de: 'a, 'a> Deserialize<'de> for Texts<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ListVisitor<T> {
    type Value = List<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of blocks of fields")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(List::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut blocks = Vec::new();
        while let Some(block) = list.next_element::<Object<T>>()? {
            blocks.extend(block.0.filter(|_| blocks.len() < MOST));
        }
        Ok(List(blocks))
    }

    none!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_f64: f64, visit_str: &str);
    skip_map!();
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct NumberVisitor;

impl<'de> Visitor<'de> for NumberVisitor {
    type Value = Number<'static>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a whole number")
    }

    fn visit_u64<E>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Number(Some(Cow::Owned(number.to_string()))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Number(text.parse::<u64>().ok().map(|number| Cow::Owned(number.to_string()))))
    }

    absent!(visit_bool: bool, visit_i64: i64, visit_f64: f64);
    skip_map!();
}

impl<'de> Deserialize<'de> for Number<'_> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}
