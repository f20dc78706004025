use super::*;

const PRINT: &str = "SHA256:ohD8VZEXGWo6Ez8GSEJQ9WpafgLFsOfLOtGGQCQo6Og";
const MD5: &str = "MD5:16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48";

fn login(fingerprint: Option<&'static str>, key_id: Option<&'static str>) -> Event<'static> {
    let mut event = Event::new(EventKind::LoginSuccess, "sshd");
    event.fingerprint = fingerprint;
    event.identity = key_id;
    event
}

fn named(fingerprint: &str, name: &str, trusted: bool) -> KeyName {
    KeyName { fingerprint: fingerprint.to_owned(), name: name.to_owned(), trusted }
}

fn from_file(name: &str) -> Option<Principal<'_>> {
    Some(Principal { name, trusted: false })
}

fn from_journal(name: &str) -> Option<Principal<'_>> {
    Some(Principal { name, trusted: true })
}

#[test]
fn the_first_that_is_known_is_the_identity() {
    let known = Identities::new([named(PRINT, "alice", true)], false);
    let unknown = Identities::default();
    let cert = login(Some(PRINT), Some("alice@laptop"));
    let key = login(Some(PRINT), None);
    let password = login(None, None);
    let shown = |ids: &Identities, event, principal| ids.of(event, principal).shown.into_owned();
    assert_eq!(shown(&known, &cert, from_journal("Ops/bob")), "alice");
    assert_eq!(shown(&unknown, &cert, from_journal("Ops/bob")), "alice@laptop");
    assert_eq!(shown(&unknown, &key, from_journal("Ops/bob")), "Ops/bob");
    assert_eq!(shown(&unknown, &key, from_file("Ops/bob")), "Ops/bob", "it is shown all the same");
    assert_eq!(shown(&unknown, &key, None), PRINT);
    assert_eq!(shown(&unknown, &password, None), "");
}

#[test]
fn no_rule_rests_on_a_name_that_a_local_user_could_have_written() {
    let key = login(Some(PRINT), None);
    let trusted = |ids: &Identities, principal| ids.of(&key, principal).trusted.into_owned();
    let unknown = Identities::default();
    assert_eq!(trusted(&unknown, from_journal("Ops/bob")), "Ops/bob");
    assert_eq!(trusted(&unknown, from_file("Ops/bob")), PRINT);
    assert_eq!(trusted(&Identities::new([], true), from_file("Ops/bob")), "Ops/bob");
    let own_comment = Identities::new([named(PRINT, "root", false)], false);
    assert_eq!(own_comment.of(&key, None).shown, "root");
    assert_eq!(trusted(&own_comment, None), PRINT);
    let both = Identities::new([named(PRINT, "x", false), named(PRINT, "alice", true)], false);
    assert_eq!(trusted(&both, None), "alice");
}

#[test]
fn a_refused_key_proves_nobody() {
    let mut event = login(Some(PRINT), Some("alice@laptop"));
    event.kind = EventKind::LoginFailure;
    let known = Identities::new([named(PRINT, "alice", true)], false);
    assert_eq!(known.of(&event, None), Identity::default());
}

#[test]
fn the_caller_of_an_aws_event_is_its_identity() {
    let mut event = login(None, Some("Ops/alice"));
    event.kind = EventKind::AwsSuccess;
    assert_eq!(Identities::default().of(&event, None).trusted, "Ops/alice");
}

#[test]
fn a_fingerprint_has_one_form() {
    let bare = MD5.strip_prefix("MD5:").unwrap();
    assert_eq!(fingerprint(PRINT).as_deref(), Some(PRINT));
    assert_eq!(fingerprint(&format!("{PRINT}=")).as_deref(), Some(PRINT));
    assert_eq!(fingerprint(bare).as_deref(), Some(MD5));
    assert_eq!(fingerprint(&bare.to_uppercase()).as_deref(), Some(MD5));
    for text in ["", "SHA256:", "SHA256:abc", "MD5:16:27", "alice", "ssh-ed25519"] {
        assert_eq!(fingerprint(text), None, "{text:?}");
    }
}

#[test]
fn md5_is_found_as_old_sshd_logs_it() {
    let known = Identities::new([named(MD5, "alice", true)], false);
    let old = login(Some("16:27:ac:a5:76:28:2d:36:63:1b:56:4d:eb:df:a6:48"), None);
    assert_eq!(known.of(&old, None).shown, "alice");
    assert_eq!(known.of(&login(Some(MD5), None), None).shown, "alice");
}

