//! The data folder of `evently dev`: what it remembers between two starts, and who may use it at a time.

use std::fs::{File, OpenOptions, Permissions};
use std::io::{Read, Seek, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use nix::fcntl::{Flock, FlockArg};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use servers::SystemAccount;

/// Holds what is remembered, secrets included; for the owner alone.
const REMEMBERED: &str = "dev.json";
/// Where the servers' data go when the unprivileged account cannot reach the data folder.
const FALLBACK: &str = "/var/lib/evently";
/// The owner may do anything, others may only pass through to what is theirs.
const PASS_THROUGH: u32 = 0o711;

/// The data folder, locked for this process.
pub(crate) struct Folder {
    root: PathBuf,
    /// Whom the servers run as, when started as root.
    pub(crate) account: Option<SystemAccount>,
    /// What the folder remembers.
    pub(crate) remembered: Remembered,
    _lock: Flock<File>,
}

/// What a data folder remembers between two starts.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Remembered {
    /// Where the data of PostgreSQL and NATS lie.
    pub(crate) servers: PathBuf,
    /// Port of PostgreSQL on the loopback address; 0 where none was chosen yet.
    pub(crate) postgres_port: u16,
    /// Port of NATS on the loopback address; 0 where none was chosen yet.
    pub(crate) nats_port: u16,
    /// Password of PostgreSQL's superuser.
    pub(crate) postgres_password: String,
    /// Password that NATS asks of its clients.
    pub(crate) nats_password: String,
    /// Seed of the key that signs access tokens.
    pub(crate) signing_key: String,
    /// Secret under which e-mail addresses are looked up.
    pub(crate) email_secret: String,
    /// Secret under which clients' addresses are digested.
    pub(crate) client_secret: String,
    /// Port of the sandbox gateway on the loopback address; 0 where none was chosen yet.
    #[serde(default)]
    pub(crate) sandbox_port: u16,
    /// Key of our account at the sandbox; empty in folders of before there was one.
    #[serde(default)]
    pub(crate) sandbox_key: String,
    /// Secret that the sandbox's webhooks are signed with.
    #[serde(default)]
    pub(crate) sandbox_webhook_secret: String,
    /// Whether the demonstration events and accounts are there.
    pub(crate) demo: bool,
}

impl Folder {
    /// Opens `root`, making it where it is missing; refuses while another `evently dev` uses it.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        std::fs::create_dir_all(root)
            .with_context(|| format!("cannot make the folder {}", root.display()))?;
        let root = root
            .canonicalize()
            .with_context(|| format!("cannot resolve {}", root.display()))?;
        let account = SystemAccount::to_drop_to()?;
        if account.is_some() {
            std::fs::set_permissions(&root, Permissions::from_mode(PASS_THROUGH))?;
        }
        let lock = lock(&root.join("lock"))?;
        let remembered = match read::<Remembered>(&root.join(REMEMBERED))? {
            Some(remembered) => remembered.with_sandbox()?,
            None => Remembered::new(servers_folder(&root, account.as_ref())?)?,
        };
        let folder = Self {
            root,
            account,
            remembered,
            _lock: lock,
        };
        folder.make_servers()?;
        folder.remember()?;
        Ok(folder)
    }

    /// The path of `name` in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The folder of one server's data.
    pub(crate) fn server(&self, name: &str) -> PathBuf {
        self.remembered.servers.join(name)
    }

    /// Writes down what is to be remembered.
    pub(crate) fn remember(&self) -> Result<()> {
        let text = serde_json::to_string_pretty(&self.remembered).context("cannot write JSON")?;
        self.write_private(REMEMBERED, &text)
    }

    /// Writes a file for the owner alone: wholly, or not at all.
    pub(crate) fn write_private(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        let beside = self.path(&format!(".{name}.new"));
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&beside, &path).with_context(|| format!("cannot write {}", path.display()))
    }

    fn make_servers(&self) -> Result<()> {
        let servers = &self.remembered.servers;
        std::fs::create_dir_all(servers)
            .with_context(|| format!("cannot make the folder {}", servers.display()))?;
        std::fs::set_permissions(servers, Permissions::from_mode(0o700))?;
        if let Some(account) = &self.account {
            account.give(servers)?;
        }
        let link = self.path("servers");
        if *servers != link && !link.exists() {
            std::os::unix::fs::symlink(servers, &link).context("cannot link to the servers' data")?;
        }
        Ok(())
    }
}

