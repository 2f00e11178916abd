//! The components and hooks that the pages are made of.
//!
//! **Text** is a `Signal<String>` everywhere; `tr!(area.key)` makes one (see [`crate::i18n`]). A
//! property that takes text also takes a `String` or `&str` for what is not translated (names, ARNs).
//!
//! Components (all give small HTML with classes of `style/components.css`; no inline styles):
//! - [`Page`] `title intro? actions? step?` children: the frame of each page: `<h1>`, one sentence, the primary
//!   action at the right; with `step` also Back and Next at the foot.
//! - [`Button`] `label on_click kind? icon? busy? disabled? testid?`; [`LinkButton`] `label href kind? icon? testid?`.
//! - [`Field`] `id label value hint? error? placeholder? disabled? testid?`: text input with a live error;
//!   [`SelectField`] `id label value options hint?`; `value` is an `RwSignal<String>`.
//! - [`Card`] `title? testid?` children; [`EmptyState`] `icon title text` children (actions); [`Skeleton`] `lines?`;
//!   [`Notice`] `level` children: a coloured box with icon.
//! - [`icon`]`(Icon::X)`: an inline SVG, always with text beside it.
//! - [`VersionBadge`] / [`DatasetBadge`] `status`: icon and word for every state.
//! - [`ProblemBox`] `problem retry?`: sentence and advice by kind, AWS code and detail small, "Try again".
//!   [`ProblemLine`] the same in one line for lists; [`problem_sentence`], [`problem_advice`] as strings.
//! - [`Dialog`] `open title` children: native `<dialog>`; [`ConfirmByName`] `open title text name action on_confirm`:
//!   deleting by typing the name.
//! - [`CopyButton`] `text label?`.
//! - [`LeaseLine`] `version`: until when a running model runs, and the button that moves it.
//! - [`TrainingBar`] `message`: how far a training is; [`AllowNotifications`]: asks whether the browser may tell its end.
//! - [`each`]`(items, key, |item: Memo<T>| view)`: a list whose views stay while their items change.
//! - [`Ago`] / [`Since`] `at_ms`: relative time, the absolute one on hover, counting.
//!
//! Hooks:
//! - [`use_fetched`], [`use_polled`], [`use_polled_by`]: data from server functions, fetched in the browser only;
//!   [`loaded`]`(polled, |value: Signal<T>| view)` shows skeletons, problem or data. `polled.refresh()`, `polled.put(v)`.
//! - [`use_action`]: a change: `let save = use_action(move |input| save(..), move |answer| ..)`, `save.run(input)`,
//!   `save.busy`, `save.problem`. Nothing that was entered is lost on an error.
//! - [`use_project`]: the project of this URL: `.name` (`Signal<String>`), `.view` (`Polled<ProjectView>`); polled once for
//!   the stepper and the page; call `.view.refresh()` after a change.
//! - [`use_session`], [`use_running`], [`use_jobs`] (`.refresh()` after starting a job: it then shows as flash message),
//!   [`use_flash`] (`.say(text)` for a short message), [`use_clock`] (now, every second), [`use_lang`](crate::i18n::use_lang).
//! - [`use_near`]`(node_ref)`: whether an element is in the window or near it.
//! - [`use_query`]`("name")`: one value of the URL's query as signal with a setter, so that a link opens what its sender saw.

mod action;
mod badge;
mod button;
mod card;
mod confirm;
mod copy;
mod dialog;
mod each;
mod field;
mod flash;
mod frame;
mod header;
mod help;
mod icon;
mod lease;
mod near;
mod page;
mod polled;
mod problem;
mod project;
mod query;
mod running;
mod state;
mod stepper;
mod theme;
mod time;
mod trainings;
mod trouble;

pub use action::{Action, use_action};
pub use badge::{DatasetBadge, VersionBadge};
pub use button::{Button, ButtonKind, LinkButton};
pub use card::{Card, EmptyState, Level, Notice, Skeleton};
pub use confirm::ConfirmByName;
pub use copy::CopyButton;
pub use dialog::Dialog;
pub use each::each;
pub use field::{Field, SelectField};
pub use flash::{Flash, FlashList, use_flash};
pub use frame::Frame;
pub use icon::{Icon, icon};
pub use lease::LeaseLine;
pub use near::use_near;
pub use page::Page;
pub(crate) use polled::sleep;
pub use polled::{Polled, after, loaded, use_fetched, use_polled, use_polled_by};
pub use problem::{ProblemBox, ProblemLine, problem_advice, problem_sentence};
pub use project::{ProjectContext, use_project};
pub use query::{QueryValue, use_query};
pub use running::{RunningBar, StopButton, cost_heading, cost_is_local, cost_now};
pub use state::{provide_frame_state, use_clock, use_jobs, use_running, use_session};
pub use stepper::{step_name, step_purpose};
pub use theme::{Theme, use_theme};
pub use time::{Ago, Since};
pub use trainings::{AllowNotifications, TrainingBar};
pub use trouble::TroubleBar;
