//! The mail channel: one SMTP relay (RFC 5321), which is asked to deliver.

mod bounded;
mod connection;
mod letter;
mod settings;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::Address;
use tokio::time::timeout;
use wheelhouse_core::kernel::Outcome;
use wheelhouse_core::notify::Lane;
use wheelhouse_core::time::Timestamp;

pub use settings::{BadSmtpSettings, Credentials, SmtpSettings, SmtpTls};

use super::Outgoing;
use super::answer::{Attempt, accepted, one_line, permanent, temporary};
use super::gate::Health;
use super::places::Places;
use connection::{Connection, Fate, Trouble, slow};
use letter::{Letter, letter};
use settings::Relay;

/// How long a connection that nobody uses is kept open.
const IDLE: Duration = Duration::from_secs(20);
/// How long the relay may take to say that a kept connection still works.
const PROBE: Duration = Duration::from_secs(2);
/// How much longer everything up to the mail's text may take than each step of it.
const WHOLE: u32 = 3;
/// The relay's name among destinations.
const RELAY: &str = "smtp";

/// The mail channel. Cloning shares connections.
#[derive(Clone, Debug)]
pub struct Smtp {
    relay: Arc<Relay>,
    idle: Arc<Mutex<Idle>>,
    places: Places,
}

/// Connections that wait for the next mail; the last one used goes first.
#[derive(Debug, Default)]
struct Idle {
    parked: Vec<(u64, Connection)>,
    count: u64,
}

impl Smtp {
    /// Prepares the channel; connects when the first mail goes out.
    pub fn new(settings: SmtpSettings) -> Result<Self, BadSmtpSettings> {
        let places = Places::new(settings.connections);
        Ok(Self { relay: Arc::new(Relay::new(settings)?), idle: Arc::default(), places })
    }

    /// Makes one attempt to hand a mail to the relay.
    pub(super) async fn send(&self, outgoing: &Outgoing, address: &str, now: Timestamp) -> Attempt {
        let to: Address = match address.parse() {
            Ok(to) => to,
            Err(error) => return unsent(&format!("the contact is not a mail address: {error}")),
        };
        let letter = match letter(outgoing, &self.relay.from, to, now) {
            Ok(letter) => letter,
            Err(error) => return unsent(&format!("the mail cannot be written: {error}")),
        };
        let _place = self.places.take(outgoing.lane, RELAY).await;
        match self.hand_over(&letter).await {
            Ok(answer) => Attempt::of(accepted(&answer), Health::Works),
            Err(Trouble { answer, fate, health }) => {
                let outcome = match fate {
                    Fate::TryAgain => temporary(&answer),
                    Fate::Refused => permanent(&answer),
                    Fate::Unknown => Outcome::Unknown { answer: one_line(&answer) },
                };
                Attempt::of(outcome, health)
            }
        }
    }

    /// The relay's name among destinations: `mail.example.org:587`.
    pub(super) fn name(&self) -> &str {
        &self.relay.name
    }

    /// How many mails may be under way at a time, per lane.
    pub(super) fn at_once(&self) -> usize {
        self.relay.connections
    }

    /// Whether an attempt would start at once.
    pub(super) fn has_room(&self, lane: Lane) -> bool {
        self.places.has_room(lane, RELAY)
    }

    async fn hand_over(&self, letter: &Letter) -> Result<String, Trouble> {
        let limit = self.relay.timeout;
        let before = async {
            let mut connection = self.connection().await?;
            match connection.announce(letter, limit).await {
                Ok(()) => Ok(connection),
                Err(trouble) => {
                    connection.leave();
                    Err(trouble)
                }
            }
        };
        let whole = limit * WHOLE;
        let mut connection = timeout(whole, before).await.map_err(|_| slow("before the mail", whole))??;
        match connection.transmit(letter, limit).await {
            Ok(answer) => {
                self.park(connection);
                Ok(answer)
            }
            // What the relay says next would be taken for the answer to something else.
            Err(Trouble { fate: Fate::Unknown, answer, health }) => {
                Err(Trouble { fate: Fate::Unknown, answer, health })
            }
            Err(trouble) => {
                connection.leave();
                Err(trouble)
            }
        }
    }

    /// A connection that works: a kept one that still answers, or a new one.
    async fn connection(&self) -> Result<Connection, Trouble> {
        while let Some(mut kept) = self.unpark() {
            if timeout(PROBE, kept.is_alive()).await.unwrap_or(false) {
                return Ok(kept);
            }
        }
        Connection::open(&self.relay).await
    }

    fn unpark(&self) -> Option<Connection> {
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        idle.parked.pop().map(|(_, connection)| connection)
    }

    /// Keeps a connection for the next mail, and closes it when none comes.
    fn park(&self, connection: Connection) {
        let number = {
            let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
            idle.count += 1;
            let number = idle.count;
            idle.parked.push((number, connection));
            number
        };
        let idle = Arc::downgrade(&self.idle);
        tokio::spawn(async move {
            tokio::time::sleep(IDLE).await;
            let Some(idle) = idle.upgrade() else { return };
            let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(index) = idle.parked.iter().position(|(parked, _)| *parked == number) {
                idle.parked.remove(index).1.leave();
            }
        });
    }
}

/// It cannot even be tried, which says nothing about the relay.
fn unsent(answer: &str) -> Attempt {
    Attempt::of(permanent(answer), Health::Unheard)
}
