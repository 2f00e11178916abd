use crate::format;
use crate::links;
use crate::tr;
use crate::ui::{Ago, Button, ButtonKind, Icon, LinkButton, VersionBadge, each, icon, step_purpose};
use domain::view::ProjectView;
use leptos::prelude::*;

/// The existing projects with their next step; `on_delete` gets a name.
pub(super) fn list(projects: Signal<Vec<ProjectView>>, on_delete: Callback<String>) -> AnyView {
    let none = Memo::new(move |_| projects.with(Vec::is_empty));
    view! {
        {move || none.get().then(|| view! { <p class="quiet-text">{tr!(project.none)}</p> })}
        <ul class="stack">
            {each(projects, |project| &project.arn, move |project| project_card(project, Some(on_delete)))}
        </ul>
    }
    .into_any()
}

/// One project: thumbnail, name, last result and the way on.
pub(crate) fn project_card(project: Memo<ProjectView>, on_delete: Option<Callback<String>>) -> AnyView {
    let name = project.with_untracked(|project| project.name.clone());
    let shown = name.clone();
    let created = project.with_untracked(|project| project.created_ms);
    let next = Memo::new(move |_| project.with(|project| project.next_step));
    let href = Signal::derive(move || project.with(|project| links::step(project.next_step, Some(&project.name))));
    let thumbnail = Memo::new(move |_| project.with(|project| project.thumbnail.clone()));
    let picture = move || match thumbnail.get() {
        Some(uri) => {
            view! { <img class="thumb" alt="" loading="lazy" src=links::preview(&uri.bucket, &uri.key, 256) /> }
                .into_any()
        }
        None => view! { <span class="thumb none">{icon(Icon::Project)}</span> }.into_any(),
    };
    let images =
        Memo::new(move |_| project.with(|project| project.train.as_ref().map(|train| train.stats.total_entries)));
    let unsaved = Memo::new(move |_| project.with(|project| project.unsaved));
    view! {
        <li>
        <article class="project-card" data-testid="project-card">
            <a class="project-picture" href=href tabindex="-1" aria-hidden="true">{picture}</a>
            <div class="project-text">
                <h3><a href=href>{shown}</a></h3>
                <p class="small-text quiet-text row">
                    <span>{tr!(project.created)} " " <Ago at_ms=created /></span>
                    {move || {
                        images.get().map(|images| view! { <span>{tr!(project.images, count = format::number(images))}</span> })
                    }}
                    {move || {
                        (unsaved.get() > 0)
                            .then(|| view! { <span class="badge costing">{tr!(project.unsaved, count = unsaved.get())}</span> })
                    }}
                </p>
                {last_result(project)}
            </div>
            <div class="actions">
                <LinkButton
                    label=Signal::derive(move || step_purpose(next.get()).get())
                    href=href
                    kind=if on_delete.is_some() { ButtonKind::Secondary } else { ButtonKind::Primary }
                    icon=Icon::Next
                    testid="next-step"
                />
                {on_delete
                    .map(|on_delete| {
                        view! {
                            <Button
                                label=tr!(project.delete)
                                icon=Icon::Delete
                                kind=ButtonKind::Link
                                on_click=move |()| on_delete.run(name.clone())
                            />
                        }
                    })}
            </div>
        </article>
        </li>
    }
    .into_any()
}

/// The newest model with its state and F1.
fn last_result(project: Memo<ProjectView>) -> AnyView {
    let newest = Memo::new(move |_| {
        project
            .with(|project| project.versions.first().map(|version| (version.status, version.name.clone(), version.f1)))
    });
    (move || match newest.get() {
        None => view! { <p class="small-text quiet-text">{tr!(project.no_model)}</p> }.into_any(),
        Some((status, name, f1)) => view! {
            <p class="row small-text">
                <VersionBadge status=status />
                <span>{name}</span>
                {f1.map(|f1| view! { <strong class="figures">{format!("F1 {}", format::ratio(f1))}</strong> })}
            </p>
        }
        .into_any(),
    })
    .into_any()
}
