//! `plan` and `permissions`: what a snapshot asks for, before anything is sent.

use std::collections::BTreeMap;

use polars::prelude::AnyValue;

use super::{AppError, Place, World, code, terminal};
use crate::cli::{Permissions, Plan};
use crate::collect;
use crate::collect::plan::estimate::{
    Choices, Counts, Line, as_sent, floors, plan as calls_of, small,
};
use crate::collect::plan::permissions;
use crate::dataset::coverage::State;
use crate::dataset::manifest::Manifest;
use crate::dataset::schema::Source;
use crate::dataset::session::Session;
use crate::detect::rule::RuleSet;
use crate::sqlfile::nearest;

pub(crate) fn permissions(
    options: &Permissions,
    place: &Place,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    let settings = &place.config.sources;
    let role = ["secrets_manager", "iam"]
        .iter()
        .find_map(|s| settings.get(*s)?.role.clone());
    let Some(document) = permissions::document(&options.system, role.as_deref()) else {
        let hint = nearest(&options.system, permissions::SYSTEMS.into_iter());
        return Err(AppError::Usage(format!(
            "there is no system {}{hint}; name one of {}",
            options.system,
            permissions::SYSTEMS.join(", ")
        )));
    };
    serde_json::to_writer_pretty(&mut *world.out, &document)?;
    writeln!(world.out)?;
    Ok(code::OK)
}

pub(crate) fn plan(options: &Plan, place: &Place, world: &mut World<'_>) -> Result<u8, AppError> {
    let wanted =
        collect::wanted_sources(&place.config, &super::sources::sources(&options.sources)?);
    let (lines, basis) = estimate(&wanted, place, world)?;
    let floors = floors(&lines);
    if options.format == crate::cli::PlanFormat::Json {
        let lines: Vec<_> = lines.iter().map(json_line).collect();
        let floors: Vec<_> = floors
            .iter()
            .map(|f| serde_json::json!({"bucket": f.bucket, "calls": f.calls, "units": f.units, "units_per_second": f.rate, "seconds": f.seconds}))
            .collect();
        let document = serde_json::json!({"basis": basis, "calls": lines, "buckets": floors});
        serde_json::to_writer_pretty(&mut *world.out, &document)?;
        writeln!(world.out)?;
        return Ok(code::OK);
    }
    let width = world.width.unwrap_or(100);
    writeln!(
        world.out,
        "{}\n",
        terminal::wrap(&format!("Planned from {basis}."), width).join("\n")
    )?;
    let rows: Vec<Vec<String>> = lines
        .iter()
        .map(|l| {
            vec![
                l.operation.source.name().to_owned(),
                l.calls.to_string(),
                l.operation.name.to_owned(),
                l.operation.permission.to_owned(),
            ]
        })
        .collect();
    let text = terminal::columns(&["source", "calls", "call", "permission"], &rows, width);
    world.out.write_all(text.as_bytes())?;
    writeln!(world.out)?;
    let rows: Vec<Vec<String>> = floors
        .iter()
        .map(|f| {
            vec![
                f.bucket.to_owned(),
                f.calls.to_string(),
                f.units.to_string(),
                format!("{:.2}", f.rate),
                time(f.seconds),
                f.basis.to_owned(),
            ]
        })
        .collect();
    let text = terminal::columns(
        &["bucket", "calls", "units", "a second", "at least", "since"],
        &rows,
        width,
    );
    world.out.write_all(text.as_bytes())?;
    let calls: u64 = lines.iter().map(|l| l.calls).sum();
    let longest = floors.first();
    let sentence = format!(
        "{calls} calls, at least {}, which {} takes; the buckets run side by side. Nothing was sent. `{} permissions aws|entra|github|auth0` prints what must be allowed, `{} preflight` tries it.",
        time(longest.map_or(0.0, |f| f.seconds)),
        longest.map_or("nothing", |f| f.bucket),
        world.program,
        world.program,
    );
    writeln!(
        world.out,
        "\n{}",
        terminal::wrap(&sentence, width).join("\n")
    )?;
    Ok(code::OK)
}

