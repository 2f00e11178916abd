use crate::format;
use crate::links;
use crate::tr;
use crate::ui::{Ago, Button, ButtonKind, Icon, LinkButton, VersionBadge, icon, step_purpose};
use domain::status::VersionStatus;
use domain::view::ProjectView;
use leptos::prelude::*;

/// The existing projects with their next step; `on_delete` gets a name.
pub(super) fn list(projects: Signal<Vec<ProjectView>>, on_delete: Callback<String>) -> AnyView {
    let none = Memo::new(move |_| projects.with(Vec::is_empty));
    view! {
        {move || none.get().then(|| view! { <p class="quiet-text">{tr!(project.none)}</p> })}
        <ul class="stack">
            <For each=move || projects.get() key=|project| format!("{project:?}") let:project>
                <li>{project_card(project, Some(on_delete))}</li>
            </For>
        </ul>
    }
    .into_any()
}

/// One project: thumbnail, name, last result and the way on.
pub(crate) fn project_card(project: ProjectView, on_delete: Option<Callback<String>>) -> AnyView {
    let href = links::step(project.next_step, Some(&project.name));
    let name = project.name.clone();
    let picture = match &project.thumbnail {
        Some(uri) => {
            view! { <img class="thumb" alt="" loading="lazy" src=links::preview(&uri.bucket, &uri.key, 256) /> }.into_any()
        }
        None => view! { <span class="thumb none">{icon(Icon::Project)}</span> }.into_any(),
    };
    let images = project.train.as_ref().map(|train| format::number(train.stats.total_entries));
    let created = project.created_ms;
    let result = last_result(&project);
    view! {
        <article class="project-card" data-testid="project-card">
            <a class="project-picture" href=href.clone() tabindex="-1" aria-hidden="true">{picture}</a>
            <div class="project-text">
                <h3><a href=href.clone()>{project.name}</a></h3>
                <p class="small-text quiet-text row">
                    <span>{tr!(project.created)} " " <Ago at_ms=created /></span>
                    {images.map(|images| view! { <span>{tr!(project.images, count = images.clone())}</span> })}
                    {(project.unsaved > 0)
                        .then(|| view! { <span class="badge costing">{tr!(project.unsaved, count = project.unsaved)}</span> })}
                </p>
                {result}
            </div>
            <div class="actions">
                <LinkButton
                    label=step_purpose(project.next_step)
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
    }
    .into_any()
}

/// The newest model with its state and F1.
fn last_result(project: &ProjectView) -> AnyView {
    let Some(version) = project.versions.first() else {
        return view! { <p class="small-text quiet-text">{tr!(project.no_model)}</p> }.into_any();
    };
    let status: VersionStatus = version.status;
    view! {
        <p class="row small-text">
            <VersionBadge status=status />
            <span>{version.name.clone()}</span>
            {version.f1.map(|f1| view! { <strong class="figures">{format!("F1 {}", format::ratio(f1))}</strong> })}
        </p>
    }
    .into_any()
}
