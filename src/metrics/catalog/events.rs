//! The families of what happened on the host and in AWS.

use super::Label::{
    AwsAccount, AwsRegion, Change, Command, Document, ErrorCode, EventName, Expected, Identity,
    Kind, Method, Network, Program, Reason, Source, Target, TargetUser, User,
};
use super::{EventFamily, Family, Label, When};
use crate::event::EventKind;

/// In the order of the page. The place in this list is a family's place in the store.
pub static EVENT_FAMILIES: &[EventFamily] = &[
    EventFamily {
        counter: Family::counter("login_successes_total", SUCCESS).help("Logins that were let in."),
        last: last("login_last_success_timestamp_seconds", SUCCESS)
            .help("When the newest login was let in."),
        counted: Some(
            last("login_last_success_counted_timestamp_seconds", SUCCESS)
                .help("When the exporter, watching, last counted a login, by its own clock."),
        ),
        fed_by: EventKind::LoginSuccess,
        when: When::Always,
        folds: &[Source, Identity, User, Program, Network, Method],
    },
    EventFamily {
        counter: Family::counter("login_successes_after_failures_total", AFTER_FAILURES).help(
            "Logins that were let in from an address that had failed often within the hour before.",
        ),
        last: last("login_last_success_after_failures_timestamp_seconds", AFTER_FAILURES)
            .help("When the newest login after many failures was let in."),
        counted: Some(
            last("login_last_success_after_failures_counted_timestamp_seconds", AFTER_FAILURES)
                .help("When the exporter, watching, last counted one of these, by its own clock."),
        ),
        fed_by: EventKind::LoginSuccess,
        when: When::AfterFailures,
        folds: &[Source, User, Program, Network, Method],
    },
    EventFamily {
        counter: Family::counter("login_failures_total", FAILURE)
            .help("Refused attempts to log in."),
        last: last("login_last_failure_timestamp_seconds", FAILURE)
            .help("When the newest attempt to log in was refused."),
        counted: None,
        fed_by: EventKind::LoginFailure,
        when: When::Always,
        folds: &[User, Program, Network, Method],
    },
    EventFamily {
        counter: Family::counter("login_rejections_total", REJECTION)
            .help("Connections that ended without a login."),
        last: last("login_last_rejection_timestamp_seconds", REJECTION)
            .help("When the newest connection ended without a login."),
        counted: None,
        fed_by: EventKind::LoginRejected,
        when: When::Always,
        folds: &[Program, Network, Reason],
    },
    EventFamily {
        counter: Family::counter("login_sessions_opened_total", SESSION)
            .help("Sessions that PAM opened."),
        last: last("login_last_session_opened_timestamp_seconds", SESSION)
            .help("When PAM opened the newest session."),
        counted: None,
        fed_by: EventKind::SessionOpened,
        when: When::Always,
        folds: &[User, Program],
    },
    EventFamily {
        counter: Family::counter("login_sessions_closed_total", SESSION)
            .help("Sessions that PAM closed."),
        last: last("login_last_session_closed_timestamp_seconds", SESSION)
            .help("When PAM closed a session last."),
        counted: None,
        fed_by: EventKind::SessionClosed,
        when: When::Always,
        folds: &[User, Program],
    },
    EventFamily {
        counter: Family::counter("login_sudo_commands_total", SUDO)
            .help("Commands that sudo ran, by the program's path without its arguments."),
        last: last("login_sudo_last_command_timestamp_seconds", SUDO)
            .help("When sudo ran the newest command."),
        counted: Some(last("login_sudo_last_command_counted_timestamp_seconds", SUDO).help(
            "When the exporter, watching, last counted a command of sudo, by its own clock.",
        )),
        fed_by: EventKind::SudoCommand,
        when: When::Always,
        folds: &[Command, User, TargetUser],
    },
    EventFamily {
        counter: Family::counter("login_sudo_failures_total", SUDO_FAILURE)
            .help("Attempts that sudo refused."),
        last: last("login_sudo_last_failure_timestamp_seconds", SUDO_FAILURE)
            .help("When sudo refused the newest attempt."),
        counted: None,
        fed_by: EventKind::SudoFailure,
        when: When::Always,
        folds: &[User, TargetUser, Reason],
    },
    EventFamily {
        counter: Family::counter("login_su_switches_total", SU)
            .help("Changes to another user by su."),
        last: last("login_su_last_switch_timestamp_seconds", SU).help("When su last let in."),
        counted: None,
        fed_by: EventKind::SuSuccess,
        when: When::Always,
        folds: &[User, TargetUser],
    },
    EventFamily {
        counter: Family::counter("login_su_failures_total", SU)
            .help("Changes to another user that su refused."),
        last: last("login_su_last_failure_timestamp_seconds", SU).help("When su last refused."),
        counted: None,
        fed_by: EventKind::SuFailure,
        when: When::Always,
        folds: &[User, TargetUser],
    },
    EventFamily {
        counter: Family::counter("login_account_changes_total", CHANGE)
            .help("Accounts and groups that were added, removed or changed."),
        last: last("login_last_account_change_timestamp_seconds", CHANGE)
            .help("When the newest change of an account or group was made."),
        counted: Some(
            last("login_last_account_change_counted_timestamp_seconds", CHANGE)
                .help("When the exporter, watching, last counted a change, by its own clock."),
        ),
        fed_by: EventKind::AccountChange,
        when: When::Always,
        folds: &[User, Change],
    },
    EventFamily {
        counter: Family::counter("login_aws_successes_total", AWS_SUCCESS)
            .help("Calls to AWS that opened a way into a host, such as StartSession."),
        last: last("login_aws_last_success_timestamp_seconds", AWS_SUCCESS)
            .help("When the newest of these calls was made."),
        counted: Some(last("login_aws_last_success_counted_timestamp_seconds", AWS_SUCCESS).help(
            "When the exporter, watching, last counted one of these calls, by its own clock.",
        )),
        fed_by: EventKind::AwsSuccess,
        when: When::Always,
        folds: &[Source, Target, Document, AwsRegion, Network, EventName, AwsAccount, Identity],
    },
    EventFamily {
        counter: Family::counter("login_aws_failures_total", AWS_FAILURE)
            .help("Calls to AWS for a way into a host that AWS refused."),
        last: last("login_aws_last_failure_timestamp_seconds", AWS_FAILURE)
            .help("When AWS refused the newest of these calls."),
        counted: None,
        fed_by: EventKind::AwsFailure,
        when: When::Always,
        folds: &[Source, Target, ErrorCode, AwsRegion, Network, EventName, AwsAccount, Identity],
    },
];

