//! Measures the hub, and Alertmanager beside it, in one run on one machine.
//!
//! Everything listens on 127.0.0.1, lies under `.run/bench`, and is ended by its process id.
#![expect(
    clippy::disallowed_methods,
    reason = "the outermost wiring: it starts real processes and measures with the real clock"
)]

mod alertmanager;
mod alerts;
mod catalog;
mod checks;
mod client;
mod crowd;
mod delays;
mod dispatch;
mod hub;
mod load;
mod machine;
mod organisation;
mod patterns;
mod place;
mod process;
mod report;
mod runs;
mod scale;
mod sinks;
mod syncs;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use alertmanager::Notifies;
use machine::Used;
use place::Place;
use report::{COMPARED, Figures};

use crate::demo::binary;
use crate::demo::trouble::{Result, Trouble};

/// Where the figures stand in the documentation, between these lines.
const MARKS: (&str, &str) = ("<!-- figures: written by `make bench` -->\n", "<!-- end of figures -->\n");

/// How else Alertmanager is shown.
const VARIATIONS: [Notifies; 3] = [Notifies::Every(10, 300), Notifies::Every(0, 1), Notifies::Never];

/// What is measured.
#[derive(clap::Args)]
pub struct Options {
    /// Takes two minutes instead of ten: shorter loads, fewer alerts, one round.
    #[arg(long)]
    quick: bool,
    /// Uses this `wheelhouse` instead of building one.
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Measures these parts alone; several with commas.
    #[arg(long, value_enum, value_delimiter = ',', conflicts_with = "save", value_name = "PART")]
    only: Vec<Part>,
    /// Uses this Alertmanager.
    #[arg(long, value_name = "FILE", default_value = "/usr/bin/prometheus-alertmanager")]
    alertmanager: PathBuf,
    /// Also writes the figures into this file, between its two marks.
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
}

/// A part of what is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum Part {
    /// Alerts, pages, memory, lists and starts, beside Alertmanager.
    Alerts,
    /// `check` on the catalog of a large organisation.
    Check,
    /// Whom an incident reaches in it.
    Affected,
    /// 300 people paged at once, by mail.
    #[value(name = "pages300")]
    Crowd,
    /// Lists and statistics when many cases are closed.
    History,
    /// Event patterns of each kind of operator.
    Patterns,
    /// Output and starts of automated steps.
    Steps,
    /// How soon steps are handed out while many runs wait.
    Dispatch,
}

impl Options {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }
}

/// How much is done.
struct Extent {
    rounds: u32,
    /// Longer than the `group_wait` of 10 s, so that Alertmanager notifies meanwhile.
    load_seconds: u32,
    variations: &'static [Notifies],
    delay_seconds: u32,
    few: usize,
    many: usize,
    closed: u64,
    quiet_within: Duration,
}

impl Extent {
    fn of(options: &Options) -> Self {
        if options.quick {
            let quiet_within = Duration::from_secs(5);
            Self {
                rounds: 1,
                load_seconds: 12,
                variations: &[],
                delay_seconds: 8,
                few: 20_000,
                many: 100_000,
                closed: 100_000,
                quiet_within,
            }
        } else {
            let quiet_within = Duration::from_secs(60);
            Self {
                rounds: 3,
                load_seconds: 15,
                variations: &VARIATIONS,
                delay_seconds: 20,
                few: 100_000,
                many: 500_000,
                closed: 1_000_000,
                quiet_within,
            }
        }
    }
}

