//! A healthy organisation: everything is approved, declared, owned and rotated.

use std::collections::BTreeMap;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::model::{Account, Approval, Grant, Group, Login, Model, Team, User};
use crate::names::{
    APPROVER, DISGUISED, ENVIRONMENTS, FAMILY, GIVEN, GROUP_LEVELS, PLATFORM_GROUP, PLATFORM_TEAM,
    PREFIX, SERVICES, TEAM_LEVELS, UNUSED, WORDS,
};
use crate::secrets;
use crate::size::Size;

/// Members of the first prefixed groups: around the page sizes of the interfaces.
const PAGE_EDGES: [usize; 6] = [99, 100, 101, 999, 1000, 1001];

pub(super) fn healthy(size: Size, seed: u64, as_of: DateTime<Utc>) -> Model {
    let mut model = Model {
        size,
        as_of,
        rng: fastrand::Rng::with_seed(seed),
        namespace: uuid::Builder::from_random_bytes(u128::from(seed).to_be_bytes()).into_uuid(),
        users: Vec::new(),
        groups: Vec::new(),
        logins: Vec::new(),
        teams: Vec::new(),
        accounts: Vec::new(),
        grants: Vec::new(),
        approvals: Vec::new(),
        applications: Vec::new(),
        secrets: Vec::new(),
        registered: Vec::new(),
        github_secrets: Vec::new(),
        tokens: Vec::new(),
        reviewers: Vec::new(),
        unlinked: Vec::new(),
        creators: BTreeMap::new(),
        forgotten_creations: Vec::new(),
        auth0_clients: Vec::new(),
        auth0_connections: 1,
        runs: Vec::new(),
        entra_events: Vec::new(),
        github_events: Vec::new(),
        waivers: Vec::new(),
        links: Vec::new(),
        unlisted: Vec::new(),
        closed: Vec::new(),
        retired: Vec::new(),
        idle: Vec::new(),
        access_keys: Vec::new(),
        trail: Vec::new(),
        copied: Vec::new(),
        entra_lag: TimeDelta::zero(),
        ic_users: Vec::new(),
        ic_groups: Vec::new(),
        memberships: Vec::new(),
        dangling: Vec::new(),
        assignments: Vec::new(),
        left_over: Vec::new(),
        ic_applications: Vec::new(),
    };
    people(&mut model);
    groups(&mut model);
    teams(&mut model);
    accounts(&mut model);
    grants(&mut model);
    secrets::healthy(&mut model);
    let (entra, github) = (model.hours_ago(1), model.hours_ago(5));
    model.runs = vec![
        ("entra", model.hours_ago(3), "success"),
        ("entra", entra, "success"),
        ("github", github, "success"),
        ("github", model.hours_ago(2), "failure"),
    ];
    model
}

/// People of allowed domains first, some of them guests, then those whom the sync drops.
fn people(model: &mut Model) {
    let joined = model.days_ago(1200);
    let last_member = model.size.people + outside(model);
    for n in 0..model.size.users {
        let given = GIVEN[model.rng.usize(..GIVEN.len())];
        let family = FAMILY[model.rng.usize(..FAMILY.len())];
        let local = format!("{given}.{family}{n}");
        let inside = n < model.size.people;
        let guest = inside && n % 20 == 7;
        let user = if guest {
            // An underscore in the address itself: only the last one stands for the @.
            let local = format!("{given}_{family}{n}");
            User {
                principal: format!("{local}_AGENCY.GOV.UK#EXT#@example.onmicrosoft.com"),
                mail: Some(format!("{local}@agency.gov.uk")),
                address: format!("{local}@AGENCY.GOV.UK"),
                allowed: true,
                guest,
                id: model.id("user", &local),
                enabled: true,
                created: joined,
                deleted: false,
                leaves: None,
                seen: None,
            }
        } else {
            let domain = if inside {
                "example.gov.uk"
            } else {
                "partner.example"
            };
            // Entra keeps the case in which somebody typed a name.
            let local = if n % 11 == 3 { capitals(&local) } else { local };
            let principal = format!("{local}@{domain}");
            User {
                // The broker signs people in under their mail address.
                mail: (inside || n % 13 != 5).then(|| principal.to_lowercase()),
                address: principal.clone(),
                // Some have a day on which they leave, and it is to come.
                leaves: (n % 40 == 9).then(|| model.days_ago(-60)),
                principal,
                allowed: inside,
                guest: false,
                id: model.id("user", &local),
                // Disabled accounts without access are nobody's concern.
                enabled: n < last_member || n % 17 != 0,
                created: joined,
                deleted: false,
                seen: None,
            }
        };
        model.users.push(user);
    }
    model.users.push(User {
        id: model.id("user", APPROVER),
        principal: APPROVER.to_owned(),
        mail: Some(APPROVER.to_owned()),
        address: APPROVER.to_owned(),
        allowed: true,
        guest: false,
        enabled: true,
        created: joined,
        leaves: None,
        deleted: false,
        seen: None,
    });
}

