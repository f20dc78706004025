//! Reads the files that the rules rest on, of public keys above all, and tells when they or the
//! settings changed.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::doubts::Doubts;
use super::error::{Problem, Problems};
use super::rules::{KeyPath, Naming};
use super::settings::{Privacy as PrivacySettings, Settings};
use crate::policy::identities::{Identities, Key, KeyName, is_usable_name, parse_authorized_keys};
use crate::policy::origin::{Database, Origins};
use crate::policy::privacy::Privacy;
use crate::policy::{Policy, Rules};

/// A key that cannot be guessed.
const SHORTEST_KEY: usize = 16;

/// No file of keys is larger.
const LARGEST_FILE: u64 = 4 << 20;

/// No database of addresses is larger: it is held in memory.
const LARGEST_DATABASE: u64 = 256 << 20;

/// The rules of the settings, and what is odd about the files they name.
#[derive(Debug)]
pub struct LoadedRules {
    pub rules: Rules,
    pub privacy: Privacy,
    pub origins: Origins,
    /// One line each: lines that hold no key, files that users can write.
    pub warnings: Vec<String>,
}

impl From<LoadedRules> for Policy {
    fn from(loaded: LoadedRules) -> Policy {
        let mut policy = Policy::from(loaded.rules);
        policy.privacy = loaded.privacy;
        policy.origins = loaded.origins;
        policy
    }
}

impl Settings {
    /// What policy judges by. Reads the files of keys: one that cannot be read is an error.
    pub fn rules(&self) -> Result<LoadedRules, Problems> {
        let mut loader = Loader::default();
        for (fingerprint, name) in &self.identities.keys {
            let (fingerprint, name) = (fingerprint.clone(), name.clone());
            loader.names.push(KeyName { fingerprint, name, trusted: true });
        }
        for path in &self.identities.authorized_keys {
            loader.path(path);
        }
        let privacy = loader.privacy(self);
        let origins = Origins {
            country: loader.database("country", self.geoip.country.as_deref()),
            asn: loader.database("asn", self.geoip.asn.as_deref()),
        };
        if !loader.problems.0.is_empty() {
            return Err(loader.problems);
        }
        let trust_lines = self.identities.trust_instance_connect_lines;
        let rules = Rules {
            networks: self.networks.clone(),
            identities: Identities::new(loader.names, trust_lines)
                .with_made_up(self.identities.made_up.iter().map(String::as_str)),
            expected: self.expected.clone(),
        };
        Ok(LoadedRules { rules, privacy, origins, warnings: loader.warnings })
    }

    /// What of the rules can never fit, as far as this host can tell.
    pub(super) fn doubts(&self, rules: &Rules) -> Vec<String> {
        let list = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let accounts: Vec<String> =
            list.lines().filter_map(|line| Some(line.split_once(':')?.0.to_owned())).collect();
        let has_account = |name: &str| {
            accounts.iter().any(|account| account == name)
                || nix::unistd::User::from_name(name).is_ok_and(|user| user.is_some())
        };
        let doors = self.cloudtrail.doors;
        Doubts { rules, doors, accounts: &accounts, has_account: &has_account }.lines()
    }
}

#[derive(Default)]
struct Loader {
    names: Vec<KeyName>,
    warnings: Vec<String>,
    problems: Problems,
}

impl Loader {
    /// The key of the hashes. One that cannot be read is an error: without it nothing is hidden.
    fn privacy(&mut self, settings: &Settings) -> Privacy {
        let PrivacySettings { views, key_file } = &settings.privacy;
        let key = key_file.as_ref().and_then(|file| match read(file) {
            Ok(key) if key.trim_ascii().len() >= SHORTEST_KEY => Some(key.trim_ascii().to_vec()),
            Ok(_) => {
                let cause = format!("its key is shorter than {SHORTEST_KEY} bytes");
                self.unreadable(file, &std::io::Error::other(cause));
                None
            }
            Err(error) => {
                self.unreadable(file, &error);
                None
            }
        });
        Privacy::new(*views, key.as_deref())
    }

    fn database(&mut self, key: &str, path: Option<&Path>) -> Option<Database> {
        let path = path?;
        let bytes = read_up_to(path, LARGEST_DATABASE).map_err(|error| error.to_string());
        match bytes.and_then(Database::read) {
            Ok(database) => Some(database),
            Err(cause) => {
                let message = format!(
                    "cannot read the database of addresses: {cause}; name a MaxMind DB (.mmdb) \
                     that the exporter can read, or take geoip.{key} out"
                );
                self.problems.0.push(Problem { place: path.display().to_string(), message });
                None
            }
        }
    }

