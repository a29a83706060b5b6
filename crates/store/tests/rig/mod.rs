//! A writer without threads, clocks or sockets: drives the kernel with random commands and commits
//! what follows, as the hub does.
#![allow(dead_code, reason = "not every test that has this module uses all of it")]

mod automations;
pub mod catalog;
mod commands;
pub mod erasing;
mod runs;
mod versions;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use wheelhouse_core::access::TokenId;
use wheelhouse_core::case::{CaseId, MessageId};
use wheelhouse_core::catalog::Catalog;
use wheelhouse_core::kernel::{CatalogChange, Command, Plan, Refusal, What, needs};
use wheelhouse_core::notify::Message;
use wheelhouse_core::record::{
    Actor, Checkpoint, Entry, Frontier, RowSalt, SignalDigests, VerifierKey, bookkeeping, checkpoint, leaf_hash,
    merge_signals, signals_root,
};
use wheelhouse_core::time::{Duration, Timestamp};
use wheelhouse_core::world::{Changes, NotToldRow, SignalRow};
use wheelhouse_core::{Context, World, advance, decide};
use wheelhouse_store::{
    Batch, Frame, Journal, KeptReply, Loaded, NewAttachment, NewErasure, PackedJournal, SealedEntry, Store, StoreError,
    StoredCatalog,
};

/// How long resolved cases stay in memory.
pub const KEEP: Duration = Duration::from_minutes(30);

/// Repeatable randomness (SplitMix64).
pub struct Random(pub u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    pub fn one_in(&mut self, many: u64) -> bool {
        self.below(many) == 0
    }

    pub fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len() as u64) as usize]
    }
}

/// The key that the rig's checkpoints are said to be signed with.
pub fn key() -> VerifierKey {
    VerifierKey::new("rig.example.org/record", [7; 32]).unwrap()
}

/// Stands in for Ed25519: nobody but the rig makes this signature.
pub fn signature(message: &[u8]) -> Vec<u8> {
    leaf_hash(&[b"the rig's secret", message].concat()).0.to_vec()
}

pub fn signature_holds(message: &[u8], given: &[u8]) -> bool {
    signature(message) == given
}

pub fn signed(tree: &Frontier) -> String {
    let key = key();
    let body = Checkpoint::new(key.name(), tree.size(), tree.root()).unwrap().body();
    checkpoint::assemble(&body, key.name(), key.key_hash(), &signature(body.as_bytes())).unwrap()
}

/// What the commands of one commit have brought about so far.
#[derive(Default)]
pub struct Staged {
    entries: Vec<Entry>,
    cases: BTreeSet<CaseId>,
    messages: BTreeMap<MessageId, Message>,
    not_told: Vec<NotToldRow>,
    signals: Vec<SignalRow>,
    tokens: BTreeSet<TokenId>,
    silences: BTreeSet<wheelhouse_core::silence::SilenceId>,
    runs: BTreeMap<wheelhouse_core::run::RunId, wheelhouse_core::run::Run>,
    automations: BTreeSet<wheelhouse_core::name::AutomationName>,
    standings: BTreeSet<wheelhouse_core::runbook::RunbookName>,
    changes: Vec<wheelhouse_core::change::Change>,
    catalog: Option<StoredCatalog>,
    repositories: bool,
    frames: Vec<Frame>,
    pub replies: Vec<KeptReply>,
}

/// A writer.
pub struct Rig<S> {
    pub store: S,
    pub world: World,
    pub tree: Frontier,
    pub commit: u64,
    pub now: Timestamp,
    pub random: Random,
    pub edition: u64,
    /// Messages handed out and not heard of.
    pub claimed: BTreeSet<MessageId>,
    pub staged: Staged,
}

impl<S: Store> Rig<S> {
    /// Starts on an empty store, or takes up where it ended.
    pub fn start(mut store: S, seed: u64) -> Self {
        let loaded = store.load(KEEP).unwrap();
        let first = Timestamp::from_seconds(1_790_000_000);
        let mut rig = Self {
            store,
            world: World::default(),
            tree: loaded.frontier.clone(),
            commit: loaded.commit,
            now: loaded.at.unwrap_or(first),
            random: Random(seed),
            edition: 0,
            claimed: loaded.claimed.clone(),
            staged: Staged::default(),
        };
        rig.world = rig.world_of(&loaded);
        rig
    }

    /// The catalog that stored sources compile to.
    fn compiled(stored: &StoredCatalog) -> Arc<Catalog> {
        let edition = (0..).find(|edition| catalog::stored(*edition) == *stored).unwrap();
        catalog::catalog(edition)
    }

    pub fn world_of(&self, loaded: &Loaded) -> World {
        loaded.world(loaded.catalog.as_ref().map(Self::compiled))
    }

    /// Decides a command and applies what follows.
    pub fn carry_out(&mut self, actor: Actor, what: What) -> Result<Plan, Refusal> {
        let command = Command { actor, policies: vec!["rig".into()], judged_under: None, what };
        for case in needs(&self.world, &command).cases {
            if let Some((case, messages)) = self.store.load_case(case).unwrap() {
                self.world.take_in(case, messages);
            }
        }
        let plan = decide(&self.world, &command, &Context::at(self.now))?;
        self.apply(plan.entries.clone());
        Ok(plan)
    }

    /// Does what is due, a few items at a time.
    pub fn do_what_is_due(&mut self) {
        for _ in 0..1_000 {
            let plan = advance(&self.world, 3, &Context::at(self.now));
            if plan.is_empty() {
                return;
            }
            self.apply(plan.entries);
        }
        panic!("there is always something due");
    }

