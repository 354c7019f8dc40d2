//! What can go missing of an estate: each file, folder, source and register.

use std::fs;
use std::path::{Path, PathBuf};

use countersign::dataset::schema::Source;
use serde_json::{Value, json};

/// What happens to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// It is not there.
    Removed,
    /// It has no bytes.
    Empty,
    /// Its list is empty.
    NoRows,
    /// It stops in the middle.
    Cut,
    /// It holds the error that a service answers without permission.
    Denied,
    /// It holds a page that says that there is another.
    PageLeft,
}

/// One thing that is missing.
#[derive(Clone, Debug)]
pub(crate) enum Damage {
    /// A file or folder of exports.
    Export(PathBuf, How),
    /// A source that the configuration switches off.
    Off(Source),
    /// A source that `--source` does not name.
    NotNamed(Source),
    /// A register that is not set, or that holds its first line alone.
    Register(String, How),
    /// A property that no record of a file has.
    Column(PathBuf, String),
}

/// Properties without which a fault could look as if it were none.
const COLUMNS: [(&str, &[&str]); 6] = [
    (
        "entra/users.json",
        &["accountEnabled", "userType", "mail", "userPrincipalName"],
    ),
    ("entra/groups.json", &["displayName"]),
    ("github/members.json", &["hasTwoFactorEnabled"]),
    ("aws/identitystore-users.json", &["UserName"]),
    ("aws/identitystore-groups.json", &["DisplayName"]),
    ("aws/sso-permission-sets.json", &["Name"]),
];

/// Folders with a file per thing: an empty list in one of them is an answer.
const PER_THING: [&str; 9] = [
    "entra/group-members/",
    "entra/group-owners/",
    "github/repo-secrets/",
    "aws/identitystore-group-memberships/",
    "aws/sso-permission-set-policies/",
    "aws/sso-permission-set-accounts/",
    "aws/sso-application-assignments/",
    "aws/secrets/",
    "aws/secret-versions/",
];

/// Every damage to the estate in a folder, in a fixed order.
pub(crate) fn every(case: &Path) -> Vec<Damage> {
    let mut all = Vec::new();
    let exports = case.join("exports");
    let (mut files, mut folders) = (Vec::new(), Vec::new());
    walk(&exports, &exports, &mut files, &mut folders);
    let mut thinned = std::collections::BTreeMap::<&str, usize>::new();
    for file in &files {
        let name = file.to_string_lossy();
        if name == "exported-at.toml" {
            continue;
        }
        let per_thing = PER_THING.iter().find(|f| name.starts_with(**f));
        // A few of the files for single things stand for all of them.
        if let Some(folder) = per_thing {
            let seen = thinned.entry(folder).or_default();
            *seen += 1;
            if *seen > 4 {
                continue;
            }
        }
        let hows = [How::Removed, How::Empty, How::Cut, How::Denied];
        all.extend(hows.map(|how| Damage::Export(file.clone(), how)));
        if per_thing.is_none() && name.ends_with(".json") && shared(&name).is_none() {
            all.push(Damage::Export(file.clone(), How::NoRows));
        }
        if name.starts_with("entra/") && per_thing.is_none() {
            all.push(Damage::Export(file.clone(), How::PageLeft));
        }
    }
    all.extend(folders.into_iter().map(|f| Damage::Export(f, How::Removed)));
    for source in Source::COLLECTED {
        all.extend([Damage::Off(source), Damage::NotNamed(source)]);
    }
    for name in [
        "approvals",
        "secrets",
        "identities",
        "environments",
        "levels",
        "sync_runs",
    ] {
        all.push(Damage::Register(name.to_owned(), How::Removed));
        if name != "environments" && name != "levels" {
            all.push(Damage::Register(name.to_owned(), How::NoRows));
        }
    }
    for (file, columns) in COLUMNS {
        let column = |c: &&str| Damage::Column(PathBuf::from(file), (*c).to_owned());
        all.extend(columns.iter().map(column));
    }
    all
}

/// Files that share a table with another one: that one may go on filling it, so
/// an empty list in them is an answer.
fn shared(name: &str) -> Option<&'static str> {
    ["entra/deleted-users.json", "github/org-secrets.json"]
        .into_iter()
        .find(|f| *f == name)
}

fn walk(root: &Path, dir: &Path, files: &mut Vec<PathBuf>, folders: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir)
        .expect("a folder")
        .flatten()
        .map(|e| e.path())
        .collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            folders.push(super::below(root, &path));
            walk(root, &path, files, folders);
        } else {
            files.push(super::below(root, &path));
        }
    }
}

