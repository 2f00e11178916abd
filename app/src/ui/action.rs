use crate::api::ApiError;
use domain::problem::Problem;
use leptos::prelude::*;
use std::future::Future;
use std::pin::Pin;

/// A change that a person asks for: busy while it runs, with its problem kept for showing.
pub struct Action<I: 'static> {
    /// Whether a call is under way; a second one is not started then.
    pub busy: RwSignal<bool>,
    /// Why the last call failed; none once a new one starts.
    pub problem: RwSignal<Option<Problem>>,
    start: StoredValue<Start<I>>,
}

/// Safe to drop on any thread: the server makes actions too, and never runs them.
type Start<I> = Box<dyn Fn(I) -> Work + Send + Sync>;
type Work = Pin<Box<dyn Future<Output = Result<After, Problem>>>>;
type After = Box<dyn FnOnce()>;

impl<I: 'static> Clone for Action<I> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<I: 'static> Copy for Action<I> {}

impl<I: 'static> Action<I> {
    /// Starts the call, unless one is under way.
    pub fn run(self, input: I) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.problem.set(None);
        if let Some(work) = self.start.try_with_value(|start| start(input)) {
            drive(work, self.busy, self.problem);
        }
    }
}

/// Makes an [`Action`]: `call` asks the server, `done` runs with a good answer.
/// Both run without a reactive owner: take contexts (`use_…`) before.
pub fn use_action<I, O, F>(
    call: impl Fn(I) -> F + Send + Sync + 'static,
    done: impl Fn(O) + Clone + Send + Sync + 'static,
) -> Action<I>
where
    I: 'static,
    O: 'static,
    F: Future<Output = Result<O, ApiError>> + 'static,
{
    let start = move |input: I| -> Work {
        let answer = call(input);
        let done = done.clone();
        Box::pin(async move {
            let value = answer.await.map_err(|error| error.0)?;
            Ok(Box::new(move || done(value)) as After)
        })
    };
    Action { busy: RwSignal::new(false), problem: RwSignal::new(None), start: StoredValue::new(Box::new(start)) }
}

fn drive(work: Work, busy: RwSignal<bool>, problem: RwSignal<Option<Problem>>) {
    leptos::task::spawn_local(async move {
        let outcome = work.await;
        // The page may be gone by now.
        if busy.try_set(false).is_some() {
            return;
        }
        match outcome {
            Ok(done) => done(),
            Err(found) => problem.set(Some(found)),
        }
    });
}
