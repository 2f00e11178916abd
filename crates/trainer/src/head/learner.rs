//! What learns from boxes: the head, and in the longer training the backbone's last stages with it.

use half::slice::HalfFloatSliceExt;

use super::input::Input;
use super::network::{Head, Work};
use crate::net::tail::{Tail, TailWork};

/// The head, and the backbone's last stages once they are trained too.
#[derive(Clone, Debug)]
pub(crate) struct Learner {
    pub head: Head,
    pub tail: Option<Tail>,
}

/// Memory for one view, used again for view after view.
#[derive(Debug, Default)]
pub(crate) struct LearnerWork {
    pub head: Work,
    tail: TailWork,
    /// The map in front of the tail.
    front: Vec<f32>,
}

impl LearnerWork {
    /// Gives the gradients by the head's parameters and by the tail's, for memory that is used again.
    pub(crate) fn swap_gradients(&mut self, with: &mut [Vec<f32>; 2]) {
        let [head, tail] = with;
        std::mem::swap(&mut self.head.gradient, head);
        std::mem::swap(&mut self.tail.gradient, tail);
    }
}

impl Learner {
    /// How many parameters are trained: the head's, then the tail's.
    pub(crate) fn len(&self) -> usize {
        self.head.parameters.len() + self.tail.as_ref().map_or(0, |tail| tail.parameters.len())
    }

    /// All of them.
    pub(crate) fn parameters(&self) -> Vec<f32> {
        let tail = self.tail.iter().flat_map(|tail| &tail.parameters);
        self.head.parameters.iter().chain(tail).copied().collect()
    }

    /// Puts back what [`Self::parameters`] gave.
    pub(crate) fn restore(&mut self, parameters: &[f32]) {
        let (head, tail) = parameters.split_at(self.head.parameters.len().min(parameters.len()));
        self.head.parameters.copy_from_slice(head);
        if let Some(own) = &mut self.tail {
            own.parameters.copy_from_slice(tail);
        }
        self.pack(false);
    }

    /// After the parameters changed. `backward`: also what the backward pass needs.
    pub(crate) fn pack(&mut self, backward: bool) {
        self.head.pack(backward);
        if let Some(tail) = &mut self.tail {
            tail.pack(backward);
        }
    }

    /// The forward pass. `parallel`: shares the head's rows between the threads of the current rayon pool.
    pub(crate) fn forward(&self, input: &Input, work: &mut LearnerWork, parallel: bool) {
        let Some(tail) = &self.tail else { return self.head.forward(input, None, &mut work.head, parallel) };
        let factor = self.head.stride.factors()[1];
        work.front.resize(input.levels[1].len(), 0.0);
        input.levels[1].convert_to_f32_slice(&mut work.front);
        tail.forward((input.height / factor, input.width / factor), &work.front, &mut work.tail);
        self.head.forward(input, Some(work.tail.last()), &mut work.head, parallel);
    }

    /// The gradients, from the slopes that the loss put into `work.head`.
    pub(crate) fn backward(&self, work: &mut LearnerWork) {
        self.head.backward(&mut work.head, self.tail.is_some());
        if let Some(tail) = &self.tail {
            tail.backward(&work.head.last_slope, &mut work.tail);
        }
    }
}
