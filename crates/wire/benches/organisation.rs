//! Times what `check` and an incident ask of a catalog, on the folder that is named:
//! `cargo bench -p wheelhouse-wire --bench organisation -- DIR`. Prints one JSON object.
#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a benchmark reads the steady clock, and says what it read"
)]

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs};

use wheelhouse_core::affected::affected;
use wheelhouse_core::case::Severity;
use wheelhouse_core::time::Timestamp;
use wheelhouse_wire::catalog::{Mode, compile_loaded, is_catalog_file, load};

/// How often each service is asked for.
const ROUNDS: usize = 5;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = env::args().skip(1).find(|argument| !argument.starts_with("--")).ok_or("name a folder")?;
    let mut files = Vec::new();
    let reading = Instant::now();
    read(Path::new(&folder), Path::new(&folder), &mut files)?;
    let read_took = reading.elapsed();
    let started = Instant::now();
    let loaded = load(files);
    let load_took = started.elapsed();
    let started = Instant::now();
    let now = Timestamp::from_seconds(1_795_399_800);
    let (catalog, report) = compile_loaded(loaded, Mode::Whole, Some(now));
    let compile_took = started.elapsed();
    let catalog = catalog.ok_or_else(|| report.render_text(false))?;
    let mut took: Vec<(Duration, usize)> = Vec::new();
    for service in catalog.services.keys() {
        // The median of a few: what others do on the machine meanwhile is not what is measured.
        let mut rounds: Vec<(Duration, usize)> = (0..ROUNDS)
            .map(|_| {
                let started = Instant::now();
                let found = affected(&catalog, service, Severity::Sev1);
                (started.elapsed(), found.services.len())
            })
            .collect();
        rounds.sort_unstable();
        took.extend(rounds.get(ROUNDS / 2));
    }
    took.sort_unstable();
    let micros = |duration: Duration| duration.as_secs_f64() * 1e6;
    let at = |percent: usize| took.get(((took.len() * percent) / 100).min(took.len().saturating_sub(1)));
    let worst = took.last().ok_or("the catalog has no services")?;
    println!(
        "{{\"services\": {}, \"findings\": {}, \"read_ms\": {:.1}, \"load_ms\": {:.1}, \"compile_ms\": {:.1}, \
         \"affected_p50_us\": {:.1}, \"affected_p99_us\": {:.1}, \"affected_worst_us\": {:.1}, \"affected_worst_reaches\": {}}}",
        catalog.services.len(),
        report.findings.len(),
        read_took.as_secs_f64() * 1e3,
        load_took.as_secs_f64() * 1e3,
        compile_took.as_secs_f64() * 1e3,
        micros(at(50).map_or(Duration::ZERO, |one| one.0)),
        micros(at(99).map_or(Duration::ZERO, |one| one.0)),
        micros(worst.0),
        worst.1,
    );
    Ok(())
}

/// Reads what lies under `path`. Files are named from `root` on, as `check` names them: a hidden folder
/// above it hides nothing.
fn read(root: &Path, path: &Path, files: &mut Vec<(String, String)>) -> Result<(), Box<dyn Error>> {
    if path.is_dir() {
        for entry in fs::read_dir(path)? {
            read(root, &entry?.path(), files)?;
        }
        return Ok(());
    }
    let name = path.strip_prefix(root)?.to_string_lossy();
    if is_catalog_file(&name) {
        files.push((name.into_owned(), fs::read_to_string(path)?));
    }
    Ok(())
}
