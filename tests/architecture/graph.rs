//! Which file uses which: by the paths in `use` and in code, `super::` counted.
//! What a file only passes on (`pub use`) counts as a use of the file that has it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// A module by its path below the crate: `collect`, `import`, `sink`.
pub(crate) type Module = Vec<String>;

/// The files of a crate, and which of them each uses.
pub(crate) struct Graph {
    texts: BTreeMap<Module, String>,
    /// What a module passes on, by its name there.
    passed: BTreeMap<(Module, String), Module>,
    pub(crate) uses: BTreeMap<Module, BTreeSet<Module>>,
}

impl Graph {
    pub(crate) fn of(src: &Path) -> Self {
        let texts: BTreeMap<Module, String> = super::sources(src)
            .into_iter()
            .filter_map(|(path, text)| {
                let below = path.strip_prefix(src).expect("below").with_extension("");
                let module: Module = below
                    .components()
                    .map(|c| c.as_os_str().to_string_lossy().into_owned())
                    .collect();
                // The crate itself only names its stages.
                (!["lib", "main"].contains(&module.join("/").as_str()))
                    .then(|| (module, bare(&text)))
            })
            .collect();
        let mut graph = Self {
            texts,
            passed: BTreeMap::new(),
            uses: BTreeMap::new(),
        };
        graph.pass();
        let modules: Vec<Module> = graph.texts.keys().cloned().collect();
        for module in modules {
            let all = graph.paths(&module);
            let used = all
                .iter()
                .filter_map(|path| graph.resolve(&module, path))
                .filter(|used| *used != module && !used.is_empty())
                .collect();
            graph.uses.insert(module, used);
        }
        graph
    }

    /// Notes what modules pass on.
    fn pass(&mut self) {
        let mut passed = BTreeMap::new();
        for (module, text) in &self.texts {
            for (statement, public) in statements(text) {
                if !public {
                    continue;
                }
                for path in expanded(&statement) {
                    let Some(name) = path.last().cloned() else {
                        continue;
                    };
                    let from = self.resolve(module, &self.rooted(module, path));
                    if let Some(from) = from.filter(|from| from != module) {
                        passed.insert((module.clone(), name), from);
                    }
                }
            }
        }
        self.passed = passed;
    }

    /// A path that begins at the crate, at this module or at one above it.
    fn rooted(&self, module: &Module, path: Vec<String>) -> Vec<String> {
        let first = path.first().cloned().unwrap_or_default();
        let mut child = module.clone();
        child.push(first.clone());
        if !["crate", "super", "self"].contains(&first.as_str()) && self.texts.contains_key(&child)
        {
            let mut rooted = vec!["self".to_owned()];
            rooted.extend(path);
            return rooted;
        }
        path
    }

    /// Every path of a module that can be one of this crate.
    fn paths(&self, module: &Module) -> Vec<Vec<String>> {
        let text = &self.texts[module];
        let mut all: Vec<Vec<String>> = statements(text)
            .into_iter()
            .flat_map(|(statement, _)| expanded(&statement))
            .collect();
        let mut rest = text.as_str();
        while let Some(at) = rest.find("::") {
            let start = rest[..at]
                .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
                .map_or(0, |p| p + 1);
            let end = rest[at..]
                .find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'))
                .map_or(rest.len(), |p| at + p);
            // A tree of `use` is no path.
            if !rest[start..end].ends_with("::") {
                all.push(rest[start..end].split("::").map(str::to_owned).collect());
            }
            rest = &rest[end..];
        }
        all.into_iter()
            .map(|path| self.rooted(module, path))
            .collect()
    }

    /// The file that has what a path names; `None` for paths of other crates.
    fn resolve(&self, module: &Module, path: &[String]) -> Option<Module> {
        let mut rest = path.iter().map(String::as_str).peekable();
        let mut at = match rest.next()? {
            "crate" => Vec::new(),
            "self" => module.clone(),
            "super" => {
                let mut at = module.clone();
                at.pop();
                while rest.peek() == Some(&"super") {
                    rest.next();
                    at.pop();
                }
                at
            }
            _ => return None,
        };
        let mut passing = 0;
        for name in rest {
            let mut below = at.clone();
            below.push(name.to_owned());
            if self.texts.contains_key(&below) {
                at = below;
                continue;
            }
            while let Some(from) = self.passed.get(&(at.clone(), name.to_owned())) {
                at.clone_from(from);
                passing += 1;
                assert!(passing < 9, "{path:?} is passed on without end");
            }
            break;
        }
        Some(at)
    }

