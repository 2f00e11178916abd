//! The hand-written gradients against numeric ones.

use half::f16;

use super::input::{Input, Norm, Stride};
use super::layout::{Layout, PARTS};
use super::loss::{focal, giou_loss, loss};
use super::network::{Grid, Head, Work};
use super::refine::proposals;
use super::targets::{Target, Wanted};
use crate::random::Random;

#[test]
fn the_focal_loss_has_the_slope_that_it_says() {
    for target in [0.0, 0.3, 0.9, 1.0] {
        for logit in [-6.0f32, -2.0, -0.3, 0.0, 0.7, 3.0] {
            let h = 1e-2;
            let numeric = (focal(logit + h, target).0 - focal(logit - h, target).0) / (2.0 * h);
            let slope = focal(logit, target).1;
            assert!((numeric - slope).abs() < 2e-3 * (1.0 + slope.abs()), "{logit} {target}: {numeric} {slope}");
        }
    }
    for logit in [-1e6, 1e6, f32::MAX] {
        assert!(focal(logit, 0.0).0.is_finite() && focal(logit, 1.0).1.is_finite());
    }
}

#[test]
fn the_box_loss_has_the_slope_that_it_says() {
    let target = Target { label: 0, left: 3.0, top: 4.0, right: 9.0, bottom: 8.0 };
    let mut random = Random::new(7);
    for _ in 0..200 {
        let logits: [f32; 4] = std::array::from_fn(|_| random.between(-1.0, 2.0));
        let centre = (random.between(1.0, 11.0), random.between(2.0, 10.0));
        let slope = giou_loss(logits, centre, &target).1;
        for i in 0..4 {
            let h = 2e-3;
            let moved = |by: f32| {
                let mut l = logits;
                l[i] += by;
                giou_loss(l, centre, &target).0
            };
            let (up, here, down) = (moved(h), moved(0.0), moved(-h));
            // Where an edge passes the target's, the loss has a kink: both sides' slopes are then right.
            let (right, left) = ((up - here) / h, (here - down) / h);
            let near = |n: f32| (n - slope[i]).abs() < 1e-2 * (1.0 + slope[i].abs());
            assert!(
                near(right) || near(left) || near((right + left) / 2.0),
                "{logits:?} {centre:?} {i}: {left} {right} {}",
                slope[i]
            );
        }
    }
    let value = giou_loss([1e9; 4], (0.0, 0.0), &Target { label: 0, left: 5.0, top: 5.0, right: 5.0, bottom: 5.0 });
    assert!(value.0.is_finite() && value.1.iter().all(|s| s.is_finite()));
}

