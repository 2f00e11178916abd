//! The local cloud's Rekognition over crashes: `cloud_crash <rounds> [seed]`.
//!
//! Each round is a life of a local cloud that ends by SIGKILL: at a random moment, or at a named point of its work in
//! the background ([`local::Probe::POINTS`]). Meanwhile a client makes, fills, tags, trains, starts, copies and deletes.
//! Whatever was acknowledged must be there in the next life, the call that was under way is done or not, work that was
//! cut off goes on, and no training comes to its end twice.

mod acts;
mod client;
mod life;
mod world;

use acts::Act;
use client::Client;
use life::Life;
use std::error::Error;
use std::time::Duration;
use world::World;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Outcome {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["live", folder, point] => life::live(folder.as_ref(), point).await,
        [rounds] => crashes(rounds.parse()?, 1).await,
        [rounds, seed] => crashes(rounds.parse()?, seed.parse()?).await,
        _ => Err("cloud_crash <rounds> [seed]".into()),
    }
}

async fn crashes(rounds: u32, seed: u64) -> Outcome {
    let folder = tempfile::tempdir()?;
    let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    let first = Life::start(folder.path(), "")?;
    Client::of(&first).await.prepare().await?;
    first.kill()?;
    let mut world = World::default();
    let (mut slowest, mut acknowledged, mut at_points) = (Duration::ZERO, 0_u64, 0_u32);
    for round in 1..=rounds {
        let in_round = |error| format!("seed {seed}, round {round}: {error}");
        // A third of the lives end at a named point, if they come to it.
        let points = local::Probe::POINTS;
        let point = if random.below(3) == 0 { points[random.below(points.len() as u64) as usize] } else { "" };
        let mut life = Life::start(folder.path(), point)?;
        slowest = slowest.max(life.took);
        let client = Client::of(&life).await;
        let doubt =
            Box::pin(round_of(&client, &mut world, &mut random, &mut acknowledged, point)).await.map_err(in_round)?;
        at_points += u32::from(life.has_ended()?);
        life.kill()?;
        if random.below(4) == 0 {
            life::tear(folder.path(), &mut random)?;
        }
        // What was under way is done or not: the next life shows.
        let next = Life::start(folder.path(), "")?;
        slowest = slowest.max(next.took);
        let client = Client::of(&next).await;
        world = Box::pin(client.verified(world, doubt)).await.map_err(in_round)?;
        life::no_training_ended_twice(folder.path())?;
        next.kill()?;
        if round % 100 == 0 {
            println!(
                "{round} of {rounds}: {acknowledged} acknowledged calls, slowest start {:.2} s",
                slowest.as_secs_f64()
            );
        }
    }
    let last = Life::start(folder.path(), "")?;
    Box::pin(Client::of(&last).await.all_trainings_end(&world)).await?;
    last.kill()?;
    let trained = life::no_training_ended_twice(folder.path())?;
    println!(
        "FIGURE {rounds} crashes of the local cloud ({at_points} at named points), {acknowledged} acknowledged calls and {trained} trainings: none lost, none twice"
    );
    println!("FIGURE slowest start after a crash: {:.2} s (goal: at most 2 s)", slowest.as_secs_f64());
    Ok(())
}

/// Calls until the life ends: the one that was under way is given back.
async fn round_of(
    client: &Client,
    world: &mut World,
    random: &mut Random,
    acknowledged: &mut u64,
    point: &str,
) -> Outcome<Option<Act>> {
    let moment = match random.below(3) {
        // Work in the background needs its time to come to a point.
        _ if !point.is_empty() => 400 + random.below(800),
        0 => random.below(30),
        1 => random.below(200),
        _ => random.below(900),
    };
    let end = tokio::time::Instant::now() + Duration::from_millis(moment);
    loop {
        let act = Act::draw(world, random);
        match tokio::time::timeout_at(end, client.does(&act)).await {
            Err(_) | Ok(client::Said::Nothing) => return Ok(Some(act)),
            Ok(client::Said::Yes) => {
                world.apply(&act);
                *acknowledged += 1;
            }
            // Such as a model that is not trained yet, or a dataset that is busy.
            Ok(client::Said::No) => tokio::time::sleep(Duration::from_millis(3)).await,
            Ok(client::Said::Wrong(why)) => return Err(format!("{act:?}: {why}").into()),
        }
    }
}

/// xorshift; what is drawn can be drawn again from the same seed.
pub struct Random(u64);

impl Random {
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end.max(1)
    }
}
