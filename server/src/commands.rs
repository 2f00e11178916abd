//! What each command of the program does.

use crate::args::{AtEnd, CloudChoice, EnvOptions, LocalOptions, ServeOptions};
use crate::{connections, models, pages, security, site};
use domain::money::Prices;
use domain::problem::Problem;
use domain::view::Cloud;
use local::LocalCloud;
use services::{LocalAccess, Services, Settings};
use std::io::Write as _;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// Why the program ended; the text is for the person who started it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error(
        "{0} is not a loopback address. Kenchi has no sign-in yet and holds cloud credentials, so it listens on 127.0.0.1 or [::1] only"
    )]
    NotLoopback(SocketAddr),
    #[error("{address} can't be listened on: {source}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("this binary was built without its site; build it with `cargo xtask build`")]
    NoSite,
    #[error("the local cloud could not be opened: {0}")]
    Local(#[from] local::LocalError),
    #[error("{0}")]
    Services(#[from] Problem),
    #[error("there are no keys in {0} yet; start `kenchi` or `kenchi local` once with this data folder")]
    NoKeys(std::path::PathBuf),
    #[error("not seen stopped yet: {0}; run the command again")]
    StillRunning(String),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// `kenchi [serve]`
pub(crate) async fn serve(options: ServeOptions) -> Result<(), CommandError> {
    let assets = site::assets().ok_or(CommandError::NoSite)?;
    let listener = listen(options.listen).await?;
    let address = listener.local_addr()?;
    let data_dir = options.local.data_dir();
    std::fs::create_dir_all(&data_dir)?;
    let (stop, stopped) = stop_signal();

    let (cloud, local_access) = match options.cloud {
        CloudChoice::Local => {
            let local_listener = listen(options.local.local_listen).await?;
            let local_address = local_listener.local_addr()?;
            let cloud = open_local(&options.local, local_address).await?;
            let access = access(local_address, cloud.credentials());
            (Some((cloud, local_listener, local_address)), Some(access))
        }
        CloudChoice::Aws => (None, None),
    };

    // The local cloud ends last: models are stopped through it.
    let (end_cloud, cloud_end) = watch::channel(false);
    let local_end = cloud.map(|(cloud, listener, address)| {
        let task = tokio::spawn(cloud.serve(listener, ended(cloud_end)));
        (task, address)
    });
    let services = Services::open(settings(options.cloud, &options.local, local_access)).await?;

    services.keep_leases().await?;
    services.take_up_batches().await?;
    services.take_up_suggesting().await?;
    let at_the_end = services.clone();
    let router = pages::router(services, assets, security::Allowed::loopback(address.port()));
    announce(&format!("Kenchi is ready at http://{address}/"))?;
    match &local_end {
        Some((_, local_address)) => announce(&format!("The local cloud is at http://{local_address}/"))?,
        None => announce("Working on AWS; no local cloud was started")?,
    }
    connections::serve(listener, router, ended(stopped)).await;
    if options.models_at_end == AtEnd::Stop {
        // Whoever is in a hurry signals again.
        tokio::select! {
            () = models::stop_leased(&at_the_end) => {}
            _ = signalled() => {}
        }
    }
    models::warn_of_running(&at_the_end).await;
    end_cloud.send_replace(true);
    if let Some((task, _)) = local_end {
        match task.await {
            Ok(served) => served?,
            Err(error) => tracing::error!(%error, "the local cloud did not end in order"),
        }
    }
    drop(stop);
    Ok(())
}

/// `kenchi local`
pub(crate) async fn local(options: LocalOptions) -> Result<(), CommandError> {
    let listener = listen(options.local_listen).await?;
    let address = listener.local_addr()?;
    std::fs::create_dir_all(options.data_dir())?;
    let cloud = open_local(&options, address).await?;
    let (stop, stopped) = stop_signal();
    announce(&format!("The local cloud is at http://{address}/"))?;
    announce("Point boto3 or the AWS CLI at it: eval \"$(kenchi env)\"")?;
    cloud.serve(listener, ended(stopped)).await?;
    drop(stop);
    Ok(())
}

/// `kenchi env`
pub(crate) fn env(options: &EnvOptions) -> Result<(), CommandError> {
    let (account, options) = (options.account.as_deref(), &options.local);
    let data_dir = options.data_dir();
    let mut keys = local::read_keys(&data_dir, local::ACCOUNT_ID)?.ok_or(CommandError::NoKeys(data_dir.clone()))?;
    if let Some(account) = account {
        keys = local::read_or_generate_keys(&data_dir, account)?;
    }
    let mut out = std::io::stdout().lock();
    writeln!(out, "export AWS_ENDPOINT_URL=http://{}", options.local_listen)?;
    writeln!(out, "export AWS_ACCESS_KEY_ID={}", keys.access_key_id)?;
    writeln!(out, "export AWS_SECRET_ACCESS_KEY={}", keys.secret_access_key)?;
    writeln!(out, "export AWS_REGION={}", options.local_region())?;
    writeln!(out, "export AWS_DEFAULT_REGION={}", options.local_region())?;
    Ok(())
}

/// The services for a command that finds its local cloud running.
pub(crate) async fn services_of(cloud: CloudChoice, options: &LocalOptions) -> Result<Services, CommandError> {
    let data_dir = options.data_dir();
    let local = match cloud {
        CloudChoice::Local => {
            let keys = local::read_keys(&data_dir, local::ACCOUNT_ID)?
                .ok_or_else(|| CommandError::NoKeys(data_dir.clone()))?;
            Some(access(options.local_listen, &keys))
        }
        CloudChoice::Aws => None,
    };
    Ok(Services::open(settings(cloud, options, local)).await?)
}

fn access(address: SocketAddr, keys: &local::Keys) -> LocalAccess {
    LocalAccess {
        endpoint: format!("http://{address}"),
        access_key_id: keys.access_key_id.clone(),
        secret_access_key: keys.secret_access_key.clone(),
    }
}

fn settings(cloud: CloudChoice, options: &LocalOptions, local: Option<LocalAccess>) -> Settings {
    Settings {
        cloud: if local.is_some() { Cloud::Local } else { Cloud::Aws },
        region: match cloud {
            CloudChoice::Local => Some(options.local_region()),
            CloudChoice::Aws => options.region.clone(),
        },
        data_dir: options.data_dir(),
        local,
        prices: Prices::default(),
        control_calls: options.control_calls,
        version: env!("CARGO_PKG_VERSION").to_owned(),
    }
}

async fn open_local(options: &LocalOptions, address: SocketAddr) -> Result<LocalCloud, CommandError> {
    let mut config = local::Config {
        region: options.local_region(),
        start_delay: options.start_delay,
        training_delay: options.training_delay,
        ..local::Config::new(options.data_dir(), address)
    };
    for (name, value) in &options.quotas {
        // The names were checked with the command line.
        config.quotas.set(name, *value);
    }
    Ok(LocalCloud::open(config).await?)
}

async fn listen(address: SocketAddr) -> Result<TcpListener, CommandError> {
    if !address.ip().is_loopback() {
        return Err(CommandError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|source| CommandError::Listen { address, source })
}

/// A line for the person or the script that started Kenchi. One that stopped listening after the line
/// that it waited for is no reason to end.
fn announce(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{line}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => written,
    }
}

/// Turns true at SIGINT or SIGTERM.
fn stop_signal() -> (watch::Sender<bool>, watch::Receiver<bool>) {
    let (stop, stopped) = watch::channel(false);
    let sender = stop.clone();
    tokio::spawn(async move {
        if let Err(error) = signalled().await {
            tracing::error!(%error, "signals can't be waited for");
            return std::future::pending().await;
        }
        tracing::info!("ending");
        sender.send_replace(true);
    });
    (stop, stopped)
}

#[cfg(unix)]
async fn signalled() -> std::io::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        result = tokio::signal::ctrl_c() => result,
        _ = terminate.recv() => Ok(()),
    }
}

#[cfg(not(unix))]
async fn signalled() -> std::io::Result<()> {
    tokio::signal::ctrl_c().await
}

async fn ended(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is an end too.
    let _ = stopped.wait_for(|stop| *stop).await;
}
