//! Countersign: who can get into AWS, who approved it, and are the secrets
//! that hold it together rotated?

pub mod cli;
pub mod dataset;
pub mod detect;
pub mod embedded;
pub mod fold;
pub mod sqlfile;
