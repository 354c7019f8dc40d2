//! How much of anything from outside is taken in: a hostile file costs no more
//! memory and time than an honest one, and is refused by name.
//!
//! Every bound is here, far above what an organisation of a million people
//! exports, and docs/config.md states it. Files that others wrote are opened
//! with `file`, folders are listed with `folder`, streams go through `stream`.

pub mod file;
pub mod folder;
pub(crate) mod stream;

const MIB: u64 = 1 << 20;
const GIB: u64 = 1 << 30;

/// Bytes of an exported file as it lies on disk.
pub const ON_DISK: u64 = 16 * GIB;
/// Bytes that a packed export becomes.
pub const INFLATED: u64 = 32 * GIB;
/// How many times larger a packed export may become than it is.
pub const RATIO: u64 = 1_000;
/// Bytes that may come out of a packed export before the ratio counts.
pub const FREE_OF_RATIO: u64 = 8 * MIB;
/// Bytes of one text of a JSON document.
pub const STRING: u64 = MIB;
/// Bytes of memory that one record takes, or what stands beside the records.
pub const RECORD: u64 = 64 * MIB;
/// JSON documents of a file.
pub const DOCUMENTS: u64 = 10_000_000;
/// Records of a file.
pub const RECORDS: u64 = 50_000_000;
/// Documents and records of a file that are something else than belongs there.
pub const WRONG: u64 = 100_000;
/// Problems of one kind that are kept of a table in a file; further ones are counted.
pub const KEPT: u64 = 1_000;
/// Problems that are kept of an import; further ones are counted.
pub const KEPT_IN_ALL: u64 = 100_000;
/// Problems of a file after which the rest of it is not read.
pub const PROBLEMS: u64 = 2_000_000;
/// Bytes of a credential report, unpacked.
pub const REPORT: u64 = 16 * MIB;
/// Bytes of a register.
pub const REGISTER: u64 = 32 * MIB;
/// Rows of a register.
pub const ROWS: usize = 250_000;
/// Columns of a register or a credential report.
pub const COLUMNS: usize = 200;
/// Bytes of a cell of a register.
pub const CELL: usize = 64 << 10;
/// Mistakes of the registers after which the rest is not read.
pub const MISTAKES: usize = 1_000;
/// Bytes of a file that people write by hand: configuration, waivers, a rule, an environment.
pub const BY_HAND: u64 = 4 * MIB;
/// Environment files of a folder.
pub const ENVIRONMENTS: usize = 100_000;
/// Bytes of a manifest or another sealed record.
pub const SEALED: u64 = 2 * GIB;
/// Files and folders below a folder that is listed.
pub const ENTRIES: usize = 1_000_000;
/// How deep folders lie within each other.
pub const DEPTH: usize = 16;

/// A number of bytes as people say it.
pub(crate) fn size(bytes: u64) -> String {
    match bytes {
        b if b >= GIB && b % GIB == 0 => format!("{} GiB", b / GIB),
        b if b >= MIB && b % MIB == 0 => format!("{} MiB", b / MIB),
        b if b >= 1 << 10 && b % (1 << 10) == 0 => format!("{} KiB", b >> 10),
        b => format!("{} bytes", count(b)),
    }
}

/// A number with its thousands set apart.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// The bounds as docs/config.md lists them: what, how much, what lies beyond.
pub(crate) fn listed() -> Vec<(&'static str, String, &'static str)> {
    const STOPS: &str = "the rest is not read, the table is partial or failed";
    const REFUSED: &str = "refused by name";
    let number = |n: usize| count(n as u64);
    vec![
        ("exported file on disk", size(ON_DISK), "the table failed"),
        ("exported file, unpacked", size(INFLATED), STOPS),
        (
            "times that a packed file grows",
            format!("{}, after the first {}", count(RATIO), size(FREE_OF_RATIO)),
            STOPS,
        ),
        ("text of a JSON document", size(STRING), STOPS),
        (
            "one record in memory, or what stands beside the records",
            size(RECORD),
            STOPS,
        ),
        ("depth of a JSON document", "127".to_owned(), STOPS),
        ("documents of a file", count(DOCUMENTS), STOPS),
        ("records of a file", count(RECORDS), STOPS),
        (
            "documents and records of a file that are something else",
            count(WRONG),
            STOPS,
        ),
        ("problems of a file", count(PROBLEMS), STOPS),
        (
            "problems kept of one kind, table and file",
            count(KEPT),
            "counted",
        ),
        ("problems kept of an import", count(KEPT_IN_ALL), "counted"),
        ("credential report", size(REPORT), "the table failed"),
        ("register", size(REGISTER), REFUSED),
        ("rows of a register", number(ROWS), REFUSED),
        (
            "columns of a register or a credential report",
            number(COLUMNS),
            REFUSED,
        ),
        ("cell of a register", size(CELL as u64), REFUSED),
        (
            "mistakes told of all registers",
            number(MISTAKES),
            "reading stops",
        ),
        (
            "configuration, waivers, rule or environment file",
            size(BY_HAND),
            REFUSED,
        ),
        ("environment files", number(ENVIRONMENTS), REFUSED),
        ("manifest or other sealed record", size(SEALED), REFUSED),
        (
            "files and folders below a folder",
            number(ENTRIES),
            "the rest is not read, and that is said",
        ),
        (
            "folders within each other",
            number(DEPTH),
            "not entered, and named",
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::{count, size};

    #[test]
    fn numbers_are_written_as_people_read_them() {
        assert_eq!(count(0), "0");
        assert_eq!(count(999), "999");
        assert_eq!(count(19_999_000), "19,999,000");
        assert_eq!(size(1 << 20), "1 MiB");
        assert_eq!(size(16 << 30), "16 GiB");
        assert_eq!(size(64 << 10), "64 KiB");
        assert_eq!(size(1_500), "1,500 bytes");
    }
}
