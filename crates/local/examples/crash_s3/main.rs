//! Kills the local cloud while clients put, overwrite, copy, remove and upload in parts, and looks whether all that was
//! answered is there afterwards: `crash_s3 <rounds> [seed]`.
//!
//! The cloud is a process of its own. Half of the rounds end it at a named point of the store's work, the others by
//! SIGKILL at a moment drawn anew; then what SQLite had not committed is torn, as a power cut may leave it. What was
//! answered with 200 must be there after the restart, what was not answered may be there or not, and nothing else.

mod child;
mod clients;
mod torn;

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use child::Child;
use clients::Client;

type Outcome<T = ()> = Result<T, Box<dyn Error + Send + Sync>>;

/// Where the store's work can be cut; see `local::store::Watch`.
const POINTS: [&str; 8] = [
    "write done",
    "commit synced",
    "blob written",
    "blob synced",
    "blob renamed",
    "blob named",
    "blob unused",
    "blob removed",
];
const CLIENTS: u64 = 4;

fn main() -> Outcome {
    let mut arguments = std::env::args().skip(1);
    let first = arguments.next().ok_or("crash_s3 <rounds> [seed]")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    if first == "child" {
        let folder = arguments.next().ok_or("the child's folder is wanted")?;
        return runtime.block_on(child::serve(Path::new(&folder), arguments.next()));
    }
    let seed = arguments.next().map_or(Ok(1), |seed| seed.parse())?;
    runtime.block_on(crashes(first.parse()?, Random(seed)))
}

/// xorshift; what is drawn can be drawn again from the same seed.
pub(crate) struct Random(pub(crate) u64);

impl Random {
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % end.max(1)
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(from.len() as u64)).unwrap_or(0)]
    }
}

async fn crashes(rounds: u32, mut random: Random) -> Outcome {
    random.below(2);
    let folder = tempfile::tempdir()?;
    let mut clients: Vec<Client> = (0..CLIENTS).map(|at| Client::new(at, random.below(u64::MAX))).collect();
    let (mut slowest, mut answered, mut at_points) = (Duration::ZERO, 0, 0);
    for round in 1..=rounds {
        let point = (random.below(2) == 0).then(|| (*random.pick(&POINTS), 1 + random.below(20)));
        let mut child = Child::start(folder.path(), point)?;
        slowest = slowest.max(child.started_in);
        let s3 = child.client();
        if round == 1 {
            clients::make_bucket(&s3).await?;
        }
        clients::check(&s3, &mut clients).await.map_err(|error| format!("round {round}: {error}"))?;
        child.arm()?;
        let begun = Instant::now();
        let longest = Duration::from_millis(if point.is_some() { 2_000 } else { random.below(150) });
        let works = clients.drain(..).map(|mut client| {
            let s3 = s3.clone();
            tokio::spawn(async move {
                let result = client.work(&s3).await;
                (client, result)
            })
        });
        let works: Vec<_> = works.collect();
        while begun.elapsed() < longest && !child.is_dead()? {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        at_points += u32::from(child.is_dead()?);
        child.kill()?;
        for work in works {
            let (client, result) = work.await?;
            answered += result.map_err(|error| format!("round {round}: {error}"))?;
            clients.push(client);
        }
        torn::tear(folder.path(), &mut random)?;
        if round % 100 == 0 {
            println!("{round} of {rounds}: {answered} changes were answered, all are there");
        }
    }
    let child = Child::start(folder.path(), None)?;
    clients::check(&child.client(), &mut clients).await?;
    torn::no_garbage(folder.path()).await?;
    println!(
        "FIGURE {rounds} crashes of the store ({at_points} at named points): {answered} answered changes, 0 lost; slowest start {:.2} s (goal: at most 2 s)",
        slowest.as_secs_f64()
    );
    Ok(())
}
