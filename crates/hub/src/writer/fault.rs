//! What happens to an input over which the hub stumbles: it is set aside and never stops others.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

use wheelhouse_core::World;
use wheelhouse_core::kernel::{Command, Outcome, What};
use wheelhouse_core::notify::ContactKind;
use wheelhouse_core::record::{Actor, Hash, leaf_hash};

use super::dispatch::Dispatch;
use super::request::{Fault, Submission};
use super::run::Writer;

/// The most of an input that is shown in the case about it, in characters.
const MOST_SHOWN: usize = 2_000;

/// A stumble.
pub(super) struct Poison {
    /// What the stumble said.
    pub(super) what: String,
    /// Which signal of a request it was, if it was one.
    pub(super) signal: Option<usize>,
}

impl Writer {
    /// Throws the world away and loads it from the tables, which are the snapshot.
    pub(super) fn discard(&mut self) {
        let catalog = self.published.borrow().catalog.clone();
        loop {
            match self.store.load(self.keep()) {
                Ok(loaded) => {
                    self.commit = loaded.commit;
                    self.tree = loaded.frontier.clone();
                    self.silence_starts_afresh = self.published.borrow().ready_since.is_some();
                    let known = loaded.counters.catalog.is_some();
                    self.world = loaded.world(known.then_some(catalog));
                    self.in_flight.look_again();
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, "the world could not be loaded; trying again");
                    pause();
                }
            }
        }
    }

    /// Lets somebody look at the world. Whoever stumbles over what they see gets no answer, alone.
    pub(super) fn let_look(&self, look: Box<dyn FnOnce(&World) + Send>) {
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| look(&self.world))) {
            tracing::error!(what = words(&*panic), "somebody stumbled over the world");
        }
    }

    /// Hands a message to delivery. One that makes it stumble, such as by its texts, counts as failed
    /// for good by this contact, so that the next one is tried and it is given up loudly in the end.
    pub(super) fn dispatch_safely(&self, dispatch: Dispatch) {
        let (message, repeated) = (dispatch.message.id, dispatch.repeated);
        let contacts = dispatch.message.recipient.contacts(&dispatch.catalog);
        let contact = contacts.get(usize::from(dispatch.message.contact)).map(ContactKind::from);
        if let Err(panic) = catch_unwind(AssertUnwindSafe(|| self.dispatcher.dispatch(dispatch))) {
            tracing::error!(%message, what = words(&*panic), "writing a message made the hub stumble");
            let answer = "the hub stumbled while it wrote the message; its log says more".to_owned();
            let outcome = Outcome::Failed { answer, permanent: true };
            let what = What::Attempted { message, contact, repeated, outcome };
            let command = Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what };
            if self.handle.tell(command).is_err() {
                tracing::error!(%message, "that could not be noted either; it is sent again after a restart");
            }
        }
    }

    /// The last line: a batch over which the writer itself stumbled is gone, and whoever waits for it
    /// is told to come again. The world is as the store has it, and the hub says so loudly.
    pub(super) fn stumbled(&mut self, panic: &(dyn Any + Send)) -> Submission {
        let what = words(panic);
        tracing::error!(what, "the writer stumbled over a batch; the world is loaded again without it");
        self.metrics.quarantined.add(1);
        self.discard();
        quarantine(leaf_hash(what.as_bytes()), description(&what, b""))
    }

    /// Takes the culprit out of a batch whose application stumbled, answers it, and gives back the
    /// rest, followed by the command that says so loudly.
    pub(super) fn set_aside(
        &mut self,
        mut batch: Vec<Submission>,
        index: usize,
        poison: &Poison,
    ) -> Vec<Vec<Submission>> {
        tracing::error!(what = poison.what, "applying an input stumbled; the world is loaded again without it");
        self.metrics.quarantined.add(1);
        self.discard();
        let mut digest = leaf_hash(poison.what.as_bytes());
        match (batch.get_mut(index), poison.signal) {
            (Some(Submission::Signals(request)), Some(signal)) if signal < request.signals.len() => {
                digest = leaf_hash(&request.signals.remove(signal).raw);
            }
            (Some(_), _) => match batch.remove(index) {
                Submission::Person(person) => drop(person.reply.send(Err(Fault::Quarantined))),
                Submission::Hub(_, Some(reply)) => drop(reply.send(Err(Fault::Quarantined))),
                Submission::Adopt(adoption) => drop(adoption.reply.send(Err(Fault::Quarantined))),
                Submission::Signals(request) => drop(request.reply.send(Err(Fault::Quarantined))),
                Submission::Hub(_, None) | Submission::Read(_) => {}
            },
            (None, _) => {}
        }
        vec![batch, vec![quarantine(digest, poison.what.clone())]]
    }
}

/// The command that says loudly that an input was set aside.
pub(super) fn quarantine(digest: Hash, description: String) -> Submission {
    let what = What::Quarantine { digest, description, parked: None };
    Submission::Hub(Command { actor: Actor::Hub, policies: Vec::new(), judged_under: None, what }, None)
}

/// A digest of what a batch held, to recognise it by.
pub(super) fn digest_of(batch: &[Submission]) -> Hash {
    let mut text = String::new();
    for submission in batch {
        match submission {
            Submission::Hub(command, _) => text.push_str(&format!("{:?}", command.what)),
            Submission::Person(person) => text.push_str(&format!("{:?}", person.command.what)),
            Submission::Signals(request) => {
                for told in &request.signals {
                    text.push_str(&String::from_utf8_lossy(&told.raw));
                }
            }
            Submission::Adopt(_) | Submission::Read(_) => {}
        }
    }
    leaf_hash(text.as_bytes())
}

/// What a panic said.
pub(super) fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".to_owned())
}

/// What a person reads about an input that was set aside.
pub(super) fn description(what: &str, input: &[u8]) -> String {
    let shown: String = String::from_utf8_lossy(input).chars().take(MOST_SHOWN).collect();
    format!("The hub stumbled: {what}\n\nThe input, as far as it fits:\n{shown}")
}

/// Waits a moment on the writer's own thread, where nothing else could go on anyway.
#[expect(clippy::disallowed_methods, reason = "the writer has nothing to do until its database answers")]
pub(super) fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(200));
}
