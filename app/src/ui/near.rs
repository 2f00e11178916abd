use leptos::html::ElementType;
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, IntersectionObserver, IntersectionObserverEntry, IntersectionObserverInit};

/// How far from the window something is still near: a window's half above and below.
const MARGIN: &str = "50% 0px";

/// Whether an element is in the window or near it; false on the server and before the browser has told.
pub fn use_near<E>(element: NodeRef<E>) -> ReadSignal<bool>
where
    E: ElementType,
    E::Output: JsCast + AsRef<Element> + Clone + 'static,
{
    let (near, set_near) = signal(false);
    Effect::new(move || {
        let watch = element.get().and_then(|element| {
            let on_change = Closure::<dyn Fn(js_sys::Array)>::new(move |entries: js_sys::Array| {
                if let Ok(last) = entries.at(-1).dyn_into::<IntersectionObserverEntry>() {
                    set_near.try_set(last.is_intersecting());
                }
            });
            let options = IntersectionObserverInit::new();
            options.set_root_margin(MARGIN);
            let observer = IntersectionObserver::new_with_options(on_change.as_ref().unchecked_ref(), &options).ok()?;
            observer.observe(element.as_ref());
            Some(Watching { observer, _on_change: on_change })
        });
        // It lives until the element is another one, or gone.
        StoredValue::new_local(watch);
    });
    near
}

/// Ends the watch before the closure goes.
struct Watching {
    observer: IntersectionObserver,
    _on_change: Closure<dyn Fn(js_sys::Array)>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}
