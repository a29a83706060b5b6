//! Backing a hub up, and getting it back.

use std::path::PathBuf;

use clap::Args;

/// Back up a hub's data folder, while the hub runs or not.
///
/// The backup is one compressed tar file: the database as it is at one instant, without what was erased; the hub's keys;
/// what automated steps said; the sizes and digests of all of it. It has its name only when it is whole. It holds
/// secrets: whoever has it can sign as this hub. What is not in it: the configuration, `--secrets`, the catalog's
/// repositories.
#[derive(Debug, Args)]
pub struct Backup {
    /// The hub's data folder.
    #[arg(long, env = "WHEELHOUSE_DATA", value_name = "DIR", default_value = "./data")]
    pub data: PathBuf,
    /// Where to: a file, or a folder, in which it is named after the instant.
    #[arg(long, value_name = "FILE|DIR")]
    pub to: PathBuf,
    /// How many backups of this record stay in the folder, this one among them; older ones are removed.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub keep: Option<u32>,
    /// Leave the keys out: keep them elsewhere then, and give them to `restore` with `--keys`.
    #[arg(long)]
    pub without_keys: bool,
}

/// Get a hub back from a backup, or try whether one could.
///
/// The data folder must be new or empty. The backup is held against its digests, the record is verified, and goes on
/// as a log of another origin, whose first entry cites the head of the one before: what was signed after the backup is
/// never contradicted.
#[derive(Debug, Args)]
pub struct Restore {
    /// The backup.
    #[arg(long, value_name = "FILE", required_unless_present = "in_place")]
    pub from: Option<PathBuf>,
    /// The data folder that the hub is to have.
    #[arg(long, env = "WHEELHOUSE_DATA", value_name = "DIR", required_unless_present = "drill")]
    pub data: Option<PathBuf>,
    /// A file with checkpoints of the record that were kept elsewhere: says what is lost, and refuses another record's
    /// backup. May be given several times.
    #[arg(long, value_name = "FILE")]
    pub against: Vec<PathBuf>,
    /// The folder with the hub's keys, for a backup that was made without them.
    #[arg(long, value_name = "DIR")]
    pub keys: Option<PathBuf>,
    /// Only try: restore into a scratch folder, verify the record there, say how long it took, and remove it.
    #[arg(long)]
    pub drill: bool,
    /// Where the drill's scratch folder lies [default: the system's folder for such].
    #[arg(long, value_name = "DIR", requires = "drill")]
    pub scratch: Option<PathBuf>,
    /// The data folder was put there by other means, such as a snapshot of the disk: verify its record, and let it go
    /// on as another log.
    #[arg(long, conflicts_with_all = ["from", "drill", "keys"])]
    pub in_place: bool,
}

/// Move the data of a hub that does not run from its file to PostgreSQL, with its record intact.
///
/// The record is verified before and after, and the same checkpoint holds for both. The file stays as it is. Hubs on the
/// database need the keys of the data folder (record.key, link.key, webhook.key), which are not moved.
#[derive(Debug, Args)]
pub struct Migrate {
    /// The hub's data folder, or its database as sqlite:FILE.
    #[arg(long, value_name = "DIR|sqlite:FILE")]
    pub from: String,
    /// The database, as postgres://USER@HOST:PORT/DATABASE.
    #[arg(long, value_name = "URL")]
    pub to: String,
    /// The organisation in the database.
    #[arg(long, env = "WHEELHOUSE_ORG", value_name = "NAME", default_value = "main")]
    pub org: String,
    /// A file that holds the password of the database's user.
    #[arg(long, env = "WHEELHOUSE_DATABASE_PASSWORD_FILE", value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}
