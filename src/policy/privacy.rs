//! What of a person is shown where: in labels, on the page, in the archive.
//!
//! Rules are judged before, by the names as they are. A hash is keyed (HMAC-SHA256): who does not
//! have the key cannot try names against it, and the same name is the same hash everywhere, so that
//! one person's accesses still belong together.

use std::borrow::Cow;

use ring::hmac;

use super::Observation;
use crate::event::{AwsCall, Event, Texts};

/// What becomes of a name or an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    #[default]
    Keep,
    /// Of an address: the name of its network.
    Network,
    Hash,
    Drop,
}

/// One place where people are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct View {
    pub user: Show,
    pub source: Show,
    /// The person behind the account, with what names one: fingerprint, session, source identity.
    pub identity: Show,
}

impl View {
    fn keeps_all(self) -> bool {
        self == View::default()
    }

    fn hashes(self) -> bool {
        [self.user, self.source, self.identity].contains(&Show::Hash)
    }
}

/// The settings of all places.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Views {
    pub labels: View,
    pub page: View,
    pub archive: View,
}

impl Views {
    /// Whether a key is needed.
    pub fn hash(self) -> bool {
        [self.labels, self.page, self.archive].into_iter().any(View::hashes)
    }
}

/// What is shown where, and the key of the hashes.
#[derive(Debug, Default)]
pub struct Privacy {
    pub views: Views,
    key: Option<hmac::Key>,
}

impl Privacy {
    pub fn new(views: Views, key: Option<&[u8]>) -> Privacy {
        Privacy { views, key: key.map(|key| hmac::Key::new(hmac::HMAC_SHA256, key)) }
    }

    /// Hands on the observation as this view may show it.
    #[inline]
    pub fn show(&self, view: View, seen: &Observation<'_>, to: impl FnOnce(&Observation<'_>)) {
        match view.keeps_all() {
            true => to(seen),
            false => self.show_less(view, seen, to),
        }
    }

    fn show_less(&self, view: View, seen: &Observation<'_>, to: impl FnOnce(&Observation<'_>)) {
        let texts = Texts::default();
        let shown = |show, part| self.shown(show, part, &seen.network, &texts);
        let person = |part| shown(view.identity, part);
        let call = seen.event.aws.map(|call| AwsCall {
            session_id: person(call.session_id),
            source_identity: person(call.source_identity),
            ..*call
        });
        let event = Event {
            user: shown(view.user, seen.event.user),
            target_user: shown(view.user, seen.event.target_user),
            source: shown(view.source, seen.event.source),
            port: seen.event.port.filter(|_| view.source == Show::Keep),
            identity: person(seen.event.identity),
            fingerprint: person(seen.event.fingerprint),
            aws: call.as_ref(),
            ..*seen.event
        };
        let identity = Some(&*seen.identity).filter(|identity| !identity.is_empty());
        to(&Observation {
            event: &event,
            identity: Cow::Borrowed(person(identity).unwrap_or_default()),
            network: Cow::Borrowed(&seen.network),
            ..*seen
        });
    }

    fn shown<'e>(
        &self,
        show: Show,
        part: Option<&'e str>,
        network: &'e str,
        texts: &'e Texts<'e>,
    ) -> Option<&'e str> {
        let text = part?;
        match show {
            Show::Keep => Some(text),
            Show::Network => Some(network),
            Show::Hash => self.hash(text).map(|hash| texts.copy(&hash)),
            Show::Drop => None,
        }
    }

    /// `~` and 16 hexadecimal digits; `None` without a key, for a hash that anyone can make hides
    /// nothing.
    pub fn hash(&self, text: &str) -> Option<String> {
        let key = self.key.as_ref()?;
        if text.is_empty() {
            return Some(String::new());
        }
        let tag = hmac::sign(key, text.as_bytes());
        let digits: String = tag.as_ref()[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        Some(format!("~{digits}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{AwsCall, EventKind};
    use crate::memory::Counted;
    use crate::policy::Policy;

    const KEY: &[u8] = b"0123456789abcdef";

    fn login() -> Event<'static> {
        let call = AwsCall { session_id: Some("alice-0a1b"), ..AwsCall::default() };
        Event {
            user: Some("alice"),
            source: Some("203.0.113.9"),
            port: Some(22),
            identity: Some("alice@example.com"),
            aws: Some(Texts::for_ever().call(call)),
            ..Event::new(EventKind::LoginSuccess, "ssm-agent")
        }
    }

    fn shown(view: View) -> String {
        let (policy, login) = (Policy::default(), login());
        let counted = Counted::from(&login);
        let seen = policy.observe(&counted);
        let privacy = Privacy::new(Views::default(), Some(KEY));
        let of = |seen: &Observation<'_>| {
            let event = seen.event;
            format!(
                "{:?} {:?} {:?} {} {:?} {}",
                event.user,
                event.source,
                event.port,
                seen.identity,
                event.aws.as_ref().and_then(|call| call.session_id),
                seen.network
            )
        };
        let mut shown = String::new();
        privacy.show(view, &seen, |seen| shown = of(seen));
        shown
    }

    #[test]
    fn what_is_kept_is_as_it_was() {
        let whole = r#"Some("alice") Some("203.0.113.9") Some(22) alice@example.com Some("alice-0a1b") public"#;
        assert_eq!(shown(View::default()), whole);
    }

    #[test]
    fn a_hash_hides_the_name_and_is_the_same_for_the_same_one() {
        let all = View { user: Show::Hash, source: Show::Network, identity: Show::Hash };
        let text = shown(all);
        assert!(!text.contains("alice") && !text.contains("203.0.113.9"), "{text}");
        assert!(text.contains(r#"Some("public") None"#), "{text}");
        let privacy = Privacy::new(Views::default(), Some(KEY));
        assert!(text.contains(&privacy.hash("alice").unwrap()), "{text}");
        let other = Privacy::new(Views::default(), Some(b"another key of 16"));
        assert_ne!(privacy.hash("alice"), other.hash("alice"));
        assert_eq!(
            Privacy::default().hash("alice"),
            None,
            "a hash that anyone can make hides nothing"
        );
    }

    #[test]
    fn what_is_dropped_is_gone() {
        let all = View { user: Show::Drop, source: Show::Drop, identity: Show::Drop };
        assert_eq!(shown(all), "None None None  None public");
    }
}
