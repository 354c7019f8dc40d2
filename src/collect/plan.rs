//! What a collection sends, and what it needs for that: nothing is sent to find out.

pub mod estimate;
pub mod permissions;
