//! `demo --act-on-review`: what people do between a review and its proof, done
//! to the simulated organisation.

use std::path::Path;

use chrono::{DateTime, SubsecRound as _, Utc};
use serde::{Deserialize, Serialize};

use crate::app::{AppError, Place, World, code, simulate, snapshot};
use crate::cli::Global;
use crate::cli::simulated::{Demo, DemoSize};
use crate::config::{Config, FILE_NAME};
use crate::dataset::manifest::rfc3339;
use crate::estate::{Estate, Revocation};
use crate::review::{Choice, campaign, decisions};

/// Which organisation a demo showed.
const REMEMBERED: &str = "demo.json";

const SIZES: [(DemoSize, &str); 4] = [
    (DemoSize::Tiny, "tiny"),
    (DemoSize::Small, "small"),
    (DemoSize::Medium, "medium"),
    (DemoSize::Large, "large"),
];

#[derive(Debug, Deserialize, Serialize)]
struct Shown {
    size: String,
    seed: u64,
    as_of: DateTime<Utc>,
    from_files: bool,
}

/// Notes which organisation a demo shows.
pub(super) fn remember(options: &Demo, as_of: DateTime<Utc>) -> Result<(), AppError> {
    let size = SIZES.iter().find(|(size, _)| *size == options.size);
    let shown = Shown {
        size: size.map_or("small", |(_, name)| name).to_owned(),
        seed: options.seed,
        as_of,
        from_files: options.from_files,
    };
    let text = serde_json::to_vec_pretty(&shown)?;
    Ok(std::fs::write(options.out.join(REMEMBERED), text)?)
}

fn nothing(why: &str) -> AppError {
    AppError::Usage(format!("nothing was removed: {why}"))
}

/// The organisation of an earlier demo.
fn again(out: &Path) -> Result<Estate, AppError> {
    let text = std::fs::read(out.join(REMEMBERED)).map_err(|e| {
        nothing(&format!(
            "{} holds no demo ({e}); name its folder with --out",
            out.display()
        ))
    })?;
    let shown: Shown = serde_json::from_slice(&text)?;
    let size = SIZES.iter().find(|(_, name)| *name == shown.size);
    let (size, _) = size.ok_or_else(|| nothing(&format!("{} is no size", shown.size)))?;
    let size = simulate::size(*size);
    let (_, estate) = if shown.from_files {
        Estate::generate(size, shown.seed, shown.as_of)
    } else {
        Estate::generate_served(size, shown.seed, shown.as_of)
    };
    Ok(estate)
}

pub(super) fn act_on_review(
    out: &Path,
    global: &Global,
    world: &mut World<'_>,
) -> Result<u8, AppError> {
    let mut estate = again(out)?;
    let config = Config::load(&out.join(FILE_NAME), std::iter::empty())?;
    let place = Place::with(config, global, &out.join("data"), world.now);
    let id = campaign::choose(&place.store, None)?;
    let opened = campaign::load(&place.store, &id)?;
    let imports = decisions::load(&place.store, &id)?;
    let current = imports.current();
    let removals: Vec<Revocation> = opened
        .items
        .iter()
        .filter(|item| {
            let decided = current.get(item.item_id.as_str());
            decided.is_some_and(|(d, _)| d.choice() == Some(Choice::Remove))
        })
        .map(|item| Revocation {
            user_id: item.person_id.clone(),
            account_id: item.account_id.clone(),
            permission_set_arn: item.permission_set_arn.clone(),
        })
        .collect();
    if removals.is_empty() {
        return Err(nothing(&format!(
            "the review {id} has no decision to remove yet; import a workbook that has one"
        )));
    }
    let revoked = estate.revoke(&removals);
    let now = world.now.trunc_subsecs(0);
    estate.later(now);
    let exports = out.join("exports-after-review");
    if exports.exists() {
        std::fs::remove_dir_all(&exports)?;
    }
    estate.write_exports(&exports)?;
    let sealed = snapshot::import(&exports, Some(now), &[], &place, world)?;
    if !place.quiet {
        writeln!(
            world.err,
            "For {} removals of the review {id}, {} memberships and {} direct assignments are gone from the simulated organisation, as seen at {}.",
            removals.len(),
            revoked.memberships,
            revoked.assignments,
            rfc3339(now),
        )?;
    }
    writeln!(world.out, "{}", sealed.id)?;
    Ok(code::OK)
}
