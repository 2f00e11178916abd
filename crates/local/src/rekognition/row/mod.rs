//! The rows of the tables, and the statements that read and write them. Each function works inside the caller's
//! transaction.

pub mod dataset;
pub mod entry;
pub mod project;
pub mod tag;
pub mod version;
