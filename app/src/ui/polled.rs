use super::{ProblemBox, Skeleton};
use crate::api::ApiError;
use crate::format;
use crate::i18n::use_lang;
use crate::{tr, ui::use_clock};
use domain::problem::Problem;
use leptos::prelude::*;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::time::Duration;

/// Data that the browser fetches after hydration and fetches again from time to time.
///
/// `Copy`. Nothing is fetched on the server: its HTML has skeletons.
pub struct Polled<T: Send + Sync + 'static> {
    /// The newest answer; kept while a later call fails. Set only when it differs.
    pub data: RwSignal<Option<T>>,
    /// Why the newest call failed; none when it went well.
    pub error: RwSignal<Option<Problem>>,
    /// When `data` was last confirmed, by the browser's clock.
    pub updated_ms: RwSignal<i64>,
    asked: RwSignal<u32>,
}

impl<T: Send + Sync + 'static> Clone for Polled<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Polled<T> {}

impl<T: Send + Sync + 'static> Polled<T> {
    /// Fetches now. What is shown stays until the answer comes.
    pub fn refresh(self) {
        self.asked.update(|n| *n = n.wrapping_add(1));
    }

    /// Puts an answer that came by another way, such as that of a change.
    pub fn put(self, value: T) {
        self.data.set(Some(value));
        self.error.set(None);
        self.updated_ms.set(format::now_ms());
    }
}

