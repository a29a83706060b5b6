//! Secrets in files that are encrypted with age.

use std::str::FromStr;

use age::secrecy::ExposeSecret;
use age::x25519::{Identity, Recipient};
use wheelhouse_runner::secret::{AgeFiles, SecretSource};
use wheelhouse_runner::step::Delivery;

use crate::rig::{Rig, script, with_secret};

#[test]
fn files_in_a_repository_are_read_with_the_runners_identity() {
    let mut rig = Rig::new();
    let folder = rig.folder.path().join("ops");
    std::fs::create_dir(&folder).unwrap();
    let (own, other) = (Identity::generate(), Identity::generate());
    let identities = rig.folder.path().join("identity.txt");
    let text = format!("# created: today\n{}\n", own.to_string().expose_secret());
    std::fs::write(&identities, text).unwrap();
    let recipient = |identity: &Identity| Recipient::from_str(&identity.to_public().to_string()).unwrap();
    std::fs::write(folder.join("binary.age"), age::encrypt(&recipient(&own), b"in binary form").unwrap()).unwrap();
    std::fs::write(folder.join("armored.age"), age::encrypt_and_armor(&recipient(&own), b"in armored form").unwrap())
        .unwrap();
    std::fs::write(folder.join("foreign.age"), age::encrypt(&recipient(&other), b"not for us").unwrap()).unwrap();
    std::fs::write(folder.join("broken.age"), "age-encryption.org/v1\nnonsense").unwrap();
    let source = AgeFiles::in_folder(&folder, &identities).unwrap();
    assert_eq!(source.find("binary").unwrap().unwrap().expose(), b"in binary form");
    assert!(source.find("missing").unwrap().is_none());
    for name in ["foreign", "broken"] {
        let error = source.find(name).unwrap_err().to_string();
        assert!(
            error.contains(&format!("{name}.age")) && error.contains("encrypt it for this runner's identity"),
            "{error}"
        );
    }
    rig.runner.sources.push(Box::new(source));
    let (_, heard) =
        rig.run(&with_secret(script("cat $S_FILE; wc -c < $S_FILE"), "armored", "S", Delivery::Descriptor));
    assert_eq!(heard.stdout(), "[secret:armored]15\n");
}

#[test]
fn an_identity_that_cannot_be_read_is_said() {
    let error = AgeFiles::in_folder("/tmp", std::path::Path::new("/nowhere/identity.txt")).unwrap_err().to_string();
    assert!(error.contains("/nowhere/identity.txt") && error.contains("age-keygen"), "{error}");
}