    pub fn frame(&mut self, frame: Frame) {
        self.staged.frames.push(frame);
    }

    pub fn adopt(&mut self, edition: u64) {
        self.edition = edition;
        let what = What::Adopt {
            catalog: catalog::catalog(edition),
            time_zones: "2026a".into(),
            change: CatalogChange::default(),
        };
        self.carry_out(Actor::Hub, what).unwrap();
        self.staged.catalog = Some(catalog::stored(edition));
    }

    fn apply(&mut self, entries: Vec<Entry>) {
        for entry in entries {
            let Changes {
                cases,
                messages,
                not_told,
                signal,
                tokens,
                repositories,
                silence,
                change,
                run,
                standing,
                automations,
                ..
            } = self.world.apply(&entry);
            let staged = &mut self.staged;
            staged.cases.extend(cases);
            staged.messages.extend(messages.into_iter().map(|message| (message.id, message)));
            staged.not_told.extend(not_told);
            staged.signals.extend(signal);
            staged.tokens.extend(tokens);
            staged.silences.extend(silence);
            staged.runs.extend(run.map(|run| (run.id, run)));
            staged.standings.extend(standing);
            staged.automations.extend(automations);
            staged.changes.extend(change);
            staged.repositories |= !repositories.is_empty();
            staged.entries.push(entry);
        }
    }

    /// The batch of what is staged, and the tree with it.
    pub fn batch(&mut self) -> (Batch, Frontier) {
        let staged = std::mem::take(&mut self.staged);
        let salt = std::array::from_fn(|_| self.random.next() as u8);
        let root =
            (!staged.frames.is_empty()).then(|| signals_root(&salt, staged.frames.iter().map(|frame| &frame.raw[..])));
        let world = &self.world;
        let due: Vec<MessageId> = world.messages_due(self.now).map(|message| message.id).collect();
        let claims: Vec<MessageId> = due.into_iter().filter(|id| !self.claimed.contains(id)).take(3).collect();
        let journal = root.map(|_| Journal { salt, frames: staged.frames }.pack().unwrap());
        let signal_salts: Vec<RowSalt> =
            staged.signals.iter().map(|_| std::array::from_fn(|_| self.random.next() as u8)).collect();
        let digests =
            SignalDigests { root, journal: journal.as_ref().map(PackedJournal::digest), ..Default::default() };
        let digests = digests.with_rows(&staged.signals, &signal_salts);
        let mut merged = merge_signals(staged.entries, digests, self.now);
        let answers: Vec<_> = staged.replies.iter().map(KeptReply::kept).collect();
        merged.extend(bookkeeping(&claims, &answers, self.now));
        let (mut tree, mut nodes, mut entries) = (self.tree.clone(), Vec::new(), Vec::new());
        let (mut erasures, mut attachments) = (Vec::new(), Vec::new());
        for entry in merged {
            erasures.extend(NewErasure::of(tree.size(), &entry));
            attachments.extend(NewAttachment::of(tree.size(), &entry));
            let salt = std::array::from_fn(|_| self.random.next() as u8);
            let sealed = entry.seal(tree.size(), salt);
            tree.push_noting(sealed.leaf, |node| nodes.push((node.level as u8, node.index, node.hash)));
            entries.push(SealedEntry::new(&entry, sealed));
        }
        let world = &self.world;
        let batch = Batch {
            commit: self.commit + 1,
            at: self.now,
            checkpoint: (!entries.is_empty()).then(|| signed(&tree)),
            entries,
            nodes,
            journal,
            cases: staged.cases.iter().map(|id| world.case(*id).unwrap().clone()).collect(),
            messages: staged.messages.into_values().collect(),
            not_told: staged.not_told,
            signals: staged.signals,
            signal_salts,
            runs: staged.runs.into_values().collect(),
            silences: staged.silences.iter().filter_map(|id| world.silences().get(*id).cloned()).collect(),
            automations: staged.automations.iter().map(|name| world.automations().get(name).unwrap().clone()).collect(),
            standings: staged.standings.iter().map(|name| world.standing(name).unwrap().clone()).collect(),
            changes: staged.changes,
            tokens: staged.tokens.iter().map(|id| world.tokens()[id].clone()).collect(),
            counters: world.counters(),
            catalog: staged.catalog,
            repositories: staged.repositories.then(|| world.repositories().values().cloned().collect()),
            claims,
            replies: staged.replies,
            attachments,
            erasures,
        };
        (batch, tree)
    }

    /// Commits what is staged; as the hub, never nothing.
    pub fn commit(&mut self) -> Result<(), StoreError> {
        if self.staged.entries.is_empty() && self.staged.replies.is_empty() && self.staged.frames.is_empty() {
            self.carry_out(Actor::Hub, What::DoorsReady).unwrap();
        }
        let (batch, tree) = self.batch();
        self.store.commit(&batch)?;
        self.claimed.extend(&batch.claims);
        for message in &batch.messages {
            if !batch.claims.contains(&message.id) {
                self.claimed.remove(&message.id);
            }
        }
        (self.commit, self.tree) = (batch.commit, tree);
        Ok(())
    }

    /// A few random commands and a commit; then, now and then, cases leave memory.
    pub fn step(&mut self) -> Result<(), StoreError> {
        let minutes = self.random.below(4) * self.random.below(12);
        self.now = self.now + Duration::from_seconds((minutes * 60 + self.random.below(60)) as i64);
        self.do_what_is_due();
        for _ in 0..=self.random.below(8) {
            self.random_command();
        }
        self.commit()?;
        if self.random.one_in(4) {
            self.world.evict(self.now, KEEP);
        }
        Ok(())
    }
}
