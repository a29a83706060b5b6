//! Everything that runs: raised in order, struck in reverse.

use std::fs;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::time::Duration;

use super::binary;
use super::http;
use super::hub::{Cli, OPERATOR, OWNER};
use super::layout::{self, Layout};
use super::part::Part;
use super::ports::Ports;
use super::prometheus;
use super::script::{self, HUB, Script};
use super::signals::{self, Interrupt};
use super::trouble::{Result, Trouble};
use super::wait;

/// How long one part may take to become ready.
const READY_WITHIN: Duration = Duration::from_secs(60);

/// The running demo. Dropping it ends every part.
pub struct Stage {
    /// Where its files are.
    pub layout: Layout,
    /// Its ports.
    pub ports: Ports,
    /// The `wheelhouse` binary.
    pub binary: PathBuf,
    /// Whether somebody asked it to end.
    pub interrupt: Interrupt,
    parts: Vec<Part>,
    opened: bool,
}

impl Stage {
    /// Starts every part and waits for each; whatever fails, nothing is left running.
    pub fn open(layout: Layout, ports: Ports, binary: PathBuf, interrupt: Interrupt) -> Result<Self> {
        let python = binary::python()?;
        binary::check_prometheus()?;
        layout.create()?;
        let mut stage = Self { layout, ports, binary, interrupt, parts: Vec::new(), opened: false };
        let scripts = stage.scripts(python);
        stage.claim(&scripts)?;
        for script in scripts {
            if script.name == script::PROMETHEUS {
                stage.introduce_prometheus()?;
            }
            stage.parts.push(Part::new(script));
            let last = stage.parts.len() - 1;
            stage.start(last)?;
        }
        Ok(stage)
    }

    /// The command line, with the administrator's token.
    pub fn cli(&self) -> Result<Cli> {
        let token = layout::read_secret(&self.layout.admin_token()).ok_or_else(|| {
            Trouble::new(
                "the hub has data from an earlier start, but its admin token is gone",
                "run `make clean-run` to start afresh",
            )
        })?;
        Ok(Cli::new(self.binary.clone(), &self.ports, token))
    }

    /// Brings a part back that has ended; one that runs is left alone.
    pub fn fix(&mut self, name: &str) -> Result<()> {
        let place = self.parts.iter().position(|part| part.script.name == name);
        let place = place.ok_or_else(|| unknown(name))?;
        let layout = &self.layout;
        // It may have ended without anybody having looked since.
        let runs = self.parts.get_mut(place).is_some_and(|part| part.ended(layout).is_none() && part.running());
        if runs { Ok(()) } else { self.start(place) }
    }

    /// The last lines of a part's log.
    pub fn last_lines(&self, name: &str) -> String {
        let part = self.parts.iter().find(|part| part.script.name == name);
        part.map(|part| part.last_lines(&self.layout)).unwrap_or_default()
    }

    /// The parts that ended since the last look, with what each is and its last lines.
    pub fn ended(&mut self) -> Vec<(Script, ExitStatus, String)> {
        let layout = &self.layout;
        self.parts
            .iter_mut()
            .filter_map(|part| {
                let status = part.ended(layout)?;
                Some((part.script.clone(), status, part.last_lines(layout)))
            })
            .collect()
    }

    /// Refuses while another demo runs here, ends what a killed one left, and checks the ports.
    fn claim(&mut self, scripts: &[Script]) -> Result<()> {
        if let Some(pid) = self.layout.read_pid("demo").filter(|pid| *pid != std::process::id() && signals::alive(*pid))
        {
            return Err(Trouble::new(
                format!("a demo runs here already (process {pid})"),
                format!("end it with Ctrl-C there, or `kill {pid}`"),
            ));
        }
        for script in scripts {
            self.end_leftover(script);
        }
        self.ports.check_free()?;
        layout::write(&self.layout.pid("demo"), &format!("{}\n", std::process::id()))?;
        self.opened = true;
        Ok(())
    }

    /// Ends a part that a killed supervisor left behind, if the process of that id is still that part.
    fn end_leftover(&self, script: &Script) {
        let Some(pid) = self.layout.read_pid(script.name) else {
            return;
        };
        if is_running_as(pid, script) {
            println!("Ending {} (process {pid}), left over from a demo that was killed.", script.name);
            signals::send("TERM", pid);
            let gone = || Ok((!is_running_as(pid, script)).then_some(()));
            let late = || Trouble::new("it does not end", "");
            // A process that stays is named by the check of the ports that follows.
            let _ = wait::until(Duration::from_secs(10), &self.interrupt, gone, late);
        }
    }

    fn scripts(&self, python: PathBuf) -> Vec<Script> {
        let mut scripts = Vec::from(script::services(&self.layout, &self.ports, &python));
        scripts.insert(0, script::mail_catcher(&self.layout, &self.ports, python));
        scripts.push(script::hub(&self.layout, &self.ports, self.binary.clone()));
        scripts.push(script::prometheus(&self.layout, &self.ports));
        scripts
    }

