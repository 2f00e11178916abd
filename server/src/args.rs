//! The command line. Every option can also be given as a `KENCHI_*` variable.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Custom Labels from the first picture to the stopped model, in the browser.
///
/// Without a command it serves the page. With `--cloud local` (the default) no AWS account is
/// needed: a local cloud in this same program answers as S3 and Rekognition do.
#[derive(Parser, Debug)]
#[command(name = "kenchi", version, max_term_width = 100, args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) serve: ServeOptions,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Serve the page (the default)
    Serve(ServeOptions),
    /// Run only the local cloud, for boto3, the AWS CLI or any SDK
    Local(LocalOptions),
    /// Print the `export` lines with which boto3 and the AWS CLI reach the local cloud:
    /// eval "$(kenchi env)"
    Env(EnvOptions),
    /// List the models that run and what they cost; `kenchi models stop --all` stops them, from a shell or cron
    Models(ModelsOptions),
}

#[derive(Args, Debug, Clone)]
pub(crate) struct EnvOptions {
    /// An account of the local cloud, by 12 digits; it is made when it is not there yet [default: the first account]
    #[arg(long, env = "KENCHI_ACCOUNT", value_name = "ID", value_parser = account_id)]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) local: LocalOptions,
}

#[derive(Args, Debug, Clone)]
pub(crate) struct ModelsOptions {
    #[command(subcommand)]
    pub(crate) action: Option<ModelsAction>,
    /// Which cloud to work on; the local one must be running
    #[arg(long, env = "KENCHI_CLOUD", value_enum, default_value_t = CloudChoice::Local, global = true)]
    pub(crate) cloud: CloudChoice,
    #[command(flatten)]
    pub(crate) local: LocalOptions,
}

#[derive(Subcommand, Debug, Clone)]
pub(crate) enum ModelsAction {
    /// Ask for the stop of models and wait until they are seen stopped
    Stop {
        /// Every model that runs
        #[arg(long, conflicts_with = "arns", required_unless_present = "arns")]
        all: bool,
        /// ARNs of the models to stop
        arns: Vec<String>,
    },
}

#[derive(Args, Debug, Clone)]
pub(crate) struct ServeOptions {
    /// Where the page listens; loopback addresses only. Port 0 picks a free port
    #[arg(long, env = "KENCHI_LISTEN", value_name = "ADDRESS:PORT", default_value = "127.0.0.1:3000")]
    pub(crate) listen: SocketAddr,
    /// Which cloud to work on
    #[arg(long, env = "KENCHI_CLOUD", value_enum, default_value_t = CloudChoice::Local)]
    pub(crate) cloud: CloudChoice,
    /// What becomes of the models with a lease when Kenchi is ended by SIGINT or SIGTERM
    #[arg(long, env = "KENCHI_MODELS_AT_END", value_enum, default_value_t = AtEnd::Tell)]
    pub(crate) models_at_end: AtEnd,
    #[command(flatten)]
    pub(crate) local: LocalOptions,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AtEnd {
    /// Say which go on running and costing
    Tell,
    /// Stop them, and wait for a minute until they are seen stopped
    Stop,
}

#[derive(Args, Debug, Clone)]
pub(crate) struct LocalOptions {
    /// Where the local cloud listens; loopback addresses only. Port 0 picks a free port
    #[arg(
        long,
        env = "KENCHI_LOCAL_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:4566",
        global = true
    )]
    pub(crate) local_listen: SocketAddr,
    /// Where everything that must last is kept [default: kenchi in the user's data folder]
    #[arg(long, env = "KENCHI_DATA_DIR", value_name = "DIR", global = true)]
    pub(crate) data_dir: Option<PathBuf>,
    /// How many calls of each operation of Rekognition's control plane Kenchi makes a second. 5 is what AWS gives an
    /// account; more when the account's quota was raised, or on the local cloud
    #[arg(long, env = "KENCHI_CONTROL_CALLS", value_name = "N", default_value_t = 5, global = true,
        value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) control_calls: u32,
    /// The Region. On AWS the profile's Region is taken when this is not given [default on the local cloud: ap-northeast-1]
    #[arg(long, env = "KENCHI_REGION", value_name = "REGION", global = true)]
    pub(crate) region: Option<String>,
    /// On the local cloud: seconds that a model is STARTING at least
    #[arg(
        long,
        env = "KENCHI_START_DELAY",
        value_name = "SECONDS",
        default_value = "2",
        value_parser = seconds,
        global = true
    )]
    pub(crate) start_delay: Duration,
    /// On the local cloud: seconds that a training waits in its first state before it begins
    #[arg(
        long,
        env = "KENCHI_TRAINING_DELAY",
        value_name = "SECONDS",
        default_value = "0",
        value_parser = seconds,
        global = true
    )]
    pub(crate) training_delay: Duration,
    /// On the local cloud: sets a quota, such as projects=3; docs/local-cloud.md has their names. Can be repeated
    #[arg(
        long = "quota",
        env = "KENCHI_QUOTAS",
        value_name = "NAME=NUMBER",
        value_parser = quota,
        value_delimiter = ',',
        global = true
    )]
    pub(crate) quotas: Vec<(String, u64)>,
}

