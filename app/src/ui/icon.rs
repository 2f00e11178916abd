use leptos::prelude::*;

/// The icons. Always with text beside them: they are hidden from screen readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Icon {
    Mark,
    Images,
    Project,
    Dataset,
    Labels,
    Train,
    Evaluate,
    Use,
    Check,
    Failed,
    Warning,
    Info,
    Working,
    Running,
    Stopped,
    Stop,
    Start,
    Plus,
    Copy,
    Delete,
    Edit,
    Close,
    Folder,
    Upload,
    Back,
    Next,
    Retry,
    Cloud,
    Theme,
    Help,
    Lock,
    Log,
    Settings,
    Pause,
    Search,
    Down,
    Camera,
    Code,
    Undo,
    Redo,
    Fit,
    Keys,
    Points,
}

impl Icon {
    /// Strokes on a grid of 20.
    fn path(self) -> &'static str {
        match self {
            Self::Mark => "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4M9 10a1 1 0 1 0 2 0a1 1 0 1 0-2 0",
            Self::Images => "M3 4h14v12H3zM3 13l4-4 4 4 2-2 4 4M13 7.5h.01",
            Self::Project => "M3 5h5l2 2h7v9H3z",
            Self::Dataset => {
                "M4 5c0-1.1 2.7-2 6-2s6 .9 6 2-2.7 2-6 2-6-.9-6-2v10c0 1.100 2.700 2 6 2s6-.9 6-2V5M4 10c0 1.100 2.700 2 6 2s6-.9 6-2"
            }
            Self::Labels => "M3 3h7l7 7-7 7-7-7zM7 7h.01",
            Self::Train => "M3 16l4-5 3 3 7-9M12 5h5v5",
            Self::Evaluate => "M4 17V9M10 17V3M16 17v-6",
            Self::Use => "M3 7V3h4M13 3h4v4M17 13v4h-4M7 17H3v-4M8 7l5 3-5 3z",
            Self::Check => "M4 10.500l4 4 8-9",
            Self::Failed => "M10 18a8 8 0 1 0 0-16 8 8 0 0 0 0 16M7 7l6 6M13 7l-6 6",
            Self::Warning => "M10 3l8 14H2zM10 8v4M10 14.500v.01",
            Self::Info => "M10 18a8 8 0 1 0 0-16 8 8 0 0 0 0 16M10 9v5M10 6v.01",
            Self::Working => "M10 3a7 7 0 1 1-7 7",
            Self::Running => "M3 10h3l2-6 4 12 2-6h3",
            Self::Stopped => "M10 18a8 8 0 1 0 0-16 8 8 0 0 0 0 16M7.500 7.500h5v5h-5z",
            Self::Stop => "M5 5h10v10H5z",
            Self::Start => "M6 4l10 6-10 6z",
            Self::Plus => "M10 4v12M4 10h12",
            Self::Copy => "M7 7h10v10H7zM13 7V3H3v10h4",
            Self::Delete => "M3 6h14M8 6V3h4v3M5 6l1 11h8l1-11M8.500 9v5M11.500 9v5",
            Self::Edit => "M4 16l1-4 8-8 3 3-8 8z",
            Self::Close => "M5 5l10 10M15 5L5 15",
            Self::Folder => "M3 5h5l2 2h7v9H3zM3 9h14",
            Self::Upload => "M10 14V4M6 8l4-4 4 4M3 13v4h14v-4",
            Self::Back => "M12 4l-6 6 6 6",
            Self::Next => "M8 4l6 6-6 6",
            Self::Retry => "M16 10a6 6 0 1 1-2-4.500M16 3v4h-4",
            Self::Cloud => "M6 16a4 4 0 0 1-.500-8A5 5 0 0 1 15 9a3.500 3.500 0 0 1-.500 7z",
            Self::Theme => "M10 3a7 7 0 1 0 0 14zM10 3a7 7 0 0 1 0 14",
            Self::Help => {
                "M10 18a8 8 0 1 0 0-16 8 8 0 0 0 0 16M7.500 8a2.500 2.500 0 1 1 3.500 2.300c-.7.3-1 .7-1 1.700M10 14.500v.01"
            }
            Self::Lock => "M5 9h10v8H5zM7 9V6a3 3 0 0 1 6 0v3",
            Self::Log => "M4 5h12M4 10h12M4 15h8",
            Self::Settings => "M3 6h6M13 6h4M11 4v4M3 14h2M9 14h8M7 12v4",
            Self::Pause => "M7 4v12M13 4v12",
            Self::Search => "M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12M13.500 13.500L17 17",
            Self::Down => "M5 8l5 5 5-5",
            Self::Camera => "M3 6h3l1.500-2h5L14 6h3v10H3zM10 14a3 3 0 1 0 0-6 3 3 0 0 0 0 6",
            Self::Code => "M7 6l-4 4 4 4M13 6l4 4-4 4",
            Self::Undo => "M7 4L3 8l4 4M3 8h9a4 4 0 0 1 0 8H7",
            Self::Redo => "M13 4l4 4-4 4M17 8H8a4 4 0 0 0 0 8h5",
            Self::Fit => "M3 8V4h4M13 4h4v4M17 12v4h-4M7 16H3v-4M7 8h6v4H7z",
            Self::Points => "M10 3v.01M3 9v.01M17 11v.01M9 17v.01M3 3h14v14H3z",
            Self::Keys => "M2 5h16v10H2zM5 8h.01M8.300 8h.01M11.600 8h.01M15 8h.01M6 12h8",
        }
    }
}

/// The icon as inline SVG, as high as the text beside it.
pub fn icon(icon: Icon) -> AnyView {
    let class = if icon == Icon::Working { "icon turning" } else { "icon" };
    view! {
        <svg class=class viewBox="0 0 20 20" aria-hidden="true" focusable="false">
            <path d=icon.path() />
        </svg>
    }
    .into_any()
}
