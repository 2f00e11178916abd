use domain::money::Prices;
use domain::steps::{GuideState, Mark, Step, Why, next_step, steps};

fn mark(state: &GuideState, step: Step) -> Mark {
    steps(state).into_iter().find(|s| s.step == step).unwrap().mark
}

#[test]
fn the_guide_goes_forward_with_what_is_there() {
    let mut state = GuideState::default();
    assert_eq!(next_step(&state), Step::Images);
    assert_eq!(mark(&state, Step::Dataset), Mark::NotYet(Why::NeedsProject));
    state.images = true;
    assert_eq!(next_step(&state), Step::Project);
    state.project = true;
    assert_eq!(next_step(&state), Step::Dataset);
    assert_eq!(mark(&state, Step::Labels), Mark::NotYet(Why::NeedsDataset));
    state.dataset_ready = true;
    assert_eq!(next_step(&state), Step::Labels);
    assert_eq!(mark(&state, Step::Train), Mark::NotYet(Why::NeedsLabels));
    state.labelled = 40;
    assert_eq!(next_step(&state), Step::Train);
    state.unsaved = 1;
    assert_eq!(next_step(&state), Step::Labels);
    state.unsaved = 0;
    assert_eq!(mark(&state, Step::Use), Mark::NotYet(Why::NeedsModel));
    state.trained = true;
    assert_eq!(next_step(&state), Step::Use);
    assert_eq!(mark(&state, Step::Evaluate), Mark::Done);
}

#[test]
fn a_forgotten_unit_costs_about_2900_dollars_a_month() {
    let month = 30 * 24 * 3_600_000;
    let cost = Prices::default().running_cost(1, month);
    assert!((cost - 2880.0).abs() < 1e-9);
    assert_eq!(Prices::default().running_cost(1, -5), 0.0);
}