/// The calls of the next snapshot, and what that follows from.
fn estimate(
    wanted: &[Source],
    place: &Place,
    world: &mut World<'_>,
) -> Result<(Vec<Line>, String), AppError> {
    const SMALL: &str = "100,000 Entra users, 300 accounts, 20,000 memberships";
    let choices = choices(place, world);
    let none = Counts {
        repositories: repositories(place),
        ..small()
    };
    let Ok(id) = place.store.latest() else {
        let basis =
            format!("the counts of a small organisation, since there is no snapshot yet: {SMALL}");
        return Ok((calls_of(&none, wanted, choices), basis));
    };
    let read = counts_of(&place.store, &id, place).and_then(|counts| {
        let (manifest, _) = place.store.manifest(&id)?;
        Ok((counts, manifest))
    });
    let (counts, manifest) = match read {
        Ok(read) => read,
        Err(error) => {
            writeln!(
                world.err,
                "warning: snapshot {id} tells nothing of the next one: {error}"
            )?;
            let basis = format!(
                "the counts of a small organisation, since snapshot {id} could not be read: {SMALL}"
            );
            return Ok((calls_of(&none, wanted, choices), basis));
        }
    };
    let lines = calls_of(&counts, wanted, choices);
    let whole: Vec<Source> = wanted
        .iter()
        .copied()
        .filter(|s| read_wholly(&manifest, *s))
        .collect();
    let basis = if whole.is_empty() {
        format!("the counts of snapshot {id}")
    } else {
        format!("what snapshot {id} sent, and its counts where it sent nothing")
    };
    Ok((as_sent(lines, &manifest.requests, &whole), basis))
}

fn json_line(line: &Line) -> serde_json::Value {
    serde_json::json!({
        "source": line.operation.source.name(),
        "service": line.operation.service,
        "call": line.operation.name,
        "calls": line.calls,
        "units": line.units,
        "bucket": line.operation.bucket,
        "permission": line.operation.permission,
        "tables": line.operation.tables,
    })
}

fn time(seconds: f64) -> String {
    if seconds < 60.0 {
        format!("{:.0} s", seconds.ceil())
    } else {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "seconds of a plan"
        )]
        let whole = seconds.ceil() as u64;
        format!("{} min {} s", whole / 60, whole % 60)
    }
}

fn repositories(place: &Place) -> u64 {
    let github = place.config.sources.get("github");
    github.map_or(0, |s| s.repositories.len() as u64)
}

pub(crate) fn choices(place: &Place, world: &World<'_>) -> Choices {
    let set = |name: &str| world.env.iter().any(|(n, v)| n == name && !v.is_empty());
    Choices {
        sign_ins: place
            .config
            .sources
            .get("entra")
            .is_some_and(|s| s.sign_ins),
        entra_token: true,
        auth0_token: !set("AUTH0_API_TOKEN"),
    }
}

