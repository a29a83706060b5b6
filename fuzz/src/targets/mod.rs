//! The targets, one function each, by the format that they take.

mod alertmanager;
mod api;
mod automations;
mod catalog;
mod events;
mod files;
mod mails;
mod patterns;
mod record;
mod replies;
mod runbooks;
mod runners;
mod settings;
mod stored;

use crate::{Limits, Target};

/// Every target.
pub const TARGETS: &[Target] = &[
    usual("alertmanager_alerts", alertmanager::alerts),
    Target { limits: EXPRESSIONS, variations: 2_000, ..usual("alertmanager_silences", alertmanager::silences) },
    Target {
        limits: EXPRESSIONS,
        longest: 4 << 10,
        variations: 1_000,
        ..usual("alertmanager_queries", alertmanager::queries)
    },
    usual("webhook", events::webhook),
    usual("events_binary", events::binary),
    usual("events_json", events::json),
    usual("pushes", events::pushes),
    usual("files", files::run),
    Target { limits: DOCUMENTS, longest: 16 << 10, variations: 400, ..usual("catalog", catalog::run) },
    Target {
        limits: Limits { memory: 4 << 20, memory_per_byte: 256, milliseconds: 2_000 },
        longest: 8 << 10,
        ..usual("templates", catalog::templates)
    },
    Target { longest: 16 << 10, variations: 1_000, limits: LARGE, ..usual("runbooks", runbooks::run) },
    Target { longest: 4 << 10, variations: 2_000, ..usual("schedules", runbooks::schedules) },
    Target {
        // What an expression may take of the values is bounded by its own counting, and not by its length.
        limits: Limits { memory: 32 << 20, memory_per_byte: 2_048, milliseconds: 10_000 },
        longest: 8 << 10,
        variations: 2_000,
        ..usual("expressions", automations::expressions)
    },
    Target { limits: DOCUMENTS, longest: 8 << 10, variations: 400, ..usual("automations", automations::run) },
    Target { limits: LARGE, variations: 3_000, ..usual("runner_calls", runners::calls) },
    Target { limits: LARGE, variations: 3_000, ..usual("function_answers", runners::answers) },
    Target { longest: 16 << 10, variations: 300, limits: LARGE, ..usual("mails", mails::run) },
    Target { limits: LARGE, ..usual("patterns", patterns::run) },
    Target { limits: LARGE, variations: 3_000, ..usual("pattern_events", patterns::raw) },
    Target { limits: LARGE, ..usual("entries", record::entries) },
    usual("proofs", record::proofs),
    Target { limits: LARGE, variations: 1_000, ..usual("requests", api::run) },
    usual("pairs", stored::pairs),
    Target {
        // What a journal may hold unpacked does not depend on how small it was packed.
        limits: Limits { memory: 300 << 20, memory_per_byte: 64, milliseconds: 10_000 },
        ..usual("journals", stored::journals)
    },
    Target { longest: 4 << 10, variations: 300, limits: LARGE, ..usual("smtp_replies", replies::run) },
    Target { longest: 4 << 10, ..usual("settings", settings::run) },
];

/// Regular expressions are compiled, which their own limit bounds and not their length.
const EXPRESSIONS: Limits = Limits { memory: 16 << 20, memory_per_byte: 2_048, milliseconds: 4_000 };
/// Findings repeat lines of the text with what surrounds them, in four formats.
const DOCUMENTS: Limits = Limits { memory: 24 << 20, memory_per_byte: 2_048, milliseconds: 10_000 };
const LARGE: Limits = Limits { memory: 8 << 20, memory_per_byte: 512, milliseconds: 4_000 };

const fn usual(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run, longest: 32 << 10, limits: Limits::USUAL, variations: 10_000 }
}
