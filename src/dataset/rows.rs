//! Rows of a query that may be many: in memory while they are few, in a file
//! of their own once they are not, read back in batches in the same order.
//!
//! The file has no name, so nobody else can open it and it goes with the
//! process. Each batch in it is a Parquet file in small: to read one takes the
//! memory of one, however many there are.

use std::fs::File;
use std::io::Cursor;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

use polars::prelude::{
    DataFrame, ParquetCompression, ParquetReader, ParquetWriter, PlSmallStr, PolarsResult,
    SchemaRef, SerReader as _,
};

use super::DatasetError;

/// Rows of a batch that is read back.
pub const BATCH_ROWS: usize = 1 << 14;

/// Bytes up to which rows stay in memory.
const MOST_HELD: usize = 8 << 20;

/// The rows of a query, in its order.
#[derive(Clone, Debug)]
pub struct Rows {
    schema: SchemaRef,
    count: usize,
    held: Held,
}

#[derive(Clone, Debug)]
enum Held {
    Memory(DataFrame),
    File(Arc<Segments>),
}

/// Batches in a file.
#[derive(Debug)]
struct Segments {
    file: File,
    places: Vec<Segment>,
}

#[derive(Clone, Copy, Debug)]
struct Segment {
    from: u64,
    bytes: usize,
    rows: usize,
}

impl From<DataFrame> for Rows {
    fn from(frame: DataFrame) -> Self {
        Self {
            schema: frame.schema().clone(),
            count: frame.height(),
            held: Held::Memory(frame),
        }
    }
}

impl Rows {
    /// Number of rows.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// Names and types of the columns.
    #[must_use]
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Names of the columns.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.schema.iter_names().map(PlSmallStr::as_str)
    }

    /// Every row, in batches.
    #[must_use]
    pub fn batches(&self) -> Batches<'_> {
        self.batches_of(|_, _| true)
    }

    /// The batches that are wanted, by the number of their first row and how
    /// many rows they have; the others are not read.
    pub fn batches_of<'a>(&'a self, wanted: impl Fn(usize, usize) -> bool + 'a) -> Batches<'a> {
        Batches {
            rows: self,
            wanted: Box::new(wanted),
            next: 0,
            first: 0,
        }
    }

    /// The first rows, at most so many.
    ///
    /// # Errors
    /// When they cannot be read back.
    pub fn head(&self, most: usize) -> Result<DataFrame, DatasetError> {
        let mut all = DataFrame::empty_with_schema(&self.schema);
        for batch in self.batches_of(move |first, _| first < most) {
            let (first, frame) = batch?;
            append(&mut all, &frame.head(Some(most - first)))?;
        }
        Ok(all)
    }

    /// Every row at once: for sheets that are known to be short.
    ///
    /// # Errors
    /// When they cannot be read back.
    pub fn whole(&self) -> Result<DataFrame, DatasetError> {
        match &self.held {
            Held::Memory(frame) => Ok(frame.clone()),
            Held::File(_) => self.head(usize::MAX),
        }
    }
}

fn append(all: &mut DataFrame, frame: &DataFrame) -> Result<(), DatasetError> {
    all.vstack_mut(frame)
        .map(|_| ())
        .map_err(DatasetError::engine("rows could not be put together"))
}

/// Batches of rows, each with the number of its first row.
pub struct Batches<'a> {
    rows: &'a Rows,
    wanted: Box<dyn Fn(usize, usize) -> bool + 'a>,
    next: usize,
    first: usize,
}

impl Iterator for Batches<'_> {
    type Item = Result<(usize, DataFrame), DatasetError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let first = self.first;
            let place = self.next;
            self.next += 1;
            match &self.rows.held {
                Held::Memory(frame) => {
                    let here = place == 0 && (self.wanted)(0, frame.height());
                    return here.then(|| Ok((0, frame.clone())));
                }
                Held::File(segments) => {
                    let segment = *segments.places.get(place)?;
                    self.first += segment.rows;
                    if (self.wanted)(first, segment.rows) {
                        return Some(segments.read(segment).map(|frame| (first, frame)));
                    }
                }
            }
        }
    }
}

impl Segments {
    fn read(&self, segment: Segment) -> Result<DataFrame, DatasetError> {
        let mut bytes = vec![0; segment.bytes];
        self.file
            .read_exact_at(&mut bytes, segment.from)
            .map_err(|e| kept("rows that were set aside could not be read back")(e.into()))?;
        ParquetReader::new(Cursor::new(bytes))
            .set_rechunk(true)
            .finish()
            .map_err(kept("rows that were set aside could not be read back"))
    }
}

fn kept(what: &'static str) -> impl FnOnce(polars::error::PolarsError) -> DatasetError {
    DatasetError::engine(what)
}

/// Takes rows as they come, and sets them aside once they are many.
pub(super) struct Spool {
    schema: SchemaRef,
    held: Vec<DataFrame>,
    bytes: usize,
    count: usize,
    most: usize,
    file: Option<(File, Vec<Segment>, u64)>,
}