    /// Starts one part and waits until it is ready.
    fn start(&mut self, place: usize) -> Result<()> {
        let Some(part) = self.parts.get_mut(place) else {
            return Ok(());
        };
        let (layout, name, (port, path)) = (&self.layout, part.script.name, part.script.ready);
        part.start(layout)?;
        wait::until(
            READY_WITHIN,
            &self.interrupt,
            || {
                if let Some(status) = part.ended(layout) {
                    return Err(Trouble::new(
                        format!("{name} ended before it was ready ({status})\n{}", part.last_lines(layout)),
                        format!("its whole log is {}", layout.shown(&layout.log(name))),
                    ));
                }
                Ok(http::get(port, path).is_ok_and(|answer| answer.status == 200).then_some(()))
            },
            || {
                Trouble::new(
                    format!("{name} is not ready after {} s (http://127.0.0.1:{port}{path})", READY_WITHIN.as_secs()),
                    format!("its log is {}", layout.shown(&layout.log(name))),
                )
            },
        )?;
        if name == HUB { self.keep_admin_token(place) } else { Ok(()) }
    }

    /// Saves the token that the hub's first start prints; later starts print none.
    fn keep_admin_token(&self, hub: usize) -> Result<()> {
        let path = self.layout.admin_token();
        wait::until(
            Duration::from_secs(5),
            &self.interrupt,
            || {
                if let Some(token) = self.parts.get(hub).and_then(Part::secret) {
                    layout::write_secret(&path, &token)?;
                }
                Ok(layout::read_secret(&path).map(drop))
            },
            || {
                Trouble::new(
                    "the hub printed no admin token, and none is kept from an earlier start",
                    "run `make clean-run` to start afresh",
                )
            },
        )
    }

    /// Gives Prometheus its own token and its configuration, and the newcomer a person to be.
    fn introduce_prometheus(&self) -> Result<()> {
        let path = self.layout.source_token();
        if layout::read_secret(&path).is_none() {
            layout::write_secret(&path, &self.cli()?.create_source_token()?)?;
        }
        for (person, path) in [(OPERATOR, self.layout.operator_token()), (OWNER, self.layout.owner_token())] {
            if layout::read_secret(&path).is_none() {
                layout::write_secret(&path, &self.cli()?.create_person_token(person)?)?;
            }
        }
        prometheus::configure(&self.layout, &self.ports)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Prometheus first, so that ending the services is no news; the mail catcher last.
        let order =
            [script::PROMETHEUS, script::PORTAL, script::PAYMENTS_API, script::LEDGER, HUB, script::MAIL_CATCHER];
        for name in order {
            for part in self.parts.iter_mut().filter(|part| part.script.name == name) {
                if !part.stop(&self.layout) {
                    eprintln!("{name} did not end within ten seconds and was killed");
                }
            }
        }
        if self.opened {
            // A missing file is what is wanted.
            let _ = fs::remove_file(self.layout.pid("demo"));
        }
    }
}

/// Refuses the name of a part that does not exist.
pub fn unknown(name: &str) -> Trouble {
    Trouble::new(format!("`{name}` is no part of the demo"), format!("expected one of: {}", script::NAMES.join(", ")))
}

/// Whether the process of that id was started by this script, maybe with other ports.
fn is_running_as(pid: u32, script: &Script) -> bool {
    let Ok(line) = fs::read(format!("/proc/{pid}/cmdline")) else {
        return false;
    };
    let line = String::from_utf8_lossy(&line).into_owned();
    let arguments: Vec<&str> = line.trim_end_matches('\0').split('\0').collect();
    let alike = |(found, expected): (&&str, &String)| without_digits(found) == without_digits(expected);
    arguments.len() > script.args.len() && arguments.iter().rev().zip(script.args.iter().rev()).all(alike)
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::process::{Command, Stdio};

    use super::*;
    use crate::demo::script::Role;

    #[test]
    fn only_a_process_with_the_scripts_arguments_is_a_leftover() {
        let script = |args: &[&str]| Script {
            name: "ledger",
            program: "sleep".into(),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
            ready: (0, "/"),
            role: Role::Service,
        };
        let mut child = Command::new("sleep").arg("61").stdout(Stdio::null()).spawn().unwrap();
        // The kernel shows a new program's arguments a moment after it has begun.
        while fs::read(format!("/proc/{}/cmdline", child.id())).unwrap().is_empty() {}
        let leftover = is_running_as(child.id(), &script(&["62"]));
        let longer = is_running_as(child.id(), &script(&["60", "60"]));
        let other = is_running_as(child.id(), &script(&["a"]));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(leftover && !longer && !other, "{leftover} {longer} {other}");
        assert!(!is_running_as(child.id(), &script(&["62"])));
    }
}