/// What a snapshot holds, as far as calls depend on it.
pub(crate) fn counts_of(
    store: &crate::dataset::store::Store,
    id: &str,
    place: &Place,
) -> Result<Counts, AppError> {
    super::check::verified(store, id)?;
    let rules = RuleSet::load(None)?;
    let session = Session::open(store, id, None, &place.config.settings(), &rules.views())?;
    let numbers = |sql: &str| numbers(&session, sql);
    let one = |sql: &str| Ok::<u64, AppError>(numbers(sql)?.first().copied().unwrap_or_default());
    let count = |table: &str| one(&format!("SELECT COUNT(*) AS n FROM {table}"));
    let pages =
        |counts: &[u64], size: u64| counts.iter().map(|n| n.div_ceil(size).max(1)).sum::<u64>();
    let members = numbers(
        "SELECT COUNT(*) AS n FROM identity_center_membership WHERE ic_group_key IS NOT NULL GROUP BY ic_group_key",
    )?;
    let ic_groups = count("identity_center_group")?;
    let empty_groups = ic_groups.saturating_sub(members.len() as u64);
    // A pair that is provisioned is asked for, whether anybody is assigned or not.
    let pairs = numbers(
        "SELECT COUNT(principal_id) AS n FROM (SELECT account_key, permission_set_key, account_id, permission_set_arn, principal_id FROM account_assignment UNION ALL SELECT account_key, permission_set_key, account_id, permission_set_id AS permission_set_arn, permission_set_id AS principal_id FROM permission_set_provisioning WHERE account_key IS NOT NULL AND permission_set_key IS NOT NULL) AS p GROUP BY account_key, permission_set_key, account_id, permission_set_arn",
    )?;
    let open_pairs = one(
        "SELECT COUNT(*) AS n FROM permission_set_provisioning AS p LEFT JOIN (SELECT DISTINCT account_key, permission_set_key FROM account_assignment WHERE ic_group_key IS NOT NULL OR ic_user_key IS NOT NULL) AS a ON a.account_key = p.account_key AND a.permission_set_key = p.permission_set_key WHERE a.account_key IS NULL AND p.account_key IS NOT NULL AND p.permission_set_key IS NOT NULL",
    )?;
    let sets = numbers(
        "SELECT COUNT(*) AS n FROM (SELECT account_key, permission_set_key FROM account_assignment UNION SELECT account_key, permission_set_key FROM permission_set_provisioning) AS p GROUP BY permission_set_key",
    )?;
    let applications = count("identity_center_application")?;
    let assigned_applications = numbers(
        "SELECT COUNT(*) AS n FROM application_assignment WHERE ic_application_key IS NOT NULL GROUP BY ic_application_key",
    )?;
    let permission_sets = count("permission_set")?;
    let secrets = numbers("SELECT COUNT(*) AS n FROM aws_secret GROUP BY account_id, region")?;
    let roles = numbers("SELECT COUNT(*) AS n FROM aws_role_last_used GROUP BY account_id")?;
    let team_members = numbers("SELECT COUNT(*) AS n FROM github_team_member GROUP BY team_key")?;
    let settings = |name: &str| place.config.sources.get(name).cloned().unwrap_or_default();
    let (of_secrets, of_keys) = (settings("secrets_manager"), settings("iam"));
    let places = of_secrets.accounts.len().max(1) * of_secrets.regions.len().max(1);
    let elsewhere = |s: &crate::config::SourceConfig| s.accounts.len().saturating_sub(1) as u64;
    Ok(Counts {
        users: one("SELECT COUNT(*) AS n FROM entra_user WHERE deleted_at IS NULL")?,
        deleted_users: one("SELECT COUNT(*) AS n FROM entra_user WHERE deleted_at IS NOT NULL")?,
        groups: count("entra_group")?,
        edged_groups: one("SELECT COUNT(*) AS n FROM entra_group WHERE prefixed")?
            + one(
                "SELECT COUNT(DISTINCT member_id) AS n FROM entra_group_member WHERE member_type = 'group'",
            )?,
        applications: count("entra_application")?,
        service_principals: count("entra_service_principal")?,
        audits: count("entra_audit_event")?,
        teams: count("github_team")?,
        further_members: team_members
            .iter()
            .map(|n| n.div_ceil(100).saturating_sub(1))
            .sum(),
        members: count("github_member")?,
        identities: count("github_saml_identity")?,
        organisation_secrets: count("github_secret")?,
        tokens: count("github_token")?,
        installations: count("github_app_installation")?,
        collaborators: count("github_outside_collaborator")?,
        github_events: count("github_audit_event")?,
        repositories: repositories(place),
        accounts: count("aws_account")?,
        permission_sets,
        provisioned_pages: pages(&sets, 100) + permission_sets.saturating_sub(sets.len() as u64),
        ic_users: count("identity_center_user")?,
        ic_groups,
        empty_groups,
        membership_pages: pages(&members, 100) + empty_groups,
        pairs: pairs.len() as u64,
        pair_pages: pages(&pairs, 100),
        open_pairs,
        ic_applications: applications,
        application_pages: pages(&assigned_applications, 100)
            + applications.saturating_sub(assigned_applications.len() as u64),
        secret_pages: pages(&secrets, 100).max(places as u64),
        watched_secrets: one(
            "SELECT COUNT(*) AS n FROM aws_secret WHERE watched AND deleted_at IS NULL AND owning_service IS NULL AND replica IS DISTINCT FROM TRUE",
        )?,
        assumed: elsewhere(&of_secrets) + elsewhere(&of_keys),
        key_accounts: of_keys.accounts.len().max(1) as u64,
        role_pages: pages(&roles, 1000),
        events: count("cloudtrail_event")?,
        clients: count("auth0_client")?,
        connections: count("auth0_connection")?,
        logs: count("auth0_log_event")?,
    })
}

