//! The ports that the demo needs, and whether they are free.

use std::net::{Ipv4Addr, TcpListener};

use super::trouble::{Result, Trouble};

/// One port a part, all on 127.0.0.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ports {
    /// The hub's API and pages.
    pub hub: u16,
    /// The ledger.
    pub ledger: u16,
    /// The payments API.
    pub payments_api: u16,
    /// The portal.
    pub portal: u16,
    /// The mail catcher's SMTP.
    pub smtp: u16,
    /// The mail catcher's pages.
    pub mail: u16,
    /// Prometheus' pages.
    pub prometheus: u16,
}

impl Ports {
    /// The usual ports, or seven in a row from `base` on.
    pub fn choose(base: Option<u16>) -> Self {
        let Some(base) = base else {
            return Self {
                hub: 8480,
                ledger: 8481,
                payments_api: 8482,
                portal: 8483,
                smtp: 1025,
                mail: 8025,
                prometheus: 9490,
            };
        };
        let nth = |n: u16| base.saturating_add(n);
        Self {
            hub: nth(0),
            ledger: nth(1),
            payments_api: nth(2),
            portal: nth(3),
            smtp: nth(4),
            mail: nth(5),
            prometheus: nth(6),
        }
    }

    /// Refuses, naming every port that is taken and who needs it.
    pub fn check_free(&self) -> Result<()> {
        let taken: Vec<String> = self
            .needs()
            .into_iter()
            .filter(|(port, _)| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_err())
            .map(|(port, who)| format!("port {port} is taken; {who} needs it"))
            .collect();
        if taken.is_empty() {
            return Ok(());
        }
        Err(Trouble::new(
            taken.join("\n       "),
            "end what listens there (`ss -ltnp` shows it), or choose seven other ports in a row: \
             WHEELHOUSE_DEMO_PORT_BASE=18480 make run",
        ))
    }

    fn needs(&self) -> [(u16, &'static str); 7] {
        [
            (self.hub, "the hub"),
            (self.ledger, "the ledger"),
            (self.payments_api, "the payments API"),
            (self.portal, "the portal"),
            (self.smtp, "the mail catcher (SMTP)"),
            (self.mail, "the mail catcher (pages)"),
            (self.prometheus, "Prometheus"),
        ]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

    use super::*;

    #[test]
    fn a_taken_port_is_named_with_who_needs_it() {
        let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let mut ports = Ports::choose(None);
        ports.prometheus = port;
        let message = ports.check_free().unwrap_err().to_string();
        assert!(message.contains(&format!("port {port} is taken; Prometheus needs it")), "{message}");
        assert!(message.contains("WHEELHOUSE_DEMO_PORT_BASE"), "{message}");
    }

    #[test]
    fn a_base_gives_seven_ports_in_a_row() {
        let mut ports: Vec<u16> = Ports::choose(Some(20_000)).needs().iter().map(|(port, _)| *port).collect();
        ports.sort_unstable();
        assert_eq!(ports, (20_000..20_007).collect::<Vec<_>>());
    }
}
