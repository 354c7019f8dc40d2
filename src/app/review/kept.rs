//! What was kept of reviews, for the reports that show it.

use chrono::{DateTime, Utc};

use super::status::{decided_at, later};
use crate::app::{AppError, Place};
use crate::report::reviews::{Campaign, Decision, Reviews};
use crate::review::campaign;
use crate::review::closure::outcome;
use crate::review::decisions;
use crate::review::{Choice, NOT_REVIEWED};

/// Campaigns on snapshots up to the one that is reported, with every decision,
/// and what the snapshots up to it show of removals; `None` when no review was
/// ever opened.
pub(crate) fn reviews(
    place: &Place,
    snapshot: &str,
    as_of: DateTime<Utc>,
) -> Result<Option<Reviews>, AppError> {
    let mut kept = Reviews::default();
    for id in campaign::list(&place.store)? {
        let opened = campaign::load(&place.store, &id)?;
        if opened.campaign.as_of > as_of {
            continue;
        }
        let imports = decisions::load(&place.store, &id)?;
        let current = imports.current();
        let removed = current
            .values()
            .any(|(d, _)| d.choice() == Some(Choice::Remove));
        let later = if removed {
            later(&opened, snapshot, place, false)?
        } else {
            Vec::new()
        };
        let all = opened.items.len() as u64;
        let decided = current.len() as u64;
        let c = &opened.campaign;
        kept.campaigns.push(Campaign {
            campaign: c.campaign.clone(),
            snapshot: c.snapshot.clone(),
            state: match (decided, c.incomplete.is_empty()) {
                (n, true) if n == all => "every row decided",
                (n, false) if n == all => "every row decided, access not completely known",
                (0, _) => "nothing returned",
                _ => "partly decided",
            }
            .to_owned(),
            opened_at: Some(c.opened_at),
            due_at: Some(c.due_at),
            items: all,
            decided,
        });
        for item in &opened.items {
            let decision = current.get(item.item_id.as_str());
            let outcome = decision
                .filter(|(d, _)| d.choice() == Some(Choice::Remove))
                .map(|(d, i)| outcome(item, decided_at(d, i), &later).0.name().to_owned());
            kept.decisions.push(Decision {
                campaign: id.clone(),
                item_id: item.item_id.clone(),
                person: Some(item.person.clone()),
                account: Some(item.account.clone()),
                permission_set: Some(item.permission_set.clone()),
                decision: decision
                    .map_or_else(|| NOT_REVIEWED.to_owned(), |(d, _)| d.decision.clone()),
                justification: decision.and_then(|(d, _)| d.justification.clone()),
                reviewer: decision.map(|(d, _)| d.reviewer.clone()),
                outcome,
                imported_file_sha256: decision.map(|(_, i)| i.file_sha256.clone()),
                privileged: item.privileged,
                decided_at: decision.map(|(d, i)| decided_at(d, i)),
            });
        }
    }
    Ok((!kept.campaigns.is_empty()).then_some(kept))
}
