//! Puts the rules, views, reports and frameworks of this version into the binary.
//!
//! Each is a file; adding one needs no list. Cargo is told about every folder
//! and file, so that a new one is noticed. Also records the commit, if any.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// The views behind the card of a rotation.
const ROTATION: &str = "queries/rotation";

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR").map_err(io::Error::other)?);
    let out = PathBuf::from(env::var("OUT_DIR").map_err(io::Error::other)?);
    let mut code = String::new();
    for (name, folder, kind) in [
        ("QUERIES", "queries", "sql"),
        ("ROTATION", ROTATION, "sql"),
        ("REPORTS", "reports", "sql"),
        ("FRAMEWORKS", "reports/frameworks", "csv"),
    ] {
        let mut files = Vec::new();
        walk(&root.join(folder), &mut files)?;
        files.retain(|f| f.extension().is_some_and(|e| e == kind));
        // Its views read tables that only a rotation has: they belong to no set of rules.
        let rotation = root.join(ROTATION);
        files.retain(|f| folder == ROTATION || !f.starts_with(&rotation));
        files.sort();
        let _ = writeln!(code, "/// Path and text of every file of `{folder}/`.");
        let _ = writeln!(code, "pub const {name}: &[(&str, &str)] = &[");
        for file in files {
            let relative = file.strip_prefix(&root).map_err(io::Error::other)?;
            let _ = writeln!(
                code,
                "    ({:?}, include_str!({:?})),",
                relative.display().to_string(),
                file.display().to_string()
            );
        }
        code.push_str("];\n");
    }
    fs::write(out.join("embedded.rs"), code)?;
    if let Some(commit) = commit(&root) {
        println!("cargo:rustc-env=COUNTERSIGN_COMMIT={commit}");
    }
    Ok(())
}

fn walk(dir: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", dir.display());
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            walk(&path, files)?;
        } else {
            println!("cargo:rerun-if-changed={}", path.display());
            files.push(path);
        }
    }
    Ok(())
}

/// The commit that is checked out, read from the repository's own files.
fn commit(root: &Path) -> Option<String> {
    let git = root.join(".git");
    let head = fs::read_to_string(git.join("HEAD")).ok()?;
    println!("cargo:rerun-if-changed={}", git.join("HEAD").display());
    let head = head.trim();
    let Some(reference) = head.strip_prefix("ref: ") else {
        return Some(head.to_owned());
    };
    let path = git.join(reference);
    println!("cargo:rerun-if-changed={}", path.display());
    fs::read_to_string(path).ok().map(|c| c.trim().to_owned())
}
