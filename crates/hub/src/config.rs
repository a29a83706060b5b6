//! What the hub is started with.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::delivery::SmtpSettings;
use crate::hands::StepSettings;
use crate::outgoing::Guard;
use crate::replicas::DatabaseSettings;
use crate::repositories::RepositorySettings;

/// What the hub is started with.
#[derive(Clone, Debug)]
pub struct Config {
    /// The repositories of the catalog; where there are none, the one that the data holds stays in force.
    pub repositories: Vec<RepositorySettings>,
    /// Where the hub keeps its data.
    pub data: PathBuf,
    /// The PostgreSQL that holds its data; a SQLite file in the data folder where absent.
    pub database: Option<DatabaseSettings>,
    /// Where it listens.
    pub listen: SocketAddr,
    /// How people reach it, for links in messages; `http://<listen>` where absent.
    pub base_url: Option<String>,
    /// How mail is sent; without it, mail contacts fail over to the next.
    pub smtp: Option<SmtpSettings>,
    /// Where the hub may call; the public internet and what the operator allows beside it.
    pub outgoing: Guard,
    /// The folder with the secrets that channels of the catalog name.
    pub secrets: Option<PathBuf>,
    /// The secret that signs webhooks; one is made and kept with the data where absent.
    pub webhook_secret: Option<String>,
    /// Where checkpoints are written outside the database, one after another.
    pub checkpoint_file: Option<PathBuf>,
    /// Files with checkpoints of the record that were kept elsewhere: the hub signs nothing below them.
    pub against: Vec<PathBuf>,
    /// Whether anybody may read the checkpoint and the hashes of the record's tree, without a token.
    pub public_tiles: bool,
    /// The folder with the web app; the one built into the program where absent.
    pub web: Option<PathBuf>,
    /// How it carries out steps of runbooks itself.
    pub steps: StepSettings,
    /// How long nothing may be heard of a step that a runner elsewhere carries out before it is given up.
    pub runner_silence: std::time::Duration,
    /// The record's origin, a name that never changes; made from the organisation's name where absent.
    pub origin: Option<String>,
}