    /// Files that use each other in a circle, each circle once.
    pub(crate) fn circles(&self) -> Vec<BTreeSet<&Module>> {
        let reached: BTreeMap<&Module, BTreeSet<&Module>> = self
            .uses
            .keys()
            .map(|from| {
                let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
                while let Some(module) = next.pop() {
                    for used in &self.uses[module] {
                        if self.uses.contains_key(used) && seen.insert(used) {
                            next.push(used);
                        }
                    }
                }
                (from, seen)
            })
            .collect();
        let mut circles: Vec<BTreeSet<&Module>> = Vec::new();
        for (module, seen) in &reached {
            if !seen.contains(module) || circles.iter().any(|c| c.contains(module)) {
                continue;
            }
            let circle = seen
                .iter()
                .copied()
                .filter(|other| reached[other].contains(module))
                .collect();
            circles.push(circle);
        }
        circles
    }
}

/// Code without comments, texts, tests and how far items are visible.
fn bare(text: &str) -> String {
    let code = text
        .split("\n#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let mut out = String::with_capacity(code.len());
    for line in code.lines() {
        let line = line.split("//").next().unwrap_or_default();
        out.push_str(line);
        out.push('\n');
    }
    let mut plain = String::with_capacity(out.len());
    let mut rest = out.as_str();
    while let Some(at) = rest.find("pub(") {
        plain.push_str(&rest[..at]);
        plain.push_str("pub");
        rest = rest[at..].split_once(')').map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    without_texts(&plain)
}

fn without_texts(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let (mut within, mut escaped, mut before) = (false, false, ' ');
    for c in code.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if within => escaped = true,
            '"' if before != '\'' => within = !within,
            _ if !within => out.push(c),
            _ => {}
        }
        before = c;
    }
    out
}

/// The trees of `use` statements, and whether they pass on.
fn statements(text: &str) -> Vec<(String, bool)> {
    let mut all = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("use ") {
        let before = rest[..at].rsplit(['\n', ';', '{', '}']).next();
        let before = before.unwrap_or_default().trim();
        let after = &rest[at + 4..];
        let Some((tree, then)) = after.split_once(';') else {
            break;
        };
        if matches!(before, "" | "pub") {
            all.push((tree.to_owned(), before == "pub"));
            rest = then;
        } else {
            rest = after;
        }
    }
    all
}

/// The paths of a tree: `a::{b, c::d}` is `a::b` and `a::c::d`.
fn expanded(tree: &str) -> Vec<Vec<String>> {
    let tree = tree.trim();
    let tree = tree.split(" as ").next().unwrap_or_default().trim();
    let Some((head, body)) = tree.split_once('{') else {
        let path = tree.split("::").map(|s| s.trim().to_owned());
        return vec![
            path.filter(|s| !s.is_empty() && s != "self" || tree.starts_with("self"))
                .collect(),
        ];
    };
    let head: Vec<String> = head
        .split("::")
        .map(|s| s.trim().to_owned())
        .filter(|s| !s.is_empty())
        .collect();
    let body = body.rsplit_once('}').map_or(body, |(inner, _)| inner);
    let (mut parts, mut depth, mut part) = (Vec::new(), 0_u32, String::new());
    for c in body.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                parts.push(std::mem::take(&mut part));
                continue;
            }
            _ => {}
        }
        part.push(c);
    }
    parts.push(part);
    parts
        .iter()
        .filter(|p| !p.trim().is_empty())
        .flat_map(|p| expanded(p))
        .map(|below| {
            let mut path = head.clone();
            path.extend(below.into_iter().filter(|s| s != "self"));
            path
        })
        .collect()
}
