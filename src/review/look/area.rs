//! Areas of a sheet, as a workbook writes them.

/// Rows and columns from one to another, both counted from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Area {
    pub(super) rows: (u32, u32),
    pub(super) columns: (u32, u32),
}

impl Area {
    pub(super) const ALL: Self = Self {
        rows: (1, u32::MAX),
        columns: (1, u32::MAX),
    };

    /// Of `B2` or `A1:C9`, and of whole columns and rows.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (first, last) = text.split_once(':').unwrap_or((text, text));
        let (one, other) = (corner(first)?, corner(last)?);
        let ends = |a: Option<u32>, b: Option<u32>| match (a, b) {
            (Some(a), Some(b)) => (a.min(b), a.max(b)),
            _ => (1, u32::MAX),
        };
        Some(Self {
            rows: ends(one.0, other.0),
            columns: ends(one.1, other.1),
        })
    }

    pub(super) fn holds(&self, row: u32, column: u32) -> bool {
        (self.rows.0..=self.rows.1).contains(&row)
            && (self.columns.0..=self.columns.1).contains(&column)
    }
}

/// Row and column of a place, each if it is named.
pub(super) fn corner(text: &str) -> Option<(Option<u32>, Option<u32>)> {
    let text = text.replace('$', "");
    let letters: String = text.chars().take_while(char::is_ascii_alphabetic).collect();
    let digits = text.get(letters.len()..).unwrap_or_default();
    if letters.len() > 3 || (letters.is_empty() && digits.is_empty()) {
        return None;
    }
    let column = letters.bytes().fold(0_u32, |sum, b| {
        sum * 26 + u32::from(b.to_ascii_uppercase() - b'A') + 1
    });
    let row = match digits {
        "" => None,
        digits => Some(digits.parse().ok()?),
    };
    Some((row, (!letters.is_empty()).then_some(column)))
}

#[cfg(test)]
mod tests {
    use super::Area;

    #[test]
    fn areas_are_read_as_spreadsheets_write_them() {
        for (text, row, column, inside) in [
            ("B2", 2, 2, true),
            ("B2", 2, 3, false),
            ("A1:C9", 9, 3, true),
            ("$A$1:$C$9", 10, 3, false),
            ("C9:A1", 5, 2, true),
            ("D:D", 70, 4, true),
            ("D:D", 70, 5, false),
            ("3:4", 4, 900, true),
        ] {
            let area = Area::of(text).expect("an area");
            assert_eq!(area.holds(row, column), inside, "{text}");
        }
        assert_eq!(Area::of("all"), Area::of("ALL:ALL"));
        assert_eq!(Area::of("#REF!"), None);
    }
}
