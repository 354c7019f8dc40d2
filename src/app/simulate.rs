//! The simulated services and what a collection needs to reach them: for the
//! demo, and by itself for whoever wants to try another client on them.

use std::collections::BTreeMap;
use std::io::Read as _;

use chrono::{DateTime, DurationRound as _, TimeDelta, Utc};
use secrecy::SecretString;
use serde_json::json;

use super::{AppError, World, code};
use crate::cli::simulated::{DemoSize, Simulate};
use crate::collect::fetch::Live;
use crate::collect::fetch::aws::AwsPlace;
use crate::config::audience::Audience;
use crate::config::{Config, FILE_NAME};
use crate::estate::serve::{Behaviour, Keys, Servers};
use crate::estate::{Estate, EstateError, Size};
use crate::time;

impl From<EstateError> for AppError {
    fn from(error: EstateError) -> Self {
        Self::Simulated(Box::new(error))
    }
}

/// Services of an estate, and the way to them.
pub(crate) struct Simulation {
    pub(crate) servers: Servers,
    pub(crate) live: Live,
}

/// What the simulated services take for proof of identity; worth nothing elsewhere.
fn keys() -> Keys {
    Keys {
        entra: "simulated-client-credential".to_owned(),
        github: "simulated-installation-token".to_owned(),
        aws: ("AKIASIMULATED0000001".to_owned(), "simulated".to_owned()),
        auth0: "simulated-machine-credential".to_owned(),
    }
}

/// Starts the services of an estate, their clocks and buckets `pace` times as fast.
pub(crate) fn start(estate: Estate, pace: f64) -> Result<Simulation, AppError> {
    let now = estate.as_of();
    let keys = keys();
    let behaviour = Behaviour {
        pace,
        throttle: true,
        faults: Vec::new(),
        keys: keys.clone(),
        delta: true,
        pages: BTreeMap::new(),
    };
    let servers = Servers::start(estate, behaviour, now)?;
    let env = environment(&servers, &keys);
    let live = Live {
        env,
        now,
        pace,
        aws: Some(AwsPlace {
            endpoint: servers.base("aws"),
            region: servers.region().to_owned(),
            key: (keys.aws.0, SecretString::from(keys.aws.1)),
        }),
        most: None,
    };
    Ok(Simulation { servers, live })
}

fn environment(servers: &Servers, keys: &Keys) -> BTreeMap<String, String> {
    // Credentials of the simulation are bound to its own ports, like any others.
    let host = |service: &str| {
        let base = servers.base(service);
        base.trim_start_matches("http://").to_owned()
    };
    [
        (Audience::Login.variable(), host("login")),
        (Audience::Graph.variable(), host("graph")),
        (Audience::GitHub.variable(), host("github")),
        (Audience::Auth0.variable(), host("auth0")),
        ("AZURE_AUTHORITY_HOST", servers.base("login")),
        ("AZURE_TENANT_ID", "simulated-tenant".to_owned()),
        ("AZURE_CLIENT_ID", "simulated-client".to_owned()),
        ("AZURE_CLIENT_SECRET", keys.entra.clone()),
        ("GH_TOKEN", keys.github.clone()),
        ("AUTH0_CLIENT_ID", "simulated-client".to_owned()),
        ("AUTH0_CLIENT_SECRET", keys.auth0.clone()),
        ("AWS_ENDPOINT_URL", servers.base("aws")),
        ("AWS_REGION", servers.region().to_owned()),
        ("AWS_ACCESS_KEY_ID", keys.aws.0.clone()),
        ("AWS_SECRET_ACCESS_KEY", keys.aws.1.clone()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into()
}

/// Where the services are, by the source that is configured with it.
fn endpoints(servers: &Servers) -> [(&'static str, String); 3] {
    [
        ("entra", format!("{}/v1.0", servers.base("graph"))),
        ("github", servers.base("github")),
        ("auth0", servers.base("auth0")),
    ]
}

/// Points a configuration at the services.
pub(crate) fn point(config: &mut Config, servers: &Servers) {
    for (source, endpoint) in endpoints(servers) {
        config
            .sources
            .entry(source.to_owned())
            .or_default()
            .endpoint = Some(endpoint);
    }
}

/// `simulate`: serves until its input ends.
pub(crate) fn simulate(options: &Simulate, world: &mut World<'_>) -> Result<u8, AppError> {
    let as_of = moment(options.as_of.as_deref(), world.now)?;
    let (_, estate) = Estate::generate_served(size(options.size), options.seed, as_of);
    std::fs::create_dir_all(&options.out)?;
    estate.write_registers(&options.out)?;
    estate.write_exports(&options.out.join("exports"))?;
    let simulation = start(estate, options.pace)?;
    let servers = &simulation.servers;
    let config = options.out.join(FILE_NAME);
    let mut text = std::fs::read_to_string(&config)?;
    for (source, endpoint) in endpoints(servers) {
        let section = format!("[sources.{source}]\n");
        let line = format!("endpoint = \"{endpoint}\"\n");
        if text.contains(&section) {
            text = text.replace(&section, &format!("{section}{line}"));
        } else {
            text = format!("{text}\n{section}{line}");
        }
    }
    std::fs::write(&config, text)?;
    let environment = environment(servers, &keys());
    let line = json!({
        "graph": format!("{}/v1.0", servers.base("graph")),
        "login": servers.base("login"),
        "github": servers.base("github"),
        "aws": servers.base("aws"),
        "auth0": servers.base("auth0"),
        "environment": environment,
        "config": config.display().to_string(),
        "as_of": crate::time::rfc3339(as_of),
    });
    writeln!(world.out, "{line}")?;
    world.out.flush()?;
    let mut nothing = Vec::new();
    std::io::stdin().read_to_end(&mut nothing)?;
    Ok(code::OK)
}

/// How large an organisation of that name is.
pub(super) const fn size(size: DemoSize) -> Size {
    match size {
        DemoSize::Tiny => Size::TINY,
        DemoSize::Small => Size::SMALL,
        DemoSize::Medium => Size::MEDIUM,
        DemoSize::Large => Size::LARGE,
    }
}

/// The moment that an organisation is seen at: this hour, unless one is named.
pub(super) fn moment(as_of: Option<&str>, now: DateTime<Utc>) -> Result<DateTime<Utc>, AppError> {
    let Some(text) = as_of else {
        return Ok(now.duration_trunc(TimeDelta::hours(1)).unwrap_or(now));
    };
    let as_of = time::parse_time(text).ok_or_else(|| {
        AppError::Usage(format!(
            "nothing was simulated: --as-of {text} is no RFC 3339 time such as 2026-11-23T07:00:00Z"
        ))
    })?;
    if as_of > now + TimeDelta::hours(24) {
        return Err(AppError::Usage(format!(
            "nothing was simulated: --as-of {text} has not come yet, and no command reads a snapshot of such a time"
        )));
    }
    Ok(as_of)
}
