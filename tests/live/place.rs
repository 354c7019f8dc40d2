//! Services of a small estate, and a collection from them.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};
use countersign::collect::live::Live;
use countersign::collect::live::aws::AwsPlace;
use countersign::collect::{self, CollectError, Origin, Request, Sealed};
use countersign::config::Config;
use countersign::dataset::manifest::TableEntry;
use countersign::dataset::schema::tables;
use countersign::dataset::session::Session;
use countersign::dataset::store::Store;
use countersign::detect::rule::RuleSet;
use countersign::estate::serve::{Behaviour, Fault, Keys, Kind, Seen, Servers};
use countersign::estate::{Estate, Size};

/// Canaries: no output may hold them.
pub(crate) const CANARIES: [&str; 4] = [
    "canary-entra-7f3a91",
    "canary-github-55ab02",
    "canary-aws-1c9de4",
    "canary-auth0-90fe17",
];

pub(crate) struct Place {
    pub(crate) dir: tempfile::TempDir,
    servers: Servers,
}

pub(crate) fn as_of() -> DateTime<Utc> {
    "2026-11-01T06:00:00Z".parse().expect("a time")
}

pub(crate) fn estate() -> Estate {
    Estate::generate_served(Size::TINY, 1, as_of()).1
}

pub(crate) fn behaviour(faults: Vec<Fault>) -> Behaviour {
    let [entra, github, aws, auth0] = CANARIES.map(str::to_owned);
    Behaviour {
        pace: 500.0,
        throttle: false,
        faults,
        keys: Keys {
            entra,
            github,
            aws: ("AKIASIMULATED0000001".to_owned(), aws),
            auth0,
        },
        delta: true,
        pages: BTreeMap::new(),
    }
}

/// A fault that hits a number of requests after some that pass.
pub(crate) fn fault(on: &str, after: usize, times: usize, kind: Kind) -> Fault {
    Fault {
        on: on.to_owned(),
        after,
        times,
        kind,
    }
}

impl Place {
    pub(crate) fn new(behaviour: Behaviour) -> Self {
        Self::of(estate(), behaviour)
    }

    pub(crate) fn of(estate: Estate, behaviour: Behaviour) -> Self {
        let dir = tempfile::tempdir().expect("a folder");
        estate.write_registers(dir.path()).expect("registers");
        // An export has the versions of every secret; so that the two can be
        // compared, every secret is watched.
        let file = dir.path().join("countersign.toml");
        let text = std::fs::read_to_string(&file).expect("a configuration");
        let watching = text.lines().map(|l| {
            if l.starts_with("watch = ") {
                "watch = [\"*\"]"
            } else {
                l
            }
        });
        std::fs::write(&file, watching.collect::<Vec<_>>().join("\n")).expect("written");
        let servers = Servers::start(estate, behaviour, as_of()).expect("services");
        Self { dir, servers }
    }

    pub(crate) fn with(faults: Vec<Fault>) -> Self {
        Self::new(behaviour(faults))
    }

    pub(crate) fn config(&self) -> Config {
        let file = self.dir.path().join("countersign.toml");
        let mut config = Config::load(&file, std::iter::empty()).expect("a configuration");
        let places = [
            ("entra", format!("{}/v1.0", self.servers.base("graph"))),
            ("github", self.servers.base("github")),
            ("auth0", self.servers.base("auth0")),
        ];
        for (source, endpoint) in places {
            config
                .sources
                .entry(source.to_owned())
                .or_default()
                .endpoint = Some(endpoint);
        }
        config
    }

