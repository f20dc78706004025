//! The calls that let someone in: every door of AWS, one row each.
//!
//! A call counts under its event source: Athena and SageMaker have a `StartSession` too.

/// One call that lets someone in, or asks to be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Door {
    /// CloudTrail's `eventName`: the label.
    pub event_name: &'static str,
    /// CloudTrail's `eventSource`, without `.amazonaws.com`.
    pub service: &'static str,
    /// Counted where the settings say nothing.
    pub by_default: bool,
}

const fn door(service: &'static str, event_name: &'static str) -> Door {
    Door { event_name, service, by_default: true }
}

/// Automation calls these by the thousand; a person's is a root shell all the same.
const fn often_automated(event_name: &'static str) -> Door {
    Door { event_name, service: "ssm", by_default: false }
}

/// A session's target stands in its `StartSession` alone, so that comes first.
pub const DOORS: [Door; 15] = [
    door("ssm", "StartSession"),
    door("ssm", "ResumeSession"),
    door("ssm", "TerminateSession"),
    // Just-in-time access: asked for, and had.
    door("ssm", "StartAccessRequest"),
    door("ssm", "GetAccessToken"),
    door("ec2-instance-connect", "SendSSHPublicKey"),
    door("ec2-instance-connect", "SendSerialConsoleSSHPublicKey"),
    door("ec2-instance-connect", "OpenTunnel"),
    // A shell in a container.
    door("ecs", "ExecuteCommand"),
    // Fleet Manager's remote desktop.
    door("ssm-guiconnect", "StartConnection"),
    // The password of a Windows administrator.
    door("ec2", "GetPasswordData"),
    // A key for SSH in the browser.
    door("lightsail", "GetInstanceAccessDetails"),
    // A remote session in a space.
    door("sagemaker", "StartSession"),
    often_automated("SendCommand"),
    often_automated("StartAutomationExecution"),
];

/// Which doors count: those of the default, and what the settings add and drop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Doors(u32);

impl Default for Doors {
    fn default() -> Self {
        let on = |at: &usize| DOORS[*at].by_default;
        Doors((0..DOORS.len()).filter(on).fold(0, |set, at| set | 1 << at))
    }
}

impl Doors {
    /// The same with the doors of this name, or without them: `SendCommand`, or
    /// `sagemaker:StartSession` for one service's alone. `None` where no door is called so.
    pub fn with(self, name: &str, open: bool) -> Option<Doors> {
        let mut named = (0..DOORS.len()).filter(|at| DOORS[*at].is_called(name)).peekable();
        named.peek()?;
        Some(Doors(named.fold(self.0, |set, at| match open {
            true => set | 1 << at,
            false => set & !(1 << at),
        })))
    }

    /// Those that count.
    pub fn iter(self) -> impl Iterator<Item = &'static Door> {
        DOORS.iter().enumerate().filter(move |(at, _)| self.0 & (1 << at) != 0).map(|(_, d)| d)
    }

    /// The door that a call of this service goes through, if it counts.
    pub(super) fn find(self, source: &str, event_name: &str) -> Option<&'static Door> {
        let source = source.strip_suffix(".cn").unwrap_or(source);
        let service = source.strip_suffix(".amazonaws.com")?;
        self.iter().find(|door| door.service == service && door.event_name == event_name)
    }
}

impl Door {
    fn is_called(&self, name: &str) -> bool {
        match name.split_once(':') {
            Some((service, name)) => self.service == service && self.event_name == name,
            None => self.event_name == name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_settings_add_and_drop_doors_by_name() {
        let names = |doors: Doors| doors.iter().map(|d| d.event_name).collect::<Vec<_>>();
        let default = Doors::default();
        assert!(!names(default).contains(&"SendCommand"));
        let more = default.with("SendCommand", true).unwrap();
        assert!(names(more).contains(&"SendCommand"));
        assert_eq!(more.with("SendCommand", false), Some(default));
        let fewer = default.with("sagemaker:StartSession", false).unwrap();
        assert_eq!(fewer.find("sagemaker.amazonaws.com", "StartSession"), None);
        assert!(fewer.find("ssm.amazonaws.com", "StartSession").is_some());
        assert_eq!(default.with("startsession", true), None);
        assert_eq!(default.with("ecs:StartSession", true), None);
    }
}
