//! A detached signature in the format of minisign.
//!
//! The crate `minisign` reads the key; the signature is made without random
//! input, as the program `minisign` makes it, so that the same pack has the
//! same signature.

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};
use minisign::SecretKeyBox;
use secrecy::{ExposeSecret as _, SecretString};
use sha2::Sha256;

use crate::hash::hex;

/// Signature over the BLAKE2b-512 of a file.
const ALGORITHM: [u8; 2] = *b"ED";
/// Where minisign puts the key in the 158 bytes of an open secret key: after
/// three algorithms, salt, two limits and the key id.
const ID: std::ops::Range<usize> = 54..62;
const SEED: std::ops::Range<usize> = 62..94;
const PUBLIC: std::ops::Range<usize> = 94..126;
/// The kind of key, in signed notes.
const ED25519: u8 = 1;
/// A secret key of Ed25519, not encrypted, with a checksum of `BLAKE2b`.
const OPEN: [u8; 6] = *b"Ed\0\0B2";
const LENGTH: usize = 158;
/// No key file is longer, in bytes.
const LONGEST: u64 = 1 << 16;
/// Group and everybody may write.
const OTHERS_WRITE: u32 = 0o022;
/// The first line of a signature. Nobody signs it, so it is always this one.
pub(super) const REMARK: &str = "untrusted comment: signature of SHA256SUMS";

/// Why nothing can be signed.
#[derive(Debug, thiserror::Error)]
pub enum SignError {
    /// The file of the key.
    #[error("nothing was signed and nothing written: the key {path} could not be read: {source}")]
    Read {
        /// File.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Others may replace the key.
    #[error(
        "nothing was signed and nothing written: the key {path} may be changed by others (its mode is {mode:03o}); run `chmod 600` on it, and make another key if it was ever out of your hands"
    )]
    Writable {
        /// File.
        path: std::path::PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// The key itself.
    #[error(
        "nothing was signed and nothing written: {from} is no key that can be used: {why}. Make one with `minisign -G -W`, or give the password of an encrypted one in COUNTERSIGN_SIGN_PASSWORD"
    )]
    Key {
        /// File or variable.
        from: String,
        /// What is wrong with it; never a part of it.
        why: &'static str,
    },
}

/// A key that signs.
pub struct Signer {
    pair: Ed25519KeyPair,
    id: [u8; 8],
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Signer({})", self.id())
    }
}

impl Signer {
    /// Reads the file of a secret key.
    ///
    /// # Errors
    /// When it cannot be read or is no key.
    pub fn from_file(path: &Path, password: Option<&SecretString>) -> Result<Self, SignError> {
        let unreadable = |source| SignError::Read {
            path: path.to_owned(),
            source,
        };
        let mut file = File::open(path).map_err(unreadable)?;
        let about = file.metadata().map_err(unreadable)?;
        let mode = about.permissions().mode() & 0o777;
        if mode & OTHERS_WRITE != 0 {
            return Err(SignError::Writable {
                path: path.to_owned(),
                mode,
            });
        }
        let mut text = String::new();
        file.by_ref()
            .take(LONGEST)
            .read_to_string(&mut text)
            .map_err(unreadable)?;
        Self::from_text(
            &SecretString::from(text),
            password,
            &path.display().to_string(),
        )
    }

    /// Reads the text of a secret key; `from` says in messages where it came from.
    ///
    /// # Errors
    /// When it is no key, or an encrypted one whose password is missing or another.
    pub fn from_text(
        text: &SecretString,
        password: Option<&SecretString>,
        from: &str,
    ) -> Result<Self, SignError> {
        let key = |why| SignError::Key {
            from: from.to_owned(),
            why,
        };
        let parse = || {
            SecretKeyBox::from_string(text.expose_secret())
                .map_err(|_| key("it is not a secret key of minisign"))
        };
        if let Some(bytes) = without_checksum(text.expose_secret()) {
            return Self::of(&bytes, key);
        }
        // An open key needs no password, whether one is given or not.
        let open = match (parse()?.into_unencrypted_secret_key(), password) {
            (Ok(open), _) => open,
            (Err(_), Some(password)) => parse()?
                .into_secret_key(Some(password.expose_secret().to_owned()))
                .map_err(|_| {
                    key("it is not a secret key of minisign, or the password is another one")
                })?,
            (Err(_), None) => {
                return Err(key(
                    "it is not a secret key of minisign, or it is encrypted and there is no password",
                ));
            }
        };
        Self::of(&open.to_bytes(), key)
    }

