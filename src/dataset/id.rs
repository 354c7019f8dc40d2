//! Ids of snapshots: the moment that one shows, and a number where there are several.

use chrono::{DateTime, NaiveDateTime, Utc};

/// A moment within an id.
const MOMENT: &str = "%Y-%m-%dT%H-%M-%SZ";

/// The id of a snapshot taken as of that moment: `2026-11-23T07-14-00Z`.
#[must_use]
pub fn snapshot_id(as_of: DateTime<Utc>) -> String {
    as_of.format(MOMENT).to_string()
}

/// The moment in an id, and which of the snapshots of that moment it is:
/// `2026-11-23T07-14-00Z-2` is the second.
#[must_use]
pub fn parse_id(id: &str) -> Option<(DateTime<Utc>, u32)> {
    const LENGTH: usize = "2026-11-23T07-14-00Z".len();
    let moment = id.get(..LENGTH)?;
    let time = NaiveDateTime::parse_from_str(moment, MOMENT)
        .ok()?
        .and_utc();
    let which = match id.get(LENGTH..)? {
        "" => 1,
        rest => rest.strip_prefix('-')?.parse().ok().filter(|n| *n > 1)?,
    };
    (numbered(time, which) == id).then_some((time, which))
}

/// The id of one of several snapshots of a moment, the first being number 1.
pub(super) fn numbered(time: DateTime<Utc>, which: u32) -> String {
    let id = snapshot_id(time);
    match which {
        1 => id,
        n => format!("{id}-{n}"),
    }
}

#[cfg(test)]
mod tests {
    use super::{parse_id, snapshot_id};

    #[test]
    fn ids_are_times_and_nothing_else_is_an_id() {
        let (t, which) = parse_id("2026-11-23T07-14-00Z").expect("valid");
        assert_eq!(
            (snapshot_id(t).as_str(), which),
            ("2026-11-23T07-14-00Z", 1)
        );
        let (again, which) = parse_id("2026-11-23T07-14-00Z-12").expect("valid");
        assert_eq!((again, which), (t, 12));
        for bad in [
            "",
            "..",
            "2026-11-23",
            "2026-11-23T07-14-00",
            "2026-1-23T07-14-00Z",
            "x/../y",
            "2026-11-23T07-14-00Z-1",
            "2026-11-23T07-14-00Z-02",
            "2026-11-23T07-14-00Z-",
            "2026-11-23T07-14-00Z-+2",
            "2026-11-23T07-14-00Z.2",
            "2026-11-23T07-14-00Z-2-2",
            "2026-11-23T07-14-00é",
        ] {
            assert!(parse_id(bad).is_none(), "{bad}");
        }
    }
}
