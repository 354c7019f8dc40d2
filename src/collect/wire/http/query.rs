//! Whether a GraphQL document only asks: every operation in it is a query.

/// Whether every definition at the top of a document is a query or a fragment.
pub(super) fn only_asks(document: &str) -> bool {
    let mut depth = 0_u32;
    let mut any = false;
    let mut word = String::new();
    let mut headed = false;
    let mut chars = document.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            '"' => {
                // The documents here hold no text; what does is not sent.
                return false;
            }
            '{' => {
                if depth == 0 {
                    let known = matches!(word.as_str(), "query" | "fragment");
                    if !(headed || word.is_empty() || known) {
                        return false;
                    }
                    any = true;
                }
                depth += 1;
            }
            '}' => {
                let Some(less) = depth.checked_sub(1) else {
                    return false;
                };
                depth = less;
                if depth == 0 {
                    word.clear();
                    headed = false;
                }
            }
            c if depth == 0 && !headed => {
                if c.is_ascii_alphanumeric() || c == '_' {
                    word.push(c);
                } else if !word.is_empty() {
                    if !matches!(word.as_str(), "query" | "fragment") {
                        return false;
                    }
                    headed = true;
                }
            }
            _ => {}
        }
    }
    any && depth == 0
}

#[cfg(test)]
mod tests {
    use super::only_asks;

    #[test]
    fn queries_pass_and_nothing_else() {
        for good in [
            "query { viewer { login } }",
            "query Teams($n: Int!) { organization(login: $n) { id } }",
            "{ viewer { login } }",
            "# mutation { x }\nquery A { a } fragment F on User { login } query B { b }",
        ] {
            assert!(only_asks(good), "{good}");
        }
        for bad in [
            "",
            "mutation { addStar { id } }",
            "mutation M($a: Int) { x }",
            "query A { a } mutation B { b }",
            "query A { a }mutation{b}",
            "subscription { x }",
            "query A { a } } mutation { b {",
            "query A { a(x: \"}\") } ",
            "query A { a",
        ] {
            assert!(!only_asks(bad), "{bad}");
        }
    }
}