    /// The signer of an open secret key of 158 bytes.
    fn of(bytes: &[u8], key: impl Fn(&'static str) -> SignError) -> Result<Self, SignError> {
        let id = bytes.get(ID).map(<[u8; 8]>::try_from);
        let (Some(seed), Some(public), Some(Ok(id))) = (bytes.get(SEED), bytes.get(PUBLIC), id)
        else {
            return Err(key("it has another length than a key of minisign"));
        };
        let pair = Ed25519KeyPair::from_seed_and_public_key(seed, public)
            .map_err(|_| key("its two halves do not belong together"))?;
        Ok(Self { pair, id })
    }

    /// Id of the key, as `minisign` prints it.
    #[must_use]
    pub fn id(&self) -> String {
        format!("{:016X}", u64::from_le_bytes(self.id))
    }

    /// A signed note, as transparency logs and their witnesses read it, and the line
    /// with which it is verified.
    #[must_use]
    pub fn note(&self, name: &str, text: &str) -> (String, String) {
        let public = [&[ED25519][..], self.pair.public_key().as_ref()].concat();
        let mut hash = Sha256::new();
        hash.update(name.as_bytes());
        hash.update(b"\n");
        hash.update(&public);
        let digest = hash.finalize();
        let id = digest.get(..4).unwrap_or_default();
        let made = self.pair.sign(text.as_bytes());
        let signature = STANDARD.encode([id, made.as_ref()].concat());
        (
            format!("{text}\n\u{2014} {name} {signature}\n"),
            format!("{name}+{}+{}", hex(id), STANDARD.encode(public)),
        )
    }

    /// The text of the signature file.
    pub(super) fn sign(&self, data: &[u8], trusted_comment: &str) -> String {
        let made = self.pair.sign(&Blake2b512::digest(data));
        let both = [made.as_ref(), trusted_comment.as_bytes()].concat();
        let global = self.pair.sign(&both);
        let body = [&ALGORITHM[..], &self.id[..], made.as_ref()].concat();
        format!(
            "{REMARK}\n{}\ntrusted comment: {trusted_comment}\n{}\n",
            STANDARD.encode(body),
            STANDARD.encode(global.as_ref())
        )
    }
}

/// The bytes of an open key in which the checksum is left zero, as the program
/// writes it with `-G -W`; the crate takes only keys with a checksum. Whether the
/// two halves belong together is checked when the pair is made.
fn without_checksum(text: &str) -> Option<Vec<u8>> {
    let bytes = STANDARD.decode(text.lines().nth(1)?.trim()).ok()?;
    let open = bytes.len() == LENGTH && bytes.starts_with(&OPEN);
    let zero = bytes.get(PUBLIC.end..)?.iter().all(|b| *b == 0);
    (open && zero).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;
    use std::os::unix::fs::PermissionsExt as _;

    use minisign::{KeyPair, PublicKey, SignatureBox};
    use secrecy::SecretString;

    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::{SEED, Signer};

    fn holds(public: &PublicKey, signature: &str, data: &[u8]) -> bool {
        let signature = SignatureBox::from_string(signature).expect("the form of minisign");
        minisign::verify(public, &signature, Cursor::new(data), true, false, false).is_ok()
    }

    #[test]
    fn minisign_accepts_what_is_signed_and_nothing_else() {
        let KeyPair { pk, sk } = KeyPair::generate_unencrypted_keypair().expect("a key");
        let text = SecretString::from(sk.to_box(None).expect("a box").to_string());
        let signer = Signer::from_text(&text, None, "a test").expect("a key");
        let signature = signer.sign(b"sums", "snapshot x");
        assert!(holds(&pk, &signature, b"sums"));
        assert!(!holds(&pk, &signature, b"sumz"));
        assert!(!holds(
            &pk,
            &signature.replace("snapshot x", "snapshot y"),
            b"sums"
        ));
        assert_eq!(signature, signer.sign(b"sums", "snapshot x"));
        let id: Vec<u8> = sk.keynum().iter().rev().copied().collect();
        assert_eq!(signer.id().to_lowercase(), crate::hash::hex(&id));
    }

    #[test]
    fn a_note_is_signed_over_its_text_and_nothing_else() {
        let KeyPair { sk, .. } = KeyPair::generate_unencrypted_keypair().expect("a key");
        let text = SecretString::from(sk.to_box(None).expect("a box").to_string());
        let signer = Signer::from_text(&text, None, "a test").expect("a key");
        let body = "log\n3\nAAAA\n";
        let (note, key) = signer.note("log", body);
        let line = note
            .strip_prefix(&format!("{body}\n\u{2014} log "))
            .expect("the form");
        let decode = |text: &str| super::STANDARD.decode(text).expect("base64");
        let signed = decode(line.trim_end());
        let parts: Vec<&str> = key.splitn(3, '+').collect();
        let public = decode(parts[2]);
        assert_eq!(
            (parts[0], public[0], public.len(), signed.len()),
            ("log", 1, 33, 68)
        );
        assert_eq!(crate::hash::hex(&signed[..4]), parts[1]);
        let verify = |text: &str| {
            aws_lc_rs::signature::UnparsedPublicKey::new(
                &aws_lc_rs::signature::ED25519,
                &public[1..],
            )
            .verify(text.as_bytes(), &signed[4..])
        };
        assert!(verify(body).is_ok());
        assert!(verify("log\n4\nAAAA\n").is_err());
    }

    #[test]
    fn an_encrypted_key_needs_its_password_and_no_message_repeats_it() {
        let password = "correct horse".to_owned();
        let KeyPair { pk, sk } =
            KeyPair::generate_encrypted_keypair(Some(password.clone())).expect("a key");
        let text = SecretString::from(sk.to_box(None).expect("a box").to_string());
        let right = SecretString::from(password.clone());
        let signer = Signer::from_text(&text, Some(&right), "a test").expect("a key");
        assert!(holds(&pk, &signer.sign(b"sums", "c"), b"sums"));
        let wrong = SecretString::from("wrong horse".to_owned());
        for given in [None, Some(&wrong)] {
            let refused = Signer::from_text(&text, given, "a test").expect_err("refused");
            assert!(!refused.to_string().contains("horse"), "{refused}");
        }
        for text in ["", "x", "untrusted comment: x\nAAAA\n"] {
            let text = SecretString::from(text.to_owned());
            assert!(Signer::from_text(&text, Some(&right), "a test").is_err());
        }
    }

    /// Written by minisign 0.11 with `minisign -G -W`, for this test alone.
    const BY_THE_PROGRAM: &str = "untrusted comment: minisign encrypted secret key\nRWQAAEIyAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAHEOd9gLhshbX4lvITP6xacB9LF4AAfg98Mg/FnEUn3mEysMDVMRINJY/ju/WuLGWtPgsiLQHRcjUSnkn/Qtdy5EdwJIcwKi1AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n";
    const ITS_PUBLIC_KEY: &str = "RWQcQ532AuGyFpY/ju/WuLGWtPgsiLQHRcjUSnkn/Qtdy5EdwJIcwKi1";

    #[test]
    fn a_key_of_the_real_program_without_a_password_is_taken() {
        let text = SecretString::from(BY_THE_PROGRAM.to_owned());
        let signer = Signer::from_text(&text, None, "a test").expect("a key");
        let public = PublicKey::from_base64(ITS_PUBLIC_KEY).expect("a key");
        assert!(holds(&public, &signer.sign(b"sums", "c"), b"sums"));
        // One bit of the seed: the halves no longer belong together.
        let mut bytes = STANDARD
            .decode(BY_THE_PROGRAM.lines().nth(1).expect("a line"))
            .expect("base64");
        bytes[SEED.start] ^= 1;
        let text = SecretString::from(format!(
            "untrusted comment: x\n{}\n",
            STANDARD.encode(bytes)
        ));
        assert!(Signer::from_text(&text, None, "a test").is_err());
    }

    #[test]
    fn a_key_that_others_may_change_is_refused() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("key");
        std::fs::write(&path, BY_THE_PROGRAM).expect("a file");
        for (mode, taken) in [
            (0o600, true),
            (0o400, true),
            (0o644, true),
            (0o620, false),
            (0o602, false),
            (0o666, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).expect("a mode");
            assert_eq!(Signer::from_file(&path, None).is_ok(), taken, "{mode:o}");
        }
    }
}