#[test]
fn the_whole_head_has_the_gradient_that_it_says() {
    for (stride, labels) in [(Stride::Eight, 3), (Stride::Sixteen, 17)] {
        let mut random = Random::new(11);
        let (height, width) = (8, 12);
        let inputs = [5, 4, 3];
        let factors = stride.factors();
        let levels = std::array::from_fn(|i| {
            (0..height / factors[i] * (width / factors[i]) * inputs[i])
                .map(|_| f16::from_f32(random.normal()))
                .collect()
        });
        let input = Input { height, width, levels };
        let norm = Norm { levels: std::array::from_fn(|i| (0..inputs[i]).map(|c| (0.1 * c as f32, 0.9)).collect()) };
        let layout = Layout { labels, inputs };
        let mut parameters = layout.start(&mut random, (2.0, 1.5));
        // Away from the start, where the last layers are almost zero.
        parameters.iter_mut().for_each(|p| *p += random.normal() * 0.02);
        let targets = [
            Target { label: 1, left: 2.0, top: 1.0, right: 7.5, bottom: 5.0 },
            Target { label: 2, left: 6.0, top: 4.0, right: 9.0, bottom: 8.0 },
        ];
        let wanted = Wanted::new(Grid { height, width }, &targets);
        assert_eq!(wanted.objects.len(), 2);
        // The second object ends with the grid, so that what is looked at again lies partly outside.
        let proposed = proposals(&targets, &mut random);
        let value = |parameters: &[f32], back: bool| {
            let mut head = Head::new(layout.clone(), stride, norm.clone(), parameters.to_vec());
            head.pack(true);
            let mut work = Work::default();
            head.forward(&input, None, &mut work, false);
            let mut value = loss(&head, &wanted, 2.0, 3.0, &mut work);
            head.refine(proposed.iter().map(|p| p.edges), &mut work);
            value += work.refine.loss(&proposed, 8.0);
            if back {
                head.backward(&mut work, false);
            }
            (value, work.gradient)
        };
        let gradient = value(&parameters, true).1;
        for part in PARTS {
            let range = layout.range(part);
            // Along the gradient itself, where the change is largest against rounding.
            let own = &gradient[range.clone()];
            let norm = own.iter().map(|g| f64::from(g * g)).sum::<f64>().sqrt();
            assert!(norm > 0.0, "{part:?} has no gradient");
            let h = 2e-3f64;
            let moved = |sign: f64| {
                let mut p = parameters.clone();
                for (p, g) in p[range.clone()].iter_mut().zip(own) {
                    *p += (sign * h * f64::from(*g) / norm) as f32;
                }
                f64::from(value(&p, false).0)
            };
            let numeric = (moved(1.0) - moved(-1.0)) / (2.0 * h);
            assert!(
                (numeric - norm).abs() < 0.02 * norm + 1e-3,
                "{stride:?} {part:?}: numeric {numeric}, by hand {norm}"
            );
        }
    }
}

#[test]
fn a_smaller_object_keeps_its_cells() {
    let grid = Grid { height: 10, width: 10 };
    let large = Target { label: 0, left: 0.0, top: 0.0, right: 10.0, bottom: 10.0 };
    let small = Target { label: 0, left: 4.6, top: 4.6, right: 5.8, bottom: 5.8 };
    let wanted = Wanted::new(grid, &[small, large]);
    let cell = wanted.boxes.iter().find(|c| c.y == 5 && c.x == 5).unwrap();
    assert_eq!(cell.target, small);
    let outside = Target { label: 0, left: 20.0, top: 0.0, right: 30.0, bottom: 5.0 };
    assert!(Wanted::new(grid, &[outside]).objects.is_empty());
}

/// `cargo test --release -p trainer -- --ignored --nocapture a_head_step_takes`
#[test]
#[ignore = "a measurement"]
fn a_head_step_takes() {
    let mut random = Random::new(3);
    let stride = Stride::Sixteen;
    let (height, width, inputs) = (48, 60, stride.channels());
    let levels = std::array::from_fn(|i| {
        let factor = stride.factors()[i];
        (0..height / factor * (width / factor) * inputs[i]).map(|_| f16::from_f32(random.normal())).collect()
    });
    let input = Input { height, width, levels };
    let norm = Norm { levels: std::array::from_fn(|i| vec![(0.0, 1.0); inputs[i]]) };
    let layout = Layout { labels: 1, inputs };
    let parameters = layout.start(&mut random, (2.0, 1.5));
    let mut head = Head::new(layout, stride, norm, parameters);
    let wanted =
        Wanted::new(Grid { height, width }, &[Target { label: 0, left: 10.0, top: 10.0, right: 30.0, bottom: 25.0 }]);
    let mut work = Work::default();
    let mut times: Vec<f64> = (0..7)
        .map(|_| {
            let start = std::time::Instant::now();
            head.pack(true);
            for _ in 0..8 {
                head.forward(&input, None, &mut work, false);
                loss(&head, &wanted, 1.0, 1.0, &mut work);
                let proposed = proposals(&wanted.objects, &mut random);
                head.refine(proposed.iter().map(|p| p.edges), &mut work);
                work.refine.loss(&proposed, 32.0);
                head.backward(&mut work, false);
            }
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    println!(
        "the whole head, three 3x3 convolutions of 64 channels and the 1x1 ones, batch of 8 of 48 x 60, forward and backward, \
         one thread: median {:.0} ms, best {:.0} ms",
        times[3], times[0]
    );
}
