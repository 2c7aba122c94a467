//! Circles of imports between files of a crate: none between folders, and within one only those that `circles.txt` lists, a
//! list that may only shrink.

use std::collections::{BTreeMap, BTreeSet};

use crate::imports::{Crate, circles, in_one_folder};
use crate::the_house::{is_test, sources};

/// Circles that are left.
const LEFT: &str = include_str!("circles.txt");

/// Folders that may not import each other both ways, though no file is in a circle.
const APART: [(&str, &str, &str); 1] = [("domain", "booking", "event")];

/// Each crate by its folder.
fn crates() -> BTreeMap<String, Crate> {
    let mut files: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    for (path, text) in sources() {
        let shown = path.to_str().unwrap();
        if let Some((folder, below)) = shown.split_once("/src/")
            && !is_test(&path)
        {
            files
                .entry(folder.to_owned())
                .or_default()
                .push((below.to_owned(), text));
        }
    }
    files
        .into_iter()
        .map(|(folder, sources)| (folder, Crate::of(&sources)))
        .collect()
}

fn shown(module: &[String]) -> String {
    if module.is_empty() {
        "lib".to_owned()
    } else {
        module.join("/")
    }
}

#[test]
fn imports_go_in_circles_only_where_listed() {
    let mut found = BTreeSet::new();
    for (folder, each) in crates() {
        for circle in circles(&each.edges()) {
            let files: Vec<String> = circle.iter().map(|module| shown(module)).collect();
            let files = files.join(", ");
            assert!(
                in_one_folder(&circle),
                "{folder}: a circle between folders: {files}"
            );
            found.insert(format!("{folder}: {files}"));
        }
    }
    let listed: BTreeSet<String> = LEFT
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let new: Vec<&str> = found.difference(&listed).map(String::as_str).collect();
    let gone: Vec<&str> = listed.difference(&found).map(String::as_str).collect();
    assert!(
        new.is_empty() && gone.is_empty(),
        "circles of imports only become fewer and smaller, and circles.txt lists what is left\n\
         not listed:\n  {}\nlisted, but gone or smaller:\n  {}",
        new.join("\n  "),
        gone.join("\n  ")
    );
}

#[test]
fn booking_and_event_do_not_import_each_other() {
    let crates = crates();
    for (folder, one, other) in APART {
        let edges = crates[folder].edges();
        let crossing = |from: &str, to: &str| -> Vec<String> {
            let inside =
                |module: &[String], folder: &str| module.first().is_some_and(|first| first == folder);
            let edges = edges.iter().filter(|(module, _)| inside(module, from));
            edges
                .flat_map(|(module, targets)| {
                    let targets = targets.iter().filter(|target| inside(target, to));
                    targets.map(|target| format!("{} imports {}", shown(module), shown(target)))
                })
                .collect()
        };
        let (there, back) = (crossing(one, other), crossing(other, one));
        assert!(
            there.is_empty() || back.is_empty(),
            "{folder}: {there:#?} and {back:#?}"
        );
    }
}
