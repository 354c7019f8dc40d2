//! What is broken, and which finding each break must give.
//!
//! A fault has people and groups of its own, so that what it costs is known.
//! Beside most faults stands something that looks like it and is none.

mod access;
mod applications;
mod approval;
mod causes;
mod entra;
mod evidence;
mod github;
mod governance;
mod hygiene;
mod plan;
mod privilege;
mod secret;

pub(crate) use plan::Plan;
pub(crate) use privilege::escalations;

/// Faults of the sources, which the sync then copies.
pub(crate) fn sources(plan: &mut Plan<'_>) {
    entra::sources(plan);
    github::sources(plan);
    approval::sources(plan);
    access::sources(plan);
    applications::sources(plan);
    secret::sources(plan);
    privilege::sources(plan);
    evidence::sources(plan);
    governance::sources(plan);
    hygiene::sources(plan);
    causes::sources(plan);
}

/// Faults of Identity Center, after the sync.
pub(crate) fn targets(plan: &mut Plan<'_>) {
    entra::targets(plan);
    github::targets(plan);
    access::targets(plan);
    privilege::targets(plan);
    evidence::targets(plan);
    hygiene::targets(plan);
    governance::targets(plan);
    applications::targets(plan);
    causes::targets(plan);
    // After everything else: it looks at how much there is.
    governance::settle(plan);
}
