//! The import rule of ARCHITECTURE.md, read off the `use` lines of the library's sources.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The layers from the lowest to the highest. A module imports from its own layer or a lower one.
const LAYERS: [&[&str]; 5] = [
    &["numerics"],
    &["linear_map", "loss", "objective", "optimizer", "set"],
    &["descent", "plot", "watch"],
    &[
        "completion",
        "eigen",
        "inverse",
        "krylov",
        "roots",
        "solve",
        "sparse_inverse",
        "svd",
    ],
    &["error"],
];

/// Folders of one idea each, whose files are read one after the other.
const GROUPED: [&str; 9] = [
    "completion",
    "descent",
    "eigen",
    "inverse",
    "krylov",
    "roots",
    "solve",
    "sparse_inverse",
    "svd",
];

/// The most files side by side in these and in what they contain.
const MOST_FILES: usize = 10;

/// The path of a module below the crate root, such as `["inverse", "config"]`.
type Module = Vec<String>;

/// The sources by module.
type Sources = BTreeMap<Module, String>;

fn source_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../src")
}

fn library() -> Sources {
    let mut sources = Sources::new();
    collect(&source_folder(), &mut Vec::new(), &mut sources);
    sources
}

fn collect(folder: &Path, module: &mut Module, sources: &mut Sources) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        let name = path.file_stem().and_then(|name| name.to_str());
        let name = name.expect("a name in UTF-8").to_owned();
        if path.is_dir() {
            module.push(name);
            collect(&path, module, sources);
            module.pop();
        } else if path.extension().is_some_and(|extension| extension == "rs") && name != "lib" {
            let mut module = module.clone();
            if name != "mod" {
                module.push(name);
            }
            sources.insert(module, fs::read_to_string(&path).expect("a readable file"));
        }
    }
}

/// A `use` line: what it imports, and whether it passes that on.
struct Import {
    path: Module,
    is_public: bool,
}

/// The imports of a source, unit tests aside, with `super` and `self` resolved.
fn imports(module: &Module, source: &str, sources: &Sources) -> Vec<Import> {
    let code = source.split("#[cfg(test)]\nmod tests").next();
    let mut found = Vec::new();
    let mut statement = String::new();
    for line in code.unwrap_or_default().lines() {
        let is_begin = ["use ", "pub use ", "pub(crate) use ", "pub(super) use "]
            .iter()
            .any(|start| line.trim_start().starts_with(start));
        if statement.is_empty() && !is_begin {
            continue;
        }
        statement.push_str(line.trim());
        if let Some(whole) = statement.strip_suffix(';') {
            let is_public = whole.starts_with("pub");
            let tree = whole.split_once("use ").map_or("", |(_, tree)| tree);
            for path in expanded(tree) {
                if let Some(path) = resolved(module, &path, sources) {
                    found.push(Import { path, is_public });
                }
            }
            statement.clear();
        }
    }
    found
}

/// The paths of a tree of imports, `a::{b, c::d}` as `a::b` and `a::c::d`.
fn expanded(tree: &str) -> Vec<String> {
    let Some((prefix, rest)) = tree.split_once('{') else {
        let path = tree.split(" as ").next().unwrap_or_default();
        return vec![path.trim().to_owned()];
    };
    let inner = rest.trim_end().strip_suffix('}').unwrap_or(rest);
    let (mut depth, mut start, mut paths) = (0, 0, Vec::new());
    let ends = inner.char_indices().chain([(inner.len(), ',')]);
    for (index, character) in ends {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                let item = inner[start..index].trim();
                if !item.is_empty() {
                    let item = expanded(item).into_iter();
                    paths.extend(item.map(|path| format!("{}{path}", prefix.trim())));
                }
                start = index + 1;
            }
            _ => {}
        }
    }
    paths
}

/// The path below the crate root; none for another crate's.
fn resolved(module: &Module, path: &str, sources: &Sources) -> Option<Module> {
    let mut segments = path.split("::").map(str::to_owned).peekable();
    let mut base = match segments.peek()?.as_str() {
        "crate" => Vec::new(),
        "self" | "super" => module.clone(),
        first => {
            let mut child = module.clone();
            child.push(first.to_owned());
            return sources.contains_key(&child).then(|| {
                let mut path = module.clone();
                path.extend(segments);
                path
            });
        }
    };
    while let Some(segment) = segments.next_if(|s| ["crate", "self", "super"].contains(&s.as_str()))
    {
        if segment == "super" {
            base.pop();
        }
    }
    base.extend(segments);
    Some(base)
}

/// The module that defines what a path names, re-exports followed.
fn definition(path: &[String], sources: &Sources, depth: usize) -> Option<Module> {
    let module = (1..=path.len()).rev().map(|length| path[..length].to_vec());
    let module = module
        .into_iter()
        .find(|module| sources.contains_key(module))?;
    let item = path.get(module.len());
    let exports = imports(&module, &sources[&module], sources);
    let export = exports
        .iter()
        .find(|import| import.is_public && import.path.last() == item);
    match export {
        Some(export) if depth > 0 => definition(&export.path, sources, depth - 1),
        _ => Some(module),
    }
}