/// Fetches once, and again when a signal that `fetch` reads (before its first await) changes.
/// Such a change forgets the old data; [`Polled::refresh`] keeps it.
pub fn use_fetched<T, F>(fetch: impl Fn() -> F + 'static) -> Polled<T>
where
    T: PartialEq + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T, ApiError>> + 'static,
{
    use_polled_by(fetch, |_| None)
}

/// Like [`use_fetched`], and every `every_ms` again.
pub fn use_polled<T, F>(every_ms: u32, fetch: impl Fn() -> F + 'static) -> Polled<T>
where
    T: PartialEq + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T, ApiError>> + 'static,
{
    use_polled_by(fetch, move |_| Some(every_ms))
}

/// Like [`use_polled`] with a pace that depends on the data: `pace` gives the milliseconds to wait,
/// or none to stop. After failures the wait doubles up to 30 s; a hidden page waits too.
pub fn use_polled_by<T, F>(
    fetch: impl Fn() -> F + 'static,
    pace: impl Fn(Option<&T>) -> Option<u32> + 'static,
) -> Polled<T>
where
    T: PartialEq + Clone + Send + Sync + 'static,
    F: Future<Output = Result<T, ApiError>> + 'static,
{
    let polled = Polled {
        data: RwSignal::new(None),
        error: RwSignal::new(None),
        updated_ms: RwSignal::new(0),
        asked: RwSignal::new(0),
    };
    let take = move |answer: Result<T, ApiError>| {
        match answer {
            Ok(value) => {
                let same = polled.data.try_with_untracked(|old| old.as_ref() == Some(&value)).unwrap_or(true);
                if !same {
                    polled.data.try_set(Some(value));
                }
                polled.updated_ms.try_set(format::now_ms());
                if polled.error.try_with_untracked(Option::is_some).unwrap_or(false) {
                    polled.error.try_set(None);
                }
            }
            Err(ApiError(problem)) => {
                polled.error.try_set(Some(problem));
            }
        }
        let wait = polled.data.try_with_untracked(|data| pace(data.as_ref()))??;
        let failed = polled.error.try_with_untracked(Option::is_some)?;
        Some((wait, failed))
    };
    let take = Rc::new(take);
    let ask = move || -> Call {
        let answer = fetch();
        let take = Rc::clone(&take);
        Box::pin(async move {
            let answer = answer.await;
            Box::new(move || take(answer)) as Take
        })
    };
    let forget = move || {
        polled.data.set(None);
        polled.error.set(None);
    };
    drive(Rc::new(ask), forget, polled.asked);
    polled
}

/// Takes an answer over; gives the wait before the next call and whether this one failed.
type Take = Box<dyn FnOnce() -> Option<(u32, bool)>>;
type Call = Pin<Box<dyn Future<Output = Take>>>;

/// The part that does not depend on the data's type.
fn drive(ask: Rc<dyn Fn() -> Call>, forget: impl Fn() + 'static, asked: RwSignal<u32>) {
    let round = StoredValue::new(0_u32);
    let ask_first = Rc::clone(&ask);
    // Runs in the browser only, again when what `ask` reads changes.
    Effect::new(move |before: Option<()>| {
        if before.is_some() {
            untrack(&forget);
        }
        let call = ask_first();
        untrack(|| run(call, Rc::clone(&ask_first), round));
    });
    Effect::new(move |before: Option<u32>| {
        let now = asked.get();
        if before.is_some_and(|before| before != now) {
            untrack(|| run(ask(), Rc::clone(&ask), round));
        }
        now
    });
}

/// Makes one call and plans the next. A newer round ends the older ones.
fn run(call: Call, ask: Rc<dyn Fn() -> Call>, round: StoredValue<u32>) {
    let Some(mine) = round.try_update_value(|n| {
        *n = n.wrapping_add(1);
        *n
    }) else {
        return;
    };
    leptos::task::spawn_local(async move {
        let mut call = call;
        let mut failures = 0_u32;
        loop {
            let take = call.await;
            if round.try_get_value() != Some(mine) {
                return;
            }
            let Some((wait, failed)) = take() else { return };
            failures = if failed { (failures + 1).min(5) } else { 0 };
            let wait = (wait << failures).min(wait.max(30_000));
            loop {
                sleep(wait).await;
                if round.try_get_value() != Some(mine) {
                    return;
                }
                if !hidden() {
                    break;
                }
            }
            call = untrack(|| ask());
        }
    });
}

#[cfg(feature = "hydrate")]
pub(crate) async fn sleep(millis: u32) {
    gloo_timers::future::TimeoutFuture::new(millis).await;
}

#[cfg(not(feature = "hydrate"))]
pub(crate) async fn sleep(_millis: u32) {}

#[cfg(feature = "hydrate")]
fn hidden() -> bool {
    document().hidden()
}

#[cfg(not(feature = "hydrate"))]
fn hidden() -> bool {
    false
}

/// Shows data once it is there: skeletons before, a [`ProblemBox`] when the first call failed, and
/// a line "updated 12 s ago" above when later ones fail. `children` runs once; the signal it gets
/// follows the data.
pub fn loaded<T>(polled: Polled<T>, children: impl Fn(Signal<T>) -> AnyView + Send + Sync + 'static) -> AnyView
where
    T: Clone + Send + Sync + 'static,
{
    let there = Memo::new(move |_| polled.data.with(Option::is_some));
    let retry = Callback::new(move |()| polled.refresh());
    let body = move || {
        if there.get() {
            let Some(first) = polled.data.get_untracked() else { return ().into_any() };
            let first = StoredValue::new(first);
            let value = Signal::derive(move || polled.data.get().unwrap_or_else(|| first.get_value()));
            untrack(|| children(value))
        } else {
            waiting(polled.error.into(), retry)
        }
    };
    view! {
        {stale_line(there.into(), polled.error.into(), polled.updated_ms.into(), retry)}
        {body}
    }
    .into_any()
}

fn waiting(error: Signal<Option<Problem>>, retry: Callback<()>) -> AnyView {
    (move || match error.get() {
        Some(problem) => view! { <ProblemBox problem=problem retry=retry /> }.into_any(),
        None => view! { <Skeleton lines=4 /> }.into_any(),
    })
    .into_any()
}

fn stale_line(
    there: Signal<bool>,
    error: Signal<Option<Problem>>,
    updated_ms: Signal<i64>,
    retry: Callback<()>,
) -> AnyView {
    let lang = use_lang();
    let clock = use_clock();
    (move || {
        error.get().filter(|_| there.get()).map(|problem| {
            let age = move || format::ago(lang.get(), clock.get() - updated_ms.get());
            view! {
                <div class="stale" role="status">
                    <span>{tr!(frame.updated, ago = age())}</span>
                    <span>{super::problem_sentence(lang, problem.kind)}</span>
                    <button type="button" class="button link" on:click=move |_| retry.run(())>
                        {tr!(frame.try_again)}
                    </button>
                </div>
            }
        })
    })
    .into_any()
}

/// Calls `work` after `millis`, in the browser; cancelled when the component goes away.
pub fn after(millis: u64, work: impl FnOnce() + 'static) {
    if let Ok(handle) = set_timeout_with_handle(work, Duration::from_millis(millis)) {
        on_cleanup(move || handle.clear());
    }
}