/// The numbers of the first column.
fn numbers(session: &Session, sql: &str) -> Result<Vec<u64>, AppError> {
    let frame = session.collect(sql)?;
    let Some(column) = frame.columns().first() else {
        return Ok(Vec::new());
    };
    Ok((0..frame.height())
        .filter_map(|row| column.get(row).ok())
        .filter_map(|v: AnyValue<'_>| v.extract::<u64>())
        .collect())
}

/// Whether a snapshot asked a source and got everything.
fn read_wholly(manifest: &Manifest, source: Source) -> bool {
    let mut tables = manifest.tables.iter().filter(|t| t.source == source.name());
    let whole = tables
        .all(|t| t.state == State::Complete || (t.state == State::Skipped && t.requests == 0));
    whole && manifest.requests.iter().any(|r| r.source == source.name())
}

/// What the latest snapshot sent.
pub(crate) struct Before {
    id: String,
    /// Requests by source, repeated ones left out; of the sources that were read wholly.
    sent: BTreeMap<Source, u64>,
}

/// What the latest snapshot sent. That it cannot be read is told, and is no
/// reason not to take another.
pub(crate) fn sent_before(
    sources: &[Source],
    place: &Place,
    world: &mut World<'_>,
) -> Result<Option<Before>, AppError> {
    let Ok(id) = place.store.latest() else {
        return Ok(None);
    };
    let manifest = match place.store.manifest(&id) {
        Ok((manifest, _)) => manifest,
        Err(error) => {
            writeln!(
                world.err,
                "warning: how many requests this takes is not known: {error}"
            )?;
            return Ok(None);
        }
    };
    let sent = collect::wanted_sources(&place.config, sources)
        .into_iter()
        .filter(|s| read_wholly(&manifest, *s))
        .map(|s| {
            let mine = manifest.requests.iter().filter(|r| r.source == s.name());
            let sent = mine.map(|r| r.requests.saturating_sub(r.retries)).sum();
            (s, sent)
        })
        .collect();
    Ok(Some(Before { id, sent }))
}

/// Says which sources sent a good deal more than the last time.
pub(crate) fn tell(
    before: Option<&Before>,
    sealed: &collect::Sealed,
    world: &mut World<'_>,
) -> Result<(), AppError> {
    let Some(Before { id, sent: earlier }) = before else {
        return Ok(());
    };
    for (source, _, sent) in &sealed.figures {
        let Some(then) = earlier.get(source) else {
            continue;
        };
        if *sent > then + then / 5 {
            writeln!(
                world.err,
                "note: {} took {sent} requests, and {then} in snapshot {id}; nothing was left out because of it, --most-requests sets a limit",
                source.name()
            )?;
        }
    }
    Ok(())
}