/// For each module the modules that it imports from.
fn dependencies(sources: &Sources) -> BTreeMap<Module, BTreeSet<Module>> {
    let of_module = |(module, source): (&Module, &String)| {
        let private = imports(module, source, sources);
        let private = private.into_iter().filter(|import| !import.is_public);
        let targets = private.filter_map(|import| definition(&import.path, sources, 8));
        let targets = targets.filter(|target| target != module).collect();
        (module.clone(), targets)
    };
    sources.iter().map(of_module).collect()
}

fn layer(module: &[String]) -> Option<usize> {
    let name = module.first()?.as_str();
    LAYERS.iter().position(|layer| layer.contains(&name))
}

/// Imports of a higher layer, and imports by way of the crate root.
fn upward_imports(sources: &Sources) -> Vec<String> {
    let mut complaints = Vec::new();
    for (module, targets) in dependencies(sources) {
        for target in targets {
            if layer(&target) > layer(&module) {
                complaints.push(format!("{} imports {}", name(&module), name(&target)));
            }
        }
    }
    for (module, source) in sources {
        for import in imports(module, source, sources) {
            if import.is_public && layer(&import.path) > layer(module) {
                complaints.push(format!("{} passes on {}", name(module), name(&import.path)));
            }
            if layer(&import.path).is_none() {
                complaints.push(format!(
                    "{} imports crate::{}",
                    name(module),
                    name(&import.path)
                ));
            }
        }
    }
    complaints
}

/// The circles among the files and folders that lie side by side in a folder.
fn circles(sources: &Sources) -> Vec<String> {
    let dependencies = dependencies(sources);
    let mut complaints = Vec::new();
    let folders: BTreeSet<Module> = sources
        .keys()
        .flat_map(|module| (0..module.len()).map(|length| module[..length].to_vec()))
        .collect();
    for folder in folders {
        // The file of the folder itself stands for `mod`.
        let entry = |module: &Module| -> Option<String> {
            let inside = module.strip_prefix(folder.as_slice())?;
            Some(inside.first().map_or("mod".to_owned(), String::clone))
        };
        let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (module, targets) in &dependencies {
            let Some(from) = entry(module) else { continue };
            let to = targets.iter().filter_map(entry).filter(|to| *to != from);
            edges.entry(from.clone()).or_default().extend(to);
        }
        for start in edges.keys() {
            if reaches(&edges, start, start) {
                complaints.push(format!("{start} in {} is part of a circle", name(&folder)));
            }
        }
    }
    complaints
}

fn reaches(edges: &BTreeMap<String, BTreeSet<String>>, from: &str, goal: &str) -> bool {
    let (mut seen, mut open) = (BTreeSet::new(), vec![from]);
    while let Some(node) = open.pop() {
        for next in edges.get(node).into_iter().flatten() {
            if next == goal {
                return true;
            }
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

fn name(module: &[String]) -> String {
    module.join("::")
}

fn none() -> Vec<String> {
    Vec::new()
}

#[test]
fn no_layer_imports_a_higher_one() {
    assert_eq!(upward_imports(&library()), none());
}

#[test]
fn no_circle_of_imports() {
    assert_eq!(circles(&library()), none());
}

#[test]
fn few_files_lie_side_by_side() {
    let mut files: BTreeMap<Module, usize> = BTreeMap::new();
    let sources = library();
    for module in sources.keys() {
        let is_folder = sources
            .keys()
            .any(|m| m.len() > module.len() && m.starts_with(module));
        let folder = if is_folder {
            &module[..]
        } else {
            &module[..module.len() - 1]
        };
        if folder
            .first()
            .is_some_and(|top| GROUPED.contains(&top.as_str()))
        {
            *files.entry(folder.to_vec()).or_default() += 1;
        }
    }
    files.retain(|_, count| *count > MOST_FILES);
    assert_eq!(files, BTreeMap::new());
}

fn sources(files: &[(&str, &str)]) -> Sources {
    let module = |path: &str| path.split("::").map(str::to_owned).collect();
    let files = files.iter();
    files
        .map(|(path, source)| (module(path), source.to_string()))
        .collect()
}

/// The checks above would pass if nothing were read: here each of them finds what is wrong.
#[test]
fn what_breaks_the_rule_is_found() {
    let upward = sources(&[
        (
            "descent",
            "mod stepper;\npub use stepper::{Stepper, Other};",
        ),
        ("descent::stepper", "pub struct Stepper;"),
        (
            "loss",
            "use crate::descent::{\n    Stepper,\n};\nuse std::fmt;",
        ),
    ]);
    assert_eq!(upward_imports(&upward), ["loss imports descent::stepper"]);
    let passed_on = sources(&[("loss", "pub use crate::descent::Stepper;")]);
    let expected = ["loss passes on descent::Stepper"];
    assert_eq!(upward_imports(&passed_on), expected);
    let by_root = sources(&[("loss", "use crate::{Real, Side};")]);
    let expected = ["loss imports crate::Real", "loss imports crate::Side"];
    assert_eq!(upward_imports(&by_root), expected);
    let circle = sources(&[
        ("svd", "mod a;\nmod b;"),
        ("svd::a", "use super::b::B;"),
        ("svd::b", "use crate::svd::a::A;"),
    ]);
    assert_eq!(circles(&circle).len(), 2);
    let by_tests = sources(&[
        ("svd::a", "use super::b::B;"),
        (
            "svd::b",
            "#[cfg(test)]\nmod tests {\n    use crate::svd::a::A;\n}",
        ),
    ]);
    assert_eq!(circles(&by_tests), none());
}
