//! Tables about the reading itself.

use super::{Source, Table, text};

pub(super) const TABLES: &[Table] = &[Table {
    name: "input_problem",
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
}];
