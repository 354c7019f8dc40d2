//! Heads as C2SP checkpoints: three lines that any tool for transparency logs
//! reads, with a signed note around them where there is a key.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::log::Log;
use super::tree::Hash;

/// The head of a log at some size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// Name of the log.
    pub origin: String,
    /// Number of lines.
    pub size: u64,
    /// Root over them.
    pub root: Hash,
}

/// How a log that is there compares with a head that somebody kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grown {
    /// Its first lines are those of then; so many came since.
    By(u64),
    /// They are not, in words.
    No(String),
}

impl Checkpoint {
    /// The head of a log over its first lines; `None` when it has fewer, or none.
    #[must_use]
    pub fn of(log: &Log, size: u64) -> Option<Self> {
        Some(Self {
            origin: log.origin()?,
            size,
            root: log.root(size)?,
        })
    }

    /// The body: what a signature is made over.
    #[must_use]
    pub fn text(&self) -> String {
        format!(
            "{}\n{}\n{}\n",
            self.origin,
            self.size,
            STANDARD.encode(self.root)
        )
    }

    /// The head in one line, for reports.
    #[must_use]
    pub fn line(&self) -> String {
        format!(
            "{} of {} lines in {}",
            STANDARD.encode(self.root),
            self.size,
            self.origin
        )
    }

    /// Reads a checkpoint, signed or not. Signatures are not looked at: a head counts
    /// because somebody kept it where nobody else could change it.
    ///
    /// # Errors
    /// When it is none, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.lines();
        let mut next = |what: &str| {
            lines
                .next()
                .map(str::trim_end)
                .filter(|l| !l.is_empty())
                .ok_or_else(|| format!("its {what} is missing"))
        };
        let origin = next("first line, the name of the log,")?.to_owned();
        let size = next("second line, the number of lines,")?;
        let size = size
            .parse()
            .ok()
            .filter(|n: &u64| n.to_string() == size)
            .ok_or_else(|| "its second line is not the number of lines".to_owned())?;
        let root = next("third line, the root,")?;
        let root = STANDARD
            .decode(root)
            .ok()
            .and_then(|bytes| Hash::try_from(bytes).ok())
            .ok_or_else(|| "its third line is not a root in base64".to_owned())?;
        Ok(Self { origin, size, root })
    }

    /// Whether a log has only grown since.
    #[must_use]
    pub fn grown(&self, log: &Log) -> Grown {
        let Some(now) = Self::of(log, self.size) else {
            return Grown::No(format!(
                "The log had {} lines then and has {} now: lines were taken away.",
                self.size,
                log.size()
            ));
        };
        if self.size > 0 && now.origin != self.origin {
            return Grown::No(format!(
                "It is the head of the log {}, and this log is {}: its first line is another one.",
                self.origin, now.origin
            ));
        }
        if now.root != self.root {
            return Grown::No(format!(
                "The first {} lines of the log are not those of then: their root is {}, and was {}.",
                self.size,
                STANDARD.encode(now.root),
                STANDARD.encode(self.root)
            ));
        }
        Grown::By(log.size() - self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::{Checkpoint, Grown};
    use crate::dataset::heads::Log;

    fn log(lines: u64) -> Log {
        let line = |n: u64| {
            format!("{{\"id\":\"{n}\",\"kind\":\"snapshot\",\"sequence\":{n},\"sha256\":\"aa\"}}\n")
        };
        let text: String = (1..=lines).map(line).collect();
        Log::parse(text.as_bytes(), None)
    }

    #[test]
    fn a_checkpoint_is_read_as_it_is_printed_signed_or_not() {
        let head = Checkpoint::of(&log(3), 3).expect("a head");
        let text = head.text();
        assert_eq!(text.lines().count(), 3);
        assert_eq!(Checkpoint::parse(&text), Ok(head.clone()));
        let signed = format!("{text}\n\u{2014} somebody AAAA\n");
        assert_eq!(Checkpoint::parse(&signed), Ok(head));
        for bad in [
            "",
            "x\n",
            "x\n01\n",
            "x\n-1\nAAAA\n",
            "x\n1\nAAAA\n",
            "x\n1\n",
        ] {
            assert!(Checkpoint::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn growing_is_told_from_every_other_change() {
        let then = Checkpoint::of(&log(3), 3).expect("a head");
        assert_eq!(then.grown(&log(3)), Grown::By(0));
        assert_eq!(then.grown(&log(8)), Grown::By(5));
        assert!(matches!(then.grown(&log(2)), Grown::No(_)));
        let other = Checkpoint {
            root: [7; 32],
            ..then.clone()
        };
        assert!(matches!(other.grown(&log(8)), Grown::No(_)));
        let elsewhere = Checkpoint {
            origin: "countersign.heads/0000".to_owned(),
            ..then
        };
        assert!(matches!(elsewhere.grown(&log(8)), Grown::No(_)));
    }
}
