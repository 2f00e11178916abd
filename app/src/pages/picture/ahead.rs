//! Pictures that are fetched and decoded before they are shown. An `ImageBitmap` made of a picture's bytes is decoded beside
//! the page's own thread; an `<img>` is decoded by it, on the frame that draws it first.

use js_sys::Promise;
use leptos::prelude::*;
use leptos::reactive::signal::Trigger;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Blob, ImageBitmap, Response};

/// Pixels of pictures that are held decoded, four bytes each; of more only the bytes are held.
const MOST_PIXELS: u64 = 48_000_000;

/// What there is of a picture.
#[derive(Clone, Debug)]
enum Part {
    /// It is being fetched, or decoded.
    Coming,
    Decoded(ImageBitmap),
    /// Its bytes: decoding it would hold too many pixels.
    Fetched(Blob),
    Failed,
}

/// Pictures by their URLs, fetched and decoded before they are shown. `Copy`.
#[derive(Clone, Copy)]
pub struct Pictures {
    kept: StoredValue<Vec<(String, Part)>, LocalStorage>,
    /// The picture that was asked for last.
    wanted: StoredValue<Option<String>>,
    shown: RwSignal<Option<String>>,
    /// Told when there is more of a picture than before.
    changed: Trigger,
}

/// The picture to draw, once it is there, and whether it failed.
type Shown = (ReadSignal<Option<ImageBitmap>, LocalStorage>, RwSignal<bool>);

impl Pictures {
    pub fn new() -> Self {
        Self {
            kept: StoredValue::new_local(Vec::new()),
            wanted: StoredValue::new(None),
            shown: RwSignal::new(None),
            changed: Trigger::new(),
        }
    }

    /// The URL of the picture that is shown; none while it loads.
    pub fn shown(self) -> ReadSignal<Option<String>> {
        self.shown.read_only()
    }

    /// Fetches and decodes the pictures at these URLs in their order, and lets go of all others.
    pub fn keep(self, urls: &[String]) {
        let wanted = self.wanted.get_value();
        let new = self.kept.try_update_value(|kept| {
            kept.retain(|(url, part)| {
                let stays = urls.contains(url) || wanted.as_ref() == Some(url);
                if let (false, Part::Decoded(picture)) = (stays, part) {
                    picture.close();
                }
                stays
            });
            urls.iter().filter(|url| kept.iter().all(|(own, _)| own != *url)).cloned().collect::<Vec<_>>()
        });
        new.unwrap_or_default().iter().for_each(|url| self.begin(url, None));
    }

    /// The picture at a URL, once it is there; none while it loads, and none when it failed (then the second signal is true).
    pub fn show(self, url: Signal<Option<String>>) -> Shown {
        let (picture, set_picture) = signal_local(None::<ImageBitmap>);
        let failed = RwSignal::new(false);
        Effect::new(move |before: Option<Option<String>>| {
            let url = url.get();
            self.changed.track();
            self.wanted.set_value(url.clone());
            let opened = before.is_none_or(|before| before != url);
            let part = url.as_deref().and_then(|url| self.part(url));
            let there = if let Some(Part::Decoded(picture)) = &part { Some(picture) } else { None };
            // While it is not there the old picture would be drawn under the new boxes.
            if picture.read_untracked().as_ref() != there {
                set_picture.set(there.cloned());
            }
            let shown = url.clone().filter(|_| there.is_some());
            if *self.shown.read_untracked() != shown {
                self.shown.set(shown);
            }
            // What failed is tried again when it is opened again.
            let now_failed = matches!(part, Some(Part::Failed)) && !opened;
            if failed.get_untracked() != now_failed {
                failed.set(now_failed);
            }
            match (&url, part) {
                (Some(url), None) => self.begin(url, None),
                (Some(url), Some(Part::Failed)) if opened => self.begin(url, None),
                (Some(url), Some(Part::Fetched(bytes))) => self.begin(url, Some(bytes)),
                _ => {}
            }
            url
        });
        (picture, failed)
    }

    fn part(self, url: &str) -> Option<Part> {
        self.kept.try_with_value(|kept| kept.iter().find(|(own, _)| own == url).map(|(_, part)| part.clone())).flatten()
    }

    /// Decodes a picture, and before that fetches it where its bytes are not here.
    fn begin(self, url: &str, bytes: Option<Blob>) {
        let url = url.to_owned();
        self.kept.update_value(|kept| {
            kept.retain(|(own, _)| *own != url);
            kept.push((url.clone(), Part::Coming));
        });
        leptos::task::spawn_local(async move {
            let part = self.bring(&url, bytes).await;
            self.kept.try_update_value(|kept| match kept.iter_mut().find(|(own, _)| *own == url) {
                Some(own) => own.1 = part,
                // It was let go of meanwhile.
                None => {
                    if let Part::Decoded(picture) = part {
                        picture.close();
                    }
                }
            });
            if !self.changed.is_disposed() {
                self.changed.notify();
            }
        });
    }

    async fn bring(self, url: &str, bytes: Option<Blob>) -> Part {
        let bytes = match bytes {
            Some(bytes) => bytes,
            None => match fetch(url).await {
                Some(bytes) => bytes,
                None => return Part::Failed,
            },
        };
        let Some(picture) = decode(&bytes).await else { return Part::Failed };
        let held = |part: &Part| if let Part::Decoded(picture) = part { pixels(picture) } else { 0 };
        let others = self.kept.try_with_value(|kept| kept.iter().map(|(_, part)| held(part)).sum::<u64>()).unwrap_or(0);
        let open = self.wanted.try_get_value().flatten().as_deref() == Some(url);
        if open || others + pixels(&picture) <= MOST_PIXELS {
            return Part::Decoded(picture);
        }
        picture.close();
        Part::Fetched(bytes)
    }
}

fn pixels(picture: &ImageBitmap) -> u64 {
    u64::from(picture.width()) * u64::from(picture.height())
}

/// The bytes at a URL; none when they can't be had.
async fn fetch(url: &str) -> Option<Blob> {
    let answer: Response = settle(window().fetch_with_str(url)).await?.dyn_into().ok()?;
    if !answer.ok() {
        return None;
    }
    settle(answer.blob().ok()?).await?.dyn_into().ok()
}

async fn decode(bytes: &Blob) -> Option<ImageBitmap> {
    settle(window().create_image_bitmap_with_blob(bytes).ok()?).await?.dyn_into().ok()
}

/// Why it failed is of no use to anybody: what is told is that the picture can't be shown.
async fn settle(promise: Promise) -> Option<JsValue> {
    JsFuture::from(promise).await.ok()
}
