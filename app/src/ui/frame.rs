use super::FlashList;
use super::header::Header;
use super::help::HelpPanel;
use super::stepper::Stepper;
use super::trouble::TroubleBar;
use crate::i18n::use_lang;
use crate::tr;
use leptos::prelude::*;

/// What stands round every page: header, stepper, flash messages, help.
#[component]
pub fn Frame(children: Children) -> impl IntoView {
    let lang = use_lang();
    let ready = RwSignal::new(false);
    Effect::new(move || ready.set(true));
    // The server wrote <html lang>; a switch in the browser follows here.
    Effect::new(move || {
        let code = leptos_i18n::Locale::as_str(lang.get());
        if let Some(root) = document().document_element() {
            let _ = root.set_attribute("lang", code);
        }
    });
    view! {
        <a class="skip" href="#main">{tr!(frame.skip)}</a>
        <Header />
        <TroubleBar />
        <div class="body" data-ready=move || ready.get().then_some("true")>
            <Stepper />
            <main id="main" tabindex="-1">
                <FlashList />
                {children()}
            </main>
            <HelpPanel />
        </div>
    }
    .into_any()
}
