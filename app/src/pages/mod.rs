//! One module for each area, after the URL tree (see the routes in `app.rs`).

mod activity;
mod cost;
mod dashboard;
mod dataset;
mod evaluate;
mod images;
mod labels;
mod models;
mod not_found;
mod picture;
mod prices;
mod project;
mod settings;
mod train;
mod use_model;
mod version_choice;

pub use activity::Activity;
pub use dashboard::Dashboard;
pub use dataset::Dataset;
pub use evaluate::Evaluate;
pub use images::Images;
pub(crate) use images::{LastPlace, provide_uploads, use_buckets};
#[cfg(feature = "ssr")]
pub use labels::FirstImages;
pub use labels::Labels;
pub use models::Models;
pub use not_found::NotFound;
pub use project::Projects;
pub use settings::Settings;
pub use train::Train;
pub use use_model::UseModel;