/// How many people of other domains may be in prefixed groups.
fn outside(model: &Model) -> usize {
    (model.size.users - model.size.people) / 2
}

fn capitals(text: &str) -> String {
    let mut out = String::new();
    let mut first = true;
    for c in text.chars() {
        if first {
            out.extend(c.to_uppercase());
        } else {
            out.push(c);
        }
        first = c == '.' || c == '-';
    }
    out
}

/// As many different ones of the first `of` as there are, up to `count`.
fn pick(rng: &mut fastrand::Rng, of: usize, count: usize) -> Vec<usize> {
    let count = count.min(of);
    if count == 0 {
        return Vec::new();
    }
    // Everybody from a random place on, in steps that meet each once.
    let start = rng.usize(..of);
    let mut step = rng.usize(1..=of);
    while gcd(step, of) != 1 {
        step += 1;
    }
    (0..count).map(|i| (start + i * step) % of).collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}

fn groups(model: &mut Model) {
    let people = model.size.people;
    for n in 0..model.size.prefixed {
        let word = WORDS[n % WORDS.len()];
        let name = match n {
            0 => PLATFORM_GROUP.to_owned(),
            _ => format!("{PREFIX}-{word}-{n}"),
        };
        let usual = model.size.members;
        let wanted = match n.checked_sub(1).and_then(|n| PAGE_EDGES.get(n)) {
            Some(edge) if *edge <= people => *edge,
            _ => model.rng.usize(usual / 2 + 1..=usual + usual / 2),
        };
        let mut members = pick(&mut model.rng, people, wanted);
        let staff = members.iter().filter(|m| !model.users[**m].guest);
        let owners: Vec<usize> = staff.copied().take(2).collect();
        let outside = outside(model);
        let extra = pick(&mut model.rng, outside, model.size.outsiders);
        members.extend(extra.into_iter().map(|n| people + n));
        let group = Group {
            id: model.id("group", &name),
            name,
            created: model.days_ago(500),
            members,
            owners,
            rule: None,
            others: Vec::new(),
            synced: true,
        };
        approve(model, &group, n);
        model.groups.push(group);
    }
}

/// An approval in one of the forms that people use.
fn approve(model: &mut Model, group: &Group, n: usize) {
    let age = 60 + i64::try_from(n % 240).unwrap_or(0);
    let approved = day(model.days_ago(age));
    let by_id = |approved: &str| Approval {
        group: group.name.clone(),
        group_id: Some(group.id.to_string()),
        approved: approved.to_owned(),
        ..Approval::default()
    };
    match n % 5 {
        // By name, in another case.
        1 => model.approvals.push(Approval {
            group: group.name.to_uppercase(),
            approved,
            ..Approval::default()
        }),
        // Renewed: the old record has run out and does not decide.
        2 => {
            let old = day(model.days_ago(age + 400));
            model.approvals.push(by_id(&old));
            model.approvals.push(by_id(&approved));
        }
        // The id in capitals, as a portal shows it.
        3 => model.approvals.push(Approval {
            group_id: Some(group.id.to_string().to_uppercase()),
            ..by_id(&approved)
        }),
        // With an end of its own.
        4 => model.approvals.push(Approval {
            expires: day(model.days_ago(-90)),
            ..by_id(&approved)
        }),
        _ => model.approvals.push(by_id(&approved)),
    }
}

