//! Names of keys from files: what is read, what is trusted, and when it is read again.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use login_exporter::config::Watched;
use login_exporter::event::{Event, EventKind};
use login_exporter::memory::Counted;
use login_exporter::policy::Policy;

use super::File;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILM+rvN+ot98qgEN796jTiQfZfG1KaT0PtFDJ/XFSqti";
const PRINT: &str = "SHA256:UCUiLr7Pjs9wFFJMDByLgc3NrtdU344OgUM45wZPcIQ";

fn login() -> Counted<'static> {
    let mut event = Event::new(EventKind::LoginSuccess, "sshd");
    event.user = Some("ec2-user");
    event.fingerprint = Some(PRINT);
    Counted::from(&*Box::leak(Box::new(event)))
}

fn settings_with(keys: &str) -> File {
    File::new(&format!(
        "identities: {{authorized_keys: [{keys}]}}\nexpected: {{logins: [{{identity: alice}}]}}\n"
    ))
}

/// The identity and the verdict for the one key.
fn seen(file: &File) -> (String, String) {
    let policy = Policy::from(file.settings(&[]).unwrap().rules().unwrap());
    let login = login();
    let observation = policy.observe(&login);
    (observation.identity.to_string(), observation.expected.to_string())
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o644)).unwrap();
}

fn pair(identity: &str, expected: &str) -> (String, String) {
    (identity.to_owned(), expected.to_owned())
}

#[test]
fn a_key_is_called_by_its_comment_its_file_or_a_name_of_choice() {
    let file = settings_with("");
    let people = file.folder.path().join("people");
    fs::create_dir(&people).unwrap();
    fs::set_permissions(&people, fs::Permissions::from_mode(0o755)).unwrap();
    write(&people.join("alice.pub"), &format!("{KEY} alice@laptop\n"));
    write(&people.join("old~"), "no key");
    write(&people.join(".hidden"), "no key");
    let dir = people.display();
    let name = |keys: String| {
        let text = format!("identities: {{authorized_keys: [{keys}]}}");
        fs::write(file.path(), text).unwrap();
        seen(&file).0
    };
    assert_eq!(name(format!("{dir}")), "alice@laptop");
    assert_eq!(name(format!("{{path: {dir}, name_by: file}}")), "alice");
    assert_eq!(name(format!("{{path: {dir}/alice.pub, name: Alice A}}")), "Alice A");
    write(&people.join("alice.pub"), KEY);
    assert_eq!(name(format!("{dir}")), PRINT, "without a comment it has no name");
}

#[test]
fn no_rule_rests_on_a_file_that_users_can_write() {
    let file = settings_with("");
    let keys = file.folder.path().join("authorized_keys");
    write(&keys, &format!("{KEY} alice\n"));
    let with = |more: &str| {
        let text = format!(
            "identities: {{authorized_keys: [{{path: {}{more}}}]}}\nexpected: {{logins: [{{identity: alice}}]}}",
            keys.display()
        );
        fs::write(file.path(), text).unwrap();
        seen(&file)
    };
    assert_eq!(with(""), pair("alice", "true"));
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o666)).unwrap();
    assert_eq!(with(""), pair("alice", "false"), "it names, but no rule rests on it");
    assert_eq!(with(", trusted: true"), pair("alice", "true"));
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(file.folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(with(""), pair("alice", "false"), "who can write the folder can replace the file");
}

#[test]
fn a_file_that_cannot_be_read_is_an_error_and_a_bad_line_a_warning() {
    let file = settings_with("");
    let keys = file.folder.path().join("keys");
    let text = format!("identities: {{authorized_keys: [{}]}}", keys.display());
    fs::write(file.path(), text).unwrap();
    let rules = || file.settings(&[]).unwrap().rules();
    assert_eq!(
        rules().unwrap_err().to_string(),
        format!(
            "{}: cannot read the keys: No such file or directory (os error 2); let the exporter \
             read it, or take it out of identities.authorized_keys",
            keys.display()
        )
    );
    write(&keys, &format!("hello\n{KEY} alice\n"));
    let expected = format!("{}:1: no key stands in this line", keys.display());
    assert_eq!(rules().unwrap().warnings, [expected]);
}

#[test]
fn a_change_of_any_file_is_seen() {
    let file = settings_with("");
    let people = file.folder.path().join("people");
    fs::create_dir(&people).unwrap();
    fs::write(file.path(), format!("identities: {{authorized_keys: [{}]}}", people.display()))
        .unwrap();
    let settings = file.settings(&[]).unwrap();
    let look = || Watched::look(&settings);
    let mut before = look();
    assert_eq!(look(), before, "nothing changed");
    let mut changed = |what: &str| {
        let now = look();
        assert_ne!(now, before, "{what}");
        before = now;
    };
    write(&people.join("alice.pub"), KEY);
    changed("a new key");
    write(&people.join("alice.pub"), &format!("{KEY} alice"));
    changed("another comment");
    let text = fs::read_to_string(file.path()).unwrap();
    fs::write(file.path(), text + "\n# more\n").unwrap();
    changed("the settings");
    fs::remove_file(people.join("alice.pub")).unwrap();
    changed("a key gone");
}
