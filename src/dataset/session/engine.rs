//! A planned query, run: in memory, or in batches that are set aside.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{DataFrame, Engine, LazyFrame, PlanCallback, PolarsResult};

use crate::dataset::DatasetError;
use crate::dataset::rows::{BATCH_ROWS, Rows, Spool};

/// Runs a planned query.
///
/// # Errors
/// When the engine fails.
pub(super) fn run(frame: LazyFrame, engine: Engine) -> Result<DataFrame, DatasetError> {
    single(frame, engine).map_err(DatasetError::engine("the query failed"))
}

pub(super) fn in_memory(
    planned: LazyFrame,
    engine: Engine,
    mut spool: Spool,
) -> PolarsResult<Rows> {
    spool.push(single(planned, engine)?)?;
    spool.finish()
}

/// Runs a planned query in batches that are set aside as they come.
pub(super) fn spooled(planned: LazyFrame, spool: Spool) -> PolarsResult<Rows> {
    let shared = Arc::new(Mutex::new(Some(spool)));
    let filled = Arc::clone(&shared);
    let take = PlanCallback::new(move |frame: DataFrame| {
        let mut spool = filled.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(spool) = spool.as_mut() {
            spool.push(frame)?;
        }
        Ok(false)
    });
    planned
        .sink_batches(take, true, NonZeroUsize::new(BATCH_ROWS))?
        .collect_with_engine(Engine::Streaming)?;
    let spool = shared.lock().unwrap_or_else(PoisonError::into_inner).take();
    spool.map_or_else(
        || polars::prelude::polars_bail!(ComputeError: "the rows were taken twice"),
        Spool::finish,
    )
}

/// The one frame of a query's result.
#[expect(
    clippy::redundant_closure_for_method_calls,
    reason = "the type is not exported by name"
)]
fn single(frame: LazyFrame, engine: Engine) -> PolarsResult<DataFrame> {
    frame
        .collect_with_engine(engine)
        .map(|result| result.unwrap_single())
}
