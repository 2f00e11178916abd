//! A picture from the camera.

use super::detection::Picture;
use super::playground::Playground;
use crate::tr;
use crate::ui::{Button, ButtonKind, Icon, Level, Notice};
use leptos::html;
use leptos::prelude::*;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, CanvasRenderingContext2d, File, FilePropertyBag, HtmlCanvasElement, HtmlVideoElement, MediaStream,
    MediaStreamConstraints, MediaStreamTrack,
};

/// The camera's picture and the button that takes it. The camera is let go of when this goes away.
pub fn camera(here: Playground) -> AnyView {
    let video = NodeRef::<html::Video>::new();
    let stream = StoredValue::new_local(None::<MediaStream>);
    let refused = RwSignal::new(false);
    Effect::new(move || {
        let Some(video) = video.get() else { return };
        leptos::task::spawn_local(async move {
            match open().await {
                // The page may be gone by now: then nobody would let go of it.
                Ok(opened) if stream.try_set_value(Some(opened.clone())).is_none() => {
                    video.set_src_object(Some(&opened));
                    let _ = video.play();
                }
                Ok(opened) => close(&opened),
                Err(_) => {
                    refused.try_set(true);
                }
            }
        });
    });
    on_cleanup(move || {
        stream.try_with_value(|stream| stream.iter().for_each(close));
    });
    let take = move |()| {
        if let Some(video) = video.get_untracked() {
            take_picture(&video, here);
        }
    };
    view! {
        <div class="camera" data-testid="camera">
            {move || refused.get().then(|| view! { <Notice level=Level::Warning>{tr!(use_model.camera_refused)}</Notice> })}
            <video node_ref=video autoplay=true playsinline=true muted=true></video>
            <div>
                <Button
                    label=tr!(use_model.camera_take)
                    icon=Icon::Images
                    kind=ButtonKind::Primary
                    testid="camera-take"
                    disabled=refused
                    on_click=take
                />
            </div>
        </div>
    }
    .into_any()
}

async fn open() -> Result<MediaStream, JsValue> {
    let wanted = MediaStreamConstraints::new();
    wanted.set_video(&JsValue::TRUE);
    let asked = window().navigator().media_devices()?.get_user_media_with_constraints(&wanted)?;
    JsFuture::from(asked).await?.dyn_into()
}

fn close(stream: &MediaStream) {
    for track in stream.get_tracks().iter() {
        if let Ok(track) = track.dyn_into::<MediaStreamTrack>() {
            track.stop();
        }
    }
}

fn take_picture(video: &HtmlVideoElement, here: Playground) {
    let canvas = document().create_element("canvas").ok().and_then(|it| it.dyn_into::<HtmlCanvasElement>().ok());
    let Some(canvas) = canvas else { return };
    canvas.set_width(video.video_width());
    canvas.set_height(video.video_height());
    let context = canvas.get_context("2d").ok().flatten().and_then(|it| it.dyn_into::<CanvasRenderingContext2d>().ok());
    let Some(context) = context else { return };
    if context.draw_image_with_html_video_element(video, 0.0, 0.0).is_err() {
        return;
    }
    let done = Closure::once_into_js(move |blob: Option<Blob>| {
        let Some(blob) = blob else { return };
        let kind = FilePropertyBag::new();
        kind.set_type("image/jpeg");
        let parts = js_sys::Array::of1(&blob);
        let file = File::new_with_blob_sequence_and_options(&parts, "camera.jpg", &kind).ok();
        here.take_files(file.and_then(Picture::from_file).into_iter().collect());
    });
    let _ = canvas.to_blob_with_type(done.unchecked_ref(), "image/jpeg");
}
