//! The boxes that are not selected, drawn once on a sheet somewhat larger than the view. The sheet follows pans and
//! zooms as one picture; a changed box is mended where it lies; everything is drawn again, a slice at a time, only
//! when the view left the sheet or its scale changed.

use crate::editor::Editor;
use crate::raster::{Cells, Line, Raster, Rgba};
use crate::viewport::Viewport;
use domain::geometry::PixelBox;

/// How much more than the view a sheet shows on each side, as a share of the view.
const MARGIN: f64 = 0.25;
/// With so little of the margin left, as a share of the view, the next sheet is begun.
const LEAST_MARGIN: f64 = 0.04;
/// Boxes between two looks at the clock.
const SLICE: usize = 256;

/// The colours of labels by their index, from the first again after the last: line and rim.
pub type Palette<'a> = &'a [(Rgba, Rgba)];

/// A sheet and what it shows. Its pixels are kept by whoever shows it.
#[derive(Clone, Debug)]
pub struct Sheet {
    /// The revision of the editor that it shows.
    revision: u64,
    /// Image pixels from the sheet's device pixels.
    port: Viewport,
    /// View pixels for an image pixel when it was drawn.
    scale: f64,
    /// Device pixels for a view pixel.
    ratio: f64,
    cells: Cells,
    /// While it is being drawn for the first time: what is there, and the next box.
    drawing: Option<(Raster, usize)>,
}

impl Sheet {
    /// An empty sheet round what the editor shows now, `ratio` device pixels for a view pixel.
    pub fn begin(editor: &Editor, ratio: f64) -> Self {
        let view = editor.viewport();
        let scale = view.scale * ratio;
        let (across, down) = (view.width * MARGIN, view.height * MARGIN);
        // The sheet's own view: its upper left corner lies a margin before the view's.
        let port = Viewport {
            scale,
            offset_x: ((view.offset_x + across) * ratio).round(),
            offset_y: ((view.offset_y + down) * ratio).round(),
            width: (view.width + 2.0 * across) * ratio,
            height: (view.height + 2.0 * down) * ratio,
        };
        let all = PixelBox { left: 0.0, top: 0.0, width: port.width, height: port.height };
        let cells = Cells::rounded(&all);
        let drawing = Some((Raster::new(cells), 0));
        Self { revision: editor.revision(), port, scale: view.scale, ratio, cells, drawing }
    }

    /// Draws on until `enough` says so; gives the whole once every box is drawn.
    pub fn go_on(&mut self, editor: &Editor, palette: Palette<'_>, mut enough: impl FnMut() -> bool) -> Option<Raster> {
        let (mut raster, mut next) = self.drawing.take()?;
        loop {
            let rest = editor.boxes().get(next..).unwrap_or_default();
            if rest.is_empty() {
                return Some(raster);
            }
            let slice = rest.get(..SLICE).unwrap_or(rest);
            for one in slice.iter().filter(|one| !editor.is_selected(one.id)) {
                self.outline(&mut raster, &one.area, one.label, palette);
            }
            next += slice.len();
            if enough() {
                self.drawing = Some((raster, next));
                return None;
            }
        }
    }

    /// What has to be put on the sheet to show the newest boxes; none when that is not known any more, or the sheet
    /// is not drawn yet.
    pub fn mend(&mut self, editor: &Editor, palette: Palette<'_>) -> Option<Vec<Raster>> {
        if self.drawing.is_some() {
            return None;
        }
        let line = Line::for_ratio(self.ratio);
        let mut parts = Vec::new();
        for place in editor.changed_since(self.revision)? {
            let strips = Cells::rounded(&self.port.view_box(&place)).strips(line.reach());
            parts.extend(strips.into_iter().map(|strip| strip.shared(self.cells)).filter(|strip| !strip.is_empty()));
        }
        self.revision = editor.revision();
        let mut rasters: Vec<Raster> = parts.into_iter().map(Raster::new).collect();
        if rasters.is_empty() {
            return Some(rasters);
        }
        // Looked at in image pixels first: most boxes lie elsewhere.
        let reach = f64::from(line.reach() + 1);
        let near = bounds(&rasters, reach, &self.port);
        for one in editor.boxes().iter().filter(|one| overlap(&one.area, &near)) {
            let outer = Cells::rounded(&self.port.view_box(&one.area)).grown(line.reach());
            if outer.shared(self.cells).is_empty() {
                continue;
            }
            for raster in &mut rasters {
                if !outer.shared(raster.cells()).is_empty() && !editor.is_selected(one.id) {
                    self.outline(raster, &one.area, one.label, palette);
                }
            }
        }
        Some(rasters)
    }

    fn outline(&self, raster: &mut Raster, area: &PixelBox, label: usize, palette: Palette<'_>) {
        if let Some((colour, rim)) = palette.get(label % palette.len().max(1)) {
            let area = Cells::rounded(&self.port.view_box(area));
            raster.outline(area, Line::for_ratio(self.ratio), *colour, *rim);
        }
    }

    /// Whether it shows the boxes as they are now.
    pub fn is_current(&self, editor: &Editor) -> bool {
        self.revision == editor.revision()
    }

    /// Whether it is as sharp as the view.
    pub fn is_sharp(&self, editor: &Editor, ratio: f64) -> bool {
        let same = |a: f64, b: f64| a.to_bits() == b.to_bits();
        same(self.scale, editor.viewport().scale) && same(self.ratio, ratio)
    }

    /// Whether all that is seen lies on it, with a little left on each side.
    pub fn covers(&self, editor: &Editor) -> bool {
        let view = editor.viewport();
        let own = self.place(editor);
        let (across, down) = (view.width * LEAST_MARGIN, view.height * LEAST_MARGIN);
        own.left <= -across
            && own.top <= -down
            && own.right() >= view.width + across
            && own.bottom() >= view.height + down
    }

    /// Where it lies in the view now, in view pixels.
    pub fn place(&self, editor: &Editor) -> PixelBox {
        let view = editor.viewport();
        let (left, top) = self.port.image_from_view(0.0, 0.0);
        let (left, top) = view.view_from_image(left, top);
        let grown = view.scale / self.port.scale;
        let length = |from: i32, to: i32| f64::from(to - from) * grown;
        let (width, height) = (length(self.cells.left, self.cells.right), length(self.cells.top, self.cells.bottom));
        PixelBox { left, top, width, height }
    }

    /// Its size in device pixels.
    pub fn size(&self) -> (u32, u32) {
        let length = |from: i32, to: i32| u32::try_from(to - from).unwrap_or(0);
        (length(self.cells.left, self.cells.right), length(self.cells.top, self.cells.bottom))
    }
}

/// Round all parts with `reach` device pixels more on each side, in image pixels.
fn bounds(parts: &[Raster], reach: f64, port: &Viewport) -> PixelBox {
    let (mut low, mut high) = ((f64::MAX, f64::MAX), (f64::MIN, f64::MIN));
    for Cells { left, top, right, bottom } in parts.iter().map(Raster::cells) {
        low = (low.0.min(f64::from(left)), low.1.min(f64::from(top)));
        high = (high.0.max(f64::from(right)), high.1.max(f64::from(bottom)));
    }
    let (left, top) = port.image_from_view(low.0 - reach, low.1 - reach);
    let (right, bottom) = port.image_from_view(high.0 + reach, high.1 + reach);
    PixelBox::from_corners(left, top, right, bottom)
}

fn overlap(a: &PixelBox, b: &PixelBox) -> bool {
    a.left <= b.right() && b.left <= a.right() && a.top <= b.bottom() && b.top <= a.bottom()
}
