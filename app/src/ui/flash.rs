use super::{Icon, ProblemLine, icon, use_jobs};
use crate::api;
use crate::tr;
use domain::view::{JobKind, JobState, JobView};
use leptos::prelude::*;

/// Short messages of the page itself. `Copy`.
#[derive(Clone, Copy)]
pub struct Flash {
    said: RwSignal<Vec<(u32, String)>>,
    next: StoredValue<u32>,
}

impl Flash {
    /// Shows a text for six seconds, on whichever page the person is by then.
    pub fn say(self, text: impl Into<String>) {
        let id = self
            .next
            .try_update_value(|n| {
                *n += 1;
                *n
            })
            .unwrap_or_default();
        self.said.update(|said| said.push((id, text.into())));
        set_timeout(move || self.drop(id), std::time::Duration::from_secs(6));
    }

    fn drop(self, id: u32) {
        self.said.try_update(|said| said.retain(|(own, _)| *own != id));
    }
}

/// Short messages that survive navigation.
pub fn use_flash() -> Flash {
    expect_context()
}

pub(super) fn provide_flash() {
    provide_context(Flash { said: RwSignal::new(Vec::new()), next: StoredValue::new(0) });
}

/// One message for each long job, and the short messages below them. They survive navigation.
#[component]
pub fn FlashList() -> impl IntoView {
    let jobs = use_jobs();
    let flash = use_flash();
    let listed = Memo::new(move |_| jobs.data.get().unwrap_or_default());
    let dismiss = Callback::new(move |id: String| {
        jobs.data.update(|jobs| {
            if let Some(jobs) = jobs {
                jobs.retain(|job| job.id != id);
            }
        });
        leptos::task::spawn_local(async move {
            let _ = api::job::dismiss_job(id).await;
        });
    });
    let ids = move || listed.with(|jobs| jobs.iter().map(|job| job.id.clone()).collect::<Vec<_>>());
    view! {
        <div class="flashes" aria-live="polite">
            <For each=ids key=Clone::clone let:id>
                {job_message(id, listed, dismiss)}
            </For>
            <For each=move || flash.said.get() key=|(id, _)| *id let:said>
                <div class="flash good" data-testid="flash">
                    {icon(Icon::Info)} <span>{said.1}</span>
                    {close(Callback::new(move |()| flash.drop(said.0)))}
                </div>
            </For>
        </div>
    }
    .into_any()
}

fn job_message(id: String, jobs: Memo<Vec<JobView>>, dismiss: Callback<String>) -> AnyView {
    let own = id.clone();
    let job = Memo::new(move |_| jobs.with(|jobs| jobs.iter().find(|job| job.id == own).cloned()));
    let close_it = Callback::new(move |()| dismiss.run(id.clone()));
    // What went well goes by itself; what failed stays until it is read.
    let done = Memo::new(move |_| job.with(|job| job.as_ref().is_some_and(|job| job.state == JobState::Done)));
    Effect::new(move || {
        if done.get() {
            set_timeout(move || close_it.try_run(()).unwrap_or_default(), std::time::Duration::from_secs(8));
        }
    });
    (move || {
        let job = job.get()?;
        let name = job_name(job.kind);
        let (class, mark, state) = match job.state {
            JobState::Running => ("flash", Icon::Working, progress(job.done, job.total)),
            JobState::Done => ("flash good", Icon::Check, view! { <span>{tr!(frame.job_done)}</span> }.into_any()),
            JobState::Failed(problem) => {
                ("flash bad", Icon::Failed, view! { <ProblemLine problem=problem /> }.into_any())
            }
        };
        let running = mark == Icon::Working;
        Some(
            view! {
                <div class=class data-testid="flash" data-job=job_word(job.kind)>
                    {icon(mark)}
                    <strong>{name}</strong>
                    {job.project.map(|project| view! { <span class="name">{project}</span> })}
                    {state}
                    {(!running).then(|| close(close_it))}
                </div>
            }
            .into_any(),
        )
    })
    .into_any()
}

fn progress(done: u64, total: u64) -> AnyView {
    if total == 0 {
        return view! { <span>{tr!(frame.job_running)}</span> }.into_any();
    }
    view! {
        <progress max=total.to_string() value=done.to_string()></progress>
        <span class="figures">{format!("{done} / {total}")}</span>
    }
    .into_any()
}

fn close(on_close: Callback<()>) -> AnyView {
    view! {
        <button type="button" class="button link close" aria-label=tr!(frame.close) on:click=move |_| on_close.run(())>
            {icon(Icon::Close)}
        </button>
    }
    .into_any()
}

fn job_name(kind: JobKind) -> Signal<String> {
    match kind {
        JobKind::DrawSamples => tr!(frame.job_draw_samples),
        JobKind::CreateDataset => tr!(frame.job_create_dataset),
        JobKind::SplitDataset => tr!(frame.job_split_dataset),
        JobKind::OpenLabelling => tr!(frame.job_open_labelling),
        JobKind::SaveChanges => tr!(frame.job_save_changes),
        JobKind::MoveImages => tr!(frame.job_move_images),
        JobKind::StartTraining => tr!(frame.job_start_training),
    }
}

fn job_word(kind: JobKind) -> &'static str {
    match kind {
        JobKind::DrawSamples => "draw-samples",
        JobKind::CreateDataset => "create-dataset",
        JobKind::SplitDataset => "split-dataset",
        JobKind::OpenLabelling => "open-labelling",
        JobKind::SaveChanges => "save-changes",
        JobKind::MoveImages => "move-images",
        JobKind::StartTraining => "start-training",
    }
}
