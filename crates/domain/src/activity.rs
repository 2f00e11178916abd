//! The activity log, in the words that AWS's own sample scripts print.

use crate::geometry::PixelBox;
use crate::lease::LeaseEnd;

pub fn starting(version_arn: &str) -> String {
    format!("Starting model: {version_arn}")
}

pub fn stopping(version_arn: &str) -> String {
    format!("Stopping model:{version_arn}")
}

pub fn status(status: &str) -> String {
    format!("Status: {status}")
}

pub fn message(message: &str) -> String {
    format!("Message: {message}")
}

/// Why Kenchi itself stops a model; AWS's scripts have no such line.
pub fn lease_ended(end: LeaseEnd) -> String {
    let why = match end {
        LeaseEnd::Time => "the agreed time is over",
        LeaseEnd::Idle => "no detection for the agreed time",
        LeaseEnd::Money => "the agreed cost is reached",
    };
    format!("Lease ended: {why}")
}

pub fn detected(file: &str) -> String {
    format!("Detected custom labels for {file}")
}

pub fn label(name: &str) -> String {
    format!("Label {name}")
}

/// `confidence` is 0 to 100.
pub fn confidence(confidence: f64) -> String {
    format!("Confidence {confidence}")
}

/// The four lines of a box, in image pixels.
pub fn area(area: &PixelBox) -> [String; 4] {
    [
        format!("Left: {:.0}", area.left),
        format!("Top: {:.0}", area.top),
        format!("Label Width: {:.0}", area.width),
        format!("Label Height: {:.0}", area.height),
    ]
}
