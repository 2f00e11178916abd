//! The wall clock, in the unit of the views, and the waits between looks at the cloud.

use aws_smithy_types::DateTime;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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
