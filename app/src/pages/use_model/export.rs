//! Results as files: JSON as the service answers, CSV, and the picture with its boxes.

use super::cut::passing;
use domain::view::{Detection, DetectionView};
use serde_json::{Value, json};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, HtmlAnchorElement, Url};

/// The answer of one picture as `DetectCustomLabels` writes it, from `minimum` on.
pub fn custom_labels(answer: &DetectionView, minimum: Option<f64>) -> Value {
    let one = |found: &Detection| {
        let mut label = json!({ "Name": found.label, "Confidence": found.confidence });
        if let Some(area) = found.area {
            label["Geometry"] = json!({ "BoundingBox": {
                "Left": area.left, "Top": area.top, "Width": area.width, "Height": area.height,
            }});
        }
        label
    };
    json!({ "CustomLabels": passing(answer, minimum).iter().map(one).collect::<Vec<_>>() })
}

/// All pictures with their answers.
pub fn as_json(results: &[(String, DetectionView)], minimum: Option<f64>) -> String {
    let one = |(name, answer): &(String, DetectionView)| {
        let mut value = custom_labels(answer, minimum);
        value["Image"] = json!(name);
        value
    };
    let all: Vec<Value> = results.iter().map(one).collect();
    serde_json::to_string_pretty(&all).unwrap_or_default()
}

/// A line for each detection; boxes in image pixels.
pub fn as_csv(results: &[(String, DetectionView)], minimum: Option<f64>) -> String {
    // The mark by which spreadsheets know UTF-8.
    let mut text = "\u{feff}image,label,confidence,left,top,width,height\r\n".to_owned();
    for (name, answer) in results {
        for found in passing(answer, minimum) {
            let area = found.area.map(|area| area.pixels_from_ratio(answer.size));
            let sides = area.map_or_else(
                || ",,,".to_owned(),
                |area| format!("{:.0},{:.0},{:.0},{:.0}", area.left, area.top, area.width, area.height),
            );
            text.push_str(&format!("{},{},{},{sides}\r\n", quoted(name), quoted(&found.label), found.confidence));
        }
    }
    text
}

/// A field that a spreadsheet neither splits nor takes for a formula.
fn quoted(text: &str) -> String {
    let guard = if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\n', '\r']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

/// Hands a text to the person as a file.
pub fn save_text(name: &str, text: &str) {
    let parts = js_sys::Array::of1(&JsValue::from_str(text));
    if let Ok(blob) = Blob::new_with_str_sequence(&parts) {
        save(name, &blob);
    }
}

/// Hands bytes to the person as a file.
pub fn save(name: &str, blob: &Blob) {
    let Ok(url) = Url::create_object_url_with_blob(blob) else { return };
    let link =
        leptos::prelude::document().create_element("a").ok().and_then(|a| a.dyn_into::<HtmlAnchorElement>().ok());
    if let Some(link) = link {
        link.set_href(&url);
        link.set_download(name);
        link.click();
    }
    let _ = Url::revoke_object_url(&url);
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::geometry::{ImageSize, RatioBox};

    fn results() -> Vec<(String, DetectionView)> {
        let found = |label: &str, confidence| Detection {
            label: label.to_owned(),
            confidence,
            area: Some(RatioBox { left: 0.5, top: 0.25, width: 0.1, height: 0.2 }),
        };
        let answer = DetectionView {
            size: ImageSize { width: 200, height: 100 },
            detections: vec![found("猫, \"tama\"", 90.0), found("=1+1", 60.0), found("dog", 20.0)],
            took_ms: 1,
            assumed_thresholds: Vec::new(),
            through: None,
        };
        vec![("a.png".to_owned(), answer)]
    }

    #[test]
    fn csv_keeps_fields_together_and_formulas_harmless() {
        let text = as_csv(&results(), Some(50.0));
        let lines: Vec<&str> = text.trim_start_matches('\u{feff}').trim_end().split("\r\n").collect();
        assert_eq!(
            lines,
            [
                "image,label,confidence,left,top,width,height",
                "a.png,\"猫, \"\"tama\"\"\",90,100,25,20,20",
                "a.png,\"'=1+1\",60,100,25,20,20"
            ]
        );
    }

    #[test]
    fn json_is_the_services_answer_with_the_pictures_name() {
        let all: Value = serde_json::from_str(&as_json(&results(), Some(0.0))).unwrap();
        assert_eq!(all[0]["Image"], "a.png");
        assert_eq!(all[0]["CustomLabels"][2]["Name"], "dog");
        assert_eq!(all[0]["CustomLabels"][0]["Geometry"]["BoundingBox"]["Left"], 0.5);
    }
}
