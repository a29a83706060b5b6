//! Whether a hub has the keys that it would lead with.

use wheelhouse_store::Readers;

use crate::Config;
use crate::keys::load_or_make;
use crate::serve::{LINK_KEY, RECORD_KEY, ServeError, WEBHOOK_KEY};
use crate::verify::is_signed_by;
use crate::writer::Signer;

/// Makes sure that this hub could lead: it has the keys that what is in the database was signed with.
///
/// # Errors
/// Says which key is missing, or is another one.
pub(super) fn check_keys(config: &Config, readers: &Readers) -> Result<(), ServeError> {
    let Some(note) = readers.checkpoint()? else { return Ok(()) };
    let seed = load_or_make(&config.data, RECORD_KEY, false)?;
    load_or_make(&config.data, LINK_KEY, false)?;
    if config.webhook_secret.is_none() {
        load_or_make(&config.data, WEBHOOK_KEY, false)?;
    }
    let origin = note.lines().next().unwrap_or_default().to_owned();
    let signer = Signer::new(&origin, &seed).map_err(|_| ServeError::Origin(origin))?;
    if is_signed_by(&note, &signer.verifier()) { Ok(()) } else { Err(ServeError::OtherKey(config.data.clone())) }
}
