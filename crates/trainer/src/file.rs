//! A model as bytes: a header with version and checksum, then the numbers, little-endian.
//!
//! `b"KENCHIMO"`, version u32, length of the rest u64, checksum (FNV-1a 64 of the rest) u64, the rest.

use half::f16;

use crate::calibrate::Calibration;
use crate::choose::MOST_ZOOM;
use crate::classify::Classifier;
use crate::error::ModelError;
use crate::head::input::{Norm, Stride};
use crate::head::layout::Layout;
use crate::head::learner::Learner;
use crate::head::network::Head;
use crate::likeness::Likeness;
use crate::model::{Model, Part};
use crate::net::backbone::POOLED;
use crate::net::tail::Tail;

const MAGIC: &[u8; 8] = b"KENCHIMO";
/// 1 had no zoom, 2 no stages of the backbone, 3 no likeness, 4 a single head for boxes and no likeness with it, 5 boxes that
/// are not refined.
const VERSION: u32 = 6;
const HEADER: usize = 28;
const MOST_LABELS: usize = 250;
const MOST_HEADS: usize = 8;

pub(crate) fn checksum(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3))
}

pub(crate) struct Writer(pub(crate) Vec<u8>);

impl Writer {
    pub(crate) fn count(&mut self, n: usize) {
        self.0.extend((n as u32).to_le_bytes());
    }

    pub(crate) fn numbers(&mut self, values: impl IntoIterator<Item = f32>) {
        for v in values {
            self.0.extend(v.to_le_bytes());
        }
    }

    fn pairs(&mut self, values: &[(f32, f32)]) {
        self.numbers(values.iter().flat_map(|(a, b)| [*a, *b]));
    }

    /// Of numbers that were rounded to halves before the model was made.
    fn halves(&mut self, values: &[f32]) {
        values.iter().for_each(|v| self.0.extend(f16::from_f32(*v).to_le_bytes()));
    }

    pub(crate) fn calibration(&mut self, c: &Calibration) {
        self.numbers([c.slope]);
        self.numbers(c.offset.iter().copied());
    }

    fn likeness(&mut self, likeness: Option<&Likeness>) {
        let Some(likeness) = likeness else { return self.count(0) };
        self.count(likeness.known.len() / likeness.depth.max(1));
        self.numbers([likeness.usual, likeness.spread]);
        self.halves(&likeness.known);
    }
}

pub(crate) fn write(model: &Model) -> Vec<u8> {
    let mut w = Writer(Vec::new());
    w.count(model.labels.len());
    for label in &model.labels {
        w.count(label.len());
        w.0.extend(label.as_bytes());
    }
    w.numbers(model.thresholds.iter().copied());
    w.count(model.long);
    match &model.part {
        Part::Labels(c) => {
            w.0.extend([0, u8::from(c.exclusive)]);
            w.pairs(&c.norm);
            w.numbers(c.weights.iter().copied());
            w.numbers(c.bias.iter().copied());
            w.calibration(&c.calibration);
            w.likeness(c.likeness.as_ref());
        }
        Part::Boxes { learners, calibration, likeness, zoom } => {
            for head in learners.iter().take(1).map(|learner| &learner.head) {
                w.0.extend([1, head.stride.pixels() as u8]);
                w.numbers([*zoom as f32]);
                head.norm.levels.iter().for_each(|level| w.pairs(level));
            }
            w.count(learners.len());
            for learner in learners {
                w.numbers(learner.head.parameters.iter().copied());
                let tail = learner.tail.as_ref().map_or(&[][..], |tail| &tail.parameters);
                w.count(tail.len());
                w.halves(tail);
            }
            w.calibration(calibration);
            w.likeness(likeness.as_ref());
        }
    }
    let rest = w.0;
    let mut out = Vec::with_capacity(HEADER + rest.len());
    out.extend(MAGIC);
    out.extend(VERSION.to_le_bytes());
    out.extend((rest.len() as u64).to_le_bytes());
    out.extend(checksum(&rest).to_le_bytes());
    out.extend(rest);
    out
}

pub(crate) struct Reader<'a>(pub(crate) &'a [u8]);

