//! What the fuzz targets look at. The modules are those of `crates/local`, taken by path: the whole crate would bring
//! SQLite and the trainer along.

#[path = "../crates/local/src/s3/range.rs"]
pub mod range;
#[path = "../crates/local/src/sigv4/mod.rs"]
pub mod sigv4;

/// As `local::Keys`.
#[derive(Clone, Debug)]
pub struct Keys {
    pub access_key_id: String,
    pub secret_access_key: String,
}
