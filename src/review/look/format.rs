//! Formats of cells that show something else than the cell holds: text of their own
//! in place of the value, nothing at all, or digits that are not the value's.

/// What a format does to a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Disguise {
    /// A cell with text shows something else.
    pub(super) text: bool,
    /// A cell with a number or a day shows something else.
    pub(super) number: bool,
}

impl Disguise {
    /// Whether any cell does.
    pub(super) fn any(self) -> bool {
        self.text || self.number
    }

    /// Of a format as a workbook writes it.
    pub(super) fn of(code: &str) -> Self {
        let sections: Vec<Section> = split(code).iter().map(|s| Section::of(s)).collect();
        let numeric = sections.get(..sections.len().min(3)).unwrap_or_default();
        // Where conditions choose, any section may be the one that is shown.
        let chosen = if sections.iter().any(|s| s.condition) {
            numeric
        } else {
            numeric.get(..1).unwrap_or_default()
        };
        let number = chosen
            .iter()
            .any(|s| !(s.number || s.at) || s.digits || s.white);
        let for_text = sections
            .get(3)
            .or_else(|| sections.iter().find(|s| s.at));
        let text = match for_text {
            Some(section) => !section.at || section.words || section.digits || section.white,
            // Programs differ in what they do with text where no section is for it.
            None => sections.iter().all(|s| !s.number) || sections.iter().any(|s| s.white),
        };
        Self { text, number }
    }
}

/// What is in a section of a format.
#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each may be there beside any other"
)]
struct Section {
    /// A place for the digits of a number, or for a part of a day.
    number: bool,
    /// A place for text.
    at: bool,
    /// Letters that are shown as they stand.
    words: bool,
    /// Digits that are shown as they stand.
    digits: bool,
    /// A condition on the number.
    condition: bool,
    /// Shown in white.
    white: bool,
}

impl Section {
    fn of(code: &str) -> Self {
        let mut found = Self::default();
        let mut rest = code.chars().peekable();
        // A keyword for the value as it is.
        let general = code.to_ascii_lowercase().contains("general");
        found.number |= general;
        found.at |= general;
        while let Some(c) = rest.next() {
            match c {
                '"' => {
                    for c in rest.by_ref().take_while(|c| *c != '"') {
                        found.literal(c);
                    }
                }
                '\\' => {
                    if let Some(c) = rest.next() {
                        found.literal(c);
                    }
                }
                // A blank of a width, or a character that fills the cell.
                '_' => {
                    rest.next();
                }
                '*' => {
                    if let Some(c) = rest.next() {
                        found.literal(c);
                    }
                }
                '[' => {
                    let inside: String = rest.by_ref().take_while(|c| *c != ']').collect();
                    found.bracket(&inside);
                }
                '@' => found.at = true,
                '0' | '#' | '?' => found.number = true,
                // Parts of days, in the letters of any language.
                c if c.is_alphabetic() => found.number = true,
                c => found.literal(c),
            }
        }
        found
    }

    fn literal(&mut self, c: char) {
        self.words |= c.is_alphabetic();
        self.digits |= c.is_numeric();
    }

    fn bracket(&mut self, inside: &str) {
        let lower = inside.to_ascii_lowercase();
        if let Some(currency) = inside.strip_prefix('$') {
            // Shown in front of the locale that stands behind it.
            let shown = currency.split('-').next().unwrap_or_default();
            shown.chars().for_each(|c| self.literal(c));
        } else if lower.starts_with(['<', '>', '=']) {
            self.condition = true;
        } else if ["white", "color2", "color 2"].contains(&lower.as_str()) {
            self.white = true;
        } else if !lower.is_empty() && lower.chars().all(|c| matches!(c, 'h' | 'm' | 's')) {
            self.number = true;
        }
    }
}

/// The sections of a format, split where no quote, bracket or backslash is about.
fn split(code: &str) -> Vec<String> {
    let mut all = vec![String::new()];
    let (mut quoted, mut bracketed, mut escaped) = (false, false, false);
    for c in code.chars() {
        if escaped {
            escaped = false;
        } else if quoted {
            quoted = c != '"';
        } else if bracketed {
            bracketed = c != ']';
        } else {
            match c {
                '"' => quoted = true,
                '[' => bracketed = true,
                '\\' | '_' | '*' => escaped = true,
                ';' => {
                    all.push(String::new());
                    continue;
                }
                _ => {}
            }
        }
        if let Some(last) = all.last_mut() {
            last.push(c);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::Disguise;

    #[test]
    fn formats_that_show_what_is_held_are_none() {
        for code in [
            "@",
            "General",
            "general",
            "Standard",
            "0",
            "0.00",
            "#,##0",
            "#,##0;[Red]-#,##0",
            "0%",
            "0.00E+00",
            "# ?/?",
            "yyyy-mm-dd",
            "yyyy-mm-dd hh:mm",
            "dd/mm/yyyy",
            "dd/mm/yy;@",
            "hh:mm:ss",
            "[h]:mm:ss",
            "mmm d, yyyy",
            "d \"de\" mmmm \"de\" yyyy",
            "yyyy\"\u{5e74}\"m\"\u{6708}\"d\"\u{65e5}\"",
            "[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy",
            "[$-409]d\\-mmm\\-yy;@",
            "TT.MM.JJJJ",
            "_-* #,##0.00_-;-* #,##0.00_-;_-* \"-\"??_-;_-@_-",
            "_-[$\u{20ac}-2]\\ * #,##0.00_-",
            "0;-0;;@",
            "[Red]@",
            "[>=100]0;[<0]-0;0.0",
        ] {
            assert!(!Disguise::of(code).any(), "{code}: {:?}", Disguise::of(code));
        }
    }

    #[test]
    fn formats_that_show_something_else_are() {
        for (code, text, number) in [
            (";;;", true, true),
            (";", true, true),
            ("\"Keep\"", true, true),
            ("\"Keep\";\"Keep\";\"Keep\"", true, true),
            ("\"Keep\";\"Keep\";\"Keep\";\"Keep\"", true, true),
            ("0;0;0;\"Keep\"", true, false),
            ("0;0;0;", true, false),
            ("\\K\\e\\e\\p", true, true),
            ("[$Keep-409]", true, true),
            ("\"Do not \"@", true, false),
            ("[White]@", true, true),
            ("[White]General", true, true),
            ("\"2026-11-01\"", true, true),
            ("yyyy\"-01-01\"", false, true),
            ("[>5]0;\"Keep\"", false, true),
            (" ", true, true),
            ("", true, true),
        ] {
            let found = Disguise::of(code);
            assert_eq!((found.text, found.number), (text, number), "{code}");
        }
    }
}
