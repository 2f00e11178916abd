//! Named points of work that lasts longer than a call, told to whoever opened the local cloud: the crash test ends its
//! process at one of them.

use std::fmt;
use std::sync::Arc;

/// Is told each point that is reached, with the ARN that it is about. It may never return.
#[derive(Clone, Default)]
pub struct Probe(Option<Told>);

type Told = Arc<dyn Fn(&'static str, &str) + Send + Sync>;

impl Probe {
    /// The points that there are.
    pub const POINTS: &'static [&'static str] = &[
        "dataset: work taken up",
        "dataset: entries written",
        "dataset: done",
        "training: taken up",
        "training: validation written",
        "training: trained",
        "training: results written",
        "training: done",
        "model: loaded",
        "model: running",
        "model: stopped",
        "copy: files written",
        "copy: done",
    ];

    /// Tells every point to `told`.
    pub fn new(told: impl Fn(&'static str, &str) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(told)))
    }

    pub(crate) fn reached(&self, point: &'static str, about: &str) {
        debug_assert!(Self::POINTS.contains(&point), "{point}");
        if let Some(told) = &self.0 {
            told(point, about);
        }
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Probe(..)")
    }
}
