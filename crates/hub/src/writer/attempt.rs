//! One attempt at a batch: decide, apply, commit, answer; or discard everything.

use std::sync::Arc;

use wheelhouse_core::Context;
use wheelhouse_core::kernel::What;
use wheelhouse_core::record::{Frontier, SignalDigests, bookkeeping, merge_signals, signals_root};
use wheelhouse_core::time::Timestamp;
use wheelhouse_core::world::SignalRow;
use wheelhouse_store::{Batch, ErasureOf, Journal, KeptReply, PackedJournal, StoreError};
use wheelhouse_wire::expression::CEL;

use super::batch::Staged;
use super::dispatch::Dispatch;
use super::log;
use super::publish::{Published, TokenTable};
use super::request::{Answer, Fault, SignalOutcome, Submission};
use super::run::Writer;
use super::seal::{attachments, erasures, row_salts, salt, seal};

/// What came of one submission, to be told once the batch is durable.
pub(super) enum Outcome {
    /// A command was carried out.
    Done(Box<Answer>),
    /// A command or request was not.
    Not(Fault),
    /// Signals were taken in.
    Taken(SignalOutcome),
    /// Nobody waits.
    Silent,
}

impl Writer {
    /// Handles a batch as one transaction. On failure the world is as the store has it, and what
    /// is to be tried again is given back, in order.
    pub(super) fn try_batch(&mut self, batch: Vec<Submission>) -> Result<(), Vec<Vec<Submission>>> {
        let begun = crate::clock::steady_now();
        let look = self.clock.look();
        let cx = Context::new(look.now, &CEL);
        let mut staged = Staged::default();
        if look.jumped || self.silence_starts_afresh {
            tracing::warn!("the clock jumped or the world was loaded again: silence counts afresh from here");
            self.hub_command(&mut staged, &cx, What::DoorsReady);
        }
        let (reads, batch): (Vec<_>, Vec<_>) = batch.into_iter().partition(|s| matches!(s, Submission::Read(_)));
        for read in reads {
            if let Submission::Read(look) = read {
                self.let_look(look);
            }
        }
        if self.do_what_is_due(&mut staged, &cx).is_err() {
            self.discard();
            return Err(vec![batch]);
        }
        let mut outcomes = Vec::with_capacity(batch.len());
        for (index, submission) in batch.iter().enumerate() {
            match self.handle(&mut staged, &cx, submission) {
                Ok(outcome) => outcomes.push(outcome),
                Err(poison) => return Err(self.set_aside(batch, index, &poison)),
            }
        }
        let changed = !staged.messages.is_empty();
        let claims = self.in_flight.choose(&self.world, cx.now, &*self.dispatcher, changed);
        if staged.is_empty() && claims.is_empty() {
            self.in_flight.reported(&staged.reported);
            self.answer(batch, outcomes);
            return Ok(());
        }
        self.metrics.stages.decided(crate::clock::steady_now().duration_since(begun));
        let (record, tree) = match self.stage(&mut staged, claims, cx.now) {
            Ok(staged) => staged,
            Err(error) => return Err(self.commit_failed(batch, &error)),
        };
        let started = crate::clock::steady_now();
        if let Err(error) = self.store.commit(&record) {
            return Err(self.commit_failed(batch, &error));
        }
        let took = crate::clock::steady_now().duration_since(started);
        self.metrics.committed(&record, took);
        self.gathering.committed(took);
        self.commit = record.commit;
        log::say(&record, &self.metrics);
        self.tree = tree;
        self.silence_starts_afresh = false;
        self.in_flight.reported(&staged.reported);
        self.publish(&staged, &batch, cx.now);
        self.hand_over(&record);
        self.keep_replies(&staged, &record);
        self.answer(batch, outcomes);
        Ok(())
    }

