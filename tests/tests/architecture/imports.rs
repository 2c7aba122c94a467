//! Which file of a crate imports which, and the circles that come of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::tokens::{product, tokens};

/// The way to a module from the root of its crate.
type Path = Vec<String>;

/// A name that a file imports.
struct Import {
    name: String,
    path: Path,
    public: bool,
}

/// What one file says about others.
struct File {
    imports: Vec<Import>,
    /// Ways that its code spells out.
    spelled: Vec<Path>,
    /// Every name in its code, outside of imports.
    names: BTreeSet<String>,
}

/// The files of one crate, by module.
pub(crate) struct Crate {
    files: BTreeMap<Path, File>,
}

impl Crate {
    /// The crate of these files, each with its path below `src`.
    pub(crate) fn of(sources: &[(String, String)]) -> Self {
        let modules: BTreeSet<Path> = sources.iter().map(|(path, _)| module(path)).collect();
        let files = sources
            .iter()
            .map(|(path, text)| (module(path), File::read(&module(path), &modules, text)))
            .collect();
        Self { files }
    }

    /// What each module imports, through whatever passes the names on.
    pub(crate) fn edges(&self) -> BTreeMap<Path, BTreeSet<Path>> {
        let edges_of = |module: &Path, file: &File| {
            let imported = file
                .imports
                .iter()
                .filter(|import| !import.public || import.name == "*" || file.names.contains(&import.name))
                .map(|import| &import.path);
            imported
                .chain(&file.spelled)
                .filter_map(|path| self.home(path, 0))
                .filter(|home| home != module)
                .collect()
        };
        self.files
            .iter()
            .map(|(module, file)| (module.clone(), edges_of(module, file)))
            .collect()
    }

    /// The module that defines what stands at `path`.
    fn home(&self, path: &Path, hops: usize) -> Option<Path> {
        let mut module = Path::new();
        let mut rest = path.iter();
        let name = loop {
            let Some(next) = rest.next() else { break None };
            module.push(next.clone());
            if !self.files.contains_key(&module) {
                module.pop();
                break Some(next);
            }
        };
        let passed_on = name.filter(|name| *name != "*").and_then(|name| {
            let mut imports = self.files.get(&module)?.imports.iter();
            imports.find(|import| import.name == *name)
        });
        match passed_on {
            Some(import) if hops < 10 && import.path != *path => {
                self.home(&import.path, hops + 1).or(Some(module))
            }
            _ => self.files.contains_key(&module).then_some(module),
        }
    }
}

impl File {
    fn read(module: &Path, modules: &BTreeSet<Path>, text: &str) -> Self {
        let tokens = tokens(&product(text));
        let mut file = Self {
            imports: Vec::new(),
            spelled: Vec::new(),
            names: BTreeSet::new(),
        };
        let mut index = 0;
        while index < tokens.len() {
            if tokens[index] == "use" {
                let end = index + tokens[index..].iter().position(|token| token == ";").unwrap();
                let public = index > 0 && matches!(tokens[index - 1].as_str(), "pub" | ")");
                for (name, written) in use_tree(&tokens[index + 1..end]) {
                    if let Some(path) = absolute(&written, module, modules) {
                        file.imports.push(Import { name, path, public });
                    }
                }
                index = end + 1;
                continue;
            }
            let mut written = vec![tokens[index].clone()];
            let starts = index == 0 || tokens[index - 1] != "::";
            while tokens.get(index + 1).is_some_and(|token| token == "::")
                && tokens.get(index + 2).is_some_and(|token| is_name(token))
            {
                written.push(tokens[index + 2].clone());
                index += 2;
            }
            file.names.extend(written.iter().cloned());
            if starts && written.len() > 1 {
                file.spelled.extend(absolute(&written, module, modules));
            }
            index += 1;
        }
        file
    }
}

/// `a/b.rs` is the module `a::b`; the root of a crate has no name.
fn module(path: &str) -> Path {
    match path.trim_end_matches(".rs") {
        "lib" | "main" => Path::new(),
        module => module.split('/').map(str::to_owned).collect(),
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|sign: char| sign.is_alphabetic() || sign == '_')
}

/// A written path from the root of the crate; none where it leads out of it.
fn absolute(written: &Path, module: &Path, modules: &BTreeSet<Path>) -> Option<Path> {
    let mut base = module.clone();
    let mut rest = written.as_slice();
    match rest.first()?.as_str() {
        "crate" => {
            base.clear();
            rest = &rest[1..];
        }
        "self" => rest = &rest[1..],
        "super" => {
            while rest.first().is_some_and(|word| word == "super") {
                base.pop()?;
                rest = &rest[1..];
            }
        }
        child => {
            let child = base.iter().cloned().chain([child.to_owned()]).collect::<Path>();
            modules.contains(&child).then_some(())?;
        }
    }
    base.extend(rest.iter().cloned());
    Some(base)
}

/// Every name that a use declaration brings, with its path as written.
fn use_tree(tokens: &[String]) -> Vec<(String, Path)> {
    let mut found = Vec::new();
    let mut outer: Vec<Path> = Vec::new();
    let mut path = Path::new();
    let mut renamed = None;
    let mut signs = tokens.iter().map(String::as_str).chain([","]);
    while let Some(sign) = signs.next() {
        match sign {
            "::" => {}
            "{" => outer.push(path.clone()),
            "as" => renamed = signs.next().map(str::to_owned),
            "," | "}" => {
                let base = outer.last().cloned().unwrap_or_default();
                if path.len() > base.len() {
                    if path.last().is_some_and(|word| word == "self") {
                        path.pop();
                    }
                    let name = renamed.take().or_else(|| path.last().cloned());
                    found.extend(name.map(|name| (name, path.clone())));
                }
                if sign == "}" {
                    outer.pop();
                }
                path = outer.last().cloned().unwrap_or_default();
            }
            word => path.push(word.to_owned()),
        }
    }
    found
}

/// Groups of modules that import each other in a circle, the largest there are.
pub(crate) fn circles(edges: &BTreeMap<Path, BTreeSet<Path>>) -> BTreeSet<BTreeSet<Path>> {
    let reachable = |from: &Path| {
        let mut seen = BTreeSet::new();
        let mut open = vec![from];
        while let Some(next) = open.pop() {
            for target in &edges[next] {
                if seen.insert(target) {
                    open.push(target);
                }
            }
        }
        seen
    };
    let reaches: BTreeMap<&Path, BTreeSet<&Path>> =
        edges.keys().map(|from| (from, reachable(from))).collect();
    let circle = |module: &Path| -> BTreeSet<Path> {
        let others = reaches[module]
            .iter()
            .filter(|other| reaches[**other].contains(module));
        others.map(|other| (*other).clone()).collect()
    };
    edges
        .keys()
        .map(circle)
        .filter(|circle| circle.len() > 1)
        .collect()
}

/// Whether all of `circle` lies in one folder, to which the file that bears its name belongs.
pub(crate) fn in_one_folder(circle: &BTreeSet<Path>) -> bool {
    let Some(shortest) = circle.iter().min_by_key(|path| path.len()) else {
        return true;
    };
    let belongs = |folder: &[String]| {
        circle
            .iter()
            .all(|path| path == folder || (path.len() == folder.len() + 1 && path.starts_with(folder)))
    };
    belongs(shortest) || shortest.split_last().is_some_and(|(_, folder)| belongs(folder))
}
