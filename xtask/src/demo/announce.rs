//! What the demo says once everything runs.

use std::path::Path;

use super::hub;
use super::layout::Layout;
use super::script::LEDGER;
use super::stage::Stage;

/// Prints where to look, how to use the command line, and the one command that breaks a service.
pub fn started(stage: &Stage) {
    let (layout, ports) = (&stage.layout, &stage.ports);
    let token = layout.shown(&layout.operator_token());
    let owner_token = layout.shown(&layout.owner_token());
    let folder = stage.binary.parent().unwrap_or(Path::new("."));
    println!(
        "
Harbor runs: the administration of a port city, with twenty teams and 46 services, three of them alive.

  caught mail   http://127.0.0.1:{mail}/
  the hub       {url}/
  Prometheus    http://127.0.0.1:{prometheus}/alerts

The command line, in another terminal, as {operator} of the NOC:

  export PATH={folder}:$PATH WHEELHOUSE_URL={url} WHEELHOUSE_TOKEN=$(cat {token})
  wheelhouse case list

Break something:

  {break_command}

Some seconds later the caught mail shows one page, to whoever is on call for the ledger, and a notice to
everybody whom it affects. `wheelhouse case told INC-1` says who was told, and by which path;
`wheelhouse case show INC-1 --why` says why. Take it with the link in the page, or `wheelhouse case ack INC-1`.

An automation has begun a runbook for it, which waits until a second person agrees to start the ledger:
`wheelhouse run list` shows it. Look at what it would do, and agree as dana of the team:

  wheelhouse run input RUN-1 start
  WHEELHOUSE_TOKEN=$(cat {owner_token}) wheelhouse run approve RUN-1 start --input DIGEST

Bring it back by hand:  {fix_command}
Ctrl-C ends everything.
",
        operator = hub::OPERATOR,
        mail = ports.mail,
        url = hub::url(ports),
        prometheus = ports.prometheus,
        folder = folder.display(),
        break_command = break_command(layout, LEDGER),
        fix_command = fix_command(LEDGER),
    );
}

/// The command that really ends a part's process.
pub fn break_command(layout: &Layout, name: &str) -> String {
    format!("kill $(cat {})", layout.shown(&layout.pid(name)))
}

/// The command that brings a part back.
pub fn fix_command(name: &str) -> String {
    format!("make fix SERVICE={name}")
}
