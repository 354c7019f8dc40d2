//! Tables about the reading itself.

use super::vocabulary::{Source, Table, int, text, time};

pub(super) const TABLES: &[Table] = &[
    Table {
        name: "input_incident",
        source: Source::Evidence,
        core: false,
        doc: "Something that an input held and that was refused, dropped or could not be read.",
        columns: &[
            text(
                "file",
                "Input file, relative to the folder of exports or to the configuration.",
            ),
            text("position", "Line and column, or JSON path, of the problem."),
            text(
                "kind",
                "secret, malformed, truncated, error-answer, duplicate, future-record, unknown-level.",
            ),
            text(
                "table_name",
                "Table that lost something through it; null when none did.",
            ),
            text("expected", "What was expected there."),
            text(
                "message",
                "What happened, in one sentence that never repeats a value of a secret.",
            ),
        ],
        nameless: None,
        ends: &[],
    },
    Table {
        name: "collected_place",
        source: Source::Evidence,
        core: false,
        doc: "A place of a store that was read: what is absent there is absent.",
        columns: &[
            text("table_name", "Table that it fills."),
            text(
                "place",
                "Account, account and Region with a slash between, organisation or repository; empty where a store is one place alone.",
            ),
            text("place_folded", "The place folded for comparison."),
        ],
        nameless: None,
        ends: &[],
    },
    Table {
        name: "coverage",
        source: Source::Evidence,
        core: false,
        doc: "How completely a table was read. In SQL the columns `table` and `rows` are called table_name and row_count, because those words are reserved.",
        columns: &[
            text("source", "Source of the table."),
            text("table", "Table that the row is about."),
            text(
                "scope",
                "What exactly is missing, joined by a semicolon; null when nothing is or it is not known.",
            ),
            text("state", "complete, partial, denied, failed or skipped."),
            int("rows", "Rows that were written."),
            int("pages", "Pages or documents that were read."),
            int("requests", "Requests that were sent."),
            int("retries", "Requests that were repeated."),
            int(
                "source_count",
                "Objects that the source itself reported; null when it did not.",
            ),
            text("error_kind", "Why it is not complete; null when it is."),
            text(
                "permission_needed",
                "Permission that was missing; null when none was or it is not known.",
            ),
            time(
                "started_at",
                "When reading began; null when nobody stated it.",
            ),
            time(
                "finished_at",
                "When reading ended; null when nobody stated it.",
            ),
        ],
        nameless: None,
        ends: &[],
    },
];
