//! `channel`.

use clap::{Args, Subcommand};

/// See how messages leave, and try it.
#[derive(Debug, Subcommand)]
pub enum ChannelCommand {
    /// List the ways out: how each stands, what waits for it and why.
    List,
    /// Send a message that is marked as a test, and see what the other side answers.
    Test(ChannelTest),
}

/// Send a test.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("whom").required(true)))]
pub struct ChannelTest {
    /// By every contact of this person.
    #[arg(long, group = "whom")]
    pub person: Option<String>,
    /// By every contact of this team.
    #[arg(long, group = "whom")]
    pub team: Option<String>,
    /// By every contact of this audience.
    #[arg(long, group = "whom")]
    pub audience: Option<String>,
    /// By this channel of the catalog.
    #[arg(long, group = "whom")]
    pub channel: Option<String>,
    /// Whom the channel is to reach: a telephone number, a topic, a room.
    #[arg(long, requires = "channel")]
    pub to: Option<String>,
}
