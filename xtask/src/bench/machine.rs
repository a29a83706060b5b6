//! The machine: what it is, and how much of it others use meanwhile.

use std::fs;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

/// The unit of CPU time in `/proc`; the kernel's interface fixes it at 100 on all common machines.
pub const TICKS_A_SECOND: f64 = 100.0;

/// CPU seconds used so far.
#[derive(Clone, Copy, Debug)]
pub struct Used {
    /// By the whole machine.
    pub machine: f64,
    /// By this program and the children that it has waited for.
    pub tool: f64,
}

impl Used {
    /// Reads the kernel's counters.
    pub fn now() -> Self {
        let numbers = |text: String| -> Vec<f64> {
            let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
            fields.map(|field| field.parse().unwrap_or(0.0)).collect()
        };
        let cpu = fs::read_to_string("/proc/stat").unwrap_or_default();
        let cpu = numbers(cpu.lines().next().unwrap_or_default().to_owned());
        // user nice system idle iowait irq softirq steal, after the word `cpu`.
        let busy: f64 = cpu.iter().take(9).enumerate().filter(|(at, _)| !matches!(at, 0 | 4 | 5)).map(|(_, n)| n).sum();
        let own = numbers(fs::read_to_string("/proc/self/stat").unwrap_or_default());
        let ticks = |field: usize| own.get(field).copied().unwrap_or(0.0);
        let children = ticks(13) + ticks(14);
        Self { machine: busy / TICKS_A_SECOND, tool: (ticks(11) + ticks(12) + children) / TICKS_A_SECOND }
    }
}

/// Waits until the machine is less than a tenth busy for three seconds; `false` if it never was.
pub fn wait_quiet(limit: Duration) -> bool {
    let started = Instant::now();
    let cores = cores();
    let mut calm = 0;
    while calm < 2 {
        if started.elapsed() > limit {
            return false;
        }
        let before = Used::now().machine;
        thread::sleep(Duration::from_millis(1_500));
        let share = (Used::now().machine - before) / 1.5 / cores;
        calm = if share < 0.1 { calm + 1 } else { 0 };
    }
    true
}

/// How many cores there are.
pub fn cores() -> f64 {
    thread::available_parallelism().map_or(1.0, |count| f64::from(u32::try_from(count.get()).unwrap_or(1)))
}

/// The machine in one line: cores, processor, memory, kernel, file system of the data.
pub fn description() -> String {
    let cpuinfo = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name))?;
        line.split_once(':').map(|(_, value)| value.trim().to_owned())
    };
    let model = field(&cpuinfo, "model name").unwrap_or_else(|| "unknown processor".into());
    let hypervisor = if cpuinfo.contains(" hypervisor") { " (virtual)" } else { "" };
    let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let memory = field(&memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse::<u64>().ok()).unwrap_or(0);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!("{} cores of {model}{hypervisor}, {} GiB, Linux {}", cores(), memory >> 20, kernel.trim())
}

/// The first line that a program says about its version.
pub fn version(program: &std::path::Path, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let text = output.map(|output| [output.stdout, output.stderr].concat()).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().next().unwrap_or("not there").to_owned()
}
