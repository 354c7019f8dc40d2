//! A detached signature in the format of minisign.
//!
//! The crate `minisign` reads the key; the signature is made without random
//! input, as the program `minisign` makes it, so that the same pack has the
//! same signature.

use std::path::Path;

use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use blake2::{Blake2b512, Digest as _};
use minisign::SecretKeyBox;
use secrecy::{ExposeSecret as _, SecretString};

/// Signature over the BLAKE2b-512 of a file.
const ALGORITHM: [u8; 2] = *b"ED";
/// Where minisign puts the key in the 158 bytes of an open secret key: after
/// three algorithms, salt, two limits and the key id.
const SEED: std::ops::Range<usize> = 62..94;
const PUBLIC: std::ops::Range<usize> = 94..126;
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
        let text = std::fs::read_to_string(path).map_err(|source| SignError::Read {
            path: path.to_owned(),
            source,
        })?;
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
        let bytes = open.to_bytes();
        let id = <[u8; 8]>::try_from(open.keynum());
        let (Some(seed), Some(public), Ok(id)) = (bytes.get(SEED), bytes.get(PUBLIC), id) else {
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use minisign::{KeyPair, PublicKey, SignatureBox};
    use secrecy::SecretString;

    use super::Signer;

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
        assert_eq!(
            signer.id().to_lowercase(),
            crate::dataset::manifest::hex(&id)
        );
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
}
