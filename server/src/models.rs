//! `kenchi models`: what runs and what it costs, from a shell; and stopping without a browser.

use crate::args::{ModelsAction, ModelsOptions};
use crate::commands::{CommandError, services_of};
use domain::problem::Problem;
use domain::status::VersionStatus;
use domain::view::VersionView;
use services::Services;
use std::time::Duration;

/// Between two looks at a model that stops.
const LOOK: Duration = Duration::from_secs(1);
/// How long a stop is waited for; the service says "a few seconds to minutes".
const MOST_LOOKS: u32 = 15 * 60;
/// How long the end of the program waits for stops.
const END_PATIENCE: Duration = Duration::from_secs(60);

pub(crate) async fn run(options: ModelsOptions) -> Result<(), CommandError> {
    let services = services_of(options.cloud, &options.local).await?;
    match options.action {
        None => {
            let models = running(&services).await?;
            if models.is_empty() {
                println!("No model is running.");
            }
            for model in models {
                println!("{}", line(&model));
            }
            Ok(())
        }
        Some(ModelsAction::Stop { all, arns }) => {
            let arns = if all { running(&services).await?.into_iter().map(|model| model.arn).collect() } else { arns };
            stop(&services, arns).await
        }
    }
}

/// Asks for every stop first, then waits until all are seen. A failure is told and the others go on.
async fn stop(services: &Services, arns: Vec<String>) -> Result<(), CommandError> {
    let mut failed = None;
    let mut waiting = Vec::new();
    for arn in arns {
        println!("Stopping model:{arn}");
        match services.stop_model(&arn).await {
            Ok(()) => waiting.push(arn),
            Err(problem) => {
                eprintln!("{arn}: {problem}");
                failed = failed.or(Some(problem));
            }
        }
    }
    for _ in 0..MOST_LOOKS {
        let running = running(services).await?;
        waiting.retain(|arn| {
            let still = running.iter().any(|model| model.arn == *arn);
            if !still {
                println!("Stopped: {arn}");
            }
            still
        });
        if waiting.is_empty() {
            return failed.map_or(Ok(()), |problem| Err(problem.into()));
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(CommandError::StillRunning(waiting.join(", ")))
}

async fn running(services: &Services) -> Result<Vec<VersionView>, Problem> {
    let running = services.running().await?;
    match running.trouble {
        // The list is not known then, which is not the same as empty.
        Some(trouble) if running.models.is_empty() => Err(trouble.problem),
        _ => Ok(running.models),
    }
}

fn line(model: &VersionView) -> String {
    let cost = model.cost_usd.map_or_else(|| "start unknown".to_owned(), |cost| format!("about {cost:.2} USD so far"));
    let lease = if model.lease.is_some() { "with a lease" } else { "unmanaged: no lease" };
    format!("{}  {}  {cost}  {:.2} USD an hour  {lease}", model.arn, model.status, model.hourly_usd)
}

/// At the end of the program: stops the models with a lease, and waits a while until they are seen off. One that is
/// starting is stopped as soon as it can be.
pub(crate) async fn stop_leased(services: &Services) {
    let end = tokio::time::Instant::now() + END_PATIENCE;
    let mut asked = std::collections::BTreeSet::new();
    loop {
        match running(services).await {
            Ok(models) => {
                let leased: Vec<VersionView> = models.into_iter().filter(|model| model.lease.is_some()).collect();
                if leased.is_empty() {
                    return;
                }
                for model in leased.iter().filter(|model| model.status == VersionStatus::Running) {
                    if asked.insert(model.arn.clone()) {
                        eprintln!("kenchi: stopping {}", model.arn);
                    }
                    if let Err(problem) = services.stop_model(&model.arn).await {
                        eprintln!("kenchi: {}: {problem}", model.arn);
                    }
                }
            }
            Err(problem) => eprintln!("kenchi: what runs could not be told: {problem}"),
        }
        if tokio::time::Instant::now() > end {
            return;
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// At the end of the program: what goes on costing while nobody keeps its lease. On the local cloud the
/// models end with the program, and run again at its next start.
pub(crate) async fn warn_of_running(services: &Services) {
    if services.session().local_endpoint.is_some() {
        return;
    }
    let models = match tokio::time::timeout(Duration::from_secs(5), running(services)).await {
        Ok(Ok(models)) => models,
        Ok(Err(problem)) => {
            eprintln!("kenchi: whether a model still runs could not be told: {problem}");
            return;
        }
        Err(_) => {
            eprintln!("kenchi: whether a model still runs could not be told in time");
            return;
        }
    };
    for model in models.iter().filter(|model| model.status != VersionStatus::Stopping) {
        eprintln!("kenchi: this model goes on running and costing, and no lease ends it while Kenchi is off:");
        eprintln!("  {}", line(model));
        eprintln!("  aws rekognition stop-project-version --project-version-arn {}", model.arn);
    }
}
