use super::*;

fn option() -> Choice {
    Choice {
        weight: 1,
        suits: None,
        observe: false,
        able: true,
        priced: true,
        cost: None,
        breaks: true,
        health: View {
            breaker: Verdict::Closed,
            spared: None,
            running: 0,
            latency: 0.0,
        },
        origin: false,
        familiar: false,
    }
}

fn order(strategy: Strategy, options: &[Choice], seed: u64) -> Vec<usize> {
    plan(strategy, options, seed).order.to_vec()
}

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn by_priority_they_come_as_they_are_listed() {
    let options = [option(), option(), option()];
    for seed in 0..50 {
        assert_eq!(order(Strategy::Priority, &options, seed), [0, 1, 2]);
    }
}

#[test]
fn weights_are_shares_of_the_calls() {
    let weights = [5, 3, 2];
    let options = weights.map(|weight| Choice { weight, ..option() });
    let mut first = [0.0; 3];
    let mut second_after_the_first = [0.0; 3];
    for seed in 0..10_000 {
        let order = order(Strategy::Weighted, &options, seed);
        first[order[0]] += 1.0;
        if order[0] == 0 {
            second_after_the_first[order[1]] += 1.0;
        }
    }
    let chi: f64 = (first.iter().zip([5000.0, 3000.0, 2000.0]))
        .map(|(found, wanted): (&f64, f64)| (found - wanted).powi(2) / wanted)
        .sum();
    // With two degrees of freedom, one in ten thousand is above 18.4.
    assert!(chi < 18.4, "{first:?}");
    let ratio = second_after_the_first[1] / second_after_the_first[2];
    assert!((1.3..1.7).contains(&ratio), "{second_after_the_first:?}");
}

#[test]
fn the_faster_of_two_by_chance_comes_first() {
    let mut options = [option(), option(), option()];
    for (option, latency) in options.iter_mut().zip([0.5, 0.1, 3.0]) {
        option.health.latency = latency;
    }
    let mut first = [0; 3];
    for seed in 0..3000 {
        first[order(Strategy::LeastLatency, &options, seed)[0]] += 1;
    }
    // The slowest is never the faster of two, the fastest is in two pairs of three.
    assert_eq!(first[2], 0);
    assert!(first[1] > 1800 && first[0] > 800, "{first:?}");
}

#[test]
fn the_least_busy_for_its_weight_comes_first() {
    let mut options = [option(), option(), option()];
    for (option, (running, weight)) in options.iter_mut().zip([(4, 1), (9, 3), (4, 1)]) {
        option.health.running = running;
        option.weight = weight;
    }
    assert_eq!(order(Strategy::LeastBusy, &options, 7), [1, 0, 2]);
}

#[test]
fn the_cheapest_comes_first_and_the_unknown_last() {
    let mut options = [option(), option(), option(), option()];
    let costs = [None, Some(300), Some(100), Some(100)];
    for (option, cost) in options.iter_mut().zip(costs) {
        option.cost = cost.map(Money::from_nanos);
    }
    assert_eq!(order(Strategy::LeastCost, &options, 7), [2, 3, 1, 0]);
}

#[test]
fn what_asks_for_tags_that_are_there_serves_alone() {
    let mut options = [option(), option(), option()];
    options[0].suits = Some(true);
    options[1].suits = Some(false);
    let found = plan(Strategy::Priority, &options, 0);
    assert_eq!(found.order.to_vec(), [0]);
    assert_eq!(found.out, [(1, Out::Tags), (2, Out::Tags)]);
    options[0].suits = Some(false);
    assert_eq!(order(Strategy::Priority, &options, 0), [2]);
}

#[test]
fn an_open_breaker_leaves_out_and_nobody_left_says_how_long() {
    let mut options = [option(), option()];
    options[0].health.breaker = Verdict::Open(5 * SECOND);
    assert_eq!(order(Strategy::Priority, &options, 0), [1]);
    options[1].health.breaker = Verdict::Open(3 * SECOND);
    let found = plan(Strategy::Priority, &options, 0);
    assert!(found.order.is_empty());
    assert_eq!(found.wait(), Some(3 * SECOND));
    options[0].breaks = false;
    assert_eq!(order(Strategy::Priority, &options, 0), [0]);
    options[1].health.breaker = Verdict::HalfOpen;
    assert_eq!(order(Strategy::Priority, &options, 0), [0, 1]);
    options[1].health.breaker = Verdict::Probing(SECOND);
    let found = plan(Strategy::Priority, &options, 0);
    assert_eq!(found.out, [(1, Out::Open(SECOND))]);
}

#[test]
fn the_limited_serve_only_when_nobody_else_can() {
    let mut options = [option(), option()];
    options[0].health.spared = Some(SECOND);
    let found = plan(Strategy::Priority, &options, 0);
    assert_eq!(found.order.to_vec(), [1]);
    assert_eq!(found.out, [(0, Out::Spared(SECOND))]);
    options[1].health.spared = Some(2 * SECOND);
    assert_eq!(order(Strategy::Priority, &options, 0), [0, 1]);
}

#[test]
fn whoever_thought_goes_before_whoever_knows_the_conversation() {
    let mut options = [option(), option(), option()];
    options[1].familiar = true;
    assert_eq!(order(Strategy::Priority, &options, 0), [1, 0, 2]);
    options[2].origin = true;
    assert_eq!(order(Strategy::Priority, &options, 0), [2, 1, 0]);
}

#[test]
fn what_cannot_serve_is_out_with_its_reason() {
    let mut options = [option(), option(), option()];
    options[0].able = false;
    options[1].priced = false;
    let found = plan(Strategy::Weighted, &options, 0);
    assert_eq!(found.order.to_vec(), [2]);
    assert_eq!(found.out, [(0, Out::Unable), (1, Out::Unpriced)]);
}

#[test]
fn what_is_only_observed_is_reported_and_not_asked() {
    let mut options = [option(), option()];
    options[0].observe = true;
    let found = plan(Strategy::Priority, &options, 0);
    assert_eq!((found.order.to_vec(), found.would), (vec![1], Some(0)));
    assert_eq!(found.out, [(0, Out::Observed)]);
    options[0].observe = false;
    options[1].observe = true;
    assert_eq!(plan(Strategy::Priority, &options, 0).would, None);
}
