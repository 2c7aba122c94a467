//! The system account that the private servers run as. PostgreSQL refuses to run as root, and NATS has no need to.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::Path;

use anyhow::{Context, Result, bail};
use nix::unistd::{Uid, User};
use tempfile::TempDir;

/// Accounts that nearly every system has, the best suited first.
const CANDIDATES: [&str; 3] = ["postgres", "nobody", "daemon"];

/// An unprivileged account to drop to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SystemAccount {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
}

impl SystemAccount {
    /// Whom to drop to: `None` unless started as root.
    pub fn to_drop_to() -> Result<Option<Self>> {
        if !Uid::effective().is_root() {
            return Ok(None);
        }
        for name in CANDIDATES {
            if let Some(user) = User::from_name(name).context("cannot read the list of users")? {
                return Ok(Some(Self {
                    uid: user.uid.as_raw(),
                    gid: user.gid.as_raw(),
                }));
            }
        }
        bail!(
            "started as root, and none of the users {} exists to run the servers as",
            CANDIDATES.join(", ")
        );
    }

    /// A temporary folder that this account, where there is one, can use.
    pub fn temporary_folder() -> Result<TempDir> {
        let folder = tempfile::tempdir().context("cannot make a temporary folder")?;
        if let Some(account) = Self::to_drop_to()? {
            account.give(folder.path())?;
        }
        Ok(folder)
    }

    /// Makes `folder` this account's own.
    pub fn give(&self, folder: &Path) -> Result<()> {
        chown(folder, Some(self.uid), Some(self.gid))
            .with_context(|| format!("cannot give {} to user {}", folder.display(), self.uid))
    }

    /// Whether this account can reach `folder`: every folder above lets it pass.
    pub fn reaches(&self, folder: &Path) -> bool {
        folder.ancestors().skip(1).all(|above| {
            std::fs::metadata(above).is_ok_and(|metadata| {
                let mode = metadata.permissions().mode();
                let needed = if metadata.uid() == self.uid {
                    0o100
                } else if metadata.gid() == self.gid {
                    0o010
                } else {
                    0o001
                };
                mode & needed != 0
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_below_a_closed_one_is_out_of_reach() {
        let root = tempfile::tempdir().unwrap();
        let closed = root.path().join("closed");
        std::fs::create_dir_all(closed.join("data")).unwrap();
        std::fs::set_permissions(root.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        let stranger = SystemAccount {
            uid: 64_000,
            gid: 64_000,
        };
        assert!(stranger.reaches(&closed.join("data")));
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
        assert!(!stranger.reaches(&closed.join("data")));
    }
}
