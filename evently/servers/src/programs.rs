//! Finding programs: PostgreSQL, nats-server and others, on PATH or where Debian puts them.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

/// Where Debian keeps one folder a major version of PostgreSQL.
const DEBIAN_POSTGRES: &str = "/usr/lib/postgresql";
/// Where Debian keeps servers, which the PATH of a normal user leaves out.
const DEBIAN_PLACES: [&str; 2] = ["/usr/sbin", "/usr/bin"];

/// The programs, by absolute path.
#[derive(Debug)]
pub(crate) struct Programs {
    pub(crate) initdb: PathBuf,
    pub(crate) postgres: PathBuf,
    pub(crate) nats_server: PathBuf,
}

impl Programs {
    /// Finds them. A cluster of PostgreSQL only runs with the major version that made it, so the one of `cluster` goes
    /// first.
    pub(crate) fn find(cluster: Option<&str>) -> Result<Self> {
        let mut missing = Vec::new();
        let postgres = postgres_folder(&places(), Path::new(DEBIAN_POSTGRES), cluster);
        if postgres.is_none() {
            missing.push("PostgreSQL (initdb and postgres; Debian package `postgresql`)");
        }
        let nats_server = find("nats-server");
        if nats_server.is_none() {
            missing.push("the NATS server (nats-server; Debian package `nats-server`)");
        }
        let (Some(postgres), Some(nats_server)) = (postgres, nats_server) else {
            bail!(
                "cannot find {}; `script/up` installs what is missing on Debian and Ubuntu, elsewhere put it on PATH",
                missing.join(" and ")
            );
        };
        Ok(Self {
            initdb: postgres.join("initdb"),
            postgres: postgres.join("postgres"),
            nats_server,
        })
    }
}

/// The program of this name, on PATH or in Debian's places.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    let mut programs = places().into_iter().map(|place| place.join(name));
    programs.find(|program| program.is_file())
}

fn places() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .filter(|place| place.is_absolute())
        .chain(DEBIAN_PLACES.map(PathBuf::from))
        .collect()
}

/// The folder with both programs of PostgreSQL: the one whose version made the cluster, else the first on PATH, else
/// the newest of Debian's.
fn postgres_folder(places: &[PathBuf], debian: &Path, cluster: Option<&str>) -> Option<PathBuf> {
    let complete = |folder: &PathBuf| folder.join("initdb").is_file() && folder.join("postgres").is_file();
    let mut versions: Vec<(u32, PathBuf)> = std::fs::read_dir(debian)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((
                entry.file_name().to_str()?.parse().ok()?,
                entry.path().join("bin"),
            ))
        })
        .filter(|(_, folder)| complete(folder))
        .collect();
    versions.sort();
    let made_by = cluster.and_then(|cluster| cluster.trim().parse::<u32>().ok());
    if let Some((_, folder)) = versions.iter().find(|(version, _)| Some(*version) == made_by) {
        return Some(folder.clone());
    }
    places
        .iter()
        .find(|place| complete(place))
        .cloned()
        .or_else(|| versions.pop().map(|(_, folder)| folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(folder: &Path, name: &str) {
        std::fs::create_dir_all(folder).unwrap();
        std::fs::write(folder.join(name), "").unwrap();
    }

    fn debian_with(versions: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for version in versions {
            program(&root.path().join(version).join("bin"), "initdb");
            program(&root.path().join(version).join("bin"), "postgres");
        }
        root
    }

    #[test]
    fn the_newest_version_of_debian_is_taken_by_number_not_by_letter() {
        let debian = debian_with(&["9", "15", "17"]);
        assert_eq!(
            postgres_folder(&[], debian.path(), None),
            Some(debian.path().join("17/bin"))
        );
    }

    #[test]
    fn the_version_that_made_the_cluster_goes_first() {
        let debian = debian_with(&["15", "17"]);
        assert_eq!(
            postgres_folder(&[], debian.path(), Some("15\n")),
            Some(debian.path().join("15/bin"))
        );
    }

    #[test]
    fn a_folder_on_path_that_lacks_initdb_is_passed_over() {
        let root = tempfile::tempdir().unwrap();
        program(root.path(), "postgres");
        assert_eq!(
            postgres_folder(&[root.path().into()], Path::new("/nowhere"), None),
            None
        );
    }
}
