//! The wall clock, in the unit of the views, and the waits between looks at the cloud.

use aws_smithy_types::DateTime;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// How the keeper of leases tells the time. A test turns it by hand.
#[derive(Clone)]
pub struct Time(Arc<dyn Fn() -> Moment + Send + Sync>);

/// What both clocks show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Milliseconds since the Unix epoch; a person can turn this clock.
    pub wall_ms: i64,
    /// Since any fixed moment of this run of the program; nobody can turn this one.
    pub passed: Duration,
}

impl Time {
    /// The computer's clocks.
    pub fn system() -> Self {
        let begun = Instant::now();
        Self::by(move || Moment { wall_ms: now_ms(), passed: begun.elapsed() })
    }

    /// Clocks of another kind.
    pub fn by(clocks: impl Fn() -> Moment + Send + Sync + 'static) -> Self {
        Self(Arc::new(clocks))
    }

    pub(crate) fn now(&self) -> Moment {
        (self.0)()
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// Milliseconds since the Unix epoch of the SDK's time.
pub(crate) fn millis(at: &DateTime) -> i64 {
    at.to_millis().unwrap_or_default()
}

/// The waits between looks at a state that changes: short at first, then longer.
pub(crate) struct BackOff {
    next: Duration,
    most: Duration,
}

impl BackOff {
    /// From a quarter of a second up to `most`.
    pub(crate) fn up_to(most: Duration) -> Self {
        Self { next: Duration::from_millis(250), most }
    }

    pub(crate) async fn wait(&mut self) {
        tokio::time::sleep(self.next).await;
        self.next = (self.next * 3 / 2).min(self.most);
    }
}