/// Measures; trouble and failed checks become exit code 1.
pub fn run(options: &Options) -> ExitCode {
    match measure(options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(trouble) => {
            eprintln!("{trouble}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Result<bool> {
    if cfg!(debug_assertions) {
        // The sinks share the cores: slow ones would hold up whoever notifies most.
        return Err(Trouble::new(
            "this tool is not optimised, and its sinks would distort the figures",
            "use `make bench`",
        ));
    }
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repo = manifest.parent().unwrap_or(manifest).to_path_buf();
    let needed = [(Path::new("wrk"), "wrk"), (&options.alertmanager, "prometheus-alertmanager")];
    for (program, package) in needed.into_iter().filter(|_| options.wants(Part::Alerts)) {
        if Command::new(program).arg("--version").output().is_err() {
            let what = format!("{} is not there; the figures need it", program.display());
            return Err(Trouble::new(what, format!("install it: apt-get install --no-install-recommends {package}")));
        }
    }
    let wheelhouse = match &options.binary {
        Some(path) => path.canonicalize().map_err(|error| Trouble::file("use", path, &error))?,
        None => binary::build(&repo, "release")?,
    };
    let extent = Extent::of(options);
    let place = Place::open(repo, wheelhouse, options.alertmanager.clone())?;
    let mut figures = Figures { circumstances: circumstances(&place, options), ..Figures::default() };
    say("waiting for the machine to be quiet");
    if !machine::wait_quiet(extent.quiet_within) {
        say("it is not; the figures will say how noisy it was");
    }
    let (started, before) = (Instant::now(), Used::now());
    if options.wants(Part::Alerts) {
        loads(&place, &extent, &mut figures)?;
        others(&place, &extent, &mut figures)?;
    }
    if options.wants(Part::Crowd) {
        say(&format!("paging {} people at once", crowd::PEOPLE));
        figures.crowd = crowd::paged(&place, &mut figures.checks)?;
    }
    scale(&place, options, &mut figures)?;
    if options.wants(Part::History) {
        say(&format!("closing {} cases and asking for them", extent.closed));
        figures.history = Some(scale::history(&place, extent.closed, &mut figures.checks)?);
    }
    if options.wants(Part::Steps) {
        say("executing steps");
        figures.steps = Some(scale::steps(&place, &mut figures.checks)?);
    }
    if options.wants(Part::Dispatch) {
        say(&format!("handing out steps among {} runs", dispatch::WAITING));
        figures.dispatched = dispatch::dispatched(&place, &mut figures.checks)?;
    }
    if options.wants(Part::Patterns) {
        say("matching patterns of each kind");
        figures.patterns = patterns::measure(&place, options.quick, &mut figures.checks)?;
    }
    let after = Used::now();
    // Ended processes count as the tool's children, so what is left is others'.
    figures.noise = (
        (after.machine - before.machine - (after.tool - before.tool)).max(0.0),
        started.elapsed().as_secs_f64() * machine::cores(),
    );
    let text = figures.markdown();
    println!("{text}");
    if let Some(file) = &options.save {
        save(file, &text)?;
    }
    Ok(figures.checks.failed.is_empty())
}

/// Rates and delays of answers, side by side, round after round.
fn loads(place: &Place, extent: &Extent, figures: &mut Figures) -> Result<()> {
    let seconds = extent.load_seconds;
    for round in 1..=extent.rounds {
        for batch in [64, 1] {
            say(&format!("round {round}: Wheelhouse, {batch} a request"));
            figures.hub_loads.push(runs::hub_load(place, batch, seconds, &mut figures.checks)?);
            say(&format!("round {round}: Alertmanager, {batch} a request, {}", COMPARED.words()));
            figures.peer_loads.push((COMPARED, runs::peer_load(place, COMPARED, batch, seconds)?));
        }
    }
    for how in extent.variations.iter().copied() {
        for batch in [64, 1] {
            say(&format!("Alertmanager, {batch} a request, {}", how.words()));
            figures.peer_loads.push((how, runs::peer_load(place, how, batch, seconds)?));
        }
    }
    for batch in [64, 1] {
        say(&format!("counting syncs, {batch} a request"));
        figures.syncs.push((batch, runs::hub_syncs(place, batch, 3)?));
    }
    Ok(())
}

/// Delays of pages, memory, lists and starts.
fn others(place: &Place, extent: &Extent, figures: &mut Figures) -> Result<()> {
    let seconds = extent.delay_seconds;
    say("from alert to page, Alertmanager");
    figures.peer_delays = runs::peer_delays(place, &runs::quiet_plan(seconds))?;
    say("from alert to page, Wheelhouse");
    figures.hub_delays = runs::hub_delays(place, &runs::quiet_plan(seconds), false)?;
    say("from alert to page, Wheelhouse, during full load");
    figures.loaded_delays = runs::hub_delays(place, &runs::loaded_plan(seconds), true)?;
    for (when, delays) in [("in peace", &figures.hub_delays), ("during full load", &figures.loaded_delays)] {
        let missing = delays.missing;
        figures.checks.that(missing == 0, || format!("{missing} pages did not come before the next incident {when}"));
    }
    say(&format!("holding {} alerts, Alertmanager", extent.many));
    figures.peer_held = runs::peer_held(place, extent.few, extent.many)?;
    say(&format!("holding {} alerts, Wheelhouse", extent.many));
    figures.hub_held = runs::hub_held(place, extent.few, extent.many, &mut figures.checks)?;
    Ok(())
}

/// What a large organisation costs.
fn scale(place: &Place, options: &Options, figures: &mut Figures) -> Result<()> {
    if !options.wants(Part::Check) && !options.wants(Part::Affected) {
        return Ok(());
    }
    let folder = scale::write(place)?;
    if options.wants(Part::Check) {
        say("checking the catalog of a large organisation");
        figures.checked = Some(scale::check(place, &folder, &mut figures.checks)?);
    }
    if options.wants(Part::Affected) {
        say("finding whom its incidents reach");
        figures.reached = Some(scale::reach(place, &folder, &mut figures.checks)?);
    }
    Ok(())
}

fn circumstances(place: &Place, options: &Options) -> Vec<String> {
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(&place.repo).output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default()
    };
    let changed = if git(&["status", "--porcelain", "--", "crates"]).is_empty() { "" } else { ", with changes since" };
    let program = match &options.binary {
        Some(_) => "a program given by `--binary`; which commit it was built from is not known here".to_owned(),
        None => format!("built from commit {}{changed}", git(&["log", "-1", "--format=%h of %cs"])),
    };
    let quick = if options.quick { " --quick" } else { "" };
    vec![
        format!("Command: `cargo run --release -p xtask -- bench{quick}`"),
        format!("Wheelhouse: {program}"),
        format!("Machine: {}; the load generator and the sinks run on it as well", machine::description()),
        format!("Alertmanager: {}", machine::version(&place.alertmanager, "--version")),
        format!("Load: {}", machine::version(Path::new("wrk"), "--version")),
        format!(
            "Catalog: `examples/harbor`, {} generated services, {} generated rules",
            alerts::SERVICES,
            catalog::RULES
        ),
    ]
}

fn save(file: &Path, figures: &str) -> Result<()> {
    let text = std::fs::read_to_string(file).map_err(|error| Trouble::file("read", file, &error))?;
    let marked = text.split_once(MARKS.0).and_then(|(before, rest)| Some((before, rest.split_once(MARKS.1)?.1)));
    let (before, after) = marked.ok_or_else(|| {
        Trouble::new(format!("{} has no place for figures", file.display()), "see the marks in docs/benchmarks.md")
    })?;
    place::write(file, &format!("{before}{}\n{figures}\n{}{after}", MARKS.0, MARKS.1))
}

fn say(what: &str) {
    eprintln!("bench: {what}");
}
