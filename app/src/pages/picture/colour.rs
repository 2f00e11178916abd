use leptos::prelude::*;

/// So many colours there are before the first comes again.
pub const LABEL_COLOURS: usize = 24;

/// The eight of Okabe and Ito, told apart by colour-blind people too (grey for their black, which a
/// dark picture would swallow), then lighter and darker turns. The first eight are `--label-1` to
/// `--label-8` of `style/tokens.css`: a canvas reads no style sheet.
const COLOURS: [&str; LABEL_COLOURS] = [
    "#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7", "#999999", // as published
    "#ffd280", "#bfe3f8", "#7fd6b9", "#faf5b5", "#7fbfe6", "#f3a875", "#ecc9db", "#d0d0d0", // lighter
    "#8a5f00", "#1f6f9e", "#00553e", "#8f8600", "#003f63", "#7f3800", "#7d3d60", "#4d4d4d", // darker
];

/// The colour of the label at `index` of its list. It repeats after 24: always show the name too.
pub fn colour(index: usize) -> &'static str {
    COLOURS.get(index % COLOURS.len()).copied().unwrap_or("#e69f00")
}

/// Black or white, whichever reads better on a `#rrggbb` colour.
pub fn ink_on(colour: &str) -> &'static str {
    if luminance(colour) > 0.18 { "#000000" } else { "#ffffff" }
}

/// Red, green, blue and opacity of a `#rrggbb` colour; black for what is none.
pub fn rgb(colour: &str, opacity: u8) -> [u8; 4] {
    let channel = |at: usize| colour.get(at..at + 2).and_then(|hex| u8::from_str_radix(hex, 16).ok()).unwrap_or(0);
    [channel(1), channel(3), channel(5), opacity]
}

/// Relative luminance after WCAG, 0 to 1; 0 for what is no `#rrggbb`.
fn luminance(colour: &str) -> f64 {
    let [red, green, blue, _] = rgb(colour, 255);
    let channel = |byte: u8| {
        let share = f64::from(byte) / 255.0;
        if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(red) + 0.7152 * channel(green) + 0.0722 * channel(blue)
}

/// A small square in the label's colour, with the label's digit when it has a key. Shown in the
/// browser only: the colour is set as a style property, which the page's policy forbids in HTML.
#[component]
pub fn Swatch(index: usize, #[prop(optional)] with_key: bool) -> impl IntoView {
    let own = colour(index);
    let key = (with_key && index < 9).then(|| index + 1);
    view! {
        <span class="swatch" aria-hidden="true" style:background-color=own style:color=ink_on(own)>
            {key}
        </span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ink_reads_on_every_colour() {
        for index in 0..COLOURS.len() {
            let (a, b) = (luminance(colour(index)), luminance(ink_on(colour(index))));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{} has {contrast}", colour(index));
        }
    }
}
