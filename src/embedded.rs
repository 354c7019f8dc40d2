//! The rules, views, reports and frameworks that ship inside the binary.
//!
//! The lists are made by the build script from the files of `queries/` and
//! `reports/`: path relative to the package, and text.

include!(concat!(env!("OUT_DIR"), "/embedded.rs"));