/// A length of time, in seconds with or without a fraction, up to a day.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|seconds| (0.0..=86_400.0).contains(seconds));
    seconds.map(Duration::from_secs_f64).ok_or_else(|| "0 to 86400 seconds are wanted".to_owned())
}

fn account_id(text: &str) -> Result<String, String> {
    if local::is_account_id(text) { Ok(text.to_owned()) } else { Err("12 digits are wanted".to_owned()) }
}

fn quota(text: &str) -> Result<(String, u64), String> {
    let (name, number) = text.split_once('=').ok_or_else(|| "NAME=NUMBER is wanted".to_owned())?;
    let number = number.parse().map_err(|_| format!("{number} is no whole number"))?;
    if local::rekognition::Quotas::default().set(name, number) {
        Ok((name.to_owned(), number))
    } else {
        Err(format!("the quotas are {}", local::rekognition::Quotas::NAMES.join(", ")))
    }
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CloudChoice {
    /// The local cloud: no account, nothing is charged
    Local,
    /// AWS, with the SDK's default credential chain, profile and Region
    Aws,
}

/// The Region of the local cloud when none is named.
pub(crate) const DEFAULT_REGION: &str = "ap-northeast-1";

impl LocalOptions {
    /// The data folder: as given, or `kenchi` in the user's data folder by the XDG rules.
    pub(crate) fn data_dir(&self) -> PathBuf {
        if let Some(dir) = &self.data_dir {
            return dir.clone();
        }
        let under_home = || Some(PathBuf::from(std::env::var_os("HOME")?).join(".local/share"));
        let base = std::env::var_os("XDG_DATA_HOME").filter(|v| !v.is_empty()).map(PathBuf::from).or_else(under_home);
        base.map_or_else(|| PathBuf::from("kenchi-data"), |dir| dir.join("kenchi"))
    }

    /// The Region of the local cloud.
    pub(crate) fn local_region(&self) -> String {
        self.region.clone().unwrap_or_else(|| DEFAULT_REGION.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_stand_before_or_behind_serve() {
        let bare = Arguments::try_parse_from(["kenchi", "--listen", "127.0.0.1:0", "--region", "us-east-1"]).unwrap();
        assert!(bare.command.is_none());
        assert_eq!(bare.serve.listen.port(), 0);
        let named = Arguments::try_parse_from(["kenchi", "serve", "--cloud", "aws"]).unwrap();
        assert!(matches!(named.command, Some(Command::Serve(o)) if o.cloud == CloudChoice::Aws));
        let stop = ["kenchi", "models", "stop", "--all", "--data-dir", "d", "--cloud", "aws"];
        let Some(Command::Models(models)) = Arguments::try_parse_from(stop).unwrap().command else { panic!("models") };
        assert!(
            matches!(models.action, Some(ModelsAction::Stop { all: true, .. })) && models.cloud == CloudChoice::Aws
        );
        assert!(Arguments::try_parse_from(["kenchi", "models", "stop"]).is_err(), "which ones must be said");
        let local =
            ["kenchi", "local", "--start-delay", "0.5", "--quota", "projects=3", "--quota", "trainings=1,line_chars=9"];
        let Some(Command::Local(local)) = Arguments::try_parse_from(local).unwrap().command else { panic!("local") };
        assert_eq!((local.start_delay, local.quotas.len()), (Duration::from_millis(500), 3));
        assert!(Arguments::try_parse_from(["kenchi", "local", "--quota", "projets=3"]).is_err());
        assert!(Arguments::try_parse_from(["kenchi", "local", "--start-delay", "-1"]).is_err());
        assert!(Arguments::try_parse_from(["kenchi", "env", "--account", "12"]).is_err());
    }
}
