//! What a result stands on, and the exit code that this gives: one function for
//! every command that judges.

use super::checked::Checked;
use super::code;
use crate::sqlfile::Severity;

/// What decides about the exit code of a command that did what it was asked to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each may hold beside any other"
)]
pub(crate) struct Grounds {
    /// Something was found that must be acted on.
    pub(crate) found: bool,
    /// Something that the answer rests on was not read, not decided or is not done.
    pub(crate) incomplete: bool,
    /// Some rows could not be told, beside others that could.
    pub(crate) untold: bool,
    /// The data must not be taken for today's.
    pub(crate) stale: bool,
}

impl Grounds {
    /// What a check stands on, for findings at or above a severity.
    pub(crate) fn of(checked: &Checked, fail_on: Severity) -> Self {
        Self {
            found: checked.assessment.found(fail_on),
            untold: checked.assessment.untold(fail_on),
            ..Self::read(checked, fail_on)
        }
    }

    /// The same for an output that lists findings and does not judge by them.
    pub(crate) fn read(checked: &Checked, fail_on: Severity) -> Self {
        Self {
            incomplete: checked.assessment.undecided(fail_on),
            stale: checked.stale.is_some(),
            ..Self::default()
        }
    }

    /// The exit code: what is not known weighs more than what was found, and a
    /// row that could not be told is never taken for one without a fault.
    pub(crate) fn code(self) -> u8 {
        if self.incomplete || self.stale {
            code::INCOMPLETE
        } else if self.found {
            code::FINDINGS
        } else if self.untold {
            code::INCOMPLETE
        } else {
            code::OK
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Grounds;

    #[test]
    fn the_code_never_falls_when_something_is_not_known_any_more() {
        let all = |n: u8| Grounds {
            found: n & 1 > 0,
            incomplete: n & 2 > 0,
            untold: n & 4 > 0,
            stale: n & 8 > 0,
        };
        for n in 0..16 {
            for unknown in [2, 4, 8] {
                // A fault that turns into something unknown, and one more unknown.
                let faded = all((n & !1) | unknown);
                assert!(faded.code() >= all(n).code(), "{:?}", all(n));
                assert!(all(n | unknown).code() >= all(n).code(), "{:?}", all(n));
            }
        }
        assert_eq!(all(0).code(), 0);
        assert_eq!(all(1).code(), 1);
        assert_eq!(all(2).code(), 2);
        assert_eq!(all(3).code(), 2);
        assert_eq!(all(5).code(), 1);
    }
}
