//! The command line. Every option can also be given as a `KENCHI_*` variable.

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

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
    Env(LocalOptions),
    /// List the models that run and what they cost; `kenchi models stop --all` stops them, from a shell or cron
    Models(ModelsOptions),
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
    #[command(flatten)]
    pub(crate) local: LocalOptions,
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
    /// The Region. On AWS the profile's Region is taken when this is not given [default on the local cloud: ap-northeast-1]
    #[arg(long, env = "KENCHI_REGION", value_name = "REGION", global = true)]
    pub(crate) region: Option<String>,
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
    }
}
