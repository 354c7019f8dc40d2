//! Teams with their members, and every team with its ancestors.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::collect::Import;
use crate::collect::record::Record;
use crate::collect::sink::{Entities, Keys, Sink, coverage, settle};
use crate::collect::walk::Shape;
use crate::dataset::DatasetError;
use crate::dataset::coverage::{Coverage, State};
use crate::dataset::writer::Cell;
use crate::fold::fold;

const TEAMS: Shape = Shape {
    paths: &[
        &["data", "organization", "teams", "nodes"],
        &["data", "organization", "teams", "edges"],
    ],
    bare: one_team,
    known: &["slug", "node", "data"],
};

/// A further page of one team's members.
fn one_team(map: &Map<String, Value>) -> bool {
    map.get("data")
        .and_then(|d| d.get("organization"))
        .is_some_and(|o| o.get("team").is_some_and(Value::is_object))
}

#[derive(Clone, Debug, PartialEq)]
struct Team {
    slug: String,
    name: Option<String>,
    parent: Option<String>,
    privacy: Option<String>,
    created: Option<DateTime<Utc>>,
}

/// What was read of the members of one team.
#[derive(Clone, Debug, Default)]
struct Members {
    /// Login by folded login, with its role.
    logins: BTreeMap<String, (String, Option<String>)>,
    listed: bool,
    further: bool,
    count: Option<u64>,
    odd: bool,
}

/// Reads teams; gives the folded logins that they refer to.
pub(super) fn import(
    import: &mut Import<'_>,
    sink: &mut Sink<'_>,
    keys: &Keys,
) -> Result<BTreeSet<String>, DatasetError> {
    let file = "github/teams.json";
    let mut teams: Entities<Team> = Entities::default();
    let mut members: BTreeMap<String, Members> = BTreeMap::new();
    let mut lost = 0_u64;
    let reading = import.exports.read(
        file,
        "github_team",
        &TEAMS,
        &mut |spot, map, shown, problems| {
            let further = map
                .get("data")
                .and_then(|d| d.get("organization"))
                .and_then(|o| o.get("team"))
                .and_then(Value::as_object);
            let node = map
                .get("node")
                .and_then(Value::as_object)
                .or(further)
                .unwrap_or(map);
            let mut r = Record::new(node, spot, shown, "github_team", problems);
            let Some(slug) = r.id("slug") else {
                lost += 1;
                return;
            };
            let folded = fold(&slug);
            read_members(&mut r, members.entry(folded.clone()).or_default());
            if further.is_some() {
                return;
            }
            let above = |parent: &mut Record<'_>| parent.id("slug");
            let parent = r.object("parentTeam", above).flatten();
            let parent = parent.or_else(|| r.object("parent", above).flatten());
            if !r.has("parentTeam") && !r.has("parent") {
                r.of("github_team_ancestor").must("parentTeam");
            }
            let team = Team {
                name: r.text("name"),
                parent,
                privacy: r.text("privacy"),
                created: r.time("createdAt"),
                slug,
            };
            teams.add(folded, team, shown, "github_team", problems);
        },
    );
    let mut covered = coverage("github_team")?;
    settle(&mut covered, &reading, file);
    let mut closure = coverage("github_team_ancestor")?;
    settle(&mut closure, &reading, file);
    if lost > 0 {
        covered.worsen(
            State::Partial,
            format!("{lost} records of {file} have no slug."),
        );
    }
    crate::collect::counted(&mut covered, &reading, teams.len(), file);

    let mut edges = coverage("github_team_member")?;
    settle(&mut edges, &reading, file);
    for (slug, list) in &members {
        let reason = if !list.listed {
            "was exported without its members"
        } else if list.further {
            "has a further page of members that is missing"
        } else if list.count.is_some_and(|c| c > list.logins.len() as u64) {
            "lists fewer members than GitHub counts"
        } else if list.odd {
            "lists a member without a login"
        } else {
            continue;
        };
        edges.worsen(State::Partial, format!("The team {slug} {reason}."));
        edges.scope.push(slug.clone());
    }
    let team_keys = teams.keys();
    write_teams(sink, (covered, closure), &teams, &members, &team_keys)?;
    let mut referred = BTreeSet::new();
    let mut rows = BTreeSet::new();
    for (slug, list) in &members {
        let Some(team) = team_keys.get(slug) else {
            edges.exclude(
                "the team is not in the list of teams",
                list.logins.len() as u64,
            );
            continue;
        };
        for (folded, (login, role)) in &list.logins {
            referred.insert(folded.clone());
            rows.insert((
                team,
                keys.get(folded),
                folded.clone(),
                login.clone(),
                role.clone(),
            ));
        }
    }
    sink.write(
        edges,
        rows.into_iter().map(|(team, member, folded, login, role)| {
            vec![
                Cell::Key(team),
                Cell::key(member),
                Cell::Text(login),
                Cell::Text(folded),
                Cell::text(role),
            ]
        }),
    )?;
    Ok(referred)
}

