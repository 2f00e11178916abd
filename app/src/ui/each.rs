use leptos::prelude::*;

/// One view for each item, kept while its item stays: what a poll changes flows in through the memo,
/// so that a focused button stays focused. For short lists: each item is found by walking the list.
pub fn each<T>(
    items: Signal<Vec<T>>,
    key: fn(&T) -> &str,
    children: impl Fn(Memo<T>) -> AnyView + Send + Sync + Clone + 'static,
) -> AnyView
where
    T: Clone + PartialEq + Send + Sync + 'static,
{
    let keys = move || items.with(|items| items.iter().map(|item| key(item).to_owned()).collect::<Vec<_>>());
    let one = move |own: String| {
        let find = move || items.with(|items| items.iter().find(|item| key(item) == own).cloned());
        // There is a first value: the key came from the list a moment ago.
        let Some(first) = untrack(&find) else { return ().into_any() };
        children(Memo::new(move |last: Option<&T>| find().or_else(|| last.cloned()).unwrap_or_else(|| first.clone())))
    };
    view! { <For each=keys key=Clone::clone children=one /> }.into_any()
}