pub(super) fn day(at: DateTime<Utc>) -> String {
    at.date_naive().to_string()
}

pub(super) fn stamp(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn teams(model: &mut Model) {
    for n in 0..model.size.logins + model.size.logins / 2 {
        let given = GIVEN[n % 26];
        // GitHub keeps the case of a login; the sync lowers it.
        let login = if n % 9 == 4 {
            format!("{}-{n}-Dev", capitals(given))
        } else {
            format!("{given}-{n}-dev")
        };
        model.logins.push(Login {
            login,
            two_factor: true,
            person: None,
        });
    }
    // What the slugs of a person's teams take, joined: a session has room for 256.
    let mut taken = vec![0; model.size.logins];
    for n in 0..model.size.teams {
        let word = WORDS[(n * 7) % WORDS.len()];
        let slug = if n == 0 {
            PLATFORM_TEAM.to_owned()
        } else {
            format!("{word}-squad-{n}")
        };
        let usual = model.size.team_members;
        let wanted = model.rng.usize(usual / 2 + 1..=usual + usual / 2);
        let mut members = pick(&mut model.rng, model.size.logins, wanted);
        if n == 0 {
            // Nobody of the platform team is in the platform group as well.
            let group = &model.groups[0].members;
            let free = (0..model.size.logins).filter(|l| !group.contains(l));
            members = free.take(wanted).collect();
        }
        members.retain(|m| {
            let fits = taken[*m] + slug.len() <= 256;
            if fits {
                taken[*m] += slug.len() + 1;
            }
            fits
        });
        let team = Team {
            slug,
            // Teams three deep: the members of the lowest are in all above.
            parent: (n > 3 && n % 8 >= 6).then(|| n - 1),
            members,
            created: model.days_ago(700),
            synced: true,
        };
        model.teams.push(team);
    }
}

fn accounts(model: &mut Model) {
    for application in 0..model.size.applications {
        for environment in ENVIRONMENTS {
            // The account of the syncs is one of them in every size.
            let number = model.accounts.len() + 30;
            model.accounts.push(Account {
                // A leading zero that spreadsheets like to drop.
                id: format!("0{number:011}"),
                environment,
                name: format!("{}-{environment}", application_name(application)),
            });
        }
    }
}

pub(super) fn application_name(application: usize) -> String {
    format!("{}-{application}", WORDS[application % WORDS.len()])
}

fn grants(model: &mut Model) {
    let services: Vec<&'static str> = SERVICES
        .iter()
        .filter(|s| s.1 != UNUSED && s.1 != DISGUISED)
        .map(|s| s.0)
        .collect();
    for account in 0..model.accounts.len() {
        let first = model.rng.usize(..model.size.prefixed + model.size.teams);
        for n in 0..model.size.grants {
            let place = (first + n * 5) % (model.size.prefixed + model.size.teams);
            // Nobody gets the same access by group and by team: each has levels
            // of its own. Administrators come by the implicit grants alone.
            let (group, levels) = match place.checked_sub(model.size.prefixed) {
                // Whoever administers the account needs nothing beside it.
                None if place == 0 => (model.groups[1].name.clone(), GROUP_LEVELS),
                None => (model.groups[place].name.clone(), GROUP_LEVELS),
                Some(0) => (model.teams[1].slug.clone(), TEAM_LEVELS),
                // A parent has no access: its list would not show who has it.
                Some(team) if matches!(team % 8, 5 | 6) => {
                    (model.teams[team - team % 8 + 4].slug.clone(), TEAM_LEVELS)
                }
                Some(team) => (model.teams[team].slug.clone(), TEAM_LEVELS),
            };
            // Sandboxes are for development.
            let sandbox = model.accounts[account].environment == ENVIRONMENTS[0];
            // The last of the first accounts' levels is the one of a service.
            let service = services.get(account).filter(|_| n + 1 == model.size.grants);
            let level = match levels[(n + account) % levels.len()] {
                "sandbox" if !sandbox => "data-engineer",
                level => level,
            };
            let level = service.copied().unwrap_or(level);
            model.grants.push(Grant {
                account,
                level,
                group,
            });
        }
    }
}
