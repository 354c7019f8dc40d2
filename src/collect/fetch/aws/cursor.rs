//! Pages of lists: how a walk goes from one to the next, and how they are kept.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde_json::{Value, json};

use super::{Context, Lost};
use crate::collect::fetch::spool::Pages;
use crate::collect::wire::http::CallError;
use crate::collect::wire::operations::Operation;

/// Calls of one bucket side by side.
pub(super) const SIDE_BY_SIDE: usize = 8;
/// Objects of a page.
pub(super) const PAGE: i32 = 100;
/// Pages of one list: no list of AWS has that many, so it would never end.
const MOST: u64 = 100_000;

/// Pages of one list: a further page must have a token that was not seen.
#[derive(Debug, Default)]
pub(super) struct Cursor {
    token: Option<String>,
    seen: BTreeSet<String>,
    pub pages: u64,
}

impl Cursor {
    pub(super) fn token(&self) -> Option<String> {
        self.token.clone()
    }

    /// Whether there is a further page.
    pub(super) fn further(
        &mut self,
        operation: &'static Operation,
        next: Option<&str>,
    ) -> Result<bool, Lost> {
        self.pages += 1;
        let wrong = |what: &str| {
            Err(Lost::odd(
                operation,
                format!("{}.{} {what}", operation.service, operation.name),
            ))
        };
        match next.filter(|t| !t.is_empty()) {
            None => Ok(false),
            Some(_) if self.pages >= MOST => wrong("goes on after a hundred thousand pages"),
            Some(next) if self.seen.insert(next.to_owned()) => {
                self.token = Some(next.to_owned());
                Ok(true)
            }
            Some(_) => wrong("goes in a circle: a token came twice"),
        }
    }
}

/// Asks for page after page of a list, each once its bucket has a unit for it, and
/// hands every answer on with whether there is a further one.
macro_rules! walk {
    ($clients:expr, $operation:expr, $cursor:ident, $request:expr, |$answer:ident, $further:pat_param| $keep:block) => {{
        let request = $request;
        loop {
            $clients.plan($operation);
            let page = request.clone().set_next_token($cursor.token());
            let $answer = $clients.call($operation, page.send()).await?;
            let further = $cursor.further($operation, $answer.next_token())?;
            let $further = further;
            $keep
            if !further {
                break;
            }
        }
    }};
}
pub(super) use walk;

/// Whether calls of one kind are worth going on with: where one is refused or
/// not there, so are the others, and where several have failed, repeating the
/// rest would use up what the other tables need.
#[derive(Debug, Default)]
pub(super) struct Patience {
    refused: AtomicBool,
    failed: AtomicUsize,
}

impl Patience {
    /// Failures after which the rest is not asked for.
    const MOST: usize = 3;

    pub(super) fn lasts(&self) -> bool {
        !self.refused.load(Ordering::Relaxed) && self.failed.load(Ordering::Relaxed) < Self::MOST
    }

    /// Notes what came of a call.
    pub(super) fn note<T>(&self, answer: &Result<T, Lost>) {
        if let Err(lost) = answer {
            self.failed.fetch_add(1, Ordering::Relaxed);
            if lost.denied() || lost.absent {
                self.refused.store(true, Ordering::Relaxed);
            }
        }
    }
}

/// What a page says of a further one, as an export does.
pub(super) fn page(key: &str, items: Vec<Value>, further: bool) -> Value {
    let mut page = json!({});
    page[key] = Value::Array(items);
    if further {
        page["NextToken"] = json!("further");
    }
    page
}

/// Appends a page, opening the file with the first one.
pub(super) fn append(
    context: &Context<'_>,
    out: &mut Option<Pages>,
    file: &str,
    table: &'static str,
    page: Value,
) -> Result<(), CallError> {
    if out.is_none() {
        *out = Some(context.spool.file(file, table)?);
    }
    if let Some(out) = out {
        out.put(page)?;
    }
    context.page(table);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Cursor, MOST};
    use crate::collect::wire::operations::IC_USERS;

    #[test]
    fn a_list_ends_or_is_ended() {
        let mut cursor = Cursor::default();
        for page in 1..MOST {
            assert!(
                cursor
                    .further(IC_USERS, Some(&page.to_string()))
                    .expect("goes on")
            );
        }
        let error = cursor.further(IC_USERS, Some("x")).expect_err("ends");
        assert!(error.error.message.contains("goes on"));
        let mut cursor = Cursor::default();
        assert!(cursor.further(IC_USERS, Some("a")).expect("goes on"));
        assert!(cursor.further(IC_USERS, Some("a")).is_err());
        assert!(!cursor.further(IC_USERS, Some("")).expect("ends"));
    }
}