impl Spool {
    /// Nothing yet, of rows with these columns.
    pub(super) fn new(schema: SchemaRef) -> Self {
        Self {
            schema,
            held: Vec::new(),
            bytes: 0,
            count: 0,
            most: MOST_HELD,
            file: None,
        }
    }

    /// Adds rows after those that are there.
    pub(super) fn push(&mut self, frame: DataFrame) -> PolarsResult<()> {
        self.count += frame.height();
        self.bytes += frame.estimated_size();
        self.held.push(frame);
        if self.file.is_some() || self.bytes > self.most {
            self.set_aside()?;
        }
        Ok(())
    }

    fn set_aside(&mut self) -> PolarsResult<()> {
        if self.file.is_none() {
            self.file = Some((tempfile::tempfile()?, Vec::new(), 0));
        }
        let Some((file, places, end)) = &mut self.file else {
            return Ok(());
        };
        for frame in self.held.drain(..) {
            let mut from = 0;
            while from < frame.height() {
                let mut part = frame.slice(i64::try_from(from).unwrap_or(i64::MAX), BATCH_ROWS);
                from += part.height();
                let mut bytes = Vec::new();
                ParquetWriter::new(&mut bytes)
                    .with_compression(ParquetCompression::Uncompressed)
                    .set_parallel(false)
                    .finish(&mut part)?;
                file.write_all_at(&bytes, *end)?;
                places.push(Segment {
                    from: *end,
                    bytes: bytes.len(),
                    rows: part.height(),
                });
                *end += bytes.len() as u64;
            }
        }
        Ok(())
    }

    /// The rows.
    pub(super) fn finish(mut self) -> PolarsResult<Rows> {
        let held = if self.file.is_some() {
            self.set_aside()?;
            let Some((file, places, _)) = self.file else {
                return Ok(Rows::from(DataFrame::empty_with_schema(&self.schema)));
            };
            Held::File(Arc::new(Segments { file, places }))
        } else {
            let mut all = DataFrame::empty_with_schema(&self.schema);
            for frame in self.held {
                all.vstack_mut(&frame)?;
            }
            all.rechunk_mut_par();
            Held::Memory(all)
        };
        Ok(Rows {
            schema: self.schema,
            count: self.count,
            held,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::expect_used,
        clippy::unwrap_used,
        reason = "a test stops where it fails"
    )]

    use polars::prelude::{DataFrame, IntoColumn as _, NamedFrom as _, Series};

    use super::{BATCH_ROWS, Rows, Spool};

    fn numbered(from: usize, to: usize) -> DataFrame {
        let numbers: Vec<u64> = (from..to).map(|n| n as u64).collect();
        let texts: Vec<Option<String>> = (from..to)
            .map(|n| (n % 3 != 0).then(|| format!("row {n}")))
            .collect();
        DataFrame::new_infer_height(vec![
            Series::new("number".into(), numbers).into_column(),
            Series::new("text".into(), texts).into_column(),
        ])
        .unwrap()
    }

    fn spooled(most: usize, parts: &[(usize, usize)]) -> Rows {
        let mut spool = Spool::new(numbered(0, 0).schema().clone());
        spool.most = most;
        for (from, to) in parts {
            spool.push(numbered(*from, *to)).unwrap();
        }
        spool.finish().unwrap()
    }

    #[test]
    fn rows_come_back_as_they_went_in_memory_or_file() {
        let end = 2 * BATCH_ROWS + 1;
        let parts = [
            (0, 0),
            (0, 5),
            (5, 6),
            (6, BATCH_ROWS + 9),
            (BATCH_ROWS + 9, end),
        ];
        let whole = numbered(0, end);
        for most in [usize::MAX, 0, 4096] {
            let rows = spooled(most, &parts);
            assert_eq!(rows.count(), end);
            assert!(rows.whole().unwrap().equals_missing(&whole), "{most}");
            let mut next = 0;
            for batch in rows.batches() {
                let (first, frame) = batch.unwrap();
                assert_eq!(first, next);
                next += frame.height();
                assert!(frame.equals_missing(&numbered(first, next)));
            }
            assert_eq!(next, end);
            for few in [0, 1, 5, 6, BATCH_ROWS, end, end + 1] {
                let head = rows.head(few).unwrap();
                assert!(head.equals_missing(&numbered(0, few.min(end))), "{few}");
            }
        }
    }

    #[test]
    fn no_rows_keep_their_columns() {
        for most in [usize::MAX, 0] {
            let rows = spooled(most, &[(0, 0)]);
            assert_eq!(rows.count(), 0);
            assert_eq!(rows.names().collect::<Vec<_>>(), ["number", "text"]);
            assert_eq!(rows.whole().unwrap().width(), 2);
        }
    }

    #[test]
    fn batches_that_nobody_wants_are_not_read() {
        let rows = spooled(0, &[(0, 3 * BATCH_ROWS)]);
        let wanted = BATCH_ROWS + 1;
        let read: Vec<usize> = rows
            .batches_of(|first, count| (first..first + count).contains(&wanted))
            .map(|b| b.unwrap().0)
            .collect();
        assert_eq!(read, [BATCH_ROWS]);
    }
}