    fn path(&mut self, keys: &KeyPath) {
        match files(&keys.path) {
            Ok(files) => files.iter().for_each(|file| self.file(file, keys)),
            Err(error) => self.unreadable(&keys.path, &error),
        }
    }

    fn file(&mut self, file: &Path, keys: &KeyPath) {
        let bytes = match read(file) {
            Ok(bytes) => bytes,
            Err(error) => return self.unreadable(file, &error),
        };
        let parsed = parse_authorized_keys(&bytes);
        for bad in &parsed.bad {
            self.warnings.push(format!("{}:{}: {}", file.display(), bad.line, bad.why));
        }
        let trusted = keys.trusted || is_guarded(file);
        if !trusted {
            self.warnings.push(format!(
                "{}: users other than root can write this file, so no rule rests on its names; \
                 give it and its folders to root, or set trusted: true for it",
                file.display()
            ));
        }
        let named = parsed.keys.iter().filter_map(|key| Some((key, name(key, file, keys)?)));
        for (key, name) in named {
            for fingerprint in [&key.sha256, &key.md5] {
                let (fingerprint, name) = (fingerprint.clone(), name.clone());
                self.names.push(KeyName { fingerprint, name, trusted });
            }
        }
    }

    fn unreadable(&mut self, path: &Path, error: &std::io::Error) {
        let message = format!(
            "cannot read the keys: {error}; let the exporter read it, or take it out of \
             identities.authorized_keys"
        );
        self.problems.0.push(Problem { place: path.display().to_string(), message });
    }
}

/// The file itself, or the files of a folder by name, without hidden and backup ones.
fn files(path: &Path) -> std::io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in fs::read_dir(path)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') && !name.ends_with('~') && !path.is_dir() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    read_up_to(file, LARGEST_FILE)
}

fn read_up_to(file: &Path, most: u64) -> std::io::Result<Vec<u8>> {
    let metadata = fs::metadata(file)?;
    // A pipe or a device would block or never end.
    if !metadata.is_file() {
        return Err(std::io::Error::other("it is no regular file"));
    }
    if metadata.len() > most {
        return Err(std::io::Error::other(format!("it is larger than {} MiB", most >> 20)));
    }
    fs::read(file)
}

/// What the key of a file is called.
fn name(key: &Key, file: &Path, keys: &KeyPath) -> Option<String> {
    let name = match &keys.naming {
        Naming::Comment => key.comment.clone(),
        Naming::Fixed(name) => name.clone(),
        Naming::File => {
            let name = file.file_name()?.to_string_lossy();
            let bare = name.strip_suffix(".pub").or_else(|| name.strip_suffix(".keys"));
            bare.unwrap_or(&name).to_owned()
        }
    };
    is_usable_name(&name).then_some(name)
}

/// Whether only root and the exporter's own user can change the file or put another in its
/// place, by the rule that sshd has for such files: each folder above it counts too.
fn is_guarded(file: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    let Ok(file) = file.canonicalize() else { return false };
    file.ancestors().all(|path| {
        fs::metadata(path).is_ok_and(|metadata| {
            // In a sticky folder (/tmp) nobody can replace what is another's.
            let sticky = metadata.is_dir() && metadata.mode() & 0o1000 != 0;
            let writable = metadata.mode() & 0o022 != 0 && !sticky;
            !writable && (metadata.uid() == 0 || metadata.uid() == own)
        })
    })
}

/// The state of the files that the settings come from. It differs when one of them changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched(Vec<(PathBuf, Option<Stamp>)>);

/// Changes with the content: inode, size and times of the last change, in nanoseconds.
type Stamp = (u64, u64, i64, i64);

impl Watched {
    /// Looks at the file of settings and at every file that it names for the rules.
    pub fn look(settings: &Settings) -> Watched {
        let key = settings.privacy.key_file.iter().cloned();
        let databases = [&settings.geoip.country, &settings.geoip.asn];
        let databases = databases.into_iter().flatten().cloned();
        let keys = settings.identities.authorized_keys.iter().flat_map(|keys| {
            let inside = files(&keys.path).unwrap_or_default();
            std::iter::once(keys.path.clone()).chain(inside)
        });
        let all = settings.config_file.iter().cloned().chain(key).chain(databases).chain(keys);
        Watched(all.map(|path| (stamp(&path), path)).map(|(stamp, path)| (path, stamp)).collect())
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let m = fs::metadata(path).ok()?;
    let nanoseconds = |s: i64, ns: i64| s.wrapping_mul(1_000_000_000).wrapping_add(ns);
    let modified = nanoseconds(m.mtime(), m.mtime_nsec());
    Some((m.ino(), m.size(), modified, nanoseconds(m.ctime(), m.ctime_nsec())))
}
