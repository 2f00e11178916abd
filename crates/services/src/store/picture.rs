//! Upright sizes of pictures, learnt when one is looked at.

use domain::geometry::ImageSize;
use domain::s3_uri::S3Uri;
use rusqlite::{Connection, Result, params};

pub(crate) fn set_size(db: &Connection, source: &S3Uri, size: ImageSize) -> Result<()> {
    db.prepare_cached(
        "INSERT INTO picture (source, width, height) VALUES (?1, ?2, ?3)
         ON CONFLICT (source) DO UPDATE SET width = ?2, height = ?3",
    )?
    .execute(params![source.to_string(), size.width, size.height])?;
    Ok(())
}
