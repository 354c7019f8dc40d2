//! Further pages that were asked for: none twice, and not without end. Links are
//! kept as hashes, since they may be long and many.

use std::collections::BTreeSet;

use sha2::{Digest as _, Sha256};

use super::CallError;

/// Pages of one list at most.
const MOST: usize = 100_000;

/// The way through the pages of one list.
#[derive(Debug, Default)]
pub(crate) struct Walked(BTreeSet<[u8; 32]>);

impl Walked {
    /// Notes the further page that an answer names.
    pub(crate) fn on(&mut self, list: &str, next: &str) -> Result<(), CallError> {
        if !self.0.insert(Sha256::digest(next).into()) {
            return Err(CallError::failed(format!(
                "{list} goes in a circle: a further page was named before"
            )));
        }
        if self.0.len() >= MOST {
            return Err(CallError::failed(format!(
                "{list} has more than {MOST} pages, the rest was not asked for"
            )));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST, Walked};

    #[test]
    fn circles_and_endless_lists_end() {
        let mut walked = Walked::default();
        assert!(walked.on("x", "a").is_ok());
        assert!(walked.on("x", "b").is_ok());
        assert!(
            walked
                .on("x", "a")
                .is_err_and(|e| e.message.contains("circle"))
        );
        let mut walked = Walked::default();
        let mut pages = 0..2 * MOST;
        let end = pages.find(|n| walked.on("x", &n.to_string()).is_err());
        assert_eq!(end, Some(MOST - 1));
    }
}
