//! What the server tells the page: plain data, one module for each area of the page.
//! Times are milliseconds since the Unix epoch, money is US dollars, confidences are 0 to 100.

mod batch;
mod dataset;
mod evaluation;
mod images;
mod import;
mod job;
mod labelling;
mod model;
mod project;
mod suggesting;
mod training;

pub use batch::*;
pub use dataset::*;
pub use evaluation::*;
pub use images::*;
pub use import::*;
pub use job::*;
pub use labelling::*;
pub use model::*;
pub use project::*;
pub use suggesting::*;
pub use training::*;