impl<'a> Reader<'a> {
    fn bytes(&mut self, n: usize) -> Result<&'a [u8], ModelError> {
        let (head, tail) =
            self.0.split_at_checked(n).ok_or_else(|| ModelError::Damaged("it ends too early".to_owned()))?;
        self.0 = tail;
        Ok(head)
    }

    fn byte(&mut self) -> Result<u8, ModelError> {
        Ok(self.bytes(1)?.first().copied().unwrap_or_default())
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], ModelError> {
        self.bytes(N)?.try_into().map_err(|_| ModelError::Damaged("it ends too early".to_owned()))
    }

    pub(crate) fn count(&mut self) -> Result<usize, ModelError> {
        Ok(u32::from_le_bytes(self.array()?) as usize)
    }

    pub(crate) fn numbers(&mut self, n: usize) -> Result<Vec<f32>, ModelError> {
        let values: Vec<f32> = self
            .bytes(n.saturating_mul(4))?
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect();
        if values.iter().all(|v| v.is_finite()) {
            Ok(values)
        } else {
            Err(ModelError::Damaged("a number is not finite".to_owned()))
        }
    }

    fn number(&mut self) -> Result<f32, ModelError> {
        Ok(self.numbers(1)?.first().copied().unwrap_or_default())
    }

    fn halves(&mut self, n: usize) -> Result<Vec<f32>, ModelError> {
        let bytes = self.bytes(n.saturating_mul(2))?.chunks_exact(2);
        let values: Vec<f32> = bytes.map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32()).collect();
        if values.iter().all(|v| v.is_finite()) {
            Ok(values)
        } else {
            Err(ModelError::Damaged("a number is not finite".to_owned()))
        }
    }

    fn pairs(&mut self, n: usize) -> Result<Vec<(f32, f32)>, ModelError> {
        Ok(self.numbers(n.saturating_mul(2))?.chunks_exact(2).map(|p| (p[0], p[1])).collect())
    }

    pub(crate) fn calibration(&mut self, labels: usize) -> Result<Calibration, ModelError> {
        let slope = self.number()?;
        Ok(Calibration { slope, offset: self.numbers(labels)? })
    }

    fn likeness(&mut self) -> Result<Option<Likeness>, ModelError> {
        let known = self.count()?;
        if known == 0 {
            return Ok(None);
        }
        let [usual, spread] = [self.number()?, self.number()?];
        if spread <= 0.0 {
            return Err(ModelError::Damaged("its likeness".to_owned()));
        }
        Ok(Some(Likeness { known: self.halves(known.saturating_mul(POOLED))?, depth: POOLED, usual, spread }))
    }

    fn tail(&mut self) -> Result<Option<Tail>, ModelError> {
        match self.count()? {
            0 => Ok(None),
            n => match Tail::with(self.halves(n)?) {
                None => Err(ModelError::Damaged("its backbone's last stages".to_owned())),
                tail => Ok(tail),
            },
        }
    }
}

pub(crate) fn read(bytes: &[u8]) -> Result<Model, ModelError> {
    let damaged = |what: &str| ModelError::Damaged(what.to_owned());
    let rest = bytes.strip_prefix(MAGIC).ok_or(ModelError::NotAModel)?;
    let mut r = Reader(rest);
    let version = u32::from_le_bytes(r.array()?);
    if version == 0 || version > VERSION {
        return Err(ModelError::Version(version));
    }
    let (length, sum) = (u64::from_le_bytes(r.array()?), u64::from_le_bytes(r.array()?));
    if r.0.len() as u64 != length {
        return Err(damaged("its length is not what it says"));
    }
    if checksum(r.0) != sum {
        return Err(damaged("its checksum is wrong"));
    }
    let count = r.count()?;
    if count == 0 || count > MOST_LABELS {
        return Err(damaged("its number of labels"));
    }
    let mut labels = Vec::with_capacity(count);
    for _ in 0..count {
        let n = r.count()?;
        labels.push(String::from_utf8(r.bytes(n)?.to_vec()).map_err(|_| damaged("a label is not text"))?);
    }
    let thresholds = r.numbers(count)?;
    let long = r.count()?;
    if long == 0 || long > 2048 || !long.is_multiple_of(32) {
        return Err(damaged("its input size"));
    }
    let part = match r.byte()? {
        0 => {
            let exclusive = r.byte()? != 0;
            let norm = r.pairs(POOLED)?;
            let weights = r.numbers(POOLED * count)?;
            let bias = r.numbers(count)?;
            let calibration = r.calibration(count)?;
            let likeness = if version < 4 { None } else { r.likeness()? };
            Part::Labels(Classifier { exclusive, norm, weights, bias, calibration, likeness })
        }
        1 => {
            let stride = match r.byte()? {
                8 => Stride::Eight,
                16 => Stride::Sixteen,
                _ => return Err(damaged("its stride")),
            };
            let zoom = if version == 1 { 1.0 } else { r.numbers(1)?.first().copied().unwrap_or(1.0) };
            if !(1.0..=MOST_ZOOM as f32).contains(&zoom) {
                return Err(damaged("its zoom"));
            }
            let [a, b, c] = stride.channels();
            let norm = Norm { levels: [r.pairs(a)?, r.pairs(b)?, r.pairs(c)?] };
            let layout = Layout { labels: count, inputs: stride.channels() };
            let head = |r: &mut Reader<'_>| {
                let mut parameters = r.numbers(if version < 6 { layout.len_unrefined() } else { layout.len() })?;
                // Parts that are zero move no edge.
                parameters.resize(layout.len(), 0.0);
                Ok::<_, ModelError>(Head::new(layout.clone(), stride, norm.clone(), parameters))
            };
            if version < 5 {
                let head = head(&mut r)?;
                let calibration = r.calibration(count)?;
                let tail = if version < 3 { None } else { r.tail()? };
                Part::Boxes { learners: vec![Learner { head, tail }], calibration, likeness: None, zoom: zoom.into() }
            } else {
                let heads = r.count()?;
                if heads == 0 || heads > MOST_HEADS {
                    return Err(damaged("its number of heads"));
                }
                let mut learners = Vec::new();
                for _ in 0..heads {
                    let head = head(&mut r)?;
                    learners.push(Learner { head, tail: r.tail()? });
                }
                let calibration = r.calibration(count)?;
                Part::Boxes { learners, calibration, likeness: r.likeness()?, zoom: zoom.into() }
            }
        }
        _ => return Err(damaged("its kind")),
    };
    if !r.0.is_empty() {
        return Err(damaged("it is longer than it should be"));
    }
    Ok(Model { labels, thresholds, long, part })
}
