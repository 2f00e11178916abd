use super::judge::Judge;
use crate::format;
use crate::tr;
use leptos::prelude::*;

/// Where the slider begins when it is first moved.
const BEGINNING: f64 = 0.5;

/// One threshold for the whole page, and what it makes of the counts.
pub fn threshold_bar(judge: Judge) -> AnyView {
    let value = move || judge.threshold.get().unwrap_or(BEGINNING);
    let assumed = Memo::new(move |_| judge.threshold.with(Option::is_none));
    let counts = Memo::new(move |_| judge.chosen_counts());
    let count =
        move |of: fn(&domain::evaluation::Counts) -> u64| Signal::derive(move || format::number(counts.with(of)));
    view! {
        <section class="card threshold-bar" data-testid="threshold-bar">
            <fieldset class="cut">
                <legend class="label-text">{tr!(evaluate.cut)}</legend>
                <label class="check">
                    <input
                        type="radio"
                        name="threshold"
                        data-testid="assumed"
                        prop:checked=assumed
                        on:change=move |_| judge.use_assumed()
                    />
                    <span>{tr!(evaluate.cut_assumed)}</span>
                </label>
                <div class="slider" class:idle=assumed>
                    <label for="threshold">{tr!(evaluate.cut_one)}</label>
                    <input
                        id="threshold"
                        type="range"
                        min="0"
                        max="100"
                        step="0.5"
                        data-testid="threshold"
                        prop:value=move || (value() * 100.0).to_string()
                        on:input=move |event| {
                            if let Ok(value) = event_target_value(&event).parse::<f64>() {
                                judge.threshold.set(Some((value / 100.0).clamp(0.0, 1.0)));
                            }
                        }
                        on:change=move |_| judge.keep_threshold()
                    />
                    <output for="threshold" class="figures">
                        {move || if assumed.get() { "–".to_owned() } else { format::percent(value()) }}
                    </output>
                </div>
            </fieldset>
            <dl class="counts">
                {tally("tp", tr!(evaluate.true_positives), count(|c| c.true_positives))}
                {tally("fp", tr!(evaluate.false_positives), count(|c| c.false_positives))}
                {tally("fn", tr!(evaluate.false_negatives), count(|c| c.false_negatives))}
            </dl>
        </section>
    }
    .into_any()
}

fn tally(testid: &'static str, name: Signal<String>, value: Signal<String>) -> AnyView {
    view! {
        <div class=testid>
            <dt>{name}</dt>
            <dd class="figures" data-testid=testid>{value}</dd>
        </div>
    }
    .into_any()
}
