//! Numbers, money, bytes, durations and times as a person reads them, in both languages.
//! Small on purpose: no ICU; what depends on the time zone is asked of the browser.

use crate::i18n::{Lang, Locale};

/// `1,234,567`
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `$0.37`; always two decimals.
pub fn usd(value: f64) -> String {
    format!("${value:.2}")
}

/// A share of 0 to 1 as `97.5 %`.
pub fn percent(share: f64) -> String {
    format!("{:.1}%", share * 100.0)
}

/// A confidence of 0 to 100 as `97.5%`. What is less than certain never reads `100.0%`, since a minimum of 100 leaves it out.
pub fn confidence(value: f64) -> String {
    format!("{:.1}%", if value < 100.0 { value.min(99.9) } else { value })
}

/// A measure of 0 to 1 with three decimals, as F1 and its like are told: `0.975`.
pub fn ratio(value: f64) -> String {
    format!("{value:.3}")
}

/// `812 B`, `34 kB`, `1.2 MB`
pub fn bytes(count: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let count = count as f64;
    if count < 1_000.0 {
        format!("{count:.0} B")
    } else if count < 1_000_000.0 {
        format!("{:.0} kB", count / 1_000.0)
    } else {
        format!("{:.1} MB", count / 1_000_000.0)
    }
}

/// `42 s`, `2 min 5 s`, `1 h 3 min` / `42 秒`, `2 分 5 秒`, `1 時間 3 分`
pub fn duration(locale: Locale, millis: i64) -> String {
    let seconds = (millis / 1000).max(0);
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match locale {
        Locale::ja if h > 0 && m == 0 => format!("{h} 時間"),
        Locale::ja if h > 0 => format!("{h} 時間 {m} 分"),
        Locale::ja if m > 0 && s == 0 => format!("{m} 分"),
        Locale::ja if m > 0 => format!("{m} 分 {s} 秒"),
        Locale::ja => format!("{s} 秒"),
        Locale::en if h > 0 && m == 0 => format!("{h} h"),
        Locale::en if h > 0 => format!("{h} h {m} min"),
        Locale::en if m > 0 && s == 0 => format!("{m} min"),
        Locale::en if m > 0 => format!("{m} min {s} s"),
        Locale::en => format!("{s} s"),
    }
}

/// How long ago, in one unit: `12 s ago` / `12 秒前`.
pub fn ago(locale: Locale, millis: i64) -> String {
    let seconds = (millis / 1000).max(0);
    let (count, ja, en) = match seconds {
        0..60 => (seconds, "秒", "s"),
        60..3600 => (seconds / 60, "分", "min"),
        3600..86_400 => (seconds / 3600, "時間", "h"),
        _ => (seconds / 86_400, "日", "d"),
    };
    match locale {
        Locale::ja => format!("{count} {ja}前"),
        Locale::en => format!("{count} {en} ago"),
    }
}

/// A date and time in the browser's time zone. Empty on the server.
pub fn date_time(lang: Lang, at_ms: i64) -> String {
    in_browser(lang, at_ms, true)
}

/// The time of the day, `15:40:12`, in the browser's time zone. Empty on the server.
pub fn time_of_day(lang: Lang, at_ms: i64) -> String {
    in_browser(lang, at_ms, false)
}

#[cfg(feature = "hydrate")]
#[expect(clippy::cast_precision_loss, reason = "milliseconds fit into a float")]
fn in_browser(lang: Lang, at_ms: i64, with_date: bool) -> String {
    let date = js_sys::Date::new(&wasm_bindgen::JsValue::from_f64(at_ms as f64));
    let locale = leptos_i18n::Locale::as_str(lang.get());
    let text = if with_date {
        date.to_locale_string(locale, &wasm_bindgen::JsValue::UNDEFINED)
    } else {
        date.to_locale_time_string(locale)
    };
    text.into()
}

#[cfg(not(feature = "hydrate"))]
fn in_browser(_lang: Lang, _at_ms: i64, _with_date: bool) -> String {
    String::new()
}

/// Milliseconds since the epoch by the browser's clock; 0 on the server, which shows no times.
pub fn now_ms() -> i64 {
    #[cfg(feature = "hydrate")]
    #[expect(clippy::cast_possible_truncation, reason = "whole milliseconds")]
    {
        js_sys::Date::now() as i64
    }
    #[cfg(not(feature = "hydrate"))]
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_confidence_that_is_not_certain_does_not_read_so() {
        assert_eq!([99.97, 99.94, 97.46, 100.0].map(confidence), ["99.9%", "99.9%", "97.5%", "100.0%"]);
    }

    #[test]
    fn numbers_are_grouped_by_three() {
        assert_eq!([number(0), number(999), number(1_000), number(1_234_567)], ["0", "999", "1,000", "1,234,567"]);
    }

    #[test]
    fn durations_name_at_most_two_units() {
        assert_eq!(duration(Locale::en, 125_900), "2 min 5 s");
        assert_eq!(duration(Locale::ja, 3_780_000), "1 時間 3 分");
        assert_eq!(duration(Locale::en, -5), "0 s");
        assert_eq!([duration(Locale::en, 60_000), duration(Locale::ja, 7_200_000)], ["1 min", "2 時間"]);
    }

    #[test]
    fn ages_name_one_unit() {
        assert_eq!(ago(Locale::ja, 12_000), "12 秒前");
        assert_eq!(ago(Locale::en, 7_200_000), "2 h ago");
    }

    #[test]
    fn money_has_two_decimals() {
        assert_eq!(usd(0.366), "$0.37");
    }
}