impl Remembered {
    fn new(servers: PathBuf) -> Result<Self> {
        let remembered = Self {
            servers,
            postgres_port: 0,
            nats_port: 0,
            postgres_password: password()?,
            nats_password: password()?,
            signing_key: secret()?,
            email_secret: secret()?,
            client_secret: secret()?,
            sandbox_port: 0,
            sandbox_key: String::new(),
            sandbox_webhook_secret: String::new(),
            demo: false,
        };
        remembered.with_sandbox()
    }

    /// With secrets of the sandbox, where there are none yet.
    fn with_sandbox(mut self) -> Result<Self> {
        if self.sandbox_key.is_empty() {
            self.sandbox_key = format!("sk_{}", password()?);
            self.sandbox_webhook_secret = format!("whsec_{}", secret()?);
        }
        Ok(self)
    }
}

/// Below the data folder, unless the account cannot get there, as below `/root`: then in the system's own place.
fn servers_folder(root: &Path, account: Option<&SystemAccount>) -> Result<PathBuf> {
    let inside = root.join("servers");
    if account.is_none_or(|account| account.reaches(&inside)) {
        return Ok(inside);
    }
    let name: String = password()?.chars().take(12).collect();
    Ok(Path::new(FALLBACK).join(format!("dev-{name}")))
}

/// 256 bits of chance, in letters that URLs and paths take as they are.
fn password() -> Result<String> {
    let digits = chance()?.into_iter().flat_map(|byte| [byte >> 4, byte & 15]);
    Ok(digits
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect())
}

/// 256 bits of chance, as configuration wants keys and secrets.
fn secret() -> Result<String> {
    Ok(STANDARD.encode(chance()?))
}

fn chance() -> Result<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    rand::fill(&mut bytes).map_err(|_| anyhow!("the system gives no random bytes"))?;
    Ok(bytes)
}

fn lock(path: &Path) -> Result<Flock<File>> {
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)?;
    match Flock::lock(file, FlockArg::LockExclusiveNonblock) {
        Ok(mut lock) => {
            lock.set_len(0)?;
            lock.rewind()?;
            write!(lock, "{}", std::process::id())?;
            Ok(lock)
        }
        Err((mut file, _)) => {
            let mut owner = String::new();
            file.read_to_string(&mut owner)?;
            bail!(
                "another `evently dev` uses this data folder already (process {owner}); give another --data-dir"
            );
        }
    }
}

fn read<T: DeserializeOwned>(path: &Path) -> Result<Option<T>> {
    match std::fs::read_to_string(path) {
        Ok(text) => serde_json::from_str(&text).map(Some).with_context(|| {
            format!(
                "{} is damaged; move the data folder away to start anew",
                path.display()
            )
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_stay_the_same_and_belong_to_the_owner_alone() {
        let root = tempfile::tempdir().unwrap();
        let first = Folder::open(root.path()).unwrap().remembered.signing_key;
        let second = Folder::open(root.path()).unwrap();
        assert_eq!(first, second.remembered.signing_key);
        let mode = std::fs::metadata(second.path(REMEMBERED))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    #[test]
    fn a_folder_in_use_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let _first = Folder::open(root.path()).unwrap();
        let refusal = Folder::open(root.path()).err().unwrap().to_string();
        assert!(refusal.contains(&std::process::id().to_string()), "{refusal}");
    }
}