    /// Makes the transaction: entries sealed into the tree, rows as they are now, the journal.
    fn stage(
        &self,
        staged: &mut Staged,
        claims: Vec<wheelhouse_core::case::MessageId>,
        now: Timestamp,
    ) -> Result<(Batch, Frontier), StoreError> {
        let commit = self.commit + 1;
        let salt = salt();
        let frames = std::mem::take(&mut staged.frames);
        let root = (!frames.is_empty()).then(|| signals_root(&salt, frames.iter().map(|frame| &frame.raw[..])));
        let journal = root.is_some().then(|| Journal { salt, frames }.pack()).transpose()?;
        let (signals, replies) = (std::mem::take(&mut staged.signals), staged.replies.clone());
        let appended = signals.iter().filter(|row| matches!(row, SignalRow::Append { .. })).count();
        let signal_salts = row_salts(appended);
        let digests =
            SignalDigests { root, journal: journal.as_ref().map(PackedJournal::digest), ..Default::default() };
        let digests = digests.with_rows(&signals, &signal_salts);
        let mut entries = merge_signals(std::mem::take(&mut staged.entries), digests, now);
        let answers: Vec<_> = replies.iter().map(KeptReply::kept).collect();
        entries.extend(bookkeeping(&claims, &answers, now));
        let mut tree = self.tree.clone();
        let mut nodes = Vec::new();
        let sealed = seal(&entries, tree.size());
        for entry in &sealed {
            tree.push_noting(entry.sealed.leaf, |node| {
                let level = u8::try_from(node.level).expect("a tree of less than 2^62 leaves has fewer than 63 levels");
                nodes.push((level, node.index, node.hash));
            });
        }
        let checkpoint = if sealed.is_empty() { None } else { self.signer.checkpoint(&tree).ok() };
        let batch = Batch {
            commit,
            at: now,
            entries: sealed,
            nodes,
            checkpoint,
            journal,
            cases: staged.cases.iter().filter_map(|id| self.world.case(*id).cloned()).collect(),
            messages: std::mem::take(&mut staged.messages).into_values().collect(),
            not_told: std::mem::take(&mut staged.not_told),
            signals,
            signal_salts,
            silences: staged.silences.iter().filter_map(|id| self.world.silences().get(*id).cloned()).collect(),
            changes: std::mem::take(&mut staged.changes),
            runs: std::mem::take(&mut staged.runs).into_values().collect(),
            tokens: staged.tokens.iter().filter_map(|id| self.world.tokens().get(id).cloned()).collect(),
            counters: self.world.counters(),
            automations: staged
                .automations
                .iter()
                .filter_map(|name| self.world.automations().get(name).cloned())
                .collect(),
            standings: staged.standings.iter().filter_map(|name| self.world.standing(name).cloned()).collect(),
            catalog: staged.catalog.take(),
            repositories: staged.repositories_changed.then(|| self.world.repositories().values().cloned().collect()),
            claims,
            replies,
            attachments: attachments(&entries, self.tree.size()),
            erasures: erasures(&entries, self.tree.size()),
        };
        Ok((batch, tree))
    }

    /// Lets handlers see the committed state.
    fn publish(&mut self, staged: &Staged, batch: &[Submission], now: Timestamp) {
        let in_force = self.world.catalog().map(|catalog| catalog.version.as_str());
        for submission in batch {
            if let Submission::Adopt(adoption) = submission
                && in_force == Some(adoption.stored.version.as_str())
            {
                self.authority = adoption.authority.clone();
            }
        }
        let (commit, authority) = (self.commit, self.authority.clone());
        let world = &self.world;
        self.published.send_modify(|published| {
            let mut next = Published::clone(published);
            next.commit = commit;
            next.at = now;
            next.runs_moved += u64::from(staged.runs_moved);
            if staged.published_changed {
                next.adoptions = world.adoptions();
                next.tokens = Arc::new(TokenTable::of(world));
                next.repositories = Arc::new(world.repositories().clone());
                if !staged.automations.is_empty() {
                    next.automations = Arc::new(world.automations().clone());
                }
                if !staged.standings.is_empty() {
                    next.standings = Arc::new(world.standings().clone());
                    next.standings_changed = commit;
                }
                next.ready_since = world.ready_since();
                next.authority = authority;
                if let Some(catalog) = world.catalog() {
                    next.catalog = catalog.clone();
                }
            }
            *published = Arc::new(next);
        });
    }

