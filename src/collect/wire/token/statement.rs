//! Statements about a client, signed by a platform or with a private key.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::collect::wire::clock::Clock;
use crate::collect::wire::http::CallError;

/// Who vouches for the client.
pub(crate) enum Statement {
    /// A platform wrote one into a file, and renews it.
    File(PathBuf),
    /// We sign one with a private key.
    Signed {
        key: SecretString,
        certificate: Option<String>,
        audience: String,
        now: Clock,
    },
}

impl Statement {
    pub(super) fn text(&self, client: &str) -> Result<SecretString, CallError> {
        match self {
            Self::File(path) => std::fs::read_to_string(path)
                .map(|text| SecretString::from(text.trim()))
                .map_err(|e| {
                    CallError::failed(format!(
                        "the file that AZURE_FEDERATED_TOKEN_FILE names could not be read: {}",
                        e.kind()
                    ))
                }),
            Self::Signed {
                key,
                certificate,
                audience,
                now,
            } => {
                let at: DateTime<Utc> = now.now();
                let mut header = Header::new(Algorithm::RS256);
                header.x5t_s256.clone_from(certificate);
                let claims = json!({
                    "aud": audience,
                    "iss": client,
                    "sub": client,
                    "jti": format!("{:032x}", fastrand::u128(..)),
                    "nbf": (at - TimeDelta::seconds(60)).timestamp(),
                    "exp": (at + TimeDelta::minutes(5)).timestamp(),
                });
                sign(&header, &claims, key)
            }
        }
    }
}

pub(super) fn sign(
    header: &Header,
    claims: &Value,
    key: &SecretString,
) -> Result<SecretString, CallError> {
    // What the library says of a key may quote it.
    let key = EncodingKey::from_rsa_pem(key.expose_secret().as_bytes())
        .map_err(|_| CallError::failed("the private key is no RSA key in PEM form"))?;
    jsonwebtoken::encode(header, claims, &key)
        .map(SecretString::from)
        .map_err(|_| CallError::failed("a statement could not be signed with the private key"))
}

/// Key and thumbprint of a PEM file that holds a certificate and its key.
pub(crate) fn certificate(pem: &str) -> Result<(SecretString, String), String> {
    let block = |label: &str| -> Option<&str> {
        let begin = format!("-----BEGIN {label}-----");
        let end = format!("-----END {label}-----");
        let rest = pem.split_once(&begin)?.1;
        Some(rest.split_once(&end)?.0)
    };
    let body = block("CERTIFICATE").ok_or("it holds no certificate in PEM form")?;
    let der = STANDARD
        .decode(body.split_whitespace().collect::<String>())
        .map_err(|_| "its certificate could not be read")?;
    let key = ["PRIVATE KEY", "RSA PRIVATE KEY"]
        .iter()
        .find_map(|label| {
            Some(format!(
                "-----BEGIN {label}-----{}-----END {label}-----\n",
                block(label)?
            ))
        })
        .ok_or("it holds no unencrypted private key in PEM form")?;
    Ok((
        SecretString::from(key),
        URL_SAFE_NO_PAD.encode(Sha256::digest(der)),
    ))
}

#[cfg(test)]
mod tests {
    use super::certificate;

    #[test]
    fn a_certificate_without_its_key_is_named() {
        let lone = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(certificate(lone).is_err_and(|e| e.contains("private key")));
        let both = format!("{lone}-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        let (_, thumb) = certificate(&both).expect("both");
        assert_eq!(thumb.len(), 43);
    }
}