impl Damage {
    /// Whether something of an enabled source is not there at all.
    pub(crate) fn takes_a_file(&self) -> bool {
        match self {
            Self::Export(_, how) => *how != How::NoRows,
            _ => false,
        }
    }

    /// Does it to a copy.
    pub(crate) fn apply(&self, case: &Path, sources: &mut Vec<Source>) {
        match self {
            Self::Export(path, how) => spoil(&case.join("exports").join(path), *how),
            Self::Off(source) => configure(case, |config| {
                let all = config.entry("sources").or_insert(toml::Table::new().into());
                let all = all.as_table_mut().expect("a table");
                let one = all
                    .entry(source.name())
                    .or_insert(toml::Table::new().into());
                let one = one.as_table_mut().expect("a table");
                one.insert("enabled".to_owned(), false.into());
            }),
            Self::NotNamed(source) => {
                if sources.is_empty() {
                    sources.extend(Source::COLLECTED);
                }
                // The last one stays: without any, all are meant.
                if sources.len() > 1 {
                    sources.retain(|s| s != source);
                }
            }
            Self::Register(name, How::Removed) => configure(case, |config| {
                let registers = config.get_mut("registers").expect("registers");
                registers.as_table_mut().expect("a table").remove(name);
            }),
            Self::Register(name, _) => {
                let path = case.join("registers").join(format!("{name}.csv"));
                let text = fs::read_to_string(&path).expect("a register");
                let first = text.lines().next().expect("a line");
                fs::write(&path, format!("{first}\n")).expect("written");
            }
            Self::Column(path, column) => {
                let path = case.join("exports").join(path);
                let Ok(text) = fs::read_to_string(&path) else {
                    return;
                };
                // Another damage may have left no JSON.
                let documents: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(&text)
                    .into_iter()
                    .collect();
                let Ok(mut documents) = documents else {
                    return;
                };
                for document in &mut documents {
                    strip(document, column);
                }
                let text: Vec<String> = documents.iter().map(Value::to_string).collect();
                fs::write(&path, text.join("\n")).expect("written");
            }
        }
    }
}

fn configure(case: &Path, change: impl FnOnce(&mut toml::Table)) {
    let path = case.join("countersign.toml");
    let text = fs::read_to_string(&path).expect("a configuration");
    let mut config: toml::Table = text.parse().expect("TOML");
    change(&mut config);
    fs::write(&path, config.to_string()).expect("written");
}

fn strip(value: &mut Value, column: &str) {
    match value {
        Value::Object(map) => {
            map.remove(column);
            map.values_mut().for_each(|v| strip(v, column));
        }
        Value::Array(all) => all.iter_mut().for_each(|v| strip(v, column)),
        _ => {}
    }
}

/// Every list in a document without what it holds.
fn hollow(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(hollow),
        Value::Array(all) => all.clear(),
        _ => {}
    }
}

fn spoil(path: &Path, how: How) {
    if path.is_dir() {
        fs::remove_dir_all(path).expect("removed");
        return;
    }
    // Another damage of the set may have taken its folder.
    let Ok(bytes) = fs::read(path) else {
        return;
    };
    let write = |bytes: &[u8]| fs::write(path, bytes).expect("written");
    let text = || String::from_utf8_lossy(&bytes).into_owned();
    match how {
        How::Removed => fs::remove_file(path).expect("removed"),
        How::Empty => write(b""),
        How::Cut => write(&bytes[..bytes.len() / 2]),
        How::Denied => write(
            json!({ "error": { "code": "Authorization_RequestDenied", "message": "Insufficient privileges to complete the operation." } })
                .to_string()
                .as_bytes(),
        ),
        How::PageLeft => {
            if let Ok(Value::Object(mut map)) = serde_json::from_str(&text()) {
                let next = "https://graph.microsoft.com/v1.0/next?$skiptoken=1";
                map.insert("@odata.nextLink".to_owned(), json!(next));
                write(Value::Object(map).to_string().as_bytes());
            }
        }
        How::NoRows => {
            let all: Result<Vec<Value>, _> =
                serde_json::Deserializer::from_str(&text()).into_iter().collect();
            // A source that counts says so, and is believed.
            if let Ok(mut all) = all {
                all.iter_mut().for_each(hollow);
                let first = all.first().map(Value::to_string).unwrap_or_default();
                write(first.as_bytes());
            }
        }
    }
}
