use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{Element, HtmlImageElement, ResizeObserver};

/// The inner width and height of an element in CSS pixels, kept current; 0 before it is there.
pub fn observe_size(element: impl Fn() -> Option<Element> + 'static) -> RwSignal<(f64, f64)> {
    let size = RwSignal::new((0.0, 0.0));
    Effect::new(move || {
        let found = element();
        let watch = found.and_then(|element| {
            let own = element.clone();
            let on_change = Closure::<dyn Fn()>::new(move || {
                let now = (f64::from(own.client_width()), f64::from(own.client_height()));
                if size.try_get_untracked().is_some_and(|before| before != now) {
                    size.set(now);
                }
            });
            let observer = ResizeObserver::new(on_change.as_ref().unchecked_ref()).ok()?;
            observer.observe(&element);
            Some(Watching { observer, _on_change: on_change })
        });
        // It lives until the element is another one, or gone.
        StoredValue::new_local(watch);
    });
    size
}

/// Ends the watch before the closure goes.
struct Watching {
    observer: ResizeObserver,
    _on_change: Closure<dyn Fn()>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

/// A picture, once its bytes are there, and whether it failed.
type Picture = (ReadSignal<Option<HtmlImageElement>, LocalStorage>, RwSignal<bool>);

/// The picture at a URL, once its bytes are there; none while it loads, and none when it failed
/// (then the second signal is true). The URL is read again when it changes.
pub fn use_picture(url: Signal<Option<String>>) -> Picture {
    let (picture, set_picture) = signal_local(None::<HtmlImageElement>);
    let failed = RwSignal::new(false);
    let listening = StoredValue::new_local(None::<Listening>);
    Effect::new(move || {
        let url = url.get();
        failed.set(false);
        // The old picture would be drawn under the new boxes.
        set_picture.set(None);
        let listen = url.and_then(|url| {
            let image = HtmlImageElement::new().ok()?;
            let own = image.clone();
            let on_load = Closure::<dyn Fn()>::new(move || {
                set_picture.try_set(Some(own.clone()));
            });
            let on_error = Closure::<dyn Fn()>::new(move || {
                failed.try_set(true);
            });
            image.set_onload(Some(on_load.as_ref().unchecked_ref()));
            image.set_onerror(Some(on_error.as_ref().unchecked_ref()));
            image.set_src(&url);
            Some(Listening { image, _on_load: on_load, _on_error: on_error })
        });
        listening.set_value(listen);
    });
    (picture, failed)
}

/// Stops listening before the closures go.
struct Listening {
    image: HtmlImageElement,
    _on_load: Closure<dyn Fn()>,
    _on_error: Closure<dyn Fn()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.image.set_onload(None);
        self.image.set_onerror(None);
    }
}
