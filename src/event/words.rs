//! The closed sets of an event's words: their `as_str` forms are label values and JSON.

/// Declares a closed enum whose variants each have one string form.
macro_rules! closed_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            /// Every variant, in the order of declaration.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The form in labels and JSON.
            pub fn as_str(self) -> &'static str {
                match self { $($name::$variant => $text),+ }
            }

            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.as_str() == name)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// The program of a session that amazon-ssm-agent tells.
pub const SSM_AGENT: &str = "ssm-agent";

closed_enum! {
    /// What kind of thing happened.
    EventKind {
        LoginSuccess = "login_success",
        LoginFailure = "login_failure",
        LoginRejected = "login_rejected",
        SessionOpened = "session_opened",
        SessionClosed = "session_closed",
        SudoCommand = "sudo_command",
        SudoFailure = "sudo_failure",
        SuSuccess = "su_success",
        SuFailure = "su_failure",
        AccountChange = "account_change",
        AwsSuccess = "aws_success",
        AwsFailure = "aws_failure",
    }
}

impl EventKind {
    /// In a word or two for people, of at most nine letters.
    pub fn words(self) -> &'static str {
        match self {
            EventKind::LoginSuccess => "login",
            EventKind::LoginFailure => "failed",
            EventKind::LoginRejected => "rejected",
            EventKind::SessionOpened => "opened",
            EventKind::SessionClosed => "closed",
            EventKind::SudoCommand => "sudo",
            EventKind::SudoFailure => "sudo no",
            EventKind::SuSuccess => "su",
            EventKind::SuFailure => "su no",
            EventKind::AccountChange => "account",
            EventKind::AwsSuccess => "aws",
            EventKind::AwsFailure => "aws no",
        }
    }
}

closed_enum! {
    /// How someone proved who they are: sshd's method names, and `certificate` for a `-CERT` key.
    Method {
        Publickey = "publickey",
        Certificate = "certificate",
        Password = "password",
        KeyboardInteractive = "keyboard-interactive",
        Hostbased = "hostbased",
        Gssapi = "gssapi",
        None = "none",
        /// A session of AWS Session Manager, as the host's agent tells it.
        SessionManager = "session-manager",
        Other = "other",
    }
}

closed_enum! {
    /// Why a connection ended without a login, or sudo refused.
    Reason {
        InvalidUser = "invalid_user",
        NotAllowed = "not_allowed",
        RootRefused = "root_refused",
        TooManyAttempts = "too_many_attempts",
        ClosedBeforeLogin = "closed_before_login",
        BadProtocol = "bad_protocol",
        NoCommonAlgorithm = "no_common_algorithm",
        Timeout = "timeout",
        Throttled = "throttled",
        Penalty = "penalty",
        AccountLocked = "account_locked",
        KeyRefused = "key_refused",
        IncorrectPassword = "incorrect_password",
        NotInSudoers = "not_in_sudoers",
        CommandNotAllowed = "command_not_allowed",
        PasswordRequired = "password_required",
        NotOnHost = "not_on_host",
        Other = "other",
    }
}

closed_enum! {
    /// What was done to an account or group.
    Change {
        UserAdded = "user_added",
        UserRemoved = "user_removed",
        UserChanged = "user_changed",
        PasswordChanged = "password_changed",
        GroupAdded = "group_added",
        GroupRemoved = "group_removed",
        GroupChanged = "group_changed",
        MemberAdded = "member_added",
        MemberRemoved = "member_removed",
    }
}

closed_enum! {
    /// What the rules say of an event. A kind of event without rules is `unset`.
    Expected {
        True = "true",
        False = "false",
        Unset = "unset",
    }
}

closed_enum! {
    /// What a line is for what happened. One login or refusal leaves several lines; the memory
    /// across lines (`memory`) drops or joins those that tell again what another one tells better.
    Role {
        /// The line proves its event.
        Proof = "proof",
        /// A refusal or an end in words that a login may stand before or behind (a key that is
        /// not taken, `Connection closed by A` of old): it counts once its process let nobody in,
        /// unless a proof tells the same connection; to that one it lends its reason.
        End = "end",
        /// A command ended (`… ; EXIT=0`): it counts only where its start is not known.
        Exit = "exit",
        /// How many there were in all (`exited MaxStartups throttling …, N connections dropped`):
        /// those count that were not told one by one.
        Sum = "sum",
        /// Another line tells the same, and better: it counts only where that line is missing
        /// (`Received disconnect … [preauth]`; what PAM says of an su that su tells itself).
        Echo = "echo",
        /// Another module of PAM on an attempt of which pam_unix may have told: it counts only where
        /// that one said nothing.
        Again = "again",
    }
}