    /// Hands claimed messages to delivery.
    fn hand_over(&mut self, record: &Batch) {
        let Some(catalog) = self.world.catalog().cloned() else { return };
        for id in &record.claims {
            let (Some(message), Some(case)) = (self.world.message(*id), self.world.case(id.case)) else { continue };
            let repeated = self.in_flight.hand_over(*id) || message.repeated;
            let (message, case, catalog) = (message.clone(), case.clone(), catalog.clone());
            self.dispatch_safely(Dispatch { message, case, catalog, repeated });
        }
    }

    fn keep_replies(&mut self, staged: &Staged, record: &Batch) {
        /// The most replies kept in memory, beside those in the store.
        const MOST_RECENT: usize = 10_000;
        if self.recent_replies.len() > MOST_RECENT {
            self.recent_replies.clear();
        }
        for erasure in &record.erasures {
            if let ErasureOf::Case(case) = erasure.of {
                self.recent_replies.retain(|_, reply| reply.case != Some(case));
            }
        }
        for reply in &staged.replies {
            self.recent_replies.insert((reply.principal.clone(), reply.key.clone()), reply.clone());
        }
    }

    /// Tells everybody what came of their submission.
    fn answer(&self, batch: Vec<Submission>, outcomes: Vec<Outcome>) {
        for (submission, outcome) in batch.into_iter().zip(outcomes) {
            let done = |outcome| match outcome {
                Outcome::Done(mut answer) => {
                    answer.commit = self.commit;
                    Ok(*answer)
                }
                Outcome::Not(fault) => Err(fault),
                Outcome::Taken(_) | Outcome::Silent => Err(Fault::Stopping),
            };
            match submission {
                Submission::Hub(_, reply) => {
                    if let Some(reply) = reply {
                        let _gone = reply.send(done(outcome));
                    }
                }
                Submission::Adopt(adoption) => drop(adoption.reply.send(done(outcome))),
                Submission::Person(person) => drop(person.reply.send(done(outcome))),
                Submission::Signals(request) => drop(request.reply.send(match outcome {
                    Outcome::Taken(taken) => Ok(taken),
                    Outcome::Not(fault) => Err(fault),
                    Outcome::Done(_) | Outcome::Silent => Err(Fault::Stopping),
                })),
                Submission::Read(_) => {}
            }
        }
    }

    /// The commit failed: the world is discarded. What the batch itself caused is bisected down to
    /// the culprit; where the disk or the database failed, everybody is told so.
    fn commit_failed(&mut self, batch: Vec<Submission>, error: &StoreError) -> Vec<Vec<Submission>> {
        let words = log::with_causes(error);
        tracing::error!(error = words, submissions = batch.len(), "a commit failed; the world is loaded again");
        self.metrics.commit_failures.add(1);
        self.discard();
        if error.is_about_the_batch() && batch.len() > 1 {
            let mut first = batch;
            let second = first.split_off(first.len() / 2);
            return vec![first, second];
        }
        let culprit = error.is_about_the_batch().then(|| super::fault::digest_of(&batch));
        if culprit.is_none() {
            return self.wait_for_the_store(batch, &words);
        }
        let outcomes = batch.iter().map(|_| Outcome::Not(Fault::Store(words.clone()))).collect();
        self.answer(batch, outcomes);
        culprit
            .map(|digest| vec![vec![super::fault::quarantine(digest, format!("a commit failed: {words}"))]])
            .unwrap_or_default()
    }

    /// The disk or the database failed. Whoever waits is told so; what deliveries reported is kept
    /// and handled again, since nobody else would tell it a second time.
    fn wait_for_the_store(&mut self, batch: Vec<Submission>, words: &str) -> Vec<Vec<Submission>> {
        self.metrics.store_fails.store(true, std::sync::atomic::Ordering::Relaxed);
        let (told, waiting): (Vec<_>, Vec<_>) = batch.into_iter().partition(|s| matches!(s, Submission::Hub(_, None)));
        let outcomes = waiting.iter().map(|_| Outcome::Not(Fault::Store(words.to_owned()))).collect();
        self.answer(waiting, outcomes);
        for submission in told {
            if self.handle.push(submission).is_err() {
                tracing::error!(
                    "the outcome of a message is lost; it is sent again after a restart, marked as a repeat"
                );
            }
        }
        super::fault::pause();
        Vec::new()
    }
}