/// Every access of any kind: a handful of series that stand from the first answer on, fold never and
/// are not born later, so that `increase()` misses none. A baseline adds nothing.
pub static ACCESSES: Family = Family::counter("login_accesses_total", &[Kind, Expected]).help(
    "Accesses that were counted while the exporter watched: logins, commands of sudo, su, changes of accounts, calls to AWS.",
);

/// What kind of access an event is. What was refused is none, and of a session its login is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessKind {
    Login,
    Sudo,
    Su,
    AccountChange,
    Aws,
}

impl AccessKind {
    pub const ALL: [AccessKind; 5] = [
        AccessKind::Login,
        AccessKind::Sudo,
        AccessKind::Su,
        AccessKind::AccountChange,
        AccessKind::Aws,
    ];

    pub fn of(kind: EventKind) -> Option<AccessKind> {
        match kind {
            EventKind::LoginSuccess => Some(AccessKind::Login),
            EventKind::SudoCommand => Some(AccessKind::Sudo),
            EventKind::SuSuccess => Some(AccessKind::Su),
            EventKind::AccountChange => Some(AccessKind::AccountChange),
            EventKind::AwsSuccess => Some(AccessKind::Aws),
            EventKind::LoginFailure
            | EventKind::LoginRejected
            | EventKind::SessionOpened
            | EventKind::SessionClosed
            | EventKind::SudoFailure
            | EventKind::SuFailure
            | EventKind::AwsFailure => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            AccessKind::Login => "login",
            AccessKind::Sudo => "sudo",
            AccessKind::Su => "su",
            AccessKind::AccountChange => "account_change",
            AccessKind::Aws => "aws",
        }
    }

    /// Whether rules can say of this kind what is expected.
    pub fn has_rules(self) -> bool {
        match self {
            AccessKind::Login | AccessKind::Sudo | AccessKind::Aws => true,
            AccessKind::Su | AccessKind::AccountChange => false,
        }
    }
}

/// Sessions that stand open now.
pub static SESSIONS_ACTIVE: Family =
    Family::gauge("login_sessions_active", SESSION).help("Sessions that are open now.");

/// How long closed sessions lasted; one whose opening was not seen is not in it.
pub static SESSION_DURATION: Family =
    Family::histogram("login_session_duration_seconds", &[Program], DURATION_BUCKETS)
        .unit("seconds")
        .help("How long a closed session had been open.");

/// From a cron job to a shell that stays open for days.
const DURATION_BUCKETS: &[f64] =
    &[1.0, 10.0, 60.0, 300.0, 1800.0, 3600.0, 14400.0, 28800.0, 86400.0];

const SUCCESS: &[Label] = &[Program, User, Method, Identity, Source, Network, Expected];
const AFTER_FAILURES: &[Label] = &[Program, User, Method, Source, Network, Expected];
const FAILURE: &[Label] = &[Program, User, Method, Network];
const REJECTION: &[Label] = &[Program, Reason, Network];
const SESSION: &[Label] = &[Program, User];
const SUDO: &[Label] = &[User, TargetUser, Command, Expected];
const SUDO_FAILURE: &[Label] = &[User, TargetUser, Reason];
const SU: &[Label] = &[User, TargetUser];
const CHANGE: &[Label] = &[Change, User];
const AWS_SUCCESS: &[Label] =
    &[EventName, Identity, Target, Document, Source, Network, AwsAccount, AwsRegion, Expected];
const AWS_FAILURE: &[Label] =
    &[EventName, Identity, Target, ErrorCode, Source, Network, AwsAccount, AwsRegion];

const fn last(name: &'static str, labels: &'static [Label]) -> Family {
    Family::gauge(name, labels).unit("seconds")
}
