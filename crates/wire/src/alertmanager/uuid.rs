//! Names of silences as Alertmanager writes names: UUIDs.

use wheelhouse_core::silence::SilenceId;

use super::Reply;
use super::go::quoted;

/// What a silence's number stands behind: a fixed start with the version and variant of a random UUID.
const START: u128 = 0x511e_9ce0_0000_4000_8000_0000_0000_0000;
/// The bits that hold the number.
const NUMBER: u128 = 0xffff_ffff_ffff;

/// The UUID of a silence: `511e9ce0-0000-4000-8000-000000000003` is SIL-3.
pub fn uuid_of(silence: SilenceId) -> String {
    let whole = START | (u128::from(silence.0) & NUMBER);
    let digits = format!("{whole:032x}");
    let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
    format!("{}-{}-{}-{}-{}", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
}

/// The silence of a UUID; nothing where it is no silence of a hub.
///
/// # Errors
/// The answer to send where it is not a UUID.
pub fn silence_of_uuid(text: &str) -> Result<Option<SilenceId>, Reply> {
    let shown: String = text.chars().take(100).collect();
    let bad = || Reply::error(422, 601, &format!("silenceID in path must be of type uuid: {}", quoted(&shown)));
    let groups: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
    if !digits || !(lengths == [8, 4, 4, 4, 12] || lengths == [32]) {
        return Err(bad());
    }
    let whole = u128::from_str_radix(&groups.concat(), 16).map_err(|_| bad())?;
    let number = u64::try_from(whole & NUMBER).unwrap_or(0);
    Ok((whole & !NUMBER == START && number > 0).then_some(SilenceId(number)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_silence_is_found_by_its_uuid_and_nothing_else_is() {
        let uuid = uuid_of(SilenceId(3));
        assert_eq!(uuid, "511e9ce0-0000-4000-8000-000000000003");
        assert_eq!(silence_of_uuid(&uuid), Ok(Some(SilenceId(3))));
        assert_eq!(silence_of_uuid(&uuid.to_uppercase()), Ok(Some(SilenceId(3))));
        assert_eq!(silence_of_uuid("00000000-0000-4000-8000-000000000003"), Ok(None));
        assert_eq!(silence_of_uuid("511e9ce0-0000-4000-8000-000000000000"), Ok(None));
        for bad in ["", "nonsense", "511e9ce0-0000-4000-8000-00000000000g", "+11e9ce0-0000-4000-8000-000000000003"] {
            assert_eq!(silence_of_uuid(bad).unwrap_err().status, 422, "{bad}");
        }
    }
}
