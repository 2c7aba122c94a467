//! What the house promises about its own shape: who may use whom, how long files get, what they are called, and that
//! every problem and every fact is accounted for.

#[cfg(test)]
#[path = "architecture/circles.rs"]
mod circles;
#[cfg(test)]
#[path = "architecture/imports.rs"]
mod imports;
#[cfg(test)]
#[path = "architecture/tokens.rs"]
mod tokens;

#[cfg(test)]
mod the_house {
    use std::collections::{BTreeMap, BTreeSet};
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use domain::Recorded;
    use domain::account::Account;
    use domain::booking::Booking;
    use domain::event::Event;
    use serde_json::Value;

    /// Lines of code that a file may have outside its tests.
    const CODE_LINES_MAX: usize = 400;
    /// Names that say nothing about what is inside.
    const FORBIDDEN_NAMES: [&str; 8] = [
        "utils", "util", "helpers", "common", "misc", "shared", "manager", "mod",
    ];

    /// Programs that put everything together, and what tests it.
    const EVERYTHING: &[&str] = &[
        "domain",
        "contract",
        "event-store",
        "edge",
        "gateway",
        "lanes",
        "processes",
        "identity",
        "command-api",
        "projections",
        "query-api",
        "sandbox",
        "servers",
        "tests",
    ];
    /// Which of our crates each of our crates may use; outside its tests, that is.
    const MAY_USE: [(&str, &[&str]); 16] = [
        ("domain", &[]),
        ("contract", &["domain"]),
        ("event-store", &["domain"]),
        ("edge", &["event-store"]),
        ("gateway", &["domain"]),
        ("lanes", &["domain", "contract", "event-store", "edge"]),
        (
            "processes",
            &["domain", "contract", "event-store", "gateway", "lanes"],
        ),
        ("identity", &["domain", "event-store", "edge", "lanes"]),
        (
            "command-api",
            &[
                "domain",
                "contract",
                "event-store",
                "edge",
                "gateway",
                "lanes",
                "processes",
                "identity",
            ],
        ),
        ("projections", &["domain", "contract", "event-store"]),
        ("query-api", &["domain", "contract", "event-store", "edge"]),
        ("sandbox", &[]),
        ("servers", &[]),
        ("evently", EVERYTHING),
        ("tests", EVERYTHING),
        ("bench", EVERYTHING),
    ];
    /// All that the domain may use of the world: no I/O, no clock, no randomness, nothing asynchronous.
    const DOMAIN_MAY_USE: [&str; 11] = [
        "chrono",
        "cqrs-es",
        "derive_more",
        "foldhash",
        "iso_currency",
        "serde",
        "serde_json",
        "strum",
        "thiserror",
        "unicode-normalization",
        "uuid",
    ];

    fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
    }

    /// Normal dependencies by crate of the workspace.
    fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
        let output = Command::new(env!("CARGO"))
            .args(["metadata", "--format-version=1", "--no-deps", "--offline"])
            .current_dir(root())
            .output()
            .unwrap();
        let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
        let normal = |package: &Value| {
            package["dependencies"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|dependency| dependency["kind"].is_null())
                .map(|dependency| dependency["name"].as_str().unwrap().to_owned())
                .collect()
        };
        metadata["packages"]
            .as_array()
            .unwrap()
            .iter()
            .map(|package| (package["name"].as_str().unwrap().to_owned(), normal(package)))
            .collect()
    }

    /// Every Rust file of ours, by its path below the root.
    pub(crate) fn sources() -> Vec<(PathBuf, String)> {
        let root = root();
        let mut folders = vec![root.clone()];
        let mut sources = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).unwrap() {
                let entry = entry.unwrap();
                let path = entry.path();
                let name = entry.file_name();
                if path.is_dir() && name != "target" && !name.to_string_lossy().starts_with('.') {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let text = std::fs::read_to_string(&path).unwrap();
                    sources.push((path.strip_prefix(&root).unwrap().to_owned(), text));
                }
            }
        }
        assert!(sources.len() > 50, "only {} files found", sources.len());
        sources
    }

    pub(crate) fn is_test(path: &Path) -> bool {
        path.file_stem().is_some_and(|stem| stem == "tests")
            || path
                .components()
                .any(|component| component.as_os_str() == "tests")
    }

    fn assert_none(offenders: &[String], rule: &str) {
        assert!(offenders.is_empty(), "{rule}:\n  {}", offenders.join("\n  "));
    }

    #[test]
    fn every_crate_uses_only_what_it_may() {
        let dependencies = dependencies();
        let ours: BTreeSet<&str> = dependencies.keys().map(String::as_str).collect();
        let rows: BTreeMap<&str, &[&str]> = MAY_USE.into_iter().collect();
        let mut offenders = Vec::new();
        for (name, used) in &dependencies {
            let Some(allowed) = rows.get(name.as_str()) else {
                offenders.push(format!("{name} has no row"));
                continue;
            };
            for used in used.iter().map(String::as_str) {
                if ours.contains(used) && !allowed.contains(&used) {
                    offenders.push(format!("{name} uses {used}"));
                }
            }
        }
        assert_none(
            &offenders,
            "dependencies point down, as ARCHITECTURE.md draws them",
        );
    }

    #[test]
    fn the_domain_uses_nothing_of_the_world() {
        let dependencies = dependencies();
        let offenders: Vec<String> = dependencies["domain"]
            .iter()
            .filter(|used| !DOMAIN_MAY_USE.contains(&used.as_str()))
            .cloned()
            .collect();
        assert_none(&offenders, "the domain decides; it does not touch the world");
    }

    #[test]
    fn only_programs_and_tests_have_errors_without_a_type() {
        let offenders: Vec<String> = dependencies()
            .into_iter()
            .filter(|(_, used)| used.contains("anyhow"))
            .map(|(name, _)| name)
            .filter(|name| !["evently", "servers", "bench", "tests"].contains(&name.as_str()))
            .collect();
        assert_none(&offenders, "libraries name what can go wrong");
    }

    #[test]
    fn every_file_says_first_what_it_is_for() {
        let offenders: Vec<String> = sources()
            .iter()
            .filter(|(_, text)| {
                !text
                    .lines()
                    .next()
                    .is_some_and(|line| line.starts_with("//! ") && line.len() > 20)
            })
            .map(|(path, _)| path.display().to_string())
            .collect();
        assert_none(&offenders, "the first line of a file says what the file is for");
    }

    #[test]
    fn no_file_is_long() {
        let mut offenders = Vec::new();
        for (path, text) in sources() {
            let code = crate::tokens::product(&text).lines().count();
            if !is_test(&path) && code > CODE_LINES_MAX {
                offenders.push(format!("{} has {code} lines", path.display()));
            }
        }
        assert_none(&offenders, "a file of more than 400 lines is several");
    }

    #[test]
    fn every_file_is_named_for_what_is_inside() {
        let offenders: Vec<String> = sources()
            .iter()
            .filter(|(path, _)| {
                let stem = path
                    .file_stem()
                    .and_then(|stem| stem.to_str())
                    .unwrap_or_default();
                FORBIDDEN_NAMES.contains(&stem)
            })
            .map(|(path, _)| path.display().to_string())
            .collect();
        assert_none(
            &offenders,
            "files are named by concept, and foo.rs stands beside foo/",
        );
    }

    #[test]
    fn every_file_that_documents_name_is_there() {
        let root = root();
        let mut offenders = Vec::new();
        for folder in ["", "docs", "docs/decisions"] {
            for entry in std::fs::read_dir(root.join(folder)).unwrap() {
                let path = entry.unwrap().path();
                if path.extension().is_none_or(|extension| extension != "md") {
                    continue;
                }
                let text = std::fs::read_to_string(&path).unwrap();
                for named in text.split('`').skip(1).step_by(2) {
                    let named = named.split('*').next().unwrap();
                    let is_source = named.contains("/src/") || named.contains("/tests/");
                    if is_source && !named.contains(' ') && !root.join(named).exists() {
                        offenders.push(format!("{}: {named}", path.display()));
                    }
                }
            }
        }
        assert_none(&offenders, "documents name files that exist");
    }

    #[test]
    fn every_problem_is_documented() {
        let text = std::fs::read_to_string(root().join("docs/problems.md")).unwrap();
        let offenders: Vec<String> = edge::problem::kinds::ALL
            .iter()
            .map(|kind| kind.slug.to_owned())
            .filter(|slug| !text.contains(&format!("`{slug}`")))
            .collect();
        assert_none(&offenders, "slugs are API, so docs/problems.md has each");
    }

    /// Facts of `A` without a golden file.
    fn without_golden_file<A: Recorded>() -> Vec<String> {
        let folder = root().join("domain/golden").join(A::TYPE);
        let golden: Vec<String> = std::fs::read_dir(&folder)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let has_file = |fact: &str| {
            golden.iter().any(|file| {
                file.strip_prefix(fact)
                    .is_some_and(|rest| rest.starts_with(['-', '.']))
            })
        };
        let missing = A::FACT_NAMES.iter().filter(|fact| !has_file(fact));
        missing.map(|fact| format!("{}: {fact}", A::TYPE)).collect()
    }

    #[test]
    fn every_fact_has_a_golden_file() {
        let offenders = [
            without_golden_file::<Event>(),
            without_golden_file::<Booking>(),
            without_golden_file::<Account>(),
        ];
        assert_none(
            &offenders.concat(),
            "what was written once must decode for ever, so every fact has a golden file",
        );
    }
}