fn read_members(team: &mut Record<'_>, into: &mut Members) {
    let mut odd = false;
    let mut one = |item: &mut Record<'_>| {
        let role = item.text("role");
        let login = if item.has("node") {
            item.object("node", |node| node.id("login")).flatten()
        } else {
            item.id("login")
        };
        odd |= login.is_none();
        login.map(|login| (fold(&login), (login, role)))
    };
    team.of("github_team_member").object("members", |list| {
        let items = list.each("edges", &mut one);
        let Some(items) = items.or_else(|| list.each("nodes", &mut one)) else {
            return;
        };
        into.listed = true;
        into.further = list
            .object("pageInfo", |page| page.flag("hasNextPage"))
            .flatten()
            == Some(true);
        let count = list.int("totalCount").and_then(|n| u64::try_from(n).ok());
        into.count = count.or(into.count);
        for (folded, member) in items.into_iter().flatten() {
            match into.logins.entry(folded) {
                Entry::Vacant(free) => {
                    free.insert(member);
                }
                Entry::Occupied(first) if *first.get() == member => {}
                Entry::Occupied(_) => list.twice(&member.0),
            }
        }
    });
    into.odd |= odd;
}

/// A team and its ancestors, nearest first; a circle ends where it closes.
fn line(slug: &str, teams: &Entities<Team>) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut current = Some(slug.to_owned());
    while let Some(slug) = current {
        if all.contains(&slug) {
            break;
        }
        let Some(team) = teams.get(&slug) else {
            break;
        };
        current = team.parent.as_deref().map(fold);
        all.push(slug);
    }
    all
}

fn write_teams(
    sink: &mut Sink<'_>,
    (mut covered, mut closure): (Coverage, Coverage),
    teams: &Entities<Team>,
    members: &BTreeMap<String, Members>,
    keys: &Keys,
) -> Result<(), DatasetError> {
    let lines: BTreeMap<&String, Vec<String>> = teams
        .iter()
        .map(|(slug, _)| (slug, line(slug, teams)))
        .collect();
    // Logins of everything below a team, to tell whether its own list holds them.
    let mut below: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (slug, ancestors) in &lines {
        for ancestor in ancestors.iter().skip(1) {
            let logins = members.get(*slug).into_iter().flat_map(|m| m.logins.keys());
            below
                .entry(ancestor)
                .or_default()
                .extend(logins.map(String::as_str));
        }
    }
    let orphans: Vec<&str> = teams
        .iter()
        .filter(|(_, t)| {
            t.parent
                .as_deref()
                .is_some_and(|p| teams.get(&fold(p)).is_none())
        })
        .map(|(slug, _)| slug.as_str())
        .collect();
    if !orphans.is_empty() {
        covered.worsen(
            State::Partial,
            format!(
                "The parents of {} teams are not in the list of teams.",
                orphans.len()
            ),
        );
    }
    let state = covered.clone();
    sink.write(
        covered,
        teams.iter().zip(0..).map(|((slug, t), key)| {
            let expanded = below.get(slug.as_str()).map(|logins| {
                !logins.is_empty()
                    && logins
                        .iter()
                        .all(|l| members.get(slug).is_some_and(|m| m.logins.contains_key(*l)))
            });
            vec![
                Cell::Key(key),
                Cell::Text(t.slug.clone()),
                Cell::Text(slug.clone()),
                Cell::text(t.name.clone()),
                Cell::text(t.parent.clone()),
                Cell::folded(t.parent.as_deref()),
                Cell::text(t.privacy.clone()),
                Cell::time(t.created),
                Cell::Flag(expanded.unwrap_or(false)),
            ]
        }),
    )?;
    // Whatever the teams lack, their lines lack as well.
    for reason in state.reasons {
        closure.worsen(state.state, reason);
    }
    closure.absent.extend(state.absent);
    closure.scope.extend(state.scope);
    closure.pages = 0;
    closure.inputs.clear();
    let rows = lines.iter().flat_map(|(slug, ancestors)| {
        let team = keys.get(slug);
        ancestors
            .iter()
            .zip(0_i64..)
            .filter_map(move |(ancestor, depth)| Some((team?, keys.get(ancestor)?, depth)))
    });
    let rows: BTreeSet<(i32, i32, i64)> = rows.collect();
    sink.write(
        closure,
        rows.into_iter().map(|(team, ancestor, depth)| {
            vec![Cell::Key(team), Cell::Key(ancestor), Cell::Int(depth)]
        }),
    )
}