    pub(crate) fn environment(&self) -> BTreeMap<String, String> {
        let host = |service: &str| self.servers.base(service).replace("http://", "");
        [
            ("COUNTERSIGN_ENTRA_LOGIN_HOST", host("login")),
            ("COUNTERSIGN_ENTRA_HOST", host("graph")),
            ("COUNTERSIGN_GITHUB_HOST", host("github")),
            ("COUNTERSIGN_AUTH0_HOST", host("auth0")),
            ("AWS_ENDPOINT_URL", self.servers.base("aws")),
            ("AZURE_AUTHORITY_HOST", self.servers.base("login")),
            ("AZURE_TENANT_ID", "tenant".to_owned()),
            ("AZURE_CLIENT_ID", "client".to_owned()),
            ("AZURE_CLIENT_SECRET", CANARIES[0].to_owned()),
            ("GH_TOKEN", CANARIES[1].to_owned()),
            ("AUTH0_CLIENT_ID", "client".to_owned()),
            ("AUTH0_CLIENT_SECRET", CANARIES[3].to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    pub(crate) fn live(&self) -> Live {
        Live {
            env: self.environment(),
            now: as_of(),
            pace: 500.0,
            aws: Some(AwsPlace {
                endpoint: self.servers.base("aws"),
                region: self.servers.region().to_owned(),
                key: ("AKIASIMULATED0000001".to_owned(), CANARIES[2].into()),
            }),
            most: None,
        }
    }

    pub(crate) fn store(&self) -> Store {
        Store::new(self.dir.path().join("data"))
    }

    pub(crate) fn try_collect(&self, live: &Live, config: &Config) -> Result<Sealed, CollectError> {
        let sealed = collect::snapshot(Request {
            origin: Origin::Services(live),
            as_of: None,
            sources: &[],
            config,
            store: &self.store(),
            progress: &|_| {},
            observe: &mut |_| {},
        })?;
        speaks_of_calls(&sealed);
        Ok(sealed)
    }

    pub(crate) fn collect(&self) -> Sealed {
        self.try_collect(&self.live(), &self.config())
            .expect("sealed all the same")
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.servers.seen()
    }
}

/// Nobody exported anything, so nothing is said of files: not of any table, nor of
/// what was wrong with a page.
fn speaks_of_calls(sealed: &Sealed) {
    let collected = |name: &str| {
        let of = tables().iter().find(|t| t.name == name);
        of.is_some_and(|t| !matches!(t.source.name(), "register" | "evidence"))
    };
    let reasons = sealed
        .manifest
        .tables
        .iter()
        .filter(|t| collected(&t.table))
        .flat_map(|t| t.reasons.iter().map(|r| (t.table.as_str(), r.clone())));
    let problems = sealed.problems.iter().filter_map(|p| {
        let table = p.table.as_deref().filter(|t| collected(t))?;
        let said = format!("{} {} {} {}", p.file, p.position, p.expected, p.message);
        Some((table, said))
    });
    for (table, said) in reasons.chain(problems) {
        for word in ["export", "folder", " file", ".json", ".csv", "README"] {
            assert!(!said.contains(word), "{table}: {said}");
        }
    }
}

pub(crate) fn table<'s>(sealed: &'s Sealed, name: &str) -> &'s TableEntry {
    sealed
        .manifest
        .tables
        .iter()
        .find(|t| t.table == name)
        .expect("a table")
}

/// Every row of every table that a source fills, as text.
pub(crate) fn rows(store: &Store, id: &str) -> BTreeMap<&'static str, Vec<String>> {
    let rules = RuleSet::load(None).expect("rules");
    let settings = Config::defaults().settings();
    let session = Session::open(store, id, None, &settings, &rules.views()).expect("opens");
    tables()
        .iter()
        .filter(|t| !matches!(t.source.name(), "evidence"))
        .map(|t| {
            let frame = session
                .collect(&format!("SELECT * FROM {}", t.name))
                .expect("rows");
            let rows = (0..frame.height())
                .map(|row| {
                    let cells = frame
                        .columns()
                        .iter()
                        .map(|c| c.get(row).expect("a cell").to_string());
                    cells.collect::<Vec<_>>().join(" | ")
                })
                .collect();
            (t.name, rows)
        })
        .collect()
}

/// Whether any file below a folder holds a text.
pub(crate) fn holds(dir: &Path, text: &str) -> bool {
    let mut stack = vec![dir.to_owned()];
    while let Some(path) = stack.pop() {
        for entry in std::fs::read_dir(&path).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                stack.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("a file");
                if bytes.windows(text.len()).any(|w| w == text.as_bytes()) {
                    return true;
                }
            }
        }
    }
    false
}
