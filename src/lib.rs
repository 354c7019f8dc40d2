//! Countersign: who can get into AWS, who approved it, and are the secrets
//! that hold it together rotated?

pub mod app;
pub mod bounds;
pub mod cli;
pub mod collect;
pub mod config;
pub mod dataset;
pub mod detect;
pub mod docs;
pub mod embedded;
pub mod fold;
pub mod frameworks;
pub mod glob;
pub mod hash;
pub mod report;
pub mod review;
pub mod rotation;
pub mod secret;
pub mod shown;
pub mod sqlfile;
pub mod time;

#[cfg(feature = "demo")]
pub use countersign_estate as estate;