#[test]
fn a_name_cannot_be_one_of_ours() {
    assert!(is_usable_name("alice@laptop (work)"));
    for name in ["", " ", "(other)", "(invalid)", "a\nb", "a\u{1b}[0m"] {
        assert!(!is_usable_name(name), "{name:?}");
    }
}

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
const KEY_SHA256: &str = "SHA256:UCUiLr7Pjs9wFFJMDByLgc3NrtdU344OgUM45wZPcIQ";

#[test]
fn every_option_is_passed_over() {
    let lines = [
        format!("{KEY} alice"),
        format!("  {KEY}\talice  "),
        format!("restrict,pty {KEY} alice"),
        format!("command=\"echo \\\"a b\\\", c # ssh-rsa\",no-pty {KEY} alice"),
        format!("from=\"10.0.0.0/8,!10.1.0.0/16\" {KEY} alice"),
        format!("environment=\"A=cert-authority\" {KEY} alice"),
    ];
    for line in lines {
        let file = parse_authorized_keys(line.as_bytes());
        assert_eq!(file.bad, [], "{line}");
        assert_eq!(file.keys.len(), 1, "{line}");
        assert_eq!(file.keys[0].comment, "alice", "{line}");
        assert_eq!(file.keys[0].sha256, KEY_SHA256, "{line}");
    }
}

#[test]
fn a_comment_keeps_its_blanks_and_signs() {
    let text = format!("# people\r\n\r\n{KEY} Alice # Example <a@example.org>\r\n{KEY}\n");
    let file = parse_authorized_keys(text.as_bytes());
    let comments: Vec<_> = file.keys.iter().map(|k| (k.line, k.comment.as_str())).collect();
    assert_eq!(comments, [(3, "Alice # Example <a@example.org>"), (4, "")]);
}

#[test]
fn nobody_comes_in_with_an_authority_s_key() {
    for options in
        ["cert-authority", "restrict,CERT-AUTHORITY", "principals=\"a,b\",cert-authority"]
    {
        let file = parse_authorized_keys(format!("{options} {KEY} ca").as_bytes());
        assert_eq!(file, KeyFile::default(), "{options}");
    }
}

#[test]
fn a_bad_line_is_named_and_the_others_count() {
    let text = format!("ssh-ed25519 AAAA broken\nhello\n{KEY} alice\nssh-rsa\n\u{0}\u{1}\n");
    let file = parse_authorized_keys(text.as_bytes());
    assert_eq!(file.keys.len(), 1);
    let bad: Vec<usize> = file.bad.iter().map(|bad| bad.line).collect();
    assert_eq!(bad, [1, 2, 4, 5]);
    assert_eq!(file.bad[1].why, "no key stands in this line");
}

#[test]
fn bytes_that_are_no_text_break_nothing() {
    let mut text = format!("{KEY} ").into_bytes();
    text.extend([0xff, 0xfe, b'\n']);
    text.extend([0x80; 64]);
    let file = parse_authorized_keys(&text);
    assert_eq!(file.keys[0].comment, "\u{fffd}\u{fffd}");
    assert_eq!(file.bad.len(), 1);
}

#[test]
fn a_session_name_that_the_settings_call_made_up_is_a_star() {
    let ids = Identities::default().with_made_up(["ci-*", "*-run"]);
    let shown = |event: &Event<'static>, principal| ids.of(event, principal).shown.into_owned();
    let aws = |name: &'static str| Event {
        identity: Some(name),
        ..Event::new(EventKind::AwsSuccess, "ssm")
    };
    for (name, expected) in [
        ("Ops/ci-alice", "Ops/*"),
        ("Ops/nightly-run", "Ops/*"),
        ("federated:ci-7", "federated:*"),
        ("Ops/alice", "Ops/alice"),
        ("ci-alice@example.com", "ci-alice@example.com"),
        ("user:ci-7", "user:ci-7"),
        ("saml:a/ci-7", "saml:a/ci-7"),
    ] {
        assert_eq!(shown(&aws(name), None), expected);
    }
    let agent = Event { program: "ssm-agent", identity: Some("Ops/ci-7"), ..login(None, None) };
    assert_eq!(shown(&agent, None), "Ops/*");
    assert_eq!(shown(&login(Some(PRINT), None), from_journal("Ops/ci-7")), "Ops/*");
    // A certificate's key ID is no session.
    assert_eq!(shown(&login(Some(PRINT), Some("team/ci-7")), None), "team/ci-7");
}
